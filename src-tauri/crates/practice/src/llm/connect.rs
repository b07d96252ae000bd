//! Who opens the streams to a language model's server: whoever runs this server may have chosen a proxy, or another trust.

use std::io;

use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite};

/// A byte stream both ways.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + 'static> Stream for T {}

/// Opens streams to other machines. Without one they are opened directly, with what the system trusts.
pub trait Connect: Send + Sync + 'static {
    /// Opens a stream, encrypted when it says so; `host` has no brackets. Every stage has a limit. One that is not encrypted leads
    /// to this computer or comes to nothing.
    ///
    /// # Errors
    /// Why there is none.
    fn connect(
        &self,
        host: String,
        port: u16,
        is_encrypted: bool,
    ) -> BoxFuture<'_, Result<Box<dyn Stream>, NoStream>>;
}

/// Why no stream was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoStream {
    /// By the kind of the system's error; `InvalidData` is a certificate that is not trusted.
    Unreachable(io::ErrorKind),
    /// What is on the way refuses, in words that follow "its server can't be reached, ".
    OnTheWay(String),
}
