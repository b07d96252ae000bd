//! A stream through a proxy of any kind.

use std::io;
use std::time::Duration;

use tokio::time::timeout;

use super::target::Target;
use super::url::{ProxyUrl, Scheme};
use super::{socks, tunnel};
use crate::error::{NetError, ProxyFault};
use crate::stream::Stream;
use crate::{tcp, tls};

/// How long a proxy may take to reach the server, sign-in included.
const TUNNEL_LIMIT: Duration = Duration::from_secs(15);

/// Opens a stream through `proxy` to `host`, which has no brackets. Takes 15 s at most once the proxy is reached.
///
/// # Errors
/// [`NetError::Proxy`], whatever fails.
pub(crate) async fn connect(
    proxy: &ProxyUrl,
    tls: impl AsyncFnOnce() -> tls::Config,
    host: &str,
    port: u16,
) -> Result<Box<dyn Stream>, NetError> {
    let failed = |fault| NetError::Proxy { proxy: proxy.address(), fault };
    let tcp = tcp::connect(proxy.host(), proxy.port(), false).await.map_err(|error| match error {
        NetError::Network { kind, source, .. } => failed(ProxyFault::Unreachable { kind, source }),
        other => other,
    })?;
    let target = Target { host, port };
    let entering = async {
        match proxy.scheme() {
            Scheme::Socks5 => socks::enter(tcp, proxy, target).await,
            Scheme::Http => tunnel::enter(Box::new(tcp), proxy, target).await,
            Scheme::Https => match tls::connect(tls().await, tcp, proxy.host()).await {
                Ok(tls) => tunnel::enter(Box::new(tls), proxy, target).await,
                Err(error) => Err(error.into()),
            },
        }
    };
    match timeout(TUNNEL_LIMIT, entering).await {
        Ok(outcome) => outcome.map_err(failed),
        Err(_) => Err(failed(io::Error::new(io::ErrorKind::TimedOut, "it took too long").into())),
    }
}
