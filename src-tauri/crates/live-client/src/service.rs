//! [`Dialer`] over the network: the Gemini API or a server of one's own, by TCP and TLS.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use crate::dialer::{Dialer, Stream};
use crate::error::{ConnectError, NetworkFault};
use crate::key::ApiKey;
use crate::request::{BadEndpoint, Request};
use crate::{race, tls};

const LOOKUP_LIMIT: Duration = Duration::from_secs(5);
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
const TLS_LIMIT: Duration = Duration::from_secs(10);

/// Dials a Live server over the network.
#[derive(Debug, Clone)]
pub struct ServiceDialer {
    request: Request,
}

impl ServiceDialer {
    /// The Gemini API with this key.
    pub fn gemini(key: &ApiKey) -> Self {
        Self { request: Request::gemini(key) }
    }

    /// A server at `url`, with a key if it wants one: `wss://` anywhere, `ws://` on this computer only.
    ///
    /// # Errors
    /// [`BadEndpoint`], before anything is opened.
    pub fn custom(url: &str, key: Option<&ApiKey>) -> Result<Self, BadEndpoint> {
        let request = Request::custom(url)?;
        Ok(Self { request: key.map_or(request.clone(), |key| request.with_key(key)) })
    }

    async fn open(&self) -> Result<Box<dyn Stream>, ConnectError> {
        let host = self.request.host();
        let addresses = self.resolve().await?;
        let connecting = timeout(CONNECT_LIMIT, race::first(race::order(addresses), TcpStream::connect));
        let tcp = match connecting.await {
            Ok(Ok(tcp)) => tcp,
            Ok(Err(error)) => return Err(ConnectError::network(host, error)),
            Err(_) => return Err(ConnectError::timed_out(host, "connecting")),
        };
        // 20 ms of voice must not wait for an acknowledgement of the 20 ms before.
        tcp.set_nodelay(true).map_err(|error| ConnectError::network(host, error))?;
        if !self.request.is_encrypted() {
            return Ok(Box::new(tcp));
        }
        let securing = timeout(TLS_LIMIT, tls::connect(tls::platform().await, tcp, host));
        match securing.await {
            Ok(Ok(tls)) => Ok(Box::new(tls)),
            Ok(Err(error)) => Err(ConnectError::network(host, error)),
            Err(_) => Err(ConnectError::timed_out(host, "the TLS handshake")),
        }
    }

    async fn resolve(&self) -> Result<Vec<SocketAddr>, ConnectError> {
        let host = self.request.host();
        let dns = |source| ConnectError::Network { kind: NetworkFault::Dns, host: host.to_owned(), source };
        let Ok(found) = timeout(LOOKUP_LIMIT, lookup_host((host, self.request.port()))).await else {
            return Err(ConnectError::timed_out(host, "looking up the name"));
        };
        let mut addresses: Vec<_> = found.map_err(dns)?.collect();
        if !self.request.is_encrypted() {
            // "localhost" is a name like any other to a resolver; unencrypted never leaves this computer.
            addresses.retain(|address| address.ip().is_loopback());
        }
        if addresses.is_empty() {
            return Err(dns(io::Error::new(io::ErrorKind::NotFound, "the name has no usable address")));
        }
        Ok(addresses)
    }
}

impl Dialer for ServiceDialer {
    fn request(&self) -> Request {
        self.request.clone()
    }

    fn dial(&self) -> BoxFuture<'_, Result<Box<dyn Stream>, ConnectError>> {
        self.open().boxed()
    }
}
