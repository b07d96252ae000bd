//! Why no connection came about, told apart where it is known: by error kind, HTTP status and the service's own words.

use std::io;

use live_proto::{CloseKind, classify_http};
use serde_json::Value;

use crate::credentials::CredentialsError;
use crate::proxy::ProxyFault;

/// Longer explanations are cut: this is shown to a person.
const MAX_REASON_CHARS: usize = 300;

/// Why there is no Live connection, or no answer. No text in it holds a key, a token or a password.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The server answered the upgrade, or another request, with an HTTP error.
    #[error("the server refused the connection (HTTP {status}): {reason}")]
    Refused {
        /// What the status and the reason amount to; the same kinds as for a close frame.
        kind: CloseKind,
        /// The HTTP status.
        status: u16,
        /// The server's own words, shortened; never empty, never with a key in it.
        reason: String,
    },
    /// The server was not reached or the connection broke before it was upgraded.
    #[error("{host} could not be reached: {source}")]
    Network {
        /// Where on the way it failed.
        kind: NetworkFault,
        /// The host that was dialled.
        host: String,
        /// What the system or the TLS library says.
        source: io::Error,
    },
    /// Something answers there, but it does not speak WebSocket, or its answer is none of a Live server's.
    #[error("{host} is no Live server: {reason}")]
    NotLive {
        /// The host that was dialled.
        host: String,
        /// What is wrong with its answer.
        reason: String,
    },
    /// The proxy on the way does not let us through.
    #[error("the proxy {proxy} {fault}")]
    Proxy {
        /// Its host and port, or the variable that should name it.
        proxy: String,
        /// What is wrong and what to do about it.
        fault: ProxyFault,
    },
    /// There is no access token for Vertex.
    #[error("no access token for Vertex AI: {0}")]
    Credentials(#[from] CredentialsError),
}

/// Where on the way to the server it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NetworkFault {
    /// The name has no address: almost always a computer without internet.
    Dns,
    /// Nobody listens there.
    Refused,
    /// There is no route to it.
    Unreachable,
    /// The certificate or the TLS handshake failed.
    Tls,
    /// A time limit ran out.
    TimedOut,
    /// The connection was cut.
    Broken,
}

impl NetworkFault {
    pub(crate) fn of(error: &io::Error) -> Self {
        let is_tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()).is_some();
        match error.kind() {
            _ if is_tls => Self::Tls,
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::TimedOut => Self::TimedOut,
            io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkDown
            | io::ErrorKind::AddrNotAvailable
            | io::ErrorKind::PermissionDenied => Self::Unreachable,
            _ => Self::Broken,
        }
    }
}

impl ConnectError {
    /// What it means for a session that shall go on, in the kinds of its ends: whether to try again, above all.
    pub fn kind(&self) -> CloseKind {
        match self {
            Self::Refused { kind, .. } => *kind,
            // A page to log in to a wireless network answers in the place of the server: it passes.
            Self::Network { .. } | Self::NotLive { .. } => CloseKind::Network,
            Self::Proxy { fault, .. } => match fault {
                ProxyFault::Unreachable { .. }
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
                // gcloud goes to the network itself, and says in words alone that there is none.
                CredentialsError::Gcloud(_)
                | CredentialsError::GcloudSlow
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
        Self::Network { kind: NetworkFault::of(&source), host: host.to_owned(), source }
    }

    pub(crate) fn timed_out(host: &str, doing: &str) -> Self {
        let source = io::Error::new(io::ErrorKind::TimedOut, format!("{doing} took too long"));
        Self::Network { kind: NetworkFault::TimedOut, host: host.to_owned(), source }
    }

    pub(crate) fn not_live(host: &str, reason: impl Into<String>) -> Self {
        Self::NotLive { host: host.to_owned(), reason: reason.into() }
    }

    /// From an HTTP answer; `body` is text already, without secrets.
    pub(crate) fn refused(status: u16, body: &str) -> Self {
        let reason = reason_in(body);
        let kind = classify_http(status, body);
        let reason = if reason.is_empty() { "the server gave no reason".to_owned() } else { reason };
        Self::Refused { kind, status, reason }
    }
}

/// The message of a Google error body (an object or a list of one), else the text itself, in one short line.
pub(crate) fn reason_in(body: &str) -> String {
    let json: Option<Value> = serde_json::from_str(body).ok();
    let message = json.as_ref().and_then(|json| {
        let json = json.get(0).unwrap_or(json);
        let error = json.get("error")?;
        // The second is how OAuth says it: "error" is a word for programs there.
        error.get("message").or_else(|| json.get("error_description")).unwrap_or(error).as_str()
    });
    let text = message.unwrap_or(body);
    // A proxy's or a load balancer's page is no explanation.
    if text.trim_start().starts_with('<') {
        return String::new();
    }
    one_line(text)
}

/// `text` without line breaks and control characters, at most [`MAX_REASON_CHARS`] long.
pub(crate) fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().filter(|c| !c.is_control()).take(MAX_REASON_CHARS).collect()
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
        assert_eq!(refusal(400, &"x".repeat(5000)).1.len(), MAX_REASON_CHARS);
    }

    #[test]
    fn only_what_passes_by_itself_is_tried_again() {
        use live_proto::Retry;
        let proxy = |fault| ConnectError::Proxy { proxy: "h:1".into(), fault };
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
    fn network_faults_are_told_apart_by_kind() {
        let fault = |kind: io::ErrorKind| match ConnectError::network("h", io::Error::from(kind)) {
            ConnectError::Network { kind, .. } => kind,
            other => panic!("{other:?}"),
        };
        assert_eq!(fault(io::ErrorKind::ConnectionRefused), NetworkFault::Refused);
        assert_eq!(fault(io::ErrorKind::NetworkUnreachable), NetworkFault::Unreachable);
        assert_eq!(fault(io::ErrorKind::TimedOut), NetworkFault::TimedOut);
        assert_eq!(fault(io::ErrorKind::ConnectionReset), NetworkFault::Broken);
        let tls = io::Error::new(io::ErrorKind::InvalidData, rustls::Error::DecryptError);
        assert!(matches!(
            ConnectError::network("h", tls),
            ConnectError::Network { kind: NetworkFault::Tls, .. }
        ));
    }
}
