//! Where a connection goes, and the addresses of the web that a request may go to. Pure.

use std::fmt;
use std::str::FromStr;

use hyper::Uri;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::address::{Address, BadAddress, is_loopback};

/// The server at the other end of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// A name or an address, without brackets.
    pub host: String,
    /// Its TCP port.
    pub port: u16,
    /// Whether it is reached over TLS. Without TLS it must be this computer.
    pub is_encrypted: bool,
}

impl Origin {
    /// Returns host and port as the `Host` header has them: an IPv6 address in brackets, the scheme's own port left out.
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == default_port(self.is_encrypted) { host } else { format!("{host}:{}", self.port) }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_encrypted { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.authority())
    }
}

/// Why a request cannot go to an address. The texts do not repeat it: it may hold a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadUrl {
    /// It does not read as a URL with a host.
    #[error("this is not a URL such as https://example.org/path")]
    NotAUrl,
    /// A scheme other than `https` and `http`.
    #[error("the URL must begin with https:// or http://, not {scheme}://")]
    Scheme {
        /// The scheme it has.
        scheme: String,
    },
    /// What is sent would travel through a network unencrypted.
    #[error("an unencrypted http:// URL may point to this computer only; use https:// for {host}")]
    PlainOffLoopback {
        /// The host it points to.
        host: String,
    },
    /// A user name or a password before the host.
    #[error("the URL must not hold a user name or a password")]
    UserInfo,
    /// A port that can't be one.
    #[error("the port must be a number from 1 to 65535")]
    Port,
}

/// An address that a request may go to: `https://` anywhere, `http://` on this computer only, without a user name.
///
/// `Debug` and `Display` leave the query out, which may hold what a person typed.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpUrl {
    origin: Origin,
    /// Path and query; it begins with a slash.
    target: String,
}

impl HttpUrl {
    /// Returns the server.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Returns path and query, as they stand in a request's first line.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// Returns another place on the same server. `target` is its path and query, and begins with a slash.
    ///
    /// # Errors
    /// [`BadUrl::NotAUrl`] when `target` cannot stand in a request's first line.
    pub fn at(origin: Origin, target: &str) -> Result<Self, BadUrl> {
        let is_target =
            target.starts_with('/') && target.parse::<Uri>().is_ok_and(|uri| uri.host().is_none());
        if is_target { Ok(Self { origin, target: target.to_owned() }) } else { Err(BadUrl::NotAUrl) }
    }

    /// Appends these pairs to the query, percent-encoded.
    #[must_use]
    pub fn with_query<'a>(mut self, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        for pair in pairs {
            self.target.push(if self.target.contains('?') { '&' } else { '?' });
            self.target.push_str(&encoded_pair(pair));
        }
        self
    }
}

impl FromStr for HttpUrl {
    type Err = BadUrl;

    fn from_str(text: &str) -> Result<Self, BadUrl> {
        let uri: Uri = text.parse().map_err(|_| BadUrl::NotAUrl)?;
        let scheme = uri.scheme_str().ok_or(BadUrl::NotAUrl)?.to_ascii_lowercase();
        let address = Address::parse(&uri).map_err(|bad| match bad {
            BadAddress::Host => BadUrl::NotAUrl,
            BadAddress::Port => BadUrl::Port,
        })?;
        if address.userinfo.is_some() {
            return Err(BadUrl::UserInfo);
        }
        let host = address.host.to_owned();
        let is_encrypted = match scheme.as_str() {
            "https" => true,
            "http" if is_loopback(&host) => false,
            "http" => return Err(BadUrl::PlainOffLoopback { host }),
            _ => return Err(BadUrl::Scheme { scheme }),
        };
        let port = address.port.unwrap_or(default_port(is_encrypted));
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        // A query may follow the host directly.
        let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
        Ok(Self { origin: Origin { host, port, is_encrypted }, target })
    }
}

impl fmt::Display for HttpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.target.split('?').next().unwrap_or_default();
        write!(f, "{}{path}", self.origin)
    }
}

impl fmt::Debug for HttpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpUrl({self})")
    }
}

/// A name and a value as queries and forms have them.
pub(crate) fn encoded_pair((name, value): (&str, &str)) -> String {
    let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    // Underscores are common in names and need no encoding.
    let name = encode(name).replace("%5F", "_");
    format!("{name}={}", encode(value))
}

fn default_port(is_encrypted: bool) -> u16 {
    if is_encrypted { 443 } else { 80 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_leaves_this_computer() {
        for (text, shown, target) in [
            ("https://example.org", "https://example.org/", "/"),
            ("HTTPS://example.org:8443/a?b=c#d", "https://example.org:8443/a", "/a?b=c"),
            ("https://[2001:db8::1]/x", "https://[2001:db8::1]/x", "/x"),
            ("https://example.org?a=b", "https://example.org/", "/?a=b"),
            ("http://127.0.0.1:80/v1", "http://127.0.0.1/v1", "/v1"),
            ("http://[::1]:8080/", "http://[::1]:8080/", "/"),
            ("http://LOCALHOST:9/", "http://LOCALHOST:9/", "/"),
        ] {
            let url: HttpUrl = text.parse().unwrap();
            assert_eq!((url.to_string().as_str(), url.target()), (shown, target), "{text}");
        }
        for (text, expected) in [
            ("", BadUrl::NotAUrl),
            ("/path", BadUrl::NotAUrl),
            ("example.org", BadUrl::NotAUrl),
            ("https://", BadUrl::NotAUrl),
            ("https:///etc/passwd", BadUrl::NotAUrl),
            ("https://a b/", BadUrl::NotAUrl),
            ("https://h\r\nx: y/", BadUrl::NotAUrl),
            ("https://me:Secret@h/", BadUrl::UserInfo),
            ("https://me@h/", BadUrl::UserInfo),
            ("https://h:0/", BadUrl::Port),
            ("ftp://h/", BadUrl::Scheme { scheme: "ftp".into() }),
            ("http://h/", BadUrl::PlainOffLoopback { host: "h".into() }),
            ("http://localhost.h/", BadUrl::PlainOffLoopback { host: "localhost.h".into() }),
        ] {
            let error = text.parse::<HttpUrl>().unwrap_err();
            assert_eq!(error, expected, "{text}");
            assert!(!format!("{error} {error:?}").contains("Secret"));
        }
    }

    #[test]
    fn a_query_is_encoded_and_not_shown() {
        let url: HttpUrl = "https://h/a".parse().unwrap();
        let url = url.with_query([("page_token", "a+/=&key=x"), ("q", "Zürich 1")]);
        assert_eq!(url.target(), "/a?page_token=a%2B%2F%3D%26key%3Dx&q=Z%C3%BCrich%201");
        assert_eq!(format!("{url} {url:?}"), "https://h/a HttpUrl(https://h/a)");
    }

    #[test]
    fn a_target_stays_on_its_server() {
        let at = |target| HttpUrl::at(Origin { host: "h".into(), port: 443, is_encrypted: true }, target);
        assert_eq!(at("/v1/models?x=1").unwrap().target(), "/v1/models?x=1");
        for bad in ["", "x", "https://evil.example/", "/a b", "/\r\nx: y"] {
            assert_eq!(at(bad), Err(BadUrl::NotAUrl), "{bad:?}");
        }
    }
}
