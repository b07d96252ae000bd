//! The parts of a URL that a person typed: host, port, and whether it holds a secret. Pure.

use std::borrow::Cow;
use std::net::IpAddr;

use hyper::Uri;
use percent_encoding::percent_decode_str;

/// What is wrong with a URL's host or port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadAddress {
    /// There is no host, or it can be neither a name nor an address.
    Host,
    /// The port is not a number from 1 to 65535.
    Port,
}

/// Host and port as they stand in a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address<'a> {
    /// A name or an address, without brackets.
    pub host: &'a str,
    /// The port, where it is written.
    pub port: Option<u16>,
    /// What stands before the `@`.
    pub userinfo: Option<&'a str>,
}

impl<'a> Address<'a> {
    /// Takes host and port out of `uri`, more strictly than the library, which reads a bad port as none.
    ///
    /// # Errors
    /// [`BadAddress`], for the part that is wrong.
    pub fn parse(uri: &'a Uri) -> Result<Self, BadAddress> {
        let authority = uri.authority().ok_or(BadAddress::Host)?;
        let text = authority.as_str();
        let (userinfo, place) =
            text.rsplit_once('@').map_or((None, text), |(userinfo, place)| (Some(userinfo), place));
        let host = without_brackets(authority.host());
        if !is_host(host) {
            return Err(BadAddress::Host);
        }
        let written = match place.rsplit_once(']') {
            Some((_, "")) => None,
            Some((_, rest)) => Some(rest.strip_prefix(':').ok_or(BadAddress::Host)?),
            None => place.split_once(':').map(|(_, port)| port),
        };
        let port = match written {
            Some(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some(text.parse().ok().filter(|port| *port > 0).ok_or(BadAddress::Port)?)
            }
            Some(_) => return Err(BadAddress::Port),
            None => None,
        };
        Ok(Self { host, port, userinfo })
    }
}

/// Returns whether this is an IP address or a name as DNS carries it.
fn is_host(text: &str) -> bool {
    let is_fine = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    text.parse::<IpAddr>().is_ok() || (!text.is_empty() && text.bytes().all(is_fine))
}

/// Returns a host without the brackets of an IPv6 address.
pub fn without_brackets(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

/// Returns whether this name or address can only mean this computer.
pub fn is_loopback(host: &str) -> bool {
    let host = without_brackets(host);
    match host.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

/// How the keys and tokens of services begin.
const KEYS_BEGIN: [&str; 5] = ["AIza", "auth_tokens/", "ya29.", "sk-", "Bearer "];
/// Shorter words that are no keys begin like some of them.
const SHORTEST_KEY: usize = 16;
/// How the name of a query's field ends when its value is a secret, without the signs between its words.
const SECRETS_END: [&str; 13] = [
    "key",
    "token",
    "secret",
    "password",
    "passwd",
    "pwd",
    "auth",
    "authorization",
    "credential",
    "credentials",
    "signature",
    "bearer",
    "jwt",
];

/// Returns whether a path or a query holds what looks like a key: browsers authenticate by `?key=` and `?access_token=`
/// (PROTOCOL.md §1.2), and logs and error texts show addresses.
pub fn holds_secret(path_and_query: &str) -> bool {
    let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
    let pairs = query.split(['&', ';']).map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.into_iter().any(|(name, value)| is_secrets_name(&decoded(name)) || is_key(&decoded(value)))
        || path.split('/').any(|part| is_key(&decoded(part)))
        || decoded(path).contains("/auth_tokens/")
}

fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

fn is_secrets_name(name: &str) -> bool {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    let name: String = letters.flat_map(char::to_lowercase).collect();
    SECRETS_END.iter().any(|end| name.ends_with(end)) || name == "sig"
}

fn is_key(text: &str) -> bool {
    text.len() >= SHORTEST_KEY && KEYS_BEGIN.iter().any(|beginning| text.starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_must_be_between_1_and_65535() {
        let port = |text: &str| {
            let uri: Uri = text.parse().map_err(|_| BadAddress::Host)?;
            Address::parse(&uri).map(|address| address.port)
        };
        for (text, expected) in [
            ("ws://h", Ok(None)),
            ("ws://h:1/", Ok(Some(1))),
            ("ws://h:65535", Ok(Some(65535))),
            ("ws://[::1]", Ok(None)),
            ("ws://[::1]:9000/x", Ok(Some(9000))),
            ("ws://me:pw@h:9000", Ok(Some(9000))),
            ("ws://h:0", Err(BadAddress::Port)),
            ("ws://h:65536", Err(BadAddress::Port)),
            ("ws://h:99999999999999999999", Err(BadAddress::Port)),
            ("ws://h:", Err(BadAddress::Port)),
            ("ws://h:/x", Err(BadAddress::Port)),
            ("ws://[::1]:", Err(BadAddress::Port)),
            ("ws://[::1]:0", Err(BadAddress::Port)),
        ] {
            assert_eq!(port(text), expected, "{text}");
        }
        for text in ["ws://h:http", "ws://h:+80", "ws://h:8 0", "ws://h:80:90", "ws://[::1]80", "ws://::1:80"]
        {
            assert!(port(text).is_err(), "{text}");
        }
    }

    #[test]
    fn key_in_a_url_is_found_under_any_name() {
        for text in [
            "/?key=x",
            "/?KEY=x",
            "/a?b=1&api-key=x",
            "/?api_key=x",
            "/?apiKey",
            "/?X-Goog-Api-Key=x",
            "/?access_token=x",
            "/?a=1;token=x",
            "/?%6Bey=x",
            "/?client.secret=x",
            "/?password=",
            "/?Authorization=x",
            "/?sig=x",
            "/?room=AIzaSyA0123456789",
            "/?room=auth_tokens%2F0123456789",
            "/live/AIzaSyA0123456789",
            "/auth_tokens/abc/live",
            "/?x=Bearer%20abcdefghijk",
            "/?subscription-key=1",
        ] {
            assert!(holds_secret(text), "{text}");
        }
        for text in [
            "/",
            "/live",
            "/live?room=1",
            "/keys/live?keyboard=de",
            "/?tokens=3",
            "/AIza",
            "/sk-learn?x=sk-1",
            "",
        ] {
            assert!(!holds_secret(text), "{text}");
        }
    }
}
