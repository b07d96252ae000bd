//! Proxies on the way to a server: which one, and what it says when it does not let us through.
//!
//! HTTP proxies open a tunnel ([`tunnel`]), SOCKS5 proxies look the name up themselves ([`socks`]). Either way TLS runs
//! through it end to end, so a proxy sees the name of the server and nothing of the key. This computer is never
//! reached through a proxy.

mod choice;
mod exceptions;
mod socks;
mod system;
mod target;
mod through;
mod tunnel;
mod url;

pub use choice::{Proxies, ProxyChoice};
pub(crate) use through::connect;
pub use url::ProxyUrl;
