//! Which proxy is on the way to where assets come from, as the person chose it. Plain data.

use std::fmt;
use std::sync::Arc;

use ureq::Proxy;
use ureq::http::Uri;

/// The proxy on the way to a host and port, as a URL that may hold a password; or, in words, why the one that was chosen can't
/// be used.
pub type ProxyFor = Arc<dyn Fn(&str, u16) -> Result<Option<String>, String> + Send + Sync>;

/// The choice of a person. Without one the environment's proxy is taken.
#[derive(Clone)]
pub struct Proxies {
    /// For what is asked from here.
    pub to: ProxyFor,
    /// For programs that are run: variables that they must have, or must not have. They may hold a password.
    pub variables: Vec<(&'static str, Option<String>)>,
}

impl Proxies {
    /// The proxy for this URL.
    pub(crate) fn of(&self, url: &str) -> Result<Option<Proxy>, String> {
        let uri: Uri = url.parse().map_err(|_| "its address is not valid")?;
        let host = uri.host().ok_or("its address is not valid")?;
        let usual = if uri.scheme_str() == Some("http") { 80 } else { 443 };
        let chosen = (self.to)(host, uri.port_u16().unwrap_or(usual))?;
        // Its error would repeat the address, and that may hold a password.
        chosen
            .map(|url| Proxy::new(&url).map_err(|_| "its proxy's address can't be used".to_owned()))
            .transpose()
    }
}

impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proxies")
    }
}
