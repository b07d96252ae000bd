//! Proxies on the way to the service: which one, and what it says when it does not let us through.
//!
//! HTTP proxies open a tunnel ([`tunnel`]), SOCKS5 proxies look the name up themselves ([`socks`]). Either way TLS runs
//! through it end to end, so a proxy sees the name of the server and nothing of the key. This computer is never
//! reached through a proxy.

mod environment;
mod socks;
mod tunnel;
mod url;

use std::io;
use std::time::Duration;

use tokio::time::timeout;

use crate::address::is_loopback;
use crate::dialer::Stream;
use crate::error::{ConnectError, NetworkFault};
use crate::tls_fault::TlsFault;
use crate::{tcp, tls};
use environment::Environment;
use url::Scheme;
pub use url::{BadProxy, ProxyUrl};

/// How long a proxy may take to reach the server.
const TUNNEL_LIMIT: Duration = Duration::from_secs(15);

/// Whether to go through a proxy, as chosen by a person.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ProxyChoice {
    /// As `HTTPS_PROXY` or else `ALL_PROXY` says, except for what `NO_PROXY` names; small letters count before capitals.
    #[default]
    FromEnvironment,
    /// Never.
    None,
    /// Always through this one, except to this computer.
    Url(ProxyUrl),
}

/// What is wrong with a proxy. Each says what can be done.
#[derive(Debug, thiserror::Error)]
pub enum ProxyFault {
    /// The address of a proxy in the environment is none.
    #[error("is not usable: {0}")]
    Unusable(#[from] BadProxy),
    /// It is not there, or it is and does not answer.
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
    /// It closed the connection in the place of an answer, which some do with everyone whom they do not know.
    #[error(
        "hangs up without a word; it may want another user name and password, or not let this server through"
    )]
    HungUp,
    /// It wants to know who asks, and was not told.
    #[error(
        "wants a user name and a password: write them into its address, as in http://name:password@host:port"
    )]
    CredentialsMissing,
    /// It does not know the user name or the password.
    #[error("does not accept the user name and the password in its address")]
    CredentialsRefused,
    /// It wants to know who asks in a way that we do not speak.
    #[error("wants a sign-in by {offered}, and only Basic is spoken here; a local proxy can translate")]
    SignIn {
        /// The ways that it offers.
        offered: String,
    },
    /// Its rules do not let us through.
    #[error("does not let connections to {target} through; whoever runs it can allow that")]
    Forbidden {
        /// The server's host and port.
        target: String,
    },
    /// It does not reach the server either.
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
    /// What answers is no proxy of this kind.
    #[error("does not answer as {kind}; is it the right port?")]
    NotAProxy {
        /// The kind that its address says.
        kind: &'static str,
    },
}

/// Which proxy is on the way to each server, by a person's choice: the one place that says so, also for what does not go
/// through this crate. `Debug` leaves names and passwords out.
#[derive(Debug, Clone)]
pub struct Proxies(Chosen);

#[derive(Debug, Clone)]
enum Chosen {
    Direct,
    Always(ProxyUrl),
    Environment(Environment),
}

/// Variables by which other programs know a proxy, in the two ways in which they are written.
const PROXY_VARIABLES: [&str; 6] =
    ["https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"];
const EXCEPT_VARIABLES: [&str; 2] = ["no_proxy", "NO_PROXY"];
/// What is never reached through a proxy.
const THIS_COMPUTER: &str = "localhost,127.0.0.1,::1";

impl Proxies {
    /// The environment is read here, once.
    pub fn new(choice: ProxyChoice) -> Self {
        Self(match choice {
            ProxyChoice::None => Chosen::Direct,
            ProxyChoice::Url(url) => Chosen::Always(url),
            ProxyChoice::FromEnvironment => {
                Chosen::Environment(Environment::read(|name| std::env::var(name).ok()))
            }
        })
    }

    /// Returns the proxy for `host` (without brackets), or `None` for a direct connection.
    ///
    /// # Errors
    /// [`ConnectError::Proxy`] when the environment names something that can't be a proxy.
    pub fn to(&self, host: &str, port: u16) -> Result<Option<ProxyUrl>, ConnectError> {
        if is_loopback(host) {
            return Ok(None);
        }
        match &self.0 {
            Chosen::Direct => Ok(None),
            Chosen::Always(url) => Ok(Some(url.clone())),
            Chosen::Environment(environment) => environment.to(host, port).map_err(|(variable, bad)| {
                ConnectError::Proxy { proxy: variable.to_owned(), fault: bad.into() }
            }),
        }
    }

    /// The variables that a program which we start must have, or must not have, to do the same. They may hold a password.
    /// Empty when the environment decides, which it inherits.
    pub fn variables(&self) -> Vec<(&'static str, Option<String>)> {
        let (proxy, except) = match &self.0 {
            Chosen::Environment(_) => return Vec::new(),
            Chosen::Direct => (None, "*"),
            Chosen::Always(url) => (Some(url.expose()), THIS_COMPUTER),
        };
        let proxies = PROXY_VARIABLES.iter().map(|name| (*name, proxy.clone()));
        let excepts = EXCEPT_VARIABLES.iter().map(|name| (*name, Some(except.to_owned())));
        proxies.chain(excepts).collect()
    }
}

/// A stream through `proxy` to `host`, which has no brackets. Takes 15 s at most beside the way to the proxy itself.
pub(crate) async fn connect(
    proxy: &ProxyUrl,
    tls: impl AsyncFnOnce() -> tls::Config,
    host: &str,
    port: u16,
) -> Result<Box<dyn Stream>, ConnectError> {
    let failed = |fault| ConnectError::Proxy { proxy: proxy.address(), fault };
    let tcp = tcp::connect(proxy.host(), proxy.port(), false).await.map_err(|error| match error {
        ConnectError::Network { kind, source, .. } => failed(ProxyFault::Unreachable { kind, source }),
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

/// Where a proxy shall lead to.
#[derive(Debug, Clone, Copy)]
struct Target<'a> {
    /// A name or an address, without brackets.
    host: &'a str,
    port: u16,
}

impl std::fmt::Display for Target<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_that_are_started_take_the_chosen_proxy() {
        let url: ProxyUrl = "http://me:p%40ss@proxy.example:3128".parse().unwrap();
        let of = |choice| Proxies::new(choice).variables();
        let get = |variables: &[(&str, Option<String>)], name: &str| {
            variables.iter().find(|(known, _)| *known == name).and_then(|(_, value)| value.clone())
        };
        let chosen = of(ProxyChoice::Url(url));
        for name in PROXY_VARIABLES {
            assert_eq!(get(&chosen, name).as_deref(), Some("http://me:p%40ss@proxy.example:3128"), "{name}");
        }
        assert_eq!(get(&chosen, "NO_PROXY").as_deref(), Some(THIS_COMPUTER));
        let direct = of(ProxyChoice::None);
        assert!(PROXY_VARIABLES.iter().all(|name| direct.contains(&(name, None))), "{direct:?}");
        assert_eq!(get(&direct, "no_proxy").as_deref(), Some("*"));
        assert!(of(ProxyChoice::FromEnvironment).is_empty());
    }
}
