//! What a connection is to its user: a byte stream both ways.

use tokio::io::{AsyncRead, AsyncWrite};

/// A byte stream both ways: TLS, TCP, or a pipe in memory.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + 'static> Stream for T {}
