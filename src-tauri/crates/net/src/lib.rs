//! Every outgoing connection: name lookup, TCP, proxies, TLS, HTTP.
//!
//! Runs on the caller's tokio runtime and blocks no thread of it. It knows nothing of Live, of keys or of what is sent.

mod address;
mod connector;
mod error;
mod happy_eyeballs;
pub mod http;
pub mod http_head;
pub mod network;
mod origin;
mod proxies;
mod scrub;
mod stream;
mod tcp;
#[cfg(test)]
mod tests;
mod text;
mod tls;

pub use address::{Address, BadAddress, holds_secret, is_loopback, without_brackets};
pub use connector::Connector;
pub use error::{BadProxy, NetError, NetworkFault, ProxyFault, TlsFault};
pub use origin::{BadUrl, HttpUrl, Origin};
pub use proxies::{Proxies, ProxyChoice, ProxyUrl};
pub use scrub::Scrubber;
pub use stream::Stream;
pub use text::{one_line, tidy};
