//! What is asked of a Live server at the upgrade: a URL and headers, checked when made and redacted when printed.

use std::fmt;
use std::net::IpAddr;

use live_proto::catalogue::ApiVersion;
use tokio_tungstenite::tungstenite::http::Uri;
use tokio_tungstenite::tungstenite::http::uri::PathAndQuery;

use crate::authorization::Authorization;
use crate::key::ApiKey;
use crate::scrub::Scrubber;
use crate::way::Site;

const GEMINI_HOST: &str = "wss://generativelanguage.googleapis.com";
/// Ephemeral tokens know this method alone, in this version (PROTOCOL.md §1.1).
const CONSTRAINED_PATH: &str =
    "/ws/google.ai.generativelanguage.v1alpha.GenerativeService.BidiGenerateContentConstrained";
/// Vertex puts a slash where the Gemini API puts a dot (PROTOCOL.md §1.1).
const VERTEX_PATH: &str = "/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent";

/// Why a URL cannot be used. The texts are for whoever typed it and never repeat what might be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadEndpoint {
    /// It does not read as a URL with a host.
    #[error("this is not a URL such as wss://example.org/path")]
    NotAUrl,
    /// A scheme that is not a WebSocket's.
    #[error("the URL must begin with wss:// or ws://, not {scheme}://")]
    Scheme {
        /// The scheme it has.
        scheme: String,
    },
    /// Voice and key would travel through a network unencrypted.
    #[error("an unencrypted ws:// URL may point to this computer only; use wss:// for {host}")]
    PlainOffLoopback {
        /// The host it points to.
        host: String,
    },
    /// A password or key in the URL, which would end up in logs and error texts.
    #[error("the URL must not hold a key or a password; a key has its own field")]
    SecretInUrl,
    /// An ephemeral token was wanted, and this is none; most likely an API key.
    #[error("this is no ephemeral token: those begin with auth_tokens/")]
    NotAToken,
    /// No id of a project.
    #[error("a project's id is made of lower-case letters, digits and hyphens")]
    Project,
    /// No location of Vertex.
    #[error("a location is \"global\" or a region such as us-central1")]
    Location,
}

/// An upgrade request: where to, and who asks. `Debug` shows no secret and no query.
#[derive(Clone)]
pub struct Request {
    uri: Uri,
    /// Whether the API version in the path follows the setup. A custom URL is meant as it is written.
    is_versioned: bool,
    authorization: Authorization,
}

impl Request {
    /// The Gemini API, v1beta, with this key.
    pub fn gemini(key: &ApiKey) -> Self {
        let authorization = Authorization::Key(key.clone());
        Self { uri: gemini_uri(ApiVersion::V1Beta), is_versioned: true, authorization }
    }

    /// The Gemini API with an ephemeral token: another method, v1alpha, whatever the setup holds.
    pub(crate) fn ephemeral(token: &ApiKey) -> Self {
        let uri = format!("{GEMINI_HOST}{CONSTRAINED_PATH}").parse().unwrap_or_default();
        Self { uri, is_versioned: false, authorization: Authorization::Token(token.clone()) }
    }

    /// Vertex at `host`.
    pub(crate) fn vertex(host: &str, authorization: Authorization) -> Result<Self, BadEndpoint> {
        let uri = format!("wss://{host}{VERTEX_PATH}").parse().map_err(|_| BadEndpoint::Location)?;
        Ok(Self { uri, is_versioned: false, authorization })
    }

    /// Another Live server: `wss://` anywhere, `ws://` on this computer only. Without a path, the Gemini API's.
    ///
    /// # Errors
    /// [`BadEndpoint`] for anything else, and for a URL that holds a secret.
    pub fn custom(url: &str) -> Result<Self, BadEndpoint> {
        let mut uri: Uri = url.trim().parse().map_err(|_| BadEndpoint::NotAUrl)?;
        let host = uri.host().filter(|host| !host.is_empty()).ok_or(BadEndpoint::NotAUrl)?;
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@'))
            || query_holds_secret(&uri)
        {
            return Err(BadEndpoint::SecretInUrl);
        }
        match uri.scheme_str() {
            Some("wss") => {}
            Some("ws") if is_loopback(host) => {}
            Some("ws") => return Err(BadEndpoint::PlainOffLoopback { host: host.to_owned() }),
            Some(scheme) => return Err(BadEndpoint::Scheme { scheme: scheme.to_owned() }),
            None => return Err(BadEndpoint::NotAUrl),
        }
        if uri.path() == "/" && uri.query().is_none() {
            let mut parts = uri.into_parts();
            parts.path_and_query = method_path(ApiVersion::V1Beta).parse().ok();
            uri = Uri::from_parts(parts).map_err(|_| BadEndpoint::NotAUrl)?;
        }
        Ok(Self { uri, is_versioned: false, authorization: Authorization::None })
    }

    /// A request over a stream that stays in this process, such as one to the embedded rehearsal server.
    pub fn in_memory() -> Self {
        let uri = format!("ws://localhost{}", method_path(ApiVersion::V1Beta));
        let uri = uri.parse().unwrap_or_default();
        Self { uri, is_versioned: false, authorization: Authorization::None }
    }

    /// The same with the key in its header, never in the URL.
    #[must_use]
    pub fn with_key(self, key: &ApiKey) -> Self {
        self.with(Authorization::Key(key.clone()))
    }

    #[must_use]
    pub(crate) fn with(self, authorization: Authorization) -> Self {
        Self { authorization, ..self }
    }

    /// The same at the API version that a setup needs (PROTOCOL.md §1.1).
    #[must_use]
    pub(crate) fn at(mut self, version: ApiVersion) -> Self {
        if self.is_versioned {
            self.uri = gemini_uri(version);
        }
        self
    }

    /// The host without the brackets of an IPv6 address.
    pub fn host(&self) -> &str {
        bare(self.uri.host().unwrap_or_default())
    }

    /// The port, by default that of the scheme.
    pub fn port(&self) -> u16 {
        self.uri.port_u16().unwrap_or(if self.is_encrypted() { 443 } else { 80 })
    }

    /// Whether it is `wss://`.
    pub fn is_encrypted(&self) -> bool {
        self.uri.scheme_str() == Some("wss")
    }

    /// Where the connection goes.
    pub(crate) fn site(&self) -> Site {
        Site { host: self.host().to_owned(), port: self.port(), is_encrypted: self.is_encrypted() }
    }

    /// The `Host` header: host and port as written in the URL.
    pub(crate) fn authority(&self) -> &str {
        self.uri.authority().map_or("", |authority| authority.as_str())
    }

    pub(crate) fn path_and_query(&self) -> &str {
        self.uri.path_and_query().map_or("/", PathAndQuery::as_str)
    }

    /// Who asks, and with which header.
    pub(crate) fn authorization(&self) -> &Authorization {
        &self.authorization
    }

    /// What no text of the server may show.
    pub(crate) fn secrets(&self) -> Scrubber {
        self.authorization.secrets()
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.uri.scheme_str().unwrap_or_default();
        f.debug_struct("Request")
            .field("url", &format_args!("{scheme}://{}{}", self.authority(), self.uri.path()))
            .field("authorization", &self.authorization)
            .finish_non_exhaustive()
    }
}

/// The method of the Gemini API (PROTOCOL.md §1.1); also the path of a custom URL that names none.
fn method_path(version: ApiVersion) -> String {
    format!("/ws/google.ai.generativelanguage.{}.GenerativeService.BidiGenerateContent", version.as_str())
}

fn gemini_uri(version: ApiVersion) -> Uri {
    // Made of constants, so it parses; a test holds it to that.
    format!("{GEMINI_HOST}{}", method_path(version)).parse().unwrap_or_default()
}

/// Whether this name or address can only mean this computer.
pub(crate) fn is_loopback(host: &str) -> bool {
    let host = bare(host);
    match host.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

pub(crate) fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

/// `?key=` and `?access_token=` are how browsers authenticate (PROTOCOL.md §1.2).
fn query_holds_secret(uri: &Uri) -> bool {
    let names = uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split('=').next());
    names
        .into_iter()
        .any(|name| ["key", "api_key", "access_token"].iter().any(|s| name.eq_ignore_ascii_case(s)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> ApiKey {
        ApiKey::new("AIzaSy-Secret").unwrap()
    }

    #[test]
    fn the_gemini_url_is_the_documented_one_and_holds_no_key() {
        let request = Request::gemini(&key());
        let expected = "wss://generativelanguage.googleapis.com\
                        /ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent";
        assert_eq!(request.uri.to_string(), expected);
        assert_eq!((request.host(), request.port()), ("generativelanguage.googleapis.com", 443));
        assert!(request.clone().at(ApiVersion::V1Alpha).path_and_query().contains(".v1alpha."));
        assert_eq!(request.authorization().header(), Some(("x-goog-api-key", "AIzaSy-Secret".to_owned())));
        assert_eq!(Request::in_memory().authority(), "localhost");
    }

    #[test]
    fn plain_sockets_stay_on_this_computer() {
        for url in ["ws://localhost:9000", "ws://127.0.0.1:9000/x", "ws://127.3.2.1/", "ws://[::1]:9000/"] {
            assert!(Request::custom(url).is_ok(), "{url}");
        }
        for url in
            ["ws://example.org/", "ws://192.168.1.4:9000", "ws://localhost.evil.example/", "ws://[::2]/"]
        {
            let error = Request::custom(url).unwrap_err();
            assert!(matches!(error, BadEndpoint::PlainOffLoopback { .. }), "{url}: {error:?}");
        }
        assert!(Request::custom("wss://example.org/live").is_ok());
    }

    #[test]
    fn other_urls_are_refused_with_their_reason() {
        assert_eq!(
            Request::custom("https://x.y/").unwrap_err(),
            BadEndpoint::Scheme { scheme: "https".into() }
        );
        for url in ["", "localhost", "/path", "wss://", "wss:///path", "wss://a b/"] {
            assert_eq!(Request::custom(url).unwrap_err(), BadEndpoint::NotAUrl, "{url}");
        }
        for url in ["wss://me:pw@x.y/", "wss://x.y/?key=AIza", "wss://x.y/a?b=1&access_token=t"] {
            assert_eq!(Request::custom(url).unwrap_err(), BadEndpoint::SecretInUrl, "{url}");
        }
    }

    #[test]
    fn a_custom_url_may_leave_out_path_and_port() {
        let method = method_path(ApiVersion::V1Beta);
        let request = Request::custom("ws://[::1]:9000").unwrap();
        assert_eq!(
            (request.host(), request.port(), request.path_and_query()),
            ("::1", 9000, method.as_str())
        );
        assert!(request.clone().at(ApiVersion::V1Alpha).path_and_query().contains(".v1beta."));
        assert_eq!(request.authority(), "[::1]:9000");
        let request = Request::custom("wss://example.org/live?room=1").unwrap();
        assert_eq!((request.port(), request.path_and_query()), (443, "/live?room=1"));
    }

    #[test]
    fn debug_and_scrub_keep_secrets_out() {
        let request = Request::custom("wss://example.org/live?room=7").unwrap().with_key(&key());
        let shown = format!("{request:?}");
        assert!(shown.contains("wss://example.org/live") && shown.contains("x-goog-api-key"), "{shown}");
        assert!(!shown.contains("Secret") && !shown.contains("room"), "{shown}");
        assert_eq!(request.secrets().text("no key AIzaSy-Secret here"), "no key [redacted] here");
    }
}
