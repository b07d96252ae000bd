//! What is asked of a Live server at the upgrade: a URL and headers, checked when made and redacted when printed.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use live_proto::catalogue::ApiVersion;
use net::{Address, BadAddress, Origin, Scrubber, holds_secret, is_loopback, tidy, without_brackets};
use tokio_tungstenite::tungstenite::http::Uri;
use tokio_tungstenite::tungstenite::http::uri::PathAndQuery;

use crate::auth::{ApiKey, Authorization};

const GEMINI_HOST: &str = "wss://generativelanguage.googleapis.com";
/// Vertex puts a slash where the Gemini API puts a dot (PROTOCOL.md §1.1).
const VERTEX_PATH: &str = "/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent";

/// Why a URL cannot be used. The messages are for the person who typed it and never repeat what might be a secret.
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
    /// A port that can't be one.
    #[error("the port must be a number from 1 to 65535")]
    Port,
    /// A part that is never sent to a server.
    #[error("the URL must end before the #: what follows it is for web pages")]
    Fragment,
    /// This is not an ephemeral token, but most likely an API key.
    #[error("this is no ephemeral token: those begin with auth_tokens/")]
    NotAToken,
    /// This is not the id of a project.
    #[error("a project's id is made of lower-case letters, digits and hyphens")]
    Project,
    /// This is not a location of Vertex.
    #[error("a location is \"global\" or a region such as us-central1")]
    Location,
}

/// An upgrade request: the server's URL, and who asks. `Debug` shows no secret and no query.
#[derive(Clone)]
pub struct Request {
    uri: Uri,
    version: Version,
    authorization: Authorization,
}

/// Who decides on the API version in the path.
#[derive(Clone)]
enum Version {
    /// Nobody: it stays as it is written.
    Fixed,
    /// The setup.
    Setup,
    /// What the service takes (PROTOCOL.md §12): v1beta, and v1alpha once that was refused. Clones share the finding.
    Tried(Arc<AtomicBool>),
}

impl Request {
    /// Returns a request to the Gemini API, v1beta, with this key.
    pub fn gemini(key: &ApiKey) -> Self {
        let authorization = Authorization::Key(key.clone());
        Self { uri: gemini_uri(ApiVersion::V1Beta), version: Version::Setup, authorization }
    }

    /// Returns a request to the Gemini API with an ephemeral token: another method, and the version that the service takes.
    pub(crate) fn ephemeral(token: &ApiKey) -> Self {
        let uri = constrained_uri(ApiVersion::V1Beta);
        let authorization = Authorization::Token(token.clone());
        Self { uri, version: Version::Tried(Arc::default()), authorization }
    }

    /// Returns a request to Vertex at `host`.
    pub(crate) fn vertex(host: &str, authorization: Authorization) -> Result<Self, BadEndpoint> {
        let uri = format!("wss://{host}{VERTEX_PATH}").parse().map_err(|_| BadEndpoint::Location)?;
        Ok(Self { uri, version: Version::Fixed, authorization })
    }

    /// Returns a request to another Live server: `wss://` anywhere, `ws://` on this computer only. Without a path, the Gemini API's.
    ///
    /// # Errors
    /// [`BadEndpoint`] for anything else, and for a URL that holds a secret.
    pub fn custom(url: &str) -> Result<Self, BadEndpoint> {
        let url = tidy(url);
        if url.contains('#') {
            return Err(BadEndpoint::Fragment);
        }
        let uri: Uri = url.parse().map_err(|_| bad_port(&url).unwrap_or(BadEndpoint::NotAUrl))?;
        let scheme = uri.scheme_str().ok_or(BadEndpoint::NotAUrl)?.to_ascii_lowercase();
        let address = Address::parse(&uri).map_err(|bad| match bad {
            BadAddress::Host => BadEndpoint::NotAUrl,
            BadAddress::Port => BadEndpoint::Port,
        })?;
        if address.userinfo.is_some() || uri.path_and_query().is_some_and(|path| holds_secret(path.as_str()))
        {
            return Err(BadEndpoint::SecretInUrl);
        }
        match scheme.as_str() {
            "wss" => {}
            "ws" if is_loopback(address.host) => {}
            "ws" => return Err(BadEndpoint::PlainOffLoopback { host: address.host.to_owned() }),
            _ => return Err(BadEndpoint::Scheme { scheme }),
        }
        let mut parts = uri.into_parts();
        parts.scheme = scheme.parse().ok();
        let mut uri = Uri::from_parts(parts).map_err(|_| BadEndpoint::NotAUrl)?;
        if uri.path() == "/" && uri.query().is_none() {
            let mut parts = uri.into_parts();
            parts.path_and_query = method_path(ApiVersion::V1Beta).parse().ok();
            uri = Uri::from_parts(parts).map_err(|_| BadEndpoint::NotAUrl)?;
        }
        Ok(Self { uri, version: Version::Fixed, authorization: Authorization::None })
    }

    /// Returns a request over a stream that stays in this process, such as one to the embedded practice partner.
    pub fn in_memory() -> Self {
        let uri = format!("ws://localhost{}", method_path(ApiVersion::V1Beta));
        let uri = uri.parse().unwrap_or_default();
        Self { uri, version: Version::Fixed, authorization: Authorization::None }
    }

    /// Adds the key, in its header and never in the URL.
    #[must_use]
    pub fn with_key(self, key: &ApiKey) -> Self {
        self.with(Authorization::Key(key.clone()))
    }

    #[must_use]
    pub(crate) fn with(self, authorization: Authorization) -> Self {
        Self { authorization, ..self }
    }

    /// Chooses the API version that a setup needs (PROTOCOL.md §1.1).
    #[must_use]
    pub(crate) fn at(mut self, version: ApiVersion) -> Self {
        match &self.version {
            Version::Fixed => {}
            Version::Setup => self.uri = gemini_uri(version),
            Version::Tried(is_refused) => {
                let is_refused = is_refused.load(Ordering::Relaxed);
                self.uri = constrained_uri(if is_refused { ApiVersion::V1Alpha } else { ApiVersion::V1Beta });
            }
        }
        self
    }

    /// The service refused this. Returns whether the next request, and every one after it, is for another version.
    pub(crate) fn fall_back(&self) -> bool {
        match &self.version {
            Version::Fixed | Version::Setup => false,
            Version::Tried(is_refused) => !is_refused.swap(true, Ordering::Relaxed),
        }
    }

    /// Returns the host without the brackets of an IPv6 address.
    pub fn host(&self) -> &str {
        without_brackets(self.uri.host().unwrap_or_default())
    }

    /// Returns the port, by default that of the scheme.
    pub fn port(&self) -> u16 {
        self.uri.port_u16().unwrap_or(if self.is_encrypted() { 443 } else { 80 })
    }

    /// Returns whether it is `wss://`.
    pub fn is_encrypted(&self) -> bool {
        self.uri.scheme_str() == Some("wss")
    }

    /// Returns whether Google answers, and means by a status what it documents.
    pub(crate) fn is_googles(&self) -> bool {
        let host = self.host().to_ascii_lowercase();
        host.strip_suffix("googleapis.com").is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }

    /// Returns where the connection goes.
    pub(crate) fn origin(&self) -> Origin {
        Origin { host: self.host().to_owned(), port: self.port(), is_encrypted: self.is_encrypted() }
    }

    /// Returns the `Host` header: host and port as written in the URL.
    pub(crate) fn authority(&self) -> &str {
        self.uri.authority().map_or("", |authority| authority.as_str())
    }

    pub(crate) fn path_and_query(&self) -> &str {
        self.uri.path_and_query().map_or("/", PathAndQuery::as_str)
    }

    /// Returns who asks, and with which header.
    pub(crate) fn authorization(&self) -> &Authorization {
        &self.authorization
    }

    /// Returns what must be removed from the server's words.
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

/// The method for ephemeral tokens (PROTOCOL.md §1.1).
fn constrained_uri(version: ApiVersion) -> Uri {
    format!("{GEMINI_HOST}{}Constrained", method_path(version)).parse().unwrap_or_default()
}

fn gemini_uri(version: ApiVersion) -> Uri {
    // Made of constants, so it parses; a test checks it.
    format!("{GEMINI_HOST}{}", method_path(version)).parse().unwrap_or_default()
}

/// Finds out whether the port is what is wrong; the library says only that it is not a URL.
fn bad_port(url: &str) -> Option<BadEndpoint> {
    let place = url.split_once("://")?.1.split(['/', '?']).next()?;
    let port = place.rsplit_once(']').map_or(place, |(_, rest)| rest).split_once(':')?.1;
    let without = url.replacen(&format!(":{port}"), "", 1);
    without.parse::<Uri>().is_ok().then_some(BadEndpoint::Port)
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
        for url in [
            "wss://me:pw@x.y/",
            "wss://me@x.y/",
            "wss://x.y/?key=AIza",
            "wss://x.y/a?b=1&access_token=t",
            "wss://x.y/?api-key=t",
            "ws://me:pw@127.0.0.1:9000",
        ] {
            assert_eq!(Request::custom(url).unwrap_err(), BadEndpoint::SecretInUrl, "{url}");
        }
        for url in [
            "wss://x.y:0",
            "wss://x.y:65536/",
            "wss://x.y:",
            "ws://[::1]:0",
            "wss://x.y:http",
            "wss://x.y:-1/a",
        ] {
            assert_eq!(Request::custom(url).unwrap_err(), BadEndpoint::Port, "{url}");
        }
        assert_eq!(Request::custom("wss://x.y/a#key=1").unwrap_err(), BadEndpoint::Fragment);
        for url in [
            "wss://x.y/\u{7}",
            "wss://x\n.y/",
            "wss://x.y\r\nHost: z/",
            "wss://[::1",
            "wss://x%2ey/",
            "wss://x.y:80:90",
        ] {
            assert!(Request::custom(url).is_err(), "{url:?}");
        }
    }

    #[test]
    fn a_url_may_be_written_in_capitals_and_with_blanks_around_it() {
        for (url, host, is_encrypted) in [
            (" WSS://Example.org/live\n", "Example.org", true),
            ("Ws://LOCALHOST:9000", "LOCALHOST", false),
            ("\u{feff}wSs://[2001:db8::1]:443/\u{200b}", "2001:db8::1", true),
            ("\"ws://127.0.0.1:9000\"", "127.0.0.1", false),
        ] {
            let request = Request::custom(url).unwrap();
            assert_eq!((request.host(), request.is_encrypted()), (host, is_encrypted), "{url}");
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
