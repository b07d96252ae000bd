//! What is wrong with a proxy, or with its address. Plain data; no text holds a password.

use std::io;

use super::network::NetworkFault;
use super::tls::TlsFault;

/// Why a text is not a proxy's address. The messages never repeat it: it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadProxy {
    /// It does not read as an address.
    #[error("a proxy's address looks like http://host:port or socks5://name:password@host:port")]
    NotAUrl,
    /// Another kind of proxy.
    #[error("proxies are http://, https:// or socks5://, not {scheme}://")]
    Scheme {
        /// What it says.
        scheme: String,
    },
    /// The name or the password can't be sent.
    #[error("the proxy's user name or password is empty, longer than 255 bytes or not plain text")]
    Credentials,
}

/// What is wrong with a proxy. Each message says what can be done.
#[derive(Debug, thiserror::Error)]
pub enum ProxyFault {
    /// What names the proxy holds no address of one.
    #[error("is not usable: {0}")]
    Unusable(#[from] BadProxy),
    /// It is not there, or does not answer.
    #[error("cannot be reached ({source}); is its address right, and is it running?")]
    Unreachable {
        /// Where on the way it failed.
        kind: NetworkFault,
        /// What the system or the TLS library says.
        source: io::Error,
    },
    /// It is behind TLS, and its certificate can't be accepted.
    #[error("{fault}: {source}")]
    Tls {
        /// What is wrong.
        fault: TlsFault,
        /// What the TLS library says.
        source: io::Error,
    },
    /// It closed the connection instead of answering, as some do with everyone they do not know.
    #[error(
        "hangs up without a word; it may want another user name and password, or not let this server through"
    )]
    HungUp,
    /// It requires a user name and a password, and was given none.
    #[error(
        "wants a user name and a password: write them into its address, as in http://name:password@host:port"
    )]
    CredentialsMissing,
    /// It refused the user name or the password.
    #[error("does not accept the user name and the password in its address")]
    CredentialsRefused,
    /// It requires a kind of sign-in that we do not speak.
    #[error("wants a sign-in by {offered}, and only Basic is spoken here; a local proxy can translate")]
    SignIn {
        /// The kinds that it offers.
        offered: String,
    },
    /// Its rules do not allow the connection.
    #[error("does not let connections to {target} through; whoever runs it can allow that")]
    Forbidden {
        /// The server's host and port.
        target: String,
    },
    /// It cannot reach the server either.
    #[error("does not reach {target} ({reason}); is it connected to the internet?")]
    NoWay {
        /// The server's host and port.
        target: String,
        /// Its own words or its code.
        reason: String,
    },
    /// Some other refusal.
    #[error("refuses: {answer}")]
    Refused {
        /// Its own words or its code.
        answer: String,
    },
    /// What answers is not a proxy of this kind.
    #[error("does not answer as {kind}; is it the right port?")]
    NotAProxy {
        /// The kind that its address says.
        kind: &'static str,
    },
}

impl From<io::Error> for ProxyFault {
    fn from(source: io::Error) -> Self {
        if let Some(fault) = TlsFault::of(&source) {
            return Self::Tls { fault, source };
        }
        match source.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
                Self::HungUp
            }
            _ => Self::Unreachable { kind: NetworkFault::of(&source), source },
        }
    }
}
