//! The socket under a Live session: endpoints, keys, the WebSocket, and the clock that drives live-proto's machine.
//!
//! Runs on the caller's tokio runtime and blocks no thread. [`Driver::connect`] takes a [`Dialer`], which the shell chose:
//! [`ServiceDialer`] for the network, or one of its own over a pipe in memory. An API key leaves this crate in a header
//! of the upgrade request and nowhere else.

mod account;
mod auth;
mod connection;
mod dialer;
mod driver;
mod endpoint;
mod error;
mod service;
mod socket;
mod tap;
mod tapped;
#[cfg(test)]
mod tests;
mod upgrade;

pub use account::{KeyCheck, ListedModel, check_key, list_models};
pub use auth::{ApiKey, BadKey};
pub use dialer::Dialer;
pub use driver::{Driver, MediaGate};
pub use endpoint::Endpoint;
pub use error::{ConnectError, CredentialsError};
pub use futures_util::future::BoxFuture;
pub use net::network;
pub use net::{NetError, NetworkFault, ProxyFault, Stream, TlsFault};
pub use service::ServiceDialer;
pub use tap::{Direction, Tap, TapReceiver, TappedBody, TappedFrame, tap};
pub use tapped::Tapped;
pub use upgrade::{BadEndpoint, Request};
