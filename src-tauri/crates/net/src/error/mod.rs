//! Why no connection came about, or no answer over it: the one error of this crate.

mod network;
mod proxy;
mod tls;

use std::io;

pub use network::NetworkFault;
pub use proxy::{BadProxy, ProxyFault};
pub use tls::TlsFault;

/// Why a server was not reached, or gave no answer that can be used. No text in it holds a password.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// The server was not reached or the connection broke.
    #[error("{host} could not be reached: {source}")]
    Network {
        /// Where on the way it failed.
        kind: NetworkFault,
        /// The host that was dialled.
        host: String,
        /// What the system or the TLS library says.
        source: io::Error,
    },
    /// The server answers, but its certificate or its TLS can't be accepted.
    #[error("{host} {fault}: {source}")]
    Tls {
        /// The host that was dialled.
        host: String,
        /// What is wrong.
        fault: TlsFault,
        /// What the TLS library says.
        source: io::Error,
    },
    /// The proxy does not let the connection through.
    #[error("the proxy {proxy} {fault}")]
    Proxy {
        /// Its host and port, or the variable that should name it.
        proxy: String,
        /// What is wrong and what to do about it.
        fault: ProxyFault,
    },
    /// Something answers there, but its answer can't be used as one in HTTP.
    #[error("{host} gives no usable answer: {reason}")]
    BadAnswer {
        /// The host that was dialled.
        host: String,
        /// What is wrong with its answer.
        reason: String,
    },
}

impl NetError {
    /// Returns the error for what the system or the TLS library says of a connection to `host`.
    pub fn network(host: &str, source: io::Error) -> Self {
        let host = host.to_owned();
        match TlsFault::of(&source) {
            Some(fault) => Self::Tls { host, fault, source },
            None => Self::Network { kind: NetworkFault::of(&source), host, source },
        }
    }

    /// Returns the error for a time limit that ran out while `doing` something with `host`.
    pub fn timed_out(host: &str, doing: &str) -> Self {
        let source = io::Error::new(io::ErrorKind::TimedOut, format!("{doing} took too long"));
        Self::Network { kind: NetworkFault::TimedOut, host: host.to_owned(), source }
    }

    pub(crate) fn bad_answer(host: &str, reason: impl Into<String>) -> Self {
        Self::BadAnswer { host: host.to_owned(), reason: reason.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn network_faults_are_told_apart_by_kind() {
        let fault = |kind: io::ErrorKind| match NetError::network("h", io::Error::from(kind)) {
            NetError::Network { kind, .. } => kind,
            other => panic!("{other:?}"),
        };
        assert_eq!(fault(io::ErrorKind::ConnectionRefused), NetworkFault::Refused);
        assert_eq!(fault(io::ErrorKind::NetworkUnreachable), NetworkFault::Unreachable);
        assert_eq!(fault(io::ErrorKind::TimedOut), NetworkFault::TimedOut);
        assert_eq!(fault(io::ErrorKind::ConnectionReset), NetworkFault::Broken);
        let tls = io::Error::new(io::ErrorKind::InvalidData, rustls::Error::DecryptError);
        let tls = NetError::network("h", tls);
        assert!(matches!(tls, NetError::Tls { fault: TlsFault::Handshake, .. }), "{tls:?}");
    }
}
