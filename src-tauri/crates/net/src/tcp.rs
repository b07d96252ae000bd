//! TCP to a host: the name looked up, IPv6 and IPv4 raced, and a socket that notices by itself when its line is dead.
//!
//! Runs on the caller's task; the look-up is done by tokio on a thread that may block.

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
/// What the system may hold of what we sent, in bytes; Linux takes the double. Left alone it grows to megabytes when a
/// line is slow, and voice would lie there for a minute and then arrive stale. Held this small, a slow line shows after
/// a second or two of voice (43 KB/s as base64), and our own queues decide what to drop. It still lets 320 KB/s through a
/// line of 200 ms there and back, so that voice kept through an outage is caught up with in seconds.
const SEND_BUFFER: usize = 64 * 1024;
/// A line on which nothing is acknowledged for so long is dead. Judged by the system, on acknowledgements of TCP, which
/// come in milliseconds: the service's own pongs come up to 30 s late (PROTOCOL.md §1.3) and mean nothing.
#[cfg(any(target_os = "linux", target_os = "android"))]
const UNACKNOWLEDGED_LIMIT: Duration = Duration::from_secs(20);
/// The same for a line on which we have nothing to send (muted, listening): asked after 10 s of silence, then every 3 s,
/// given up after the third time without an answer.
const ASK_AFTER: Duration = Duration::from_secs(10);
const ASK_EVERY: Duration = Duration::from_secs(3);
const ASK_TIMES: u32 = 3;

/// Connects to `host`, which is a name or an address without brackets. `only_here`: to this computer or not at all, for
/// "localhost" is a name like any other to a resolver.
pub(crate) async fn connect(host: &str, port: u16, only_here: bool) -> Result<TcpStream, NetError> {
    let addresses = resolve(host, port, only_here).await?;
    match timeout(CONNECT_LIMIT, happy_eyeballs::first(happy_eyeballs::order(addresses), open)).await {
        Ok(Ok(tcp)) => Ok(tcp),
        Ok(Err(error)) => Err(NetError::network(host, error)),
        Err(_) => Err(NetError::timed_out(host, "connecting")),
    }
}

async fn resolve(host: &str, port: u16, only_here: bool) -> Result<Vec<SocketAddr>, NetError> {
    let dns = |source| NetError::Network { kind: NetworkFault::Dns, host: host.to_owned(), source };
    let Ok(found) = timeout(LOOKUP_LIMIT, lookup_host((host, port))).await else {
        return Err(NetError::timed_out(host, "looking up the name"));
    };
    let mut addresses: Vec<_> = found.map_err(dns)?.collect();
    if only_here {
        addresses.retain(|address| address.ip().is_loopback());
    }
    if addresses.is_empty() {
        return Err(dns(io::Error::new(io::ErrorKind::NotFound, "the name has no usable address")));
    }
    Ok(addresses)
}

async fn open(address: SocketAddr) -> io::Result<TcpStream> {
    let socket = if address.is_ipv6() { TcpSocket::new_v6() } else { TcpSocket::new_v4() }?;
    adjust(&socket);
    socket.connect(address).await
}

/// Sets what is said above. A system that refuses one of these still makes a connection.
fn adjust(socket: &TcpSocket) {
    // 20 ms of voice must not wait for an acknowledgement of the 20 ms before.
    note("TCP_NODELAY", socket.set_nodelay(true));
    let socket = SockRef::from(socket);
    note("SO_SNDBUF", socket.set_send_buffer_size(SEND_BUFFER));
    let keepalive = TcpKeepalive::new().with_time(ASK_AFTER).with_interval(ASK_EVERY).with_retries(ASK_TIMES);
    note("SO_KEEPALIVE", socket.set_tcp_keepalive(&keepalive));
    // Elsewhere the system's own limit for retransmissions holds, and the session's watchdog is there first.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    note("TCP_USER_TIMEOUT", socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED_LIMIT)));
}

fn note(option: &str, outcome: io::Result<()>) {
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
            assert_eq!(socket.tcp_keepalive_time().unwrap(), ASK_AFTER);
            assert_eq!(socket.tcp_keepalive_interval().unwrap(), ASK_EVERY);
            assert_eq!(socket.tcp_keepalive_retries().unwrap(), ASK_TIMES);
        }
    }

    #[tokio::test]
    async fn what_must_stay_here_goes_nowhere_else() {
        let error = connect("192.0.2.1", 9, true).await.unwrap_err();
        assert!(matches!(error, NetError::Network { kind: NetworkFault::Dns, .. }), "{error:?}");
    }
}
