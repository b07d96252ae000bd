//! What `NO_PROXY` excepts. Pure.
//!
//! Names, their subdomains and networks are compared by hyper-util's matcher. Around it stands what the matcher does not
//! know and curl or other programs do: ports, `*.example.org`, entries with only blanks between them, `*` for addresses
//! too, and the dot behind a host's name.

use std::fmt;
use std::sync::Arc;

use hyper::Uri;
use hyper_util::client::proxy::matcher::Matcher;

/// A list of exceptions. Cheap to clone.
#[derive(Clone)]
pub(super) struct Exceptions(Arc<[(Option<u16>, Matcher)]>);

impl Exceptions {
    /// Takes a list as it stands in `NO_PROXY`. What means nothing in it is passed over.
    pub(super) fn parse(list: &str) -> Self {
        let mut lists: Vec<(Option<u16>, String)> = Vec::new();
        for (entry, port) in list.split([',', ' ', '\t']).map(split_port) {
            let Some(entry) = spelled_out(entry) else { continue };
            match lists.iter_mut().find(|(of, _)| *of == port) {
                Some((_, list)) => list.extend([",", &entry]),
                None => lists.push((port, entry)),
            }
        }
        // The matcher says which hosts would go through a proxy, so it needs one.
        let matcher = |list| Matcher::builder().https("http://proxy").no(list).build();
        Self(lists.into_iter().map(|(port, list): (_, String)| (port, matcher(list))).collect())
    }

    /// Returns whether `host`, which has no brackets, is reached directly at this port.
    pub(super) fn contain(&self, host: &str, port: u16) -> bool {
        let Some(url) = url_of(host) else { return false };
        let mut lists = self.0.iter().filter(|(only, _)| only.is_none_or(|only| only == port));
        lists.any(|(_, matcher)| matcher.intercept(&url).is_none())
    }
}

impl fmt::Debug for Exceptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter()).finish()
    }
}

/// The address by which a matcher is asked about a host.
pub(super) fn url_of(host: &str) -> Option<Uri> {
    let host = host.trim_end_matches('.');
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    Uri::builder().scheme("https").authority(host).path_and_query("/").build().ok()
}

/// An entry in the words that the matcher knows.
fn spelled_out(entry: &str) -> Option<String> {
    if entry == "*" {
        return Some("*,0.0.0.0/0,::/0".to_owned());
    }
    // `*.example.org` and `.example.org` mean the name and all below it.
    let name = entry.strip_prefix('*').unwrap_or(entry).trim_matches('.');
    (!name.is_empty()).then(|| name.to_owned())
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_proxy_names_hosts_suffixes_ports_and_networks() {
        for (list, host, port, is_direct) in [
            ("*", "example.org", 443, true),
            ("*", "10.1.2.3", 443, true),
            ("*", "2001:db8::1", 443, true),
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
            let direct = Exceptions::parse(list).contain(host, port);
            assert_eq!(direct, is_direct, "NO_PROXY={list:?} for {host}:{port}");
        }
    }

    proptest! {
        /// Whatever else the list holds, what it names is reached directly, and it never stops the program.
        #[test]
        fn hosts_in_no_proxy_are_reached_directly(
            before in "[a-z0-9.:/*, \\[\\]é-]{0,40}",
            host in "[a-z]{1,5}(\\.[a-z]{1,5}){0,2}|10(\\.[1-9]){3}|2001:db8::[1-9]",
            after in "[a-z0-9.:/*, \\[\\]é-]{0,40}",
        ) {
            let list = format!("{before},{host},{after}");
            prop_assert!(Exceptions::parse(&list).contain(&host, 443));
        }
    }
}
