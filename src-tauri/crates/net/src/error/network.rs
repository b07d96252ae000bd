//! Where on the way to a server a connection failed, by the kind of the system's error. Pure.

use std::io;

/// Where on the way to the server it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NetworkFault {
    /// The name has no address: almost always a computer without internet.
    Dns,
    /// Nobody listens there.
    Refused,
    /// There is no route to it.
    Unreachable,
    /// A time limit ran out.
    TimedOut,
    /// The connection was cut.
    Broken,
}

impl NetworkFault {
    pub(crate) fn of(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::TimedOut => Self::TimedOut,
            io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkDown
            | io::ErrorKind::AddrNotAvailable
            | io::ErrorKind::PermissionDenied => Self::Unreachable,
            _ => Self::Broken,
        }
    }
}
