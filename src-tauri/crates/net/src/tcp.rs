//! TCP to a host: looks the name up, races IPv6 and IPv4, and sets the socket up to notice a dead connection.
//!
//! Runs on the caller's task; tokio looks names up on a thread that may block.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpSocket, TcpStream, lookup_host};
use tokio::time::timeout;

use crate::error::{NetError, NetworkFault};
use crate::happy_eyeballs;

const LOOKUP_LIMIT: Duration = Duration::from_secs(5);
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// The size of the system's send buffer in bytes; Linux doubles it. By default it grows to megabytes on a slow connection,
/// and voice would wait in it for a minute and arrive stale. With this size a slow connection shows after a second or two
/// of voice (43 KB/s as base64), and our own queues decide what to drop. It still allows 320 KB/s at a round trip of
/// 200 ms, so that voice kept through an outage is sent within seconds.
const SEND_BUFFER: usize = 64 * 1024;
/// After so long without an acknowledgement a connection is dead. The system judges by TCP's acknowledgements, which come
/// in milliseconds; the service's own pongs come up to 30 s late (PROTOCOL.md §1.3) and mean nothing.
#[cfg(any(target_os = "linux", target_os = "android"))]
const UNACKNOWLEDGED_LIMIT: Duration = Duration::from_secs(20);
/// The same while nothing is sent (muted, listening): the system probes after 10 s of silence, then every 3 s, and gives
/// up after three probes without an answer.
const KEEPALIVE_AFTER: Duration = Duration::from_secs(10);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(3);
const KEEPALIVE_PROBES: u32 = 3;

/// Connects to `host`, which is a name or an address without brackets. With `loopback_only` it connects to this computer or
/// not at all: to a resolver, "localhost" is a name like any other.
///
/// # Errors
/// [`NetError::Network`].
pub(crate) async fn connect(host: &str, port: u16, loopback_only: bool) -> Result<TcpStream, NetError> {
    let addresses = resolve(host, port, loopback_only).await?;
    match timeout(CONNECT_LIMIT, happy_eyeballs::first(happy_eyeballs::order(addresses), open)).await {
        Ok(Ok(tcp)) => Ok(tcp),
        Ok(Err(error)) => Err(NetError::network(host, error)),
        Err(_) => Err(NetError::timed_out(host, "connecting")),
    }
}

async fn resolve(host: &str, port: u16, loopback_only: bool) -> Result<Vec<SocketAddr>, NetError> {
    let dns = |source| NetError::Network { kind: NetworkFault::Dns, host: host.to_owned(), source };
    let Ok(found) = timeout(LOOKUP_LIMIT, lookup_host((host, port))).await else {
        return Err(NetError::timed_out(host, "looking up the name"));
    };
    let mut addresses: Vec<_> = found.map_err(dns)?.collect();
    if loopback_only {
        addresses.retain(|address| address.ip().is_loopback());
    }
    if addresses.is_empty() {
        return Err(dns(io::Error::new(io::ErrorKind::NotFound, "the name has no usable address")));
    }
    Ok(addresses)
}

async fn open(address: SocketAddr) -> io::Result<TcpStream> {
    let socket = if address.is_ipv6() { TcpSocket::new_v6() } else { TcpSocket::new_v4() }?;
    set_options(&socket);
    socket.connect(address).await
}

/// Sets the options above. A system that refuses one of them still makes a connection.
fn set_options(socket: &TcpSocket) {
    // 20 ms of voice must not wait for an acknowledgement of the 20 ms before.
    log_refused("TCP_NODELAY", socket.set_nodelay(true));
    let socket = SockRef::from(socket);
    log_refused("SO_SNDBUF", socket.set_send_buffer_size(SEND_BUFFER));
    let keepalive = TcpKeepalive::new()
        .with_time(KEEPALIVE_AFTER)
        .with_interval(KEEPALIVE_INTERVAL)
        .with_retries(KEEPALIVE_PROBES);
    log_refused("SO_KEEPALIVE", socket.set_tcp_keepalive(&keepalive));
    // Other systems have a limit for retransmissions of their own; the session's watchdog is faster.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    log_refused("TCP_USER_TIMEOUT", socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED_LIMIT)));
}

fn log_refused(option: &str, outcome: io::Result<()>) {
    if let Err(error) = outcome {
        tracing::debug!(option, %error, "the system does not take this socket option");
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn the_socket_is_set_up_for_a_conversation() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let tcp = connect("127.0.0.1", port, true).await.unwrap();
        assert!(tcp.nodelay().unwrap());
        let socket = SockRef::from(&tcp);
        assert!(socket.keepalive().unwrap());
        assert!(socket.send_buffer_size().unwrap() <= 2 * SEND_BUFFER);
        #[cfg(target_os = "linux")]
        {
            assert_eq!(socket.tcp_user_timeout().unwrap(), Some(UNACKNOWLEDGED_LIMIT));
            assert_eq!(socket.tcp_keepalive_time().unwrap(), KEEPALIVE_AFTER);
            assert_eq!(socket.tcp_keepalive_interval().unwrap(), KEEPALIVE_INTERVAL);
            assert_eq!(socket.tcp_keepalive_retries().unwrap(), KEEPALIVE_PROBES);
        }
    }

    #[tokio::test]
    async fn loopback_only_connects_to_no_other_computer() {
        let error = connect("192.0.2.1", 9, true).await.unwrap_err();
        assert!(matches!(error, NetError::Network { kind: NetworkFault::Dns, .. }), "{error:?}");
    }
}
