//! The port: for other programs on this machine, the SDKs among them. One accepting task, one task per client.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

use crate::Rehearsal;
use crate::connection::{self, CLOSE_WITHIN};
use crate::session::DRAIN;

/// A pause after a failed accept: when descriptors run out, trying again at once would only spin.
const BREATH: Duration = Duration::from_millis(50);

/// An open port. Dropping it closes the port and every connection.
#[derive(Debug)]
pub struct Listening {
    local_addr: SocketAddr,
    accepting: JoinHandle<()>,
    /// Turns true when everything is to end.
    closing: watch::Sender<bool>,
}

impl Listening {
    /// Where clients connect to; tells the port when 0 was asked for.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Closes the port at once, and each connection when its reply is over: clients are told by `goAway`, and after ten
    /// seconds at most by a close with the code 1001 and a reason. Returns when all are gone.
    pub async fn shutdown(mut self) {
        self.closing.send_replace(true);
        // It ends by itself; the error of one that panicked changes nothing here.
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
        let (closing, told) = watch::channel(false);
        let accepting = tokio::spawn(accept(self.clone(), listener, told));
        Ok(Listening { local_addr, accepting, closing })
    }
}

async fn accept(server: Rehearsal, listener: TcpListener, mut closing: watch::Receiver<bool>) {
    let places =
        Arc::new(Semaphore::new(server.shared.config.max_connections.clamp(1, Semaphore::MAX_PERMITS)));
    // Dropped with this task, and every connection with it.
    let mut clients = JoinSet::new();
    loop {
        while clients.try_join_next().is_some() {}
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            // It fails when nobody can ask for the end any more: then this task is being dropped.
            _ = closing.wait_for(|closing| *closing) => break,
        };
        match accepted {
            Ok((stream, _)) => {
                // Small messages must not wait for one another.
                let _ = stream.set_nodelay(true);
                let (server, closing) = (server.clone(), closing.clone());
                clients.spawn(async move {
                    connection::serve(&server.shared, stream, closing).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
    // New clients are refused from here on.
    drop(listener);
    let ending = async { while clients.join_next().await.is_some() {} };
    // Each ends by itself within this time; one that does not is dropped.
    let _ = timeout(DRAIN + 2 * CLOSE_WITHIN, ending).await;
}
