//! Which proxy is on the way to each server. Pure after it was made.

use super::system::SystemProxies;
use super::url::ProxyUrl;
use crate::address::is_loopback;
use crate::error::{BadProxy, NetError};

/// Whether to go through a proxy, as chosen by a person.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ProxyChoice {
    /// As `HTTPS_PROXY` or else `ALL_PROXY` says, else as the settings of macOS or Windows say; never for what `NO_PROXY`
    /// names. Variables in small letters count before those in capitals.
    #[default]
    System,
    /// Never.
    None,
    /// Always through this one, except to this computer.
    Url(ProxyUrl),
    /// What was chosen can't be a proxy: a connection that leaves this computer fails and says so.
    Invalid(BadProxy),
}

/// Which proxy is on the way to each server, by a person's choice: the one place that says so, also for programs that
/// are started and connect by themselves. `Debug` leaves names and passwords out.
#[derive(Debug, Clone)]
pub struct Proxies(Chosen);

#[derive(Debug, Clone)]
enum Chosen {
    Direct,
    Always(ProxyUrl),
    System(SystemProxies),
    Invalid(BadProxy),
}

/// Variables by which other programs know a proxy, in the two ways in which they are written.
const PROXY_VARIABLES: [&str; 6] =
    ["https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"];
const EXCEPT_VARIABLES: [&str; 2] = ["no_proxy", "NO_PROXY"];
/// How errors name a choice that can't be a proxy.
const SETTINGS: &str = "of the settings";
/// What is never reached through a proxy.
const THIS_COMPUTER: &str = "localhost,127.0.0.1,::1";

impl Proxies {
    /// Returns the proxies of this choice. The system is asked here, once.
    pub fn new(choice: ProxyChoice) -> Self {
        Self(match choice {
            ProxyChoice::None => Chosen::Direct,
            ProxyChoice::Url(url) => Chosen::Always(url),
            ProxyChoice::System => Chosen::System(SystemProxies::read()),
            ProxyChoice::Invalid(bad) => Chosen::Invalid(bad),
        })
    }

    /// Returns the proxy for `host` (without brackets), or `None` for a direct connection.
    ///
    /// # Errors
    /// [`NetError::Proxy`] when the system or the choice names something that can't be a proxy.
    pub fn to(&self, host: &str, port: u16) -> Result<Option<ProxyUrl>, NetError> {
        if is_loopback(host) {
            return Ok(None);
        }
        let unusable =
            |name: &str, bad: BadProxy| NetError::Proxy { proxy: name.to_owned(), fault: bad.into() };
        match &self.0 {
            Chosen::Direct => Ok(None),
            Chosen::Always(url) => Ok(Some(url.clone())),
            Chosen::System(system) => system.to(host, port).map_err(|(name, bad)| unusable(name, bad)),
            Chosen::Invalid(bad) => Err(unusable(SETTINGS, bad.clone())),
        }
    }

    /// Returns the variables that a program which we start must have, or must not have, to do the same. They may hold a
    /// password. Empty when the system decides, which the program can ask, too.
    pub fn variables(&self) -> Vec<(&'static str, Option<String>)> {
        let (proxy, except) = match &self.0 {
            Chosen::System(_) | Chosen::Invalid(_) => return Vec::new(),
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
    fn this_computer_is_reached_directly_whatever_was_chosen() {
        let url: ProxyUrl = "http://proxy.example:3128".parse().unwrap();
        for choice in [
            ProxyChoice::System,
            ProxyChoice::None,
            ProxyChoice::Url(url),
            ProxyChoice::Invalid(BadProxy::NotAUrl),
        ] {
            let proxies = Proxies::new(choice);
            for host in ["localhost", "LOCALHOST", "127.0.0.1", "127.3.2.1", "::1"] {
                assert_eq!(proxies.to(host, 443).unwrap(), None, "{host}: {proxies:?}");
            }
        }
    }

    #[test]
    fn an_invalid_choice_is_an_error_and_not_a_direct_connection() {
        let error = Proxies::new(ProxyChoice::Invalid(BadProxy::NotAUrl)).to("example.org", 443).unwrap_err();
        assert!(error.to_string().starts_with("the proxy of the settings is not usable: "), "{error}");
    }

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
        assert!(of(ProxyChoice::System).is_empty());
    }
}
