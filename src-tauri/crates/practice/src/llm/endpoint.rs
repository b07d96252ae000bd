//! Where a language model is asked. Plain data, checked before anything is opened.

use std::fmt;
use std::net::IpAddr;

use hyper::Uri;
use hyper::http::uri::Authority;
use thiserror::Error;

/// An endpoint that speaks OpenAI's chat completions: Ollama, llama.cpp, LM Studio, or a service.
#[derive(Clone, PartialEq, Eq)]
pub struct LlmEndpoint {
    /// What stands before `/chat/completions`, as `http://127.0.0.1:11434/v1`. `http` on this machine alone, else `https`.
    pub base_url: String,
    /// The model's name, as the endpoint knows it.
    pub model: String,
    /// Sent as a bearer token, if there is one.
    pub key: Option<String>,
}

impl fmt::Debug for LlmEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.key.as_ref().map(|_| "…");
        f.debug_struct("LlmEndpoint")
            .field("base_url", &self.base_url)
            .field("model", &self.model)
            .field("key", &key)
            .finish()
    }
}

/// Why an endpoint is not asked. The texts are for a person.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum LlmEndpointError {
    /// No address of the web.
    #[error(
        "its address is not valid: it starts with https:// (or http:// on this computer), names a host, and has no user \
         name, password, query or fragment"
    )]
    NoAddress,
    /// Plain `http` to another machine: what is said would pass in the open.
    #[error("plain http is for this computer only: use https for {host}")]
    InTheOpen {
        /// The other machine.
        host: String,
    },
    /// No model was named.
    #[error("no model is named")]
    NoModel,
    /// The key cannot be a header's value.
    #[error("its key has characters that a key cannot have")]
    BadKey,
}

impl LlmEndpoint {
    /// Whether it can be asked at all, without asking it.
    ///
    /// # Errors
    /// What is wrong with it, see [`LlmEndpointError`].
    pub fn check(&self) -> Result<(), LlmEndpointError> {
        Origin::of(self).map(|_| ())
    }
}

/// An endpoint, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) is_encrypted: bool,
    /// A name, or an address without brackets.
    pub(super) host: String,
    pub(super) port: u16,
    /// As `/v1/chat/completions`.
    pub(super) path: String,
}

impl Origin {
    pub(super) fn of(endpoint: &LlmEndpoint) -> Result<Self, LlmEndpointError> {
        let address = endpoint.base_url.trim();
        // The parser cuts a fragment off without a word.
        if !address.is_ascii() || address.contains(|c: char| matches!(c, '#' | '\\' | ' ') || c.is_control())
        {
            return Err(LlmEndpointError::NoAddress);
        }
        let uri: Uri = address.parse().map_err(|_| LlmEndpointError::NoAddress)?;
        let is_encrypted = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(LlmEndpointError::NoAddress),
        };
        let authority = uri.authority().ok_or(LlmEndpointError::NoAddress)?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        if host.is_empty() || authority.as_str().contains('@') || uri.query().is_some() {
            return Err(LlmEndpointError::NoAddress);
        }
        if !is_encrypted && !is_this_machine(&host) {
            return Err(LlmEndpointError::InTheOpen { host });
        }
        if endpoint.model.trim().is_empty() {
            return Err(LlmEndpointError::NoModel);
        }
        if endpoint.key.as_ref().is_some_and(|key| !key.chars().all(|c| c.is_ascii_graphic())) {
            return Err(LlmEndpointError::BadKey);
        }
        let port = port_of(authority, if is_encrypted { 443 } else { 80 })?;
        let path = format!("{}/chat/completions", uri.path().trim_end_matches('/'));
        Ok(Self { is_encrypted, host, port, path })
    }

    /// As a `Host` header wants it.
    pub(super) fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

/// The port that is named, which must be one; else the usual one.
fn port_of(authority: &Authority, usual: u16) -> Result<u16, LlmEndpointError> {
    let behind = authority.as_str().get(authority.host().len()..).unwrap_or_default();
    match behind.strip_prefix(':') {
        None => Ok(usual),
        Some(port) => port.parse().ok().filter(|port| *port > 0).ok_or(LlmEndpointError::NoAddress),
    }
}

fn is_this_machine(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(base_url: &str) -> Result<(bool, String, String), LlmEndpointError> {
        let endpoint = LlmEndpoint { base_url: base_url.into(), model: "m".into(), key: None };
        Origin::of(&endpoint).map(|origin| (origin.is_encrypted, origin.authority(), origin.path))
    }

    #[test]
    fn addresses_are_taken_apart() {
        let path = |path: &str| path.to_owned();
        assert_eq!(
            origin("http://127.0.0.1:11434/v1"),
            Ok((false, "127.0.0.1:11434".into(), path("/v1/chat/completions")))
        );
        assert_eq!(origin("http://[::1]:80/"), Ok((false, "[::1]:80".into(), path("/chat/completions"))));
        assert_eq!(
            origin(" https://api.example/v1/ "),
            Ok((true, "api.example:443".into(), path("/v1/chat/completions")))
        );
        assert_eq!(
            origin("HTTPS://api.example:8443/V1"),
            Ok((true, "api.example:8443".into(), path("/V1/chat/completions")))
        );
        assert_eq!(
            origin("http://LOCALHOST:8080"),
            Ok((false, "LOCALHOST:8080".into(), path("/chat/completions")))
        );
    }

    #[test]
    fn what_is_no_endpoint_is_refused() {
        for bad in [
            "",
            "127.0.0.1:80",
            "ftp://127.0.0.1",
            "http://",
            "http://me:secret@localhost/",
            "https://a/?x=1",
            "https://a/v1?api-key=secret",
            "https://a/v1#fragment",
            "/v1",
            "https:///etc/passwd",
            "https://:443/",
            "https://a:0/",
            "https://a:65536/",
            "https://a:99999/",
            "https://a:80x/",
            "https://a:/",
            "https://user@a/",
            "https://a\\@b/",
            "https://a b/",
            "https://a/\u{7}",
            "https://a/\r\nx",
            "https://a/\u{202e}",
            "javascript:alert(1)",
            "file:///etc/passwd",
        ] {
            assert_eq!(origin(bad), Err(LlmEndpointError::NoAddress), "{bad}");
        }
        for open in [
            "http://192.168.1.2/v1",
            "http://example.com",
            "http://127.0.0.1.example.com",
            "http://[2001:db8::1]/",
            "http://0.0.0.0/",
            "http://2130706433/",
            "http://localhost.example/",
        ] {
            assert!(matches!(origin(open), Err(LlmEndpointError::InTheOpen { .. })), "{open}");
        }
        let with = |model: &str, key: &str| {
            LlmEndpoint { base_url: "https://a".into(), model: model.into(), key: Some(key.into()) }.check()
        };
        assert_eq!(with(" ", "k"), Err(LlmEndpointError::NoModel));
        assert_eq!(with("m", "two\nlines"), Err(LlmEndpointError::BadKey));
        let told = format!(
            "{:?}",
            LlmEndpoint { base_url: "https://a".into(), model: "m".into(), key: Some("secret".into()) }
        );
        assert!(!told.contains("secret"), "{told}");
    }
}
