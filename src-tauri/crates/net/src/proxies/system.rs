//! The proxy that the system names: `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` as curl understands them, else the settings
//! of macOS or Windows, which hyper-util's matcher reads (ADR 10).
//!
//! Read once; pure after that. What is ours here is strictness: a variable that holds no proxy's address is an error, where
//! the matcher would connect directly.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};

use super::exceptions::{self, Exceptions};
use super::url::ProxyUrl;
use crate::error::BadProxy;

/// In the order in which they count. All that leaves this computer is encrypted, so `HTTP_PROXY` says nothing about it.
const PROXY_VARIABLES: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
const EXCEPT_VARIABLES: [&str; 2] = ["no_proxy", "NO_PROXY"];
/// How errors name the settings of macOS and Windows.
const SETTINGS: &str = "of the system's settings";

/// What the system said when it was asked. `Debug` leaves names and passwords out. Cheap to clone.
#[derive(Clone)]
pub(super) struct SystemProxies {
    /// The variable and what it holds.
    environment: Option<(&'static str, Result<ProxyUrl, BadProxy>)>,
    settings: Arc<Matcher>,
    exceptions: Exceptions,
}

impl SystemProxies {
    /// Asks the system.
    pub(super) fn read() -> Self {
        Self::from(|name| std::env::var(name).ok(), Matcher::from_system())
    }

    /// `get` gives the value of a variable. `settings` counts when none names a proxy.
    fn from(get: impl Fn(&str) -> Option<String>, settings: Matcher) -> Self {
        // Set to nothing is not set.
        let set = |name: &&'static str| Some((*name, get(name).filter(|value| !value.trim().is_empty())?));
        let environment = PROXY_VARIABLES.iter().find_map(set);
        let except = EXCEPT_VARIABLES.iter().find_map(set).map(|(_, list)| list).unwrap_or_default();
        Self {
            environment: environment.map(|(name, value)| (name, value.parse())),
            settings: Arc::new(settings),
            exceptions: Exceptions::parse(&except),
        }
    }

    /// Returns the proxy on the way to `host`, which has no brackets.
    ///
    /// # Errors
    /// What names a proxy and holds no address of one, and why.
    pub(super) fn to(&self, host: &str, port: u16) -> Result<Option<ProxyUrl>, (&'static str, BadProxy)> {
        if self.exceptions.contain(host, port) {
            return Ok(None);
        }
        if let Some((variable, proxy)) = &self.environment {
            return proxy.clone().map(Some).map_err(|bad| (*variable, bad));
        }
        let found = exceptions::url_of(host).and_then(|url| self.settings.intercept(&url));
        found.map(|found| url_of(&found)).transpose().map_err(|bad| (SETTINGS, bad))
    }
}

fn url_of(found: &Intercept) -> Result<ProxyUrl, BadProxy> {
    let url: ProxyUrl = found.uri().to_string().parse()?;
    let basic = || {
        let pair = found.basic_auth()?.to_str().ok()?.strip_prefix("Basic ")?;
        String::from_utf8(STANDARD.decode(pair).ok()?).ok()
    };
    match (found.raw_auth(), basic()) {
        (Some((name, password)), _) => url.signed_in(name, password),
        (None, Some(pair)) => {
            let (name, password) = pair.split_once(':').unwrap_or((&pair, ""));
            url.signed_in(name, password)
        }
        (None, None) => Ok(url),
    }
}

impl fmt::Debug for SystemProxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SystemProxies")
            .field("environment", &self.environment)
            .field("settings", &self.settings)
            .field("exceptions", &self.exceptions)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A system with these variables and without settings.
    fn environment(variables: &[(&str, &str)]) -> SystemProxies {
        system(variables, Matcher::builder().build())
    }

    fn system(variables: &[(&str, &str)], settings: Matcher) -> SystemProxies {
        let get = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        SystemProxies::from(get, settings)
    }

    fn proxy_to(system: &SystemProxies, host: &str) -> Option<String> {
        system.to(host, 443).unwrap().map(|proxy| proxy.to_string())
    }

    #[test]
    fn the_variables_count_in_order() {
        let all = [
            ("https_proxy", "http://one:1"),
            ("HTTPS_PROXY", "http://two:2"),
            ("all_proxy", "socks5://three:3"),
            ("ALL_PROXY", "socks5://four:4"),
        ];
        for (index, (_, expected)) in all.iter().enumerate() {
            let found = proxy_to(&environment(&all[index..]), "example.org");
            assert_eq!(found.as_deref(), Some(*expected));
        }
        assert_eq!(proxy_to(&environment(&[]), "example.org"), None);
        assert_eq!(proxy_to(&environment(&[("http_proxy", "http://h:1")]), "example.org"), None);
        // Set to nothing is not set.
        let emptied = environment(&[("https_proxy", " "), ("ALL_PROXY", "http://h:1")]);
        assert_eq!(proxy_to(&emptied, "example.org").as_deref(), Some("http://h:1"));
    }

    #[test]
    fn small_letters_count_first_in_no_proxy() {
        let both = environment(&[("HTTPS_PROXY", "http://h:1"), ("no_proxy", "a.b"), ("NO_PROXY", "*")]);
        assert!(both.to("example.org", 443).unwrap().is_some());
    }

    #[test]
    fn bad_proxy_address_is_an_error_not_a_direct_connection() {
        let bad = environment(&[("HTTPS_PROXY", "ftp://me:Secret@h"), ("NO_PROXY", "example.com")]);
        let (variable, error) = bad.to("example.org", 443).unwrap_err();
        assert_eq!((variable, error), ("HTTPS_PROXY", BadProxy::Scheme { scheme: "ftp".into() }));
        assert!(bad.to("example.com", 443).unwrap().is_none());
        assert!(!format!("{bad:?}").contains("Secret"));
    }

    #[test]
    fn the_settings_count_where_no_variable_does() {
        let settings = || Matcher::builder().https("corporate.example:3128").no("intranet.example").build();
        let plain = system(&[], settings());
        assert_eq!(proxy_to(&plain, "example.org").as_deref(), Some("http://corporate.example:3128"));
        assert_eq!(proxy_to(&plain, "2001:db8::1").as_deref(), Some("http://corporate.example:3128"));
        assert_eq!(proxy_to(&plain, "wiki.intranet.example"), None, "what the settings except");
        let own = system(&[("HTTPS_PROXY", "http://own:1"), ("NO_PROXY", "*.example.com")], settings());
        assert_eq!(proxy_to(&own, "example.org").as_deref(), Some("http://own:1"));
        let except = system(&[("NO_PROXY", "*.example.com")], settings());
        assert_eq!(proxy_to(&except, "a.example.com"), None, "what the environment excepts");
    }

    #[test]
    fn credentials_in_the_settings_are_used_and_not_shown() {
        for (address, exposed) in [
            ("http://me:p%40:Secret@h:1", "http://me:p%40%3ASecret@h:1"),
            ("socks5://me:Secret@h:1", "socks5h://me:Secret@h:1"),
        ] {
            let system = system(&[], Matcher::builder().https(address).build());
            let proxy = system.to("example.org", 443).unwrap().unwrap();
            assert_eq!(proxy.expose(), exposed);
            assert!(!format!("{system:?} {proxy:?}").contains("Secret"));
        }
        let old = system(&[], Matcher::builder().https("socks4://h:1").build());
        let expected = (SETTINGS, BadProxy::Scheme { scheme: "socks4".into() });
        assert_eq!(old.to("example.org", 443).unwrap_err(), expected);
    }
}
