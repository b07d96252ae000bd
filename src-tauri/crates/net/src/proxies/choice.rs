//! Which proxy is on the way to each server. Pure after it was made.

use super::environment::Environment;
use super::url::ProxyUrl;
use crate::address::is_loopback;
use crate::error::NetError;

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
    /// [`NetError::Proxy`] when the environment names something that can't be a proxy.
    pub fn to(&self, host: &str, port: u16) -> Result<Option<ProxyUrl>, NetError> {
        if is_loopback(host) {
            return Ok(None);
        }
        match &self.0 {
            Chosen::Direct => Ok(None),
            Chosen::Always(url) => Ok(Some(url.clone())),
            Chosen::Environment(environment) => environment
                .to(host, port)
                .map_err(|(variable, bad)| NetError::Proxy { proxy: variable.to_owned(), fault: bad.into() }),
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
