//! TLS by rustls with ring, trusting what the system trusts.

use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::stream::Stream;

/// A configuration, or why the system's trust store could not be read.
pub(crate) type Config = Result<Arc<ClientConfig>, rustls::Error>;

/// How long reading the trust store may take; it may be on a network drive.
const STORE_LIMIT: Duration = Duration::from_secs(10);

/// Returns the configuration that trusts what the system trusts. Read once, on a blocking thread: the store is many files.
/// A failure is not kept.
pub(crate) async fn platform() -> Config {
    static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if let Some(config) = CONFIG.get() {
        return Ok(Arc::clone(config));
    }
    match timeout(STORE_LIMIT, spawn_blocking(read_platform)).await {
        Ok(Ok(read)) => read.map(|config| Arc::clone(CONFIG.get_or_init(|| config))),
        Ok(Err(_)) => Err(rustls::Error::General("stopped while reading the trust store".into())),
        Err(_) => Err(rustls::Error::General("the trust store could not be read in time".into())),
    }
}

fn read_platform() -> Config {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?;
    Ok(Arc::new(http1(builder.with_no_client_auth())))
}

/// Returns the configuration that trusts this certificate (DER) and no other.
pub(crate) fn trusting_only(certificate: &[u8]) -> Config {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(certificate.to_vec()))?;
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots);
    Ok(Arc::new(http1(builder.with_no_client_auth())))
}

/// Offers HTTP/1.1 only: the WebSocket upgrade exists in no later version that servers speak.
fn http1(mut config: ClientConfig) -> ClientConfig {
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config
}

/// Makes the handshake as a client of `host`.
///
/// # Errors
/// An `io::Error` that wraps a [`rustls::Error`] when TLS is at fault.
pub(crate) async fn connect<S: Stream>(config: Config, stream: S, host: &str) -> io::Result<TlsStream<S>> {
    let invalid = |error: rustls::Error| io::Error::new(io::ErrorKind::InvalidData, error);
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| invalid(rustls::Error::InvalidCertificate(CertificateError::NotValidForName)))?;
    let connector = TlsConnector::from(config.map_err(invalid)?);
    connector.connect(name, stream).await
}

#[cfg(test)]
mod tests {
    use testkit::local::{tls_server, tls_server_with};
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
    use tokio_rustls::TlsAcceptor;

    use super::*;
    use crate::error::{NetError, NetworkFault, TlsFault};

    /// A server for `live.example` and a client that trusts it alone.
    fn pair() -> (TlsAcceptor, Config) {
        let (acceptor, certificate) = tls_server(&["live.example"]);
        (acceptor, trusting_only(&certificate))
    }

    fn fault(error: io::Error) -> Result<TlsFault, NetworkFault> {
        match NetError::network("live.example", error) {
            NetError::Tls { fault, .. } => Ok(fault),
            NetError::Network { kind, .. } => Err(kind),
            other => panic!("{other:?}"),
        }
    }

    /// What a client says of a server with this certificate, which it trusts or does not.
    async fn said_of(params: &rcgen::CertificateParams, is_trusted: bool) -> Result<TlsFault, NetworkFault> {
        let (acceptor, certificate) = tls_server_with(params);
        let config = if is_trusted { trusting_only(&certificate) } else { pair().1 };
        let (near, far) = duplex(64 * 1024);
        let (client, _) = tokio::join!(connect(config, near, "live.example"), acceptor.accept(far));
        fault(client.unwrap_err())
    }

    fn params(name: &str) -> rcgen::CertificateParams {
        rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap()
    }

    #[tokio::test]
    async fn each_fault_of_a_certificate_is_told_apart() {
        assert_eq!(said_of(&params("live.example"), false).await, Ok(TlsFault::Untrusted));
        assert_eq!(said_of(&params("other.example"), true).await, Ok(TlsFault::OtherName));
        let mut expired = params("live.example");
        expired.not_before = rcgen::date_time_ymd(2000, 1, 1);
        expired.not_after = rcgen::date_time_ymd(2001, 1, 1);
        assert_eq!(said_of(&expired, true).await, Ok(TlsFault::Expired));
        let mut early = params("live.example");
        early.not_before = rcgen::date_time_ymd(4000, 1, 1);
        assert_eq!(said_of(&early, true).await, Ok(TlsFault::NotYetValid));
        // Signed by itself, as authorities are.
        let mut own = params("live.example");
        own.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        assert_eq!(said_of(&own, false).await, Ok(TlsFault::Untrusted));
    }

    #[tokio::test]
    async fn missing_trust_store_is_its_own_fault() {
        let (near, _far) = duplex(1024);
        let none = Err(rustls::Error::General("No CA certificates were loaded from the system".into()));
        assert_eq!(
            fault(connect(none, near, "live.example").await.unwrap_err()),
            Ok(TlsFault::NoAuthorities)
        );
    }

    #[tokio::test]
    async fn bytes_pass_through_a_trusted_connection() {
        let (acceptor, config) = pair();
        let (near, far) = duplex(64 * 1024);
        let serving = async {
            let mut server = acceptor.accept(far).await.unwrap();
            server.write_all(b"hello").await.unwrap();
            server.flush().await.unwrap();
            server
        };
        let (client, _server) = tokio::join!(connect(config, near, "live.example"), serving);
        let mut read = [0; 5];
        client.unwrap().read_exact(&mut read).await.unwrap();
        assert_eq!(&read, b"hello");
    }

    #[tokio::test]
    async fn plain_server_and_cut_connection_are_told_apart() {
        let (_, config) = pair();
        let (near, mut far) = duplex(64 * 1024);
        far.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        assert_eq!(
            fault(connect(config.clone(), near, "live.example").await.unwrap_err()),
            Ok(TlsFault::Handshake)
        );
        let (near, far) = duplex(64 * 1024);
        drop(far);
        let cut = connect(config, near, "live.example").await.unwrap_err();
        assert_eq!(fault(cut), Err(NetworkFault::Broken));
    }

    #[tokio::test]
    async fn the_platform_verifier_trusts_no_self_signed_server() {
        let (acceptor, _) = pair();
        let (near, far) = duplex(64 * 1024);
        let (client, _) = tokio::join!(connect(platform().await, near, "live.example"), acceptor.accept(far));
        assert_eq!(fault(client.unwrap_err()), Ok(TlsFault::Untrusted));
    }
}
