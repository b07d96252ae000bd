//! The address of a proxy, read and checked. It may hold a password, so it prints as host and port alone.

use std::fmt;
use std::str::FromStr;

use hyper::Uri;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::target::Target;
use crate::address::Address;
use crate::error::BadProxy;
use crate::text::tidy;

/// The most that SOCKS5 can carry of a name or a password (RFC 1929), in bytes.
const MAX_CREDENTIAL: usize = 255;

/// A proxy: `http://`, `https://` (TLS to the proxy itself) or `socks5://`, with `name:password@` before the host where
/// it wants that, percent-encoded. Without a scheme it is `http://`. `Debug` and `Display` leave name and password out.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyUrl {
    scheme: Scheme,
    host: String,
    port: u16,
    credentials: Option<Credentials>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    Http,
    Https,
    Socks5,
}

#[derive(Clone, PartialEq, Eq)]
pub(super) struct Credentials {
    pub(super) name: String,
    pub(super) password: String,
}

impl FromStr for ProxyUrl {
    type Err = BadProxy;

    fn from_str(text: &str) -> Result<Self, BadProxy> {
        let text = tidy(text);
        let with_scheme = if text.contains("://") { text } else { format!("http://{text}") };
        let uri: Uri = with_scheme.parse().map_err(|_| BadProxy::NotAUrl)?;
        let (scheme, default_port) = match uri.scheme_str().unwrap_or_default().to_ascii_lowercase().as_str()
        {
            "http" => (Scheme::Http, 80),
            "https" => (Scheme::Https, 443),
            // The proxy always looks the name up, which other programs call "socks5h".
            "socks5" | "socks5h" | "socks" => (Scheme::Socks5, 1080),
            other => return Err(BadProxy::Scheme { scheme: other.to_owned() }),
        };
        let address = Address::parse(&uri).map_err(|_| BadProxy::NotAUrl)?;
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() || with_scheme.contains('#') {
            return Err(BadProxy::NotAUrl);
        }
        let port = address.port.unwrap_or(default_port);
        let url = Self { scheme, host: address.host.to_owned(), port, credentials: None };
        match address.userinfo.map(decoded).transpose()? {
            Some((name, password)) => url.signed_in(&name, &password),
            None => Ok(url),
        }
    }
}

/// The name and the password before the `@`.
fn decoded(userinfo: &str) -> Result<(String, String), BadProxy> {
    let (name, password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
    let decode = |part: &str| {
        let text = percent_decode_str(part).decode_utf8().map_err(|_| BadProxy::Credentials)?;
        Ok(text.into_owned())
    };
    Ok((decode(name)?, decode(password)?))
}

impl ProxyUrl {
    /// The same proxy with this name and password.
    pub(super) fn signed_in(mut self, name: &str, password: &str) -> Result<Self, BadProxy> {
        let is_fine = |text: &str| text.len() <= MAX_CREDENTIAL && !text.chars().any(char::is_control);
        // A colon ends the name on the wire (RFC 7617 §2): a proxy would read another name.
        let is_name = is_fine(name) && !name.is_empty() && !name.contains(':');
        // SOCKS5 has no empty password.
        let is_password = is_fine(password) && (self.scheme != Scheme::Socks5 || !password.is_empty());
        if !is_name || !is_password {
            return Err(BadProxy::Credentials);
        }
        self.credentials = Some(Credentials { name: name.to_owned(), password: password.to_owned() });
        Ok(self)
    }

    /// Returns host and port, which may be shown.
    pub fn address(&self) -> String {
        Target { host: &self.host, port: self.port }.to_string()
    }

    /// Returns the whole address with name and password, percent-encoded, for programs that connect by themselves. Never
    /// for a log. The scheme of a SOCKS5 proxy says that it looks names up.
    pub fn expose(&self) -> String {
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
            Scheme::Socks5 => "socks5h",
        };
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let credentials = self
            .credentials
            .as_ref()
            .map_or_else(String::new, |pair| format!("{}:{}@", encode(&pair.name), encode(&pair.password)));
        format!("{scheme}://{credentials}{}", self.address())
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn scheme(&self) -> Scheme {
        self.scheme
    }

    pub(super) fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }
}

impl fmt::Display for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
            Scheme::Socks5 => "socks5",
        };
        write!(f, "{scheme}://{}", self.address())
    }
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProxyUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(text: &str) -> ProxyUrl {
        text.parse().unwrap()
    }

    #[test]
    fn addresses_are_read_as_people_write_them() {
        for (text, shown) in [
            ("http://proxy.example:3128", "http://proxy.example:3128"),
            (" proxy.example:3128 ", "http://proxy.example:3128"),
            ("http://proxy.example/", "http://proxy.example:80"),
            ("HTTPS://proxy.example", "https://proxy.example:443"),
            ("socks5h://10.0.0.1", "socks5://10.0.0.1:1080"),
            ("socks5://[::1]:9050", "socks5://[::1]:9050"),
        ] {
            assert_eq!(proxy(text).to_string(), shown, "{text}");
        }
    }

    #[test]
    fn credentials_are_decoded_and_never_shown() {
        let proxy = proxy("socks5://me%40work:p%3Aw%2F%C3%A9@proxy.example:1");
        let credentials = proxy.credentials().unwrap();
        assert_eq!((credentials.name.as_str(), credentials.password.as_str()), ("me@work", "p:w/é"));
        assert_eq!(
            format!("{proxy} {proxy:?}"),
            "socks5://proxy.example:1 ProxyUrl(socks5://proxy.example:1)"
        );
        assert_eq!(proxy.expose(), "socks5h://me%40work:p%3Aw%2F%C3%A9@proxy.example:1");
        assert_eq!(self::proxy(&proxy.expose()), proxy);
        assert_eq!(self::proxy("http://me@h").credentials().unwrap().password, "");
    }

    #[test]
    fn bad_proxy_address_is_refused_without_repeating_it() {
        let long = format!("http://{}:x@h", "n".repeat(256));
        for (text, expected) in [
            ("", BadProxy::NotAUrl),
            ("http://", BadProxy::NotAUrl),
            ("http://me:Secret@", BadProxy::NotAUrl),
            ("http://h:99999", BadProxy::NotAUrl),
            ("http://h:0", BadProxy::NotAUrl),
            ("http://h:", BadProxy::NotAUrl),
            ("http://h#Secret", BadProxy::NotAUrl),
            ("http://me:Secret@h:port", BadProxy::NotAUrl),
            ("http://h/path", BadProxy::NotAUrl),
            ("http://a b", BadProxy::NotAUrl),
            ("[%]", BadProxy::NotAUrl),
            ("socks4://h", BadProxy::Scheme { scheme: "socks4".into() }),
            ("http://me:Secret%0A@h", BadProxy::Credentials),
            ("http://:Secret@h", BadProxy::Credentials),
            ("socks5://Secret@h", BadProxy::Credentials),
            ("http://a%3Ab:Secret@h", BadProxy::Credentials),
            (&long, BadProxy::Credentials),
        ] {
            let error = text.parse::<ProxyUrl>().unwrap_err();
            assert_eq!(error, expected, "{text}");
            assert!(!format!("{error} {error:?}").contains("Secret"));
        }
    }
}
