//! Where a connection goes. Pure.

use std::fmt;

/// The server at the other end of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// A name or an address, without brackets.
    pub host: String,
    /// Its TCP port.
    pub port: u16,
    /// Whether it is reached over TLS. Without TLS it must be this computer.
    pub is_encrypted: bool,
}

impl Origin {
    /// Returns host and port as the `Host` header has them: an IPv6 address in brackets, the scheme's own port left out.
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == default_port(self.is_encrypted) { host } else { format!("{host}:{}", self.port) }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_encrypted { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.authority())
    }
}

fn default_port(is_encrypted: bool) -> u16 {
    if is_encrypted { 443 } else { 80 }
}
