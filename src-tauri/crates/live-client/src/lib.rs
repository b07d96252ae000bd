//! The socket under a Live session: endpoints, keys, TLS, the WebSocket, and the clock that drives live-proto's machine.
//!
//! Runs on the caller's tokio runtime and blocks no thread. [`Driver::connect`] takes a [`Dialer`], which the shell chose:
//! [`ServiceDialer`] for the network, or one of its own over a pipe in memory. An API key leaves this crate in a header
//! of the upgrade request and nowhere else.

mod account;
mod address;
mod authorization;
mod bearer;
mod credentials;
mod dialer;
mod driver;
mod endpoint;
mod error;
mod gcloud;
mod head;
mod http;
mod key;
mod line;
mod metered;
pub mod network;
mod pieces;
mod proxy;
mod race;
mod request;
mod scrub;
mod service;
mod socket;
mod tap;
mod tcp;
#[cfg(test)]
mod tests;
mod tls;
mod tls_fault;
mod upgrade;
mod way;

pub use account::{KeyCheck, ListedModel, check_key, list_models};
pub use credentials::CredentialsError;
pub use dialer::{Dialer, Stream};
pub use driver::{Driver, MediaGate};
pub use endpoint::Endpoint;
pub use error::{ConnectError, NetworkFault};
pub use futures_util::future::BoxFuture;
pub use key::{ApiKey, BadKey};
pub use proxy::{BadProxy, Proxies, ProxyChoice, ProxyFault, ProxyUrl};
pub use request::{BadEndpoint, Request};
pub use service::ServiceDialer;
pub use tap::{Direction, Tap, TapReceiver, Tapped, TappedBody, TappedFrame, tap};
pub use tls_fault::TlsFault;
pub use way::Way;
