//! A bad network: a dialer that puts a relay between a client and another dialer's server.
//!
//! Bytes pass in order, delayed by a latency with jitter. The test breaks the current connection in the ways that
//! networks do. Runs on the test's runtime; with a paused clock all time is virtual.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use live_client::{BoxFuture, ConnectError, Dialer, Request, Stream};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, duplex, split};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

/// The capacity in each direction, like a small socket buffer.
const PIPE_BYTES: usize = 64 * 1024;
/// How many pieces are in flight, and their largest size in bytes: together as much as a router's buffer.
const ON_THE_WAY: usize = 16;
const PIECE_BYTES: usize = 4 * 1024;

/// The state of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LinkState {
    /// Everything passes.
    Open,
    /// Nothing passes, and neither side notices.
    Stalled,
    /// This many bytes still reach the client, usually ending within a frame; then the connection breaks.
    Truncated(usize),
    /// Broken for both sides.
    Cut,
    /// Broken for the server. The client does not notice, and what it writes is lost.
    HalfOpen,
}

#[derive(Debug, Default)]
struct Faults {
    latency: Duration,
    jitter: Duration,
    /// HTTP statuses for refusing the next dials.
    refusals: Vec<u16>,
    present: Option<watch::Sender<LinkState>>,
    dials: u32,
    random: u64,
}

/// The test's handle of the relay.
#[derive(Clone, Debug, Default)]
pub struct Relay {
    faults: Arc<Mutex<Faults>>,
}

impl Relay {
    /// Returns a relay with this seed for its jitter, and the dialer that goes through it to `far`.
    pub fn before(far: Arc<dyn Dialer>, seed: u64) -> (Self, RelayDialer) {
        let relay = Self::default();
        relay.lock().random = seed;
        let dialer = RelayDialer { relay: relay.clone(), far };
        (relay, dialer)
    }

    /// Delays everything by `latency` and up to `jitter` more; the order stays.
    pub fn delay(&self, latency: Duration, jitter: Duration) {
        let mut faults = self.lock();
        (faults.latency, faults.jitter) = (latency, jitter);
    }

    /// Breaks the current connection; what is in flight is lost.
    pub fn reset(&self) {
        self.set(LinkState::Cut);
    }

    /// Lets nothing pass any more; neither side notices.
    pub fn stall(&self) {
        self.set(LinkState::Stalled);
    }

    /// Breaks the connection for the server only.
    pub fn half_open(&self) {
        self.set(LinkState::HalfOpen);
    }

    /// Breaks the connection after this many more bytes towards the client.
    pub fn truncate_after(&self, bytes: usize) {
        self.set(LinkState::Truncated(bytes));
    }

    /// Refuses the next dial with this HTTP status; further calls refuse further dials.
    pub fn refuse_next(&self, status: u16) {
        self.lock().refusals.insert(0, status);
    }

    /// Returns the number of dials.
    pub fn dials(&self) -> u32 {
        self.lock().dials
    }

    fn set(&self, line: LinkState) {
        if let Some(present) = &self.lock().present {
            present.send_replace(line);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns when a piece that is taken now arrives, later than the piece before it.
    fn due(&self, after: Instant) -> Instant {
        let mut faults = self.lock();
        faults.random =
            faults.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let share = (faults.random >> 40) as f64 / f64::from(1_u32 << 24);
        (Instant::now() + faults.latency + faults.jitter.mul_f64(share)).max(after)
    }
}

/// Dials through a [`Relay`].
#[derive(Clone)]
pub struct RelayDialer {
    relay: Relay,
    far: Arc<dyn Dialer>,
}

impl Dialer for RelayDialer {
    fn request(&self) -> Request {
        self.far.request()
    }

    fn dial(&self) -> BoxFuture<'_, Result<Box<dyn Stream>, ConnectError>> {
        async {
            let (near, ours) = duplex(PIPE_BYTES);
            let (line, seen) = watch::channel(LinkState::Open);
            let refusal = {
                let mut faults = self.relay.lock();
                faults.dials += 1;
                faults.present = Some(line);
                faults.refusals.pop()
            };
            if let Some(status) = refusal {
                tokio::spawn(refuse(ours, status));
            } else {
                let far = self.far.dial().await?;
                let (from_client, to_client) = split(ours);
                let (from_server, to_server) = split(far);
                tokio::spawn(carry(self.relay.clone(), from_client, to_server, seen.clone(), Side::Server));
                tokio::spawn(carry(self.relay.clone(), from_server, to_client, seen, Side::Client));
            }
            Ok(Box::new(near) as Box<dyn Stream>)
        }
        .boxed()
    }
}

/// The direction of bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Client,
    Server,
}

async fn refuse(mut line: DuplexStream, status: u16) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        if !matches!(line.read_buf(&mut request).await, Ok(1..)) {
            return;
        }
    }
    let answer = format!("HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n");
    let _ = line.write_all(answer.as_bytes()).await;
}

/// Forwards one direction until either end closes or the connection breaks.
async fn carry(
    relay: Relay,
    mut from: impl AsyncRead + Unpin + Send + 'static,
    mut to: impl AsyncWrite + Unpin,
    mut line: watch::Receiver<LinkState>,
    towards: Side,
) {
    let (sent, mut on_the_way) = mpsc::channel::<(Instant, Vec<u8>)>(ON_THE_WAY);
    let whole = relay.clone();
    let reading = tokio::spawn(async move {
        let mut last = Instant::now();
        let mut buffer = vec![0; PIECE_BYTES];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            last = relay.due(last);
            if sent.send((last, buffer[..length].to_vec())).await.is_err() {
                return;
            }
        }
    });
    let mut left = None;
    let mut watched = line.clone();
    let writing = async {
        while let Some((due, mut piece)) = on_the_way.recv().await {
            sleep_until(due).await;
            loop {
                let now = *line.borrow_and_update();
                match now {
                    LinkState::Truncated(bytes) if towards == Side::Client => {
                        let room: &mut usize = left.get_or_insert(bytes);
                        let is_last = piece.len() >= *room;
                        piece.truncate(*room);
                        *room -= piece.len();
                        if is_last {
                            let _ = to.write_all(&piece).await;
                            let _ = to.flush().await;
                            whole.reset();
                            return;
                        }
                        break;
                    }
                    LinkState::Open | LinkState::Truncated(_) => break,
                    LinkState::Cut => return,
                    LinkState::HalfOpen if towards == Side::Server => {
                        let _ = to.shutdown().await;
                        return;
                    }
                    LinkState::HalfOpen | LinkState::Stalled => {}
                }
                if line.changed().await.is_err() {
                    // A new connection was dialled, or the test is over: this one stays as it is.
                    return;
                }
            }
            if to.write_all(&piece).await.is_err() || to.flush().await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = writing => {}
        _ = watched.wait_for(|line| *line == LinkState::Cut) => {}
    }
    // Drop both halves, so that both sides notice. A half-open connection keeps the client's side until the next dial.
    let is_half_open = *watched.borrow() == LinkState::HalfOpen && towards == Side::Server;
    if is_half_open {
        let _ = watched.wait_for(|line| *line != LinkState::HalfOpen).await;
    }
    reading.abort();
}
