//! The ways to a server: over the pipes of a program, or over HTTP. Each carries the SDK's messages and bounds what comes.

mod failure;
mod guarded;
mod http;
mod link;
mod message_id;
mod sse;
mod stdio;

pub(crate) use guarded::Guarded;
pub(crate) use http::{Requests, transport as http_transport};
pub(crate) use link::Link;
pub(crate) use stdio::Stdio;

/// The largest message of a server, in bytes: a picture of a whole screen fits.
pub(crate) const MOST_BYTES: usize = 4 * 1024 * 1024;
