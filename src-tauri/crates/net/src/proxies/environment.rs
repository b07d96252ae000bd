//! `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, as curl and most other programs understand them. Pure.

use std::fmt;
use std::net::IpAddr;

use super::url::ProxyUrl;
use crate::error::BadProxy;

/// In the order in which they count. All that we speak is encrypted, so `HTTP_PROXY` says nothing about it.
const PROXY_VARIABLES: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
const EXCEPT_VARIABLES: [&str; 2] = ["no_proxy", "NO_PROXY"];

/// What the environment said when it was read. `Debug` leaves names and passwords out.
#[derive(Clone)]
pub(crate) struct Environment {
    /// The variable and what it holds.
    proxy: Option<(&'static str, Result<ProxyUrl, BadProxy>)>,
    except: Vec<Exception>,
}

/// One entry of `NO_PROXY`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Exception {
    what: What,
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    /// `*`
    Everything,
    /// A name and all below it, in small letters.
    Domain(String),
    /// Addresses that share this many leading bits.
    Network(IpAddr, u32),
}

impl Environment {
    /// `get` gives the value of a variable.
    pub(crate) fn read(get: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &&'static str| Some((*name, get(name).filter(|value| !value.trim().is_empty())?));
        let proxy = PROXY_VARIABLES.iter().find_map(set);
        let except = EXCEPT_VARIABLES.iter().find_map(set).map(|(_, list)| list).unwrap_or_default();
        Self {
            proxy: proxy.map(|(name, value)| (name, value.parse())),
            except: except.split([',', ' ', '\t']).filter_map(Exception::parse).collect(),
        }
    }

    /// The proxy on the way to `host`, which has no brackets; or the variable that holds none, and why.
    pub(super) fn to(&self, host: &str, port: u16) -> Result<Option<ProxyUrl>, (&'static str, BadProxy)> {
        let Some((variable, proxy)) = &self.proxy else { return Ok(None) };
        if self.except.iter().any(|exception| exception.holds(host, port)) {
            return Ok(None);
        }
        proxy.clone().map(Some).map_err(|bad| (*variable, bad))
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment").field("proxy", &self.proxy).field("except", &self.except).finish()
    }
}

impl Exception {
    fn parse(entry: &str) -> Option<Self> {
        let (host, port) = split_port(entry);
        let what = match host {
            "" => return None,
            "*" => What::Everything,
            _ => match network(host) {
                Some((address, bits)) => What::Network(address, bits),
                None => What::Domain(domain(host)?),
            },
        };
        Some(Self { what, port })
    }

    fn holds(&self, host: &str, port: u16) -> bool {
        if self.port.is_some_and(|only| only != port) {
            return false;
        }
        match (&self.what, host.parse::<IpAddr>()) {
            (What::Everything, _) => true,
            (What::Network(network, bits), Ok(address)) => is_within(address, *network, *bits),
            (What::Domain(domain), Err(_)) => {
                let host = host.trim_end_matches('.').to_ascii_lowercase();
                host.strip_suffix(domain.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            }
            _ => false,
        }
    }
}

/// An entry without its port, if it has one: `host:port`, `[address]:port`. A bare IPv6 address has none.
fn split_port(entry: &str) -> (&str, Option<u16>) {
    if let Some((address, rest)) = entry.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        return (address, rest.strip_prefix(':').and_then(|port| port.parse().ok()));
    }
    match entry.split_once(':') {
        Some((host, port)) if !port.contains(':') => match port.parse() {
            Ok(port) => (host, Some(port)),
            Err(_) => (entry, None),
        },
        _ => (entry, None),
    }
}

/// An address, or a network such as `10.0.0.0/8`.
fn network(text: &str) -> Option<(IpAddr, u32)> {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits.parse::<u32>().ok()?)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let width = if address.is_ipv4() { 32 } else { 128 };
    Some((address, bits.unwrap_or(width))).filter(|(_, bits)| *bits <= width)
}

fn is_within(address: IpAddr, network: IpAddr, bits: u32) -> bool {
    // Shifted by its whole width a number would not change, so nothing in common is asked for first.
    match (address, network) {
        (IpAddr::V4(a), IpAddr::V4(n)) => {
            (a.to_bits() ^ n.to_bits()).checked_shr(32 - bits).unwrap_or(0) == 0
        }
        (IpAddr::V6(a), IpAddr::V6(n)) => {
            (a.to_bits() ^ n.to_bits()).checked_shr(128 - bits).unwrap_or(0) == 0
        }
        _ => false,
    }
}

/// `example.org`, `.example.org` and `*.example.org` mean the same: the name and all below it.
fn domain(text: &str) -> Option<String> {
    let text = text.strip_prefix('*').unwrap_or(text);
    let text = text.trim_matches('.').to_ascii_lowercase();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        Environment::read(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    fn proxy_to(environment: &Environment, host: &str) -> Option<String> {
        environment.to(host, 443).unwrap().map(|proxy| proxy.to_string())
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
    fn no_proxy_names_hosts_suffixes_ports_and_networks() {
        for (list, host, port, is_direct) in [
            ("*", "example.org", 443, true),
            ("example.org", "example.org", 443, true),
            ("example.org", "EXAMPLE.ORG.", 443, true),
            ("example.org", "live.example.org", 443, true),
            ("example.org", "badexample.org", 443, false),
            (".example.org", "example.org", 443, true),
            (".example.org", "live.example.org", 443, true),
            ("*.example.org", "a.b.example.org", 443, true),
            ("*.example.org", "example.com", 443, false),
            ("example.org:443", "example.org", 443, true),
            ("example.org:8443", "example.org", 443, false),
            ("*:8443", "example.org", 8443, true),
            ("*:8443", "example.org", 443, false),
            ("a.b, c.d\texample.org", "example.org", 443, true),
            ("a.b,,c.d", "example.org", 443, false),
            ("", "example.org", 443, false),
            ("10.0.0.0/8", "10.200.3.4", 443, true),
            ("10.0.0.0/8", "11.0.0.1", 443, false),
            ("10.1.2.3", "10.1.2.3", 443, true),
            ("10.1.2.3:443", "10.1.2.3", 443, true),
            ("10.1.2.3:80", "10.1.2.3", 443, false),
            ("0.0.0.0/0", "10.1.2.3", 443, true),
            ("0.0.0.0/0", "2001:db8::1", 443, false),
            ("0.0.0.0/0", "example.org", 443, false),
            ("10.0.0.0/33", "10.0.0.0", 443, false),
            ("2001:db8::/32", "2001:db8:1::1", 443, true),
            ("2001:db8::/32", "2001:db9::1", 443, false),
            ("::/0", "2001:db9::1", 443, true),
            ("2001:db8::1", "2001:db8::1", 443, true),
            ("[2001:db8::1]:443", "2001:db8::1", 443, true),
            ("[2001:db8::1]:80", "2001:db8::1", 443, false),
        ] {
            let environment = environment(&[("HTTPS_PROXY", "http://h:1"), ("NO_PROXY", list)]);
            let direct = environment.to(host, port).unwrap().is_none();
            assert_eq!(direct, is_direct, "NO_PROXY={list:?} for {host}:{port}");
        }
        let both = environment(&[("HTTPS_PROXY", "http://h:1"), ("no_proxy", "a.b"), ("NO_PROXY", "*")]);
        assert!(both.to("example.org", 443).unwrap().is_some(), "small letters count first");
    }

    #[test]
    fn a_bad_address_is_said_and_not_passed_by() {
        let bad = environment(&[("HTTPS_PROXY", "ftp://me:Secret@h"), ("NO_PROXY", "example.com")]);
        let (variable, error) = bad.to("example.org", 443).unwrap_err();
        assert_eq!((variable, error), ("HTTPS_PROXY", BadProxy::Scheme { scheme: "ftp".into() }));
        assert!(bad.to("example.com", 443).unwrap().is_none());
        assert!(!format!("{bad:?}").contains("Secret"));
    }

    proptest! {
        /// Whatever else the list holds, what it names is reached directly, and it never stops the program.
        #[test]
        fn what_is_named_is_reached_directly(
            before in "[a-z0-9.:/*, \\[\\]é-]{0,40}",
            host in "[a-z]{1,5}(\\.[a-z]{1,5}){0,2}|10(\\.[1-9]){3}|2001:db8::[1-9]",
            after in "[a-z0-9.:/*, \\[\\]é-]{0,40}",
        ) {
            let list = format!("{before},{host},{after}");
            let environment = environment(&[("HTTPS_PROXY", "http://h:1"), ("NO_PROXY", &list)]);
            prop_assert_eq!(environment.to(&host, 443), Ok(None));
        }
    }
}
