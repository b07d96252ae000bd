//! Where a web page is from, as its browser says it. Pure.

use std::fmt;
use std::str::FromStr;

/// The origin of a web page: scheme, host and port, as browsers send it.
///
/// # Examples
///
/// ```
/// use live_server::WebOrigin;
///
/// let origin: WebOrigin = "HTTPS://Example.com:443/".parse()?;
/// assert_eq!(origin.as_str(), "https://example.com");
/// assert!("example.com".parse::<WebOrigin>().is_err());
/// # Ok::<(), &'static str>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebOrigin(String);

impl WebOrigin {
    /// Returns the origin as a browser sends it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WebOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for WebOrigin {
    type Err = &'static str;

    /// Takes a URL without a path. A default port is left out, as browsers leave it out.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim().to_ascii_lowercase();
        let (scheme, host) =
            text.split_once("://").ok_or("a page's address begins with http:// or https://")?;
        let port = match scheme {
            "http" => ":80",
            "https" => ":443",
            _ => return Err("a page's address begins with http:// or https://"),
        };
        let host = host.strip_suffix('/').unwrap_or(host);
        let host = host.strip_suffix(port).unwrap_or(host);
        let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
        if host.is_empty() || host.starts_with(':') || !host.bytes().all(is_host) {
            return Err("give the page's scheme, host and port alone, such as http://localhost:5173");
        }
        Ok(Self(format!("{scheme}://{host}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_as_a_browser_sends_it() {
        for (given, origin) in [
            ("http://localhost:5173", "http://localhost:5173"),
            ("http://LOCALHOST:80/", "http://localhost"),
            ("https://a.example:80", "https://a.example:80"),
            ("http://[::1]:8000", "http://[::1]:8000"),
        ] {
            assert_eq!(given.parse::<WebOrigin>().map(|parsed| parsed.to_string()), Ok(origin.to_owned()));
        }
        for wrong in [
            "",
            "*",
            "null",
            "http://",
            "http://:80",
            "http://a/path",
            "http://a@b",
            "file://a",
            "http://a b",
        ] {
            assert!(wrong.parse::<WebOrigin>().is_err(), "{wrong}");
        }
    }
}
