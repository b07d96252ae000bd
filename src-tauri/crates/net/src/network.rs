//! The route out of this computer, to notice that it came back or changed. No packet is sent.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;

/// Addresses for documentation (RFC 5737, RFC 3849): no computer has them, and the default route leads to them.
const ELSEWHERE: [SocketAddr; 2] = [
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 9),
    SocketAddr::new(IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)), 9),
];

/// The local addresses that this computer would send from. While they are equal, nothing has changed that a connection
/// would notice. They change with another Wi-Fi, a VPN, a cable plugged in or out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Fingerprint {
    /// By IPv4; `None` without a route.
    pub v4: Option<IpAddr>,
    /// By IPv6; `None` without a route.
    pub v6: Option<IpAddr>,
}

impl Fingerprint {
    /// Returns whether there is no route at all. A route that exists may still lead nowhere.
    pub fn is_offline(self) -> bool {
        self.v4.is_none() && self.v6.is_none()
    }
}

/// Asks the system: four system calls that do not wait. Cheap enough for every second.
pub fn fingerprint() -> Fingerprint {
    let [v4, v6] = ELSEWHERE.map(source_to);
    Fingerprint { v4, v6 }
}

/// Connecting a UDP socket only asks the routing table.
fn source_to(elsewhere: SocketAddr) -> Option<IpAddr> {
    let any: IpAddr =
        if elsewhere.is_ipv6() { Ipv6Addr::UNSPECIFIED.into() } else { Ipv4Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect(elsewhere).ok()?;
    let source = socket.local_addr().ok()?.ip();
    // Some systems answer "any" without a route.
    (!source.is_unspecified()).then_some(source)
}

/// Gives the [`Fingerprint`]: the system's, or a test's.
#[derive(Clone)]
pub struct Network(Arc<dyn Fn() -> Fingerprint + Send + Sync>);

impl Network {
    /// Asks the system.
    pub fn system() -> Self {
        Self::from_fn(fingerprint)
    }

    /// Asks `look`, which must not block.
    pub fn from_fn(look: impl Fn() -> Fingerprint + Send + Sync + 'static) -> Self {
        Self(Arc::new(look))
    }

    /// Returns the route as it is now.
    pub fn fingerprint(&self) -> Fingerprint {
        (self.0)()
    }
}

impl Default for Network {
    fn default() -> Self {
        Self::system()
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Network({:?})", self.fingerprint())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn route_to_this_computer_is_loopback() {
        assert_eq!(source_to("127.0.0.1:9".parse().unwrap()), Some(Ipv4Addr::LOCALHOST.into()));
    }

    #[test]
    fn system_route_has_local_addresses_or_none() {
        let Fingerprint { v4, v6 } = fingerprint();
        assert!(v4.is_none_or(|address| address.is_ipv4() && !address.is_unspecified()), "{v4:?}");
        assert!(v6.is_none_or(|address| address.is_ipv6() && !address.is_unspecified()), "{v6:?}");
    }

    #[test]
    fn network_can_be_scripted() {
        assert!(Network::from_fn(Fingerprint::default).fingerprint().is_offline());
        let wifi = Fingerprint { v4: Some(Ipv4Addr::LOCALHOST.into()), v6: None };
        assert!(!Network::from_fn(move || wifi).fingerprint().is_offline());
    }
}
