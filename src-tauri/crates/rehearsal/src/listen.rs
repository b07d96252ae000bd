//! The port: for other programs on this machine, the SDKs among them. One accepting task, one task per client.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};

use crate::Rehearsal;

/// A pause after a failed accept: when descriptors run out, trying again at once would only spin.
const BREATH: Duration = Duration::from_millis(50);

/// An open port. Dropping it closes the port and every connection.
#[derive(Debug)]
pub struct Listening {
    local_addr: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Listening {
    /// Where clients connect to; tells the port when 0 was asked for.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Closes the port and every connection, and returns when they are gone.
    pub async fn shutdown(mut self) {
        self.accepting.abort();
        // The error is the cancellation that was just asked for.
        let _ = (&mut self.accepting).await;
    }

    /// Runs until the port fails, which it does not by itself.
    pub async fn run(mut self) {
        let _ = (&mut self.accepting).await;
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Rehearsal {
    /// Opens a port, on this machine alone unless the configuration allows more.
    ///
    /// # Errors
    /// `PermissionDenied` for an address that other machines reach without leave; otherwise what the system says.
    pub async fn listen(&self, addr: SocketAddr) -> io::Result<Listening> {
        if !addr.ip().is_loopback() && !self.shared.config.allow_remote {
            let words = format!("{addr} can be reached from other machines, which was not allowed");
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, words));
        }
        let listener = TcpListener::bind(addr).await?;
        let local_addr = listener.local_addr()?;
        let accepting = tokio::spawn(accept(self.clone(), listener));
        Ok(Listening { local_addr, accepting })
    }
}

async fn accept(server: Rehearsal, listener: TcpListener) {
    let places =
        Arc::new(Semaphore::new(server.shared.config.max_connections.clamp(1, Semaphore::MAX_PERMITS)));
    // Dropped with this task, and every connection with it.
    let mut clients = JoinSet::new();
    loop {
        while clients.try_join_next().is_some() {}
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                // Small messages must not wait for one another.
                let _ = stream.set_nodelay(true);
                let server = server.clone();
                clients.spawn(async move {
                    server.serve_stream(stream).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}
