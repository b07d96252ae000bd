//! How every connection is made: TCP, a proxy where one is wanted, and TLS. The conversation's socket, the check of a key,
//! the weather and downloads all take it, so that what works for one works for all.

use std::fmt;
use std::time::Duration;

use tokio::time::timeout;

use crate::error::NetError;
use crate::origin::Origin;
use crate::proxies::{self, Proxies, ProxyChoice};
use crate::stream::Stream;
use crate::{tcp, tls};

const TLS_LIMIT: Duration = Duration::from_secs(10);

/// Opens connections: through a proxy where one is chosen, over TLS with what the system trusts, each stage within a limit
/// of its own. Cheap to clone; `Debug` shows no password.
///
/// ```no_run
/// # async fn greet() -> Result<(), Box<dyn std::error::Error>> {
/// use net::{Connector, Origin, ProxyChoice};
/// use tokio::io::AsyncWriteExt;
///
/// let connector = Connector::new(ProxyChoice::Url("http://proxy.example:3128".parse()?));
/// let origin = Origin { host: "example.org".to_owned(), port: 443, is_encrypted: true };
/// let mut stream = connector.connect(&origin).await?;
/// stream.write_all(b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Connector {
    proxies: Proxies,
    /// Instead of what the system trusts; for tests.
    trust: Option<tls::Config>,
}

impl Connector {
    /// Returns a connector for this choice of a proxy. What the system says of proxies is read here, once.
    pub fn new(choice: ProxyChoice) -> Self {
        Self { proxies: Proxies::new(choice), trust: None }
    }

    /// Trusts this certificate (DER) and no other, instead of what the system trusts. For tests.
    #[must_use]
    pub fn trusting_only(self, certificate: &[u8]) -> Self {
        Self { trust: Some(tls::trusting_only(certificate)), ..self }
    }

    /// Returns which proxy is on the way to whom, for programs that are started and connect by themselves.
    pub fn proxies(&self) -> &Proxies {
        &self.proxies
    }

    /// Opens a stream to `origin`. Each stage has a time limit of its own; 45 s together at most. Without encryption it
    /// leads to this computer or comes to nothing. Dropping the future gives up.
    ///
    /// # Errors
    /// [`NetError::Network`], [`NetError::Tls`] or [`NetError::Proxy`], for the stage that failed.
    pub async fn connect(&self, origin: &Origin) -> Result<Box<dyn Stream>, NetError> {
        let Origin { host, port, is_encrypted } = origin;
        let stream: Box<dyn Stream> = match self.proxies.to(host, *port)? {
            Some(proxy) => proxies::connect(&proxy, || self.tls(), host, *port).await?,
            None => Box::new(tcp::connect(host, *port, !is_encrypted).await?),
        };
        if !is_encrypted {
            return Ok(stream);
        }
        match timeout(TLS_LIMIT, tls::connect(self.tls().await, stream, host)).await {
            Ok(Ok(tls)) => Ok(Box::new(tls)),
            Ok(Err(error)) => Err(NetError::network(host, error)),
            Err(_) => Err(NetError::timed_out(host, "the TLS handshake")),
        }
    }

    async fn tls(&self) -> tls::Config {
        match &self.trust {
            Some(trust) => trust.clone(),
            None => tls::platform().await,
        }
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").field("proxies", &self.proxies).finish_non_exhaustive()
    }
}
