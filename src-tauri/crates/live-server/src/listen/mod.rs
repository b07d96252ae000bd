//! The port: for other programs on this machine, the SDKs among them. One accepting task, one task per client.

mod connection;
mod head;
mod limited_stream;
mod plain_http;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinError, JoinHandle, JoinSet};
use tokio::time::timeout;

use self::connection::CLOSE_WITHIN;
use crate::admission::AdmissionSlots;
use crate::session::DRAIN;
use crate::shared::Shared;

/// A pause after a failed accept: when descriptors run out, trying again at once would only spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// An open port. Dropping it closes the port and every connection.
#[derive(Debug)]
pub struct Listener {
    local_addr: SocketAddr,
    accepting: JoinHandle<()>,
    /// Turns true when everything is to end.
    closing: watch::Sender<bool>,
}

impl Listener {
    pub(crate) async fn open(shared: Arc<Shared>, addr: SocketAddr) -> io::Result<Self> {
        if !addr.ip().is_loopback() && !shared.config.allow_remote {
            let words = format!("{addr} can be reached from other machines, which was not allowed");
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, words));
        }
        let listener = TcpListener::bind(addr).await?;
        let local_addr = listener.local_addr()?;
        let (closing, is_closing) = watch::channel(false);
        let accepting = tokio::spawn(accept(shared, listener, is_closing));
        Ok(Self { local_addr, accepting, closing })
    }

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

    /// Resolves when the server has ended by itself, which is a fault: nobody is accepted any more.
    pub async fn ended(&mut self) {
        let _ = (&mut self.accepting).await;
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Serves one client to the end of its connection.
pub(crate) async fn serve_stream<S>(shared: &Arc<Shared>, stream: S)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    // Nobody ends it but its client, and whoever drops this future.
    let (_never, closing) = watch::channel(false);
    connection::serve(shared, stream, None, closing).await;
}

async fn accept(shared: Arc<Shared>, listener: TcpListener, mut closing: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(shared.config.max_connections.clamp(1, Semaphore::MAX_PERMITS)));
    let slots = Arc::new(AdmissionSlots::default());
    // Dropped with this task, and every connection with it.
    let mut clients = JoinSet::new();
    loop {
        while let Some(ended) = clients.try_join_next() {
            note_panic(&ended);
        }
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            let accepted = listener.accept().await;
            let slot = match &accepted {
                Ok((_, peer)) => Some(slots.enter(peer.ip()).await),
                Err(_) => None,
            };
            (place, slot, accepted)
        };
        let (place, slot, accepted) = tokio::select! {
            next = next => next,
            // It fails when nobody can ask for the end any more: then this task is being dropped.
            _ = closing.wait_for(|closing| *closing) => break,
        };
        match accepted {
            Ok((stream, _)) => {
                // Small messages must not wait for one another.
                let _ = stream.set_nodelay(true);
                let (shared, closing) = (Arc::clone(&shared), closing.clone());
                clients.spawn(async move {
                    connection::serve(&shared, stream, slot, closing).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    // New clients are refused from here on.
    drop(listener);
    let ending = async {
        while let Some(ended) = clients.join_next().await {
            note_panic(&ended);
        }
    };
    // Each ends by itself within this time; one that does not is dropped.
    let _ = timeout(DRAIN + 2 * CLOSE_WITHIN, ending).await;
}

/// A connection that panics ends alone; the others go on, and whoever looks after the server is told.
fn note_panic(ended: &Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!("a connection of the practice partner ended by a panic");
    }
}
