//! Why there is no Live connection, by error kind, HTTP status and the service's own words.

mod credentials;

use std::io;

use live_proto::{CloseKind, classify_http};
use net::{NetError, ProxyFault, one_line};
use serde_json::Value;

pub use credentials::CredentialsError;

/// Why there is no Live connection, or no answer. No message holds a key, a token or a password.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The server answered the upgrade, or another request, with an HTTP error.
    #[error("the server refused the connection (HTTP {status}): {reason}")]
    Refused {
        /// What status and reason mean; the same kinds as for a close frame.
        kind: CloseKind,
        /// The HTTP status.
        status: u16,
        /// The server's own words, shortened; never empty, never with a key in it.
        reason: String,
    },
    /// The server was not reached: network, TLS or proxy.
    #[error(transparent)]
    Net(NetError),
    /// A custom server requires a key, or refuses this one.
    #[error("{host} does not let us in (HTTP 401): {reason}")]
    KeyWanted {
        /// The host that was dialled.
        host: String,
        /// The server's own words, shortened; never empty, never with a key in it.
        reason: String,
    },
    /// Something answers there, but it does not speak WebSocket, or not as a Live server does.
    #[error("{host} is no Live server: {reason}")]
    NotLive {
        /// The host that was dialled.
        host: String,
        /// What is wrong with its answer.
        reason: String,
    },
    /// There is no access token for Vertex.
    #[error("no access token for Vertex AI: {0}")]
    Credentials(#[from] CredentialsError),
}

/// The one mapping of the connection's error: what does not answer in HTTP is not a Live server.
impl From<NetError> for ConnectError {
    fn from(error: NetError) -> Self {
        match error {
            NetError::BadAnswer { host, reason } => Self::NotLive { host, reason },
            other => Self::Net(other),
        }
    }
}

impl ConnectError {
    /// Returns what it means for a session that should go on, above all whether to try again.
    pub fn kind(&self) -> CloseKind {
        match self {
            Self::Refused { kind, .. } => *kind,
            // The log-in page of a wireless network answers in the place of the server, with its own certificate.
            Self::NotLive { .. } => CloseKind::Network,
            Self::KeyWanted { .. } => CloseKind::KeyRefused,
            Self::Net(NetError::Network { .. } | NetError::Tls { .. } | NetError::BadAnswer { .. }) => {
                CloseKind::Network
            }
            Self::Net(NetError::Proxy { fault, .. }) => match fault {
                ProxyFault::Unreachable { .. }
                | ProxyFault::Tls { .. }
                | ProxyFault::HungUp
                | ProxyFault::NoWay { .. }
                | ProxyFault::NotAProxy { .. } => CloseKind::Network,
                ProxyFault::Unusable(_)
                | ProxyFault::CredentialsMissing
                | ProxyFault::CredentialsRefused
                | ProxyFault::SignIn { .. }
                | ProxyFault::Forbidden { .. }
                | ProxyFault::Refused { .. } => CloseKind::Refused,
            },
            Self::Credentials(error) => match error {
                // gcloud uses the network itself, and says only in words that there is none.
                CredentialsError::Gcloud(_)
                | CredentialsError::GcloudSlow
                | CredentialsError::FileSlow { .. }
                | CredentialsError::BadAnswer { .. } => CloseKind::Network,
                CredentialsError::NoSource
                | CredentialsError::File { .. }
                | CredentialsError::BadFile { .. }
                | CredentialsError::Kind { .. }
                | CredentialsError::Refused { .. }
                | CredentialsError::GcloudStart(_) => CloseKind::KeyRefused,
            },
        }
    }

    pub(crate) fn network(host: &str, source: io::Error) -> Self {
        NetError::network(host, source).into()
    }

    pub(crate) fn timed_out(host: &str, doing: &str) -> Self {
        NetError::timed_out(host, doing).into()
    }

    pub(crate) fn not_live(host: &str, reason: impl Into<String>) -> Self {
        Self::NotLive { host: host.to_owned(), reason: reason.into() }
    }

    /// Returns the error for an HTTP answer to an upgrade; `body` is text without secrets. Only Google's servers mean by a
    /// status what Google documents; elsewhere nearly every status means that no Live server is at this path.
    pub(crate) fn no_upgrade(host: &str, is_google: bool, status: u16, body: &str) -> Self {
        let no_upgrade = |what: &str| Self::not_live(host, format!("{what} (HTTP {status})"));
        match status {
            300..=399 => no_upgrade("it sends elsewhere, and redirects are not followed"),
            ..=399 => no_upgrade("it answers as a web site does"),
            _ if is_google || is_googles_error(body) => Self::refused(status, body),
            401 => Self::KeyWanted { host: host.to_owned(), reason: said(body) },
            // The server or a proxy before it answers, and the failure may be temporary.
            408 | 429 | 500 | 502..=504 | 520..=599 => {
                Self::Refused { kind: CloseKind::Internal, status, reason: said(body) }
            }
            403 => no_upgrade("it forbids this path"),
            404 | 410 => no_upgrade("nothing is at this path"),
            _ => no_upgrade("it makes no WebSocket at this path"),
        }
    }

    /// Returns the error for an HTTP answer where a list of models was asked for; `None` when there is no such list.
    pub(crate) fn no_list(host: &str, is_google: bool, status: u16, body: &str) -> Option<Self> {
        match status {
            _ if is_google || is_googles_error(body) => Some(Self::refused(status, body)),
            401 => Some(Self::KeyWanted { host: host.to_owned(), reason: said(body) }),
            403 | 404 | 405 | 410 | 501 => None,
            429 => Some(Self::Refused { kind: CloseKind::Internal, status, reason: said(body) }),
            300..=399 => {
                let reason = format!("it sends elsewhere, and redirects are not followed (HTTP {status})");
                Some(Self::not_live(host, reason))
            }
            _ => Some(Self::refused(status, body)),
        }
    }

    /// Returns the error for an HTTP answer of Google's; `body` is text without secrets.
    pub(crate) fn refused(status: u16, body: &str) -> Self {
        Self::Refused { kind: classify_http(status, body), status, reason: said(body) }
    }
}

/// Returns whether a relay hands on an error of Google's, by its known words.
fn is_googles_error(body: &str) -> bool {
    let is_json = serde_json::from_str::<Value>(body).is_ok_and(|json| json.is_object() || json.is_array());
    // With a status that says nothing by itself, only the words count.
    is_json && classify_http(200, body) != CloseKind::Other
}

/// Returns the server's words, or that there are none.
fn said(body: &str) -> String {
    let reason = reason_in(body);
    if reason.is_empty() { "the server gave no reason".to_owned() } else { reason }
}

/// Returns the message of a Google error body (an object or a list of one), else the text itself, in one short line.
pub(crate) fn reason_in(body: &str) -> String {
    let json: Option<Value> = serde_json::from_str(body).ok();
    let message = json.as_ref().and_then(|json| {
        let json = json.get(0).unwrap_or(json);
        let error = json.get("error")?;
        // OAuth has "error_description"; its "error" is a code for programs.
        error.get("message").or_else(|| json.get("error_description")).unwrap_or(error).as_str()
    });
    let text = message.unwrap_or(body);
    // The page of a proxy or a load balancer explains nothing.
    if text.trim_start().starts_with('<') {
        return String::new();
    }
    one_line(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, body: &str) -> (CloseKind, String) {
        match ConnectError::refused(status, body) {
            ConnectError::Refused { kind, reason, .. } => (kind, reason),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_refusal_keeps_the_services_own_words() {
        let body = r#"{"error":{"code":400,"message":"API key expired. Please renew the API key."}}"#;
        let expected = (CloseKind::KeyExpired, "API key expired. Please renew the API key.".to_owned());
        assert_eq!(refusal(400, body), expected);
        assert_eq!(refusal(400, &format!("[{body}]")), expected);
        assert_eq!(refusal(401, ""), (CloseKind::KeyRefused, "the server gave no reason".to_owned()));
    }

    #[test]
    fn reasons_are_one_short_line_without_markup() {
        assert_eq!(refusal(418, " I'm\r\n a teapot\u{7}").1, "I'm a teapot");
        assert_eq!(refusal(502, "<html><body>Bad gateway").1, "the server gave no reason");
        assert_eq!(refusal(400, &"x".repeat(5000)).1.len(), 300);
    }

    #[test]
    fn only_temporary_errors_are_retried() {
        use live_proto::Retry;
        let proxy = |fault| ConnectError::from(NetError::Proxy { proxy: "h:1".into(), fault });
        let passing = [
            proxy(io::Error::from(io::ErrorKind::ConnectionRefused).into()),
            proxy(ProxyFault::NoWay { target: "x:443".into(), reason: "HTTP 502".into() }),
            CredentialsError::Gcloud("no route".into()).into(),
            ConnectError::timed_out("h", "connecting"),
            ConnectError::not_live("h", "a log-in page"),
            ConnectError::refused(503, ""),
        ];
        for error in passing {
            assert_eq!(error.kind().retry(), Retry::Resume, "{error:?}");
        }
        let lasting = [
            proxy(ProxyFault::CredentialsMissing),
            proxy(ProxyFault::Forbidden { target: "x:443".into() }),
            CredentialsError::NoSource.into(),
            CredentialsError::Refused { status: 400, reason: "revoked".into() }.into(),
            ConnectError::refused(401, ""),
        ];
        for error in lasting {
            assert_eq!(error.kind().retry(), Retry::Never, "{error:?}");
        }
    }

    #[test]
    fn a_path_without_a_live_server_says_nothing_of_keys_or_models() {
        let own = |status, body| ConnectError::no_upgrade("h", false, status, body);
        for status in [200, 204, 301, 302, 307, 308, 400, 403, 404, 405, 410, 418, 426, 451, 501, 505] {
            let error = own(status, "<html>Not here");
            assert!(matches!(error, ConnectError::NotLive { .. }), "{status}: {error:?}");
            let words = error.to_string();
            assert!(words.contains(&format!("HTTP {status}")), "{words}");
            assert!(!words.contains("key") && !words.contains("model"), "{words}");
        }
        for status in [408, 429, 500, 502, 503, 504, 520] {
            let error = own(status, "");
            assert_eq!(error.kind(), CloseKind::Internal, "{status}: {error:?}");
        }
        assert!(matches!(own(401, "who?"), ConnectError::KeyWanted { .. }));
        // What a relay hands on of Google's.
        let body = r#"{"error":{"code":400,"message":"API key not valid. Please pass a valid API key."}}"#;
        assert_eq!(own(400, body).kind(), CloseKind::KeyRefused);
        // At Google itself a status has its meaning; a log-in page in its place has none.
        let google = |status| ConnectError::no_upgrade("h", true, status, "").kind();
        assert_eq!(
            [401, 403, 404].map(google),
            [CloseKind::KeyRefused, CloseKind::KeyRefused, CloseKind::ModelNotFound]
        );
        assert!(matches!(ConnectError::no_upgrade("h", true, 302, ""), ConnectError::NotLive { .. }));
    }
}
