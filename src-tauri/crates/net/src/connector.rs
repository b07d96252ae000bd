//! The one way out: TCP, a proxy where one is wanted, and TLS. The conversation's socket, the check of a key
//! and the request for an access token all take it, so that what works for one works for all.

use std::fmt;
use std::time::Duration;

use tokio::time::timeout;

use crate::error::NetError;
use crate::proxies::{self, Proxies, ProxyChoice};
use crate::stream::Stream;
use crate::{tcp, tls};

const TLS_LIMIT: Duration = Duration::from_secs(10);

/// How to get to a server: through a proxy where one is chosen, over TLS with what the system trusts, each stage within a
/// limit of its own. `Debug` shows no password.
#[derive(Clone)]
pub struct Way {
    proxies: Proxies,
    /// Instead of what the system trusts; for tests.
    trust: Option<tls::Config>,
}

/// Where to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// A name or an address, without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Without encryption it must be this computer.
    pub is_encrypted: bool,
}

impl Way {
    /// The environment is read here, once.
    pub fn new(choice: ProxyChoice) -> Self {
        Self { proxies: Proxies::new(choice), trust: None }
    }

    /// A stream to a server that is no Live server, such as a language model's; without encryption to this computer alone.
    /// `host` has no brackets.
    ///
    /// # Errors
    /// [`NetError`] of the way: network, TLS or proxy.
    pub async fn connect(
        &self,
        host: &str,
        port: u16,
        is_encrypted: bool,
    ) -> Result<Box<dyn Stream>, NetError> {
        self.open(&Site { host: host.to_owned(), port, is_encrypted }).await
    }

    /// Trusts this certificate (DER) and no other, instead of what the system trusts. For tests.
    #[must_use]
    pub fn trusting_only(self, certificate: &[u8]) -> Self {
        Self { trust: Some(tls::trusting_only(certificate)), ..self }
    }

    /// A stream to `site`. Each stage has a time limit of its own; 45 s together at most.
    ///
    /// # Errors
    /// [`NetError`] of the way: network, TLS or proxy.
    pub async fn open(&self, site: &Site) -> Result<Box<dyn Stream>, NetError> {
        let Site { host, port, is_encrypted } = site;
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

impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Way").field("proxies", &self.proxies).finish_non_exhaustive()
    }
}
