//! HTTPS GET for the tools that ask a server, behind a trait so that tests need no network.
//!
//! [`Fetch::get`] blocks: it is called on tokio's blocking threads only. Limits: 5 s to connect, 10 s in all, 256 KiB of body.

use std::time::Duration;

use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig};

const CONNECT_LIMIT: Duration = Duration::from_secs(5);
const TOTAL_LIMIT: Duration = Duration::from_secs(10);
const MAX_BODY_BYTES: u64 = 256 * 1024;

/// What a server answered, whatever its status.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The whole body, bounded.
    pub body: Vec<u8>,
}

/// Why there is no answer. The texts are for a person.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The host has no address: almost always a machine without internet.
    #[error("there is no internet connection (its name could not be resolved)")]
    NameNotResolved,
    /// Nobody answered at the address, or the connection broke.
    #[error("the connection failed ({0})")]
    Connection(#[source] std::io::Error),
    /// A time limit ran out.
    #[error("it did not answer in time")]
    TimedOut,
    /// The certificate or the TLS handshake was refused.
    #[error("its certificate was refused ({0})")]
    Tls(String),
    /// The body is larger than the cap.
    #[error("its answer was too large")]
    TooLarge,
    /// Anything else, a proxy that refuses among it.
    #[error("{0}")]
    Other(String),
}

/// Gets one HTTPS resource. Blocking.
pub trait Fetch: Send + Sync + 'static {
    /// Gets `url` with these query parameters, encoding them.
    ///
    /// # Errors
    /// [`FetchError`] when there is no HTTP answer at all. An answer with an error status is an [`Answer`].
    fn get(&self, url: &str, query: &[(&str, String)]) -> Result<Answer, FetchError>;
}

/// [`Fetch`] over the network: rustls with the system's trust store, the proxy from the environment, HTTPS only.
#[derive(Debug, Clone)]
pub struct Https {
    agent: Agent,
}

impl Https {
    /// An agent with the limits of this module. Opens nothing yet.
    pub fn new() -> Self {
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        let config = Agent::config_builder()
            .https_only(true)
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT_LIMIT))
            .timeout_global(Some(TOTAL_LIMIT))
            .user_agent(concat!("vivavoce/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls)
            .build();
        Self { agent: Agent::new_with_config(config) }
    }
}

impl Default for Https {
    fn default() -> Self {
        Self::new()
    }
}

impl Fetch for Https {
    fn get(&self, url: &str, query: &[(&str, String)]) -> Result<Answer, FetchError> {
        let pairs = query.iter().map(|(name, value)| (*name, value.as_str()));
        let mut response = self.agent.get(url).query_pairs(pairs).call().map_err(classify)?;
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(MAX_BODY_BYTES).read_to_vec().map_err(classify)?;
        Ok(Answer { status, body })
    }
}

fn classify(error: ureq::Error) -> FetchError {
    match error {
        ureq::Error::HostNotFound => FetchError::NameNotResolved,
        ureq::Error::Timeout(_) => FetchError::TimedOut,
        ureq::Error::BodyExceedsLimit(_) => FetchError::TooLarge,
        ureq::Error::Io(error) => classify_io(error),
        ureq::Error::Tls(reason) => FetchError::Tls(reason.to_owned()),
        ureq::Error::Rustls(error) => FetchError::Tls(error.to_string()),
        other => FetchError::Other(other.to_string()),
    }
}

fn classify_io(error: std::io::Error) -> FetchError {
    use std::io::ErrorKind;
    // rustls speaks through the stream, so its errors arrive wrapped as I/O errors.
    if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return FetchError::Tls(tls.to_string());
    }
    match error.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock => FetchError::TimedOut,
        _ => FetchError::Connection(error),
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn transport_errors_are_told_apart_by_kind() {
        assert!(matches!(classify(ureq::Error::HostNotFound), FetchError::NameNotResolved));
        assert!(matches!(classify(ureq::Error::BodyExceedsLimit(1)), FetchError::TooLarge));
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        assert!(matches!(classify(ureq::Error::Io(refused)), FetchError::Connection(_)));
        let late = io::Error::from(io::ErrorKind::TimedOut);
        assert!(matches!(classify(ureq::Error::Io(late)), FetchError::TimedOut));
    }

    #[test]
    fn plain_http_is_refused_before_anything_is_opened() {
        let error = Https::new().get("http://127.0.0.1:9/", &[]).unwrap_err();
        assert!(matches!(error, FetchError::Other(_)), "{error:?}");
    }
}
