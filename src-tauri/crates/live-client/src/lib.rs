//! The socket under a Live session: endpoints, keys, TLS, the WebSocket, and the clock that drives live-proto's machine.
//!
//! Runs on the caller's tokio runtime and blocks no thread. [`Driver::connect`] takes a [`Dialer`], which the shell chose:
//! [`ServiceDialer`] for the network, or one of its own over a pipe in memory. An API key leaves this crate in a header
//! of the upgrade request and nowhere else.

mod dialer;
mod driver;
mod error;
mod key;
mod line;
pub mod network;
mod race;
mod request;
mod service;
mod socket;
mod tls;
mod upgrade;

pub use dialer::{Dialer, Stream};
pub use driver::{Driver, MediaGate};
pub use error::{ConnectError, NetworkFault};
pub use futures_util::future::BoxFuture;
pub use key::{ApiKey, BadKey};
pub use request::{BadEndpoint, Request};
pub use service::ServiceDialer;
