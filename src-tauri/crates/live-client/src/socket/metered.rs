//! A byte stream below the WebSocket that counts what is written, and how many fragments a message has.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use net::Stream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::fragments::{Fragments, TooManyFragments};

/// The stream of a connection after its upgrade.
pub(crate) struct Metered {
    stream: Box<dyn Stream>,
    fragments: Fragments,
    written: u64,
}

impl Metered {
    /// Wraps `stream`. `rest` is what of the WebSocket was read with the answer to the upgrade.
    ///
    /// # Errors
    /// As for a read.
    pub(crate) fn new(stream: Box<dyn Stream>, rest: &[u8]) -> io::Result<Self> {
        let mut fragments = Fragments::default();
        fragments.take(rest).map_err(invalid)?;
        Ok(Self { stream, fragments, written: 0 })
    }

    /// Returns how many bytes were written.
    pub(crate) fn written(&self) -> u64 {
        self.written
    }
}

fn invalid(error: TooManyFragments) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

impl AsyncRead for Metered {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = into.filled().len();
        std::task::ready!(Pin::new(&mut this.stream).poll_read(cx, into))?;
        Poll::Ready(this.fragments.take(&into.filled()[before..]).map_err(invalid))
    }
}

impl AsyncWrite for Metered {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let taken = std::task::ready!(Pin::new(&mut this.stream).poll_write(cx, bytes))?;
        this.written += taken as u64;
        Poll::Ready(Ok(taken))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

impl std::fmt::Debug for Metered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metered").field("written", &self.written).finish_non_exhaustive()
    }
}
