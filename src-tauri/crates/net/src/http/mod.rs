//! Requests in HTTP/1.1 through a [`Connector`](crate::Connector): one connection each, so that a proxy, the trust and the
//! limits that were chosen hold for all of them.
//!
//! [`HttpRequest::send`] takes a whole answer, bounded in time and size. [`HttpRequest::stream`] gives the body as it
//! comes, for server-sent events and large files. Nothing runs in the background: dropping a future or a stream closes
//! its connection.

mod redirect;
mod request;
mod response;
#[cfg(test)]
mod tests;

pub use request::{HttpRequest, is_header};
pub use response::{HttpResponse, HttpStream};
