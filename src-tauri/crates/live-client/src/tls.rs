//! TLS by rustls with ring, trusting what the system trusts.

use std::io;
use std::sync::{Arc, OnceLock};

use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::task::spawn_blocking;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::dialer::Stream;

/// A configuration, or why the system's trust store could not be read.
pub(crate) type Config = Result<Arc<ClientConfig>, rustls::Error>;

/// The configuration that trusts what the system trusts. Read once, on a blocking thread: the store is many files.
pub(crate) async fn platform() -> Config {
    static CONFIG: OnceLock<Config> = OnceLock::new();
    if let Some(config) = CONFIG.get() {
        return config.clone();
    }
    let reading = spawn_blocking(|| CONFIG.get_or_init(read_platform).clone());
    reading
        .await
        .unwrap_or_else(|_| Err(rustls::Error::General("stopped while reading the trust store".into())))
}

fn read_platform() -> Config {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?;
    Ok(Arc::new(http1(builder.with_no_client_auth())))
}

/// The upgrade exists in HTTP/1.1 only.
pub(crate) fn http1(mut config: ClientConfig) -> ClientConfig {
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config
}

/// The handshake as a client of `host`.
///
/// # Errors
/// An `io::Error` that wraps a [`rustls::Error`] when it is TLS' fault.
pub(crate) async fn connect<S: Stream>(config: Config, stream: S, host: &str) -> io::Result<TlsStream<S>> {
    let invalid = |error: rustls::Error| io::Error::new(io::ErrorKind::InvalidData, error);
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| invalid(rustls::Error::General("this host can have no certificate".into())))?;
    let connector = TlsConnector::from(config.map_err(invalid)?);
    connector.connect(name, stream).await
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
    use tokio_rustls::TlsAcceptor;

    use super::*;
    use crate::error::{ConnectError, NetworkFault};
    use crate::tests::tls_pair;

    /// A server for `live.example` and a client that trusts it alone.
    fn pair() -> (TlsAcceptor, Config) {
        tls_pair(&["live.example"])
    }

    fn fault(error: io::Error) -> NetworkFault {
        match ConnectError::network("live.example", error) {
            ConnectError::Network { kind, .. } => kind,
            other => panic!("{other:?}"),
        }
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
    async fn another_name_or_an_unknown_issuer_is_a_tls_fault() {
        for host in ["other.example", "live.example"] {
            let (acceptor, trusting) = pair();
            // For the second host: a client that trusts some other certificate.
            let config = if host == "live.example" { pair().1 } else { trusting };
            let (near, far) = duplex(64 * 1024);
            let (client, _) = tokio::join!(connect(config, near, host), acceptor.accept(far));
            assert_eq!(fault(client.unwrap_err()), NetworkFault::Tls, "{host}");
        }
    }

    #[tokio::test]
    async fn a_plain_server_and_a_cut_line_are_told_apart() {
        let (_, config) = pair();
        let (near, mut far) = duplex(64 * 1024);
        far.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        assert_eq!(
            fault(connect(config.clone(), near, "live.example").await.unwrap_err()),
            NetworkFault::Tls
        );
        let (near, far) = duplex(64 * 1024);
        drop(far);
        assert_eq!(fault(connect(config, near, "live.example").await.unwrap_err()), NetworkFault::Broken);
    }

    #[tokio::test]
    async fn the_platform_verifier_trusts_no_self_signed_server() {
        let (acceptor, _) = pair();
        let (near, far) = duplex(64 * 1024);
        let (client, _) = tokio::join!(connect(platform().await, near, "live.example"), acceptor.accept(far));
        assert_eq!(fault(client.unwrap_err()), NetworkFault::Tls);
    }
}
