//! Where a language model is asked. Plain data, checked before anything is opened.

use std::fmt;

use net::{BadUrl, HttpUrl};
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
        self.url().map(|_| ())
    }

    /// Returns where its questions go, as `http://127.0.0.1:11434/v1/chat/completions`.
    ///
    /// # Errors
    /// What is wrong with the endpoint, see [`LlmEndpointError`].
    pub fn url(&self) -> Result<HttpUrl, LlmEndpointError> {
        let address = self.base_url.trim();
        // The parser cuts a fragment off without a word, and a path follows the base: it holds no query.
        let is_odd = |c: char| matches!(c, '#' | '?' | '\\' | ' ') || c.is_control();
        if !address.is_ascii() || address.contains(is_odd) {
            return Err(LlmEndpointError::NoAddress);
        }
        let base: HttpUrl = address.parse().map_err(|bad| match bad {
            BadUrl::PlainOffLoopback { host } => LlmEndpointError::InTheOpen { host },
            _ => LlmEndpointError::NoAddress,
        })?;
        if self.model.trim().is_empty() {
            return Err(LlmEndpointError::NoModel);
        }
        if self.key.as_ref().is_some_and(|key| !key.chars().all(|c| c.is_ascii_graphic())) {
            return Err(LlmEndpointError::BadKey);
        }
        let path = format!("{}/chat/completions", base.target().trim_end_matches('/'));
        HttpUrl::at(base.origin().clone(), &path).map_err(|_| LlmEndpointError::NoAddress)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(base_url: &str) -> Result<String, LlmEndpointError> {
        let endpoint = LlmEndpoint { base_url: base_url.into(), model: "m".into(), key: None };
        endpoint.url().map(|url| url.to_string())
    }

    #[test]
    fn questions_go_below_the_base_address() {
        for (base, expected) in [
            ("http://127.0.0.1:11434/v1", "http://127.0.0.1:11434/v1/chat/completions"),
            ("http://[::1]:80/", "http://[::1]/chat/completions"),
            (" https://api.example/v1/ ", "https://api.example/v1/chat/completions"),
            ("HTTPS://api.example:8443/V1", "https://api.example:8443/V1/chat/completions"),
            ("http://LOCALHOST:8080", "http://LOCALHOST:8080/chat/completions"),
        ] {
            assert_eq!(url(base).as_deref(), Ok(expected), "{base}");
        }
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
            assert_eq!(url(bad), Err(LlmEndpointError::NoAddress), "{bad}");
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
            assert!(matches!(url(open), Err(LlmEndpointError::InTheOpen { .. })), "{open}");
        }
        let with = |model: &str, key: &str| {
            LlmEndpoint { base_url: "https://a".into(), model: model.into(), key: Some(key.into()) }.check()
        };
        assert_eq!(with(" ", "k"), Err(LlmEndpointError::NoModel));
        assert_eq!(with("m", "two\nlines"), Err(LlmEndpointError::BadKey));
        let printed = format!(
            "{:?}",
            LlmEndpoint { base_url: "https://a".into(), model: "m".into(), key: Some("secret".into()) }
        );
        assert!(!printed.contains("secret"), "{printed}");
    }
}
