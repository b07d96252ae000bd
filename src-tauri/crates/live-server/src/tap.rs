//! Shows what goes over the wire of a server: each connection's beginning and end, each frame and each close, both ways.
//!
//! A connection hands over what it read and wrote and never waits for the receiver: the queue is bounded in frames and in
//! bytes, what does not fit is left out, and the next one says how much that was. The server takes no secret out: with its
//! beginning a connection tells which secrets its client presented, and whoever keeps frames removes them.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::SystemTime;

use bytes::Bytes;
use tokio::sync::mpsc;

/// What may wait to be looked at: 20 s of a conversation both ways, or a second of twenty.
const FRAMES: usize = 1024;
/// Bytes that it may hold together.
const BYTES: usize = 16 << 20;

/// Returns a tap for [`ServerConfig::tap`](crate::ServerConfig::tap), and its receiver.
pub fn tap() -> (Tap, TapReceiver) {
    let (frames, out) = mpsc::channel(FRAMES);
    let waiting = Arc::new(AtomicUsize::new(0));
    let tap = Tap { frames, waiting: Arc::clone(&waiting), left_out: Arc::default() };
    (tap, TapReceiver { frames: out, waiting })
}

/// The side that connections write to. Cheap to clone; all clones are the same tap.
#[derive(Clone, Debug)]
pub struct Tap {
    frames: mpsc::Sender<Tapped>,
    waiting: Arc<AtomicUsize>,
    left_out: Arc<AtomicU32>,
}

/// What was seen on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tapped {
    /// When it was read from the socket, or handed to it.
    pub at: SystemTime,
    /// Which connection, counted from 1 in the order in which clients connect.
    pub connection: u64,
    /// What it was.
    pub what: Seen,
    /// How many were left out just before this one, because the queue was full.
    pub left_out: u32,
}

/// Something on a connection. Directions are the client's, as in its own logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A client connected.
    Opened {
        /// The path of its request, without the query.
        path: String,
        /// What must not be kept.
        secrets: Secrets,
    },
    /// A message.
    Frame {
        /// Whether the client sent or received it.
        direction: Direction,
        /// Its content; JSON, unless somebody is broken.
        bytes: Bytes,
    },
    /// A close frame.
    Close {
        /// Whether the client sent or received it.
        direction: Direction,
        /// RFC 6455 §7.4; 1005 for a close frame without one.
        code: u16,
        /// Why.
        reason: String,
    },
    /// The connection is over. There was no close frame, unless one came before.
    Ended,
}

/// Which way a frame went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the client.
    Sent,
    /// To the client.
    Received,
}

/// Keys and tokens that a client presented. `Debug` says how many.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secrets(pub Vec<String>);

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.0.len())
    }
}

impl Seen {
    fn len(&self) -> usize {
        match self {
            Self::Opened { path, .. } => path.len(),
            Self::Frame { bytes, .. } => bytes.len(),
            Self::Close { reason, .. } => reason.len(),
            Self::Ended => 0,
        }
    }
}

/// The side that gives what a [`Tap`] was shown, in order.
#[derive(Debug)]
pub struct TapReceiver {
    frames: mpsc::Receiver<Tapped>,
    waiting: Arc<AtomicUsize>,
}

impl TapReceiver {
    /// Returns the next; `None` once the server and all its connections are gone. Cancel safe.
    pub async fn recv(&mut self) -> Option<Tapped> {
        let next = self.frames.recv().await;
        self.taken(next)
    }

    /// The same for a thread, which waits.
    ///
    /// # Panics
    ///
    /// Panics in a task.
    pub fn blocking_recv(&mut self) -> Option<Tapped> {
        let next = self.frames.blocking_recv();
        self.taken(next)
    }

    /// Returns the next, when there is one.
    pub fn try_recv(&mut self) -> Option<Tapped> {
        let next = self.frames.try_recv().ok();
        self.taken(next)
    }

    fn taken(&self, next: Option<Tapped>) -> Option<Tapped> {
        if let Some(next) = &next {
            self.waiting.fetch_sub(next.what.len(), Ordering::Relaxed);
        }
        next
    }
}

impl Tap {
    fn show(&self, connection: u64, what: Seen) {
        let bytes = what.len();
        let Ok(room) = self.frames.try_reserve() else { return self.leave_out() };
        if self.waiting.fetch_add(bytes, Ordering::Relaxed) + bytes > BYTES {
            self.waiting.fetch_sub(bytes, Ordering::Relaxed);
            return self.leave_out();
        }
        let left_out = self.left_out.swap(0, Ordering::Relaxed);
        room.send(Tapped { at: SystemTime::now(), connection, what, left_out });
    }

    fn leave_out(&self) {
        self.left_out.fetch_add(1, Ordering::Relaxed);
    }
}

/// The tap of one connection, which tells its end when it is dropped. Does nothing when there is no tap.
#[derive(Debug)]
pub(crate) struct ConnectionTap(Option<(Tap, u64)>);

impl ConnectionTap {
    /// The connection begins.
    pub(crate) fn open(
        tap: Option<&Tap>,
        connection: u64,
        path: &str,
        secrets: impl FnOnce() -> Secrets,
    ) -> Self {
        if let Some(tap) = tap {
            tap.show(connection, Seen::Opened { path: path.to_owned(), secrets: secrets() });
        }
        Self(tap.map(|tap| (tap.clone(), connection)))
    }

    /// Shows a message. Never waits.
    pub(crate) fn frame(&self, direction: Direction, bytes: &Bytes) {
        self.show(|| Seen::Frame { direction, bytes: bytes.clone() });
    }

    /// Shows a close frame. Never waits.
    pub(crate) fn close(&self, direction: Direction, code: u16, reason: &str) {
        self.show(|| Seen::Close { direction, code, reason: reason.to_owned() });
    }

    fn show(&self, what: impl FnOnce() -> Seen) {
        if let Some((tap, connection)) = &self.0 {
            tap.show(*connection, what());
        }
    }
}

impl Drop for ConnectionTap {
    fn drop(&mut self) {
        self.show(|| Seen::Ended);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(of: &ConnectionTap, bytes: impl Into<Bytes>) {
        of.frame(Direction::Received, &bytes.into());
    }

    fn open(tap: &Tap) -> ConnectionTap {
        ConnectionTap::open(Some(tap), 7, "/ws", Secrets::default)
    }

    #[test]
    fn a_connection_begins_and_ends() {
        let (tap, mut shown) = tap();
        let connection = open(&tap);
        connection.close(Direction::Sent, 1000, "over");
        drop(connection);
        let all: Vec<Seen> = std::iter::from_fn(|| shown.try_recv()).map(|tapped| tapped.what).collect();
        let close = Seen::Close { direction: Direction::Sent, code: 1000, reason: "over".to_owned() };
        assert_eq!(
            all,
            [Seen::Opened { path: "/ws".to_owned(), secrets: Secrets::default() }, close, Seen::Ended]
        );
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let (tap, mut shown) = tap();
        let connection = open(&tap);
        for _ in 0..FRAMES + 6 {
            frame(&connection, "{}");
        }
        assert_eq!(shown.try_recv().map(|first| first.left_out), Some(0));
        frame(&connection, "{}");
        let last = std::iter::from_fn(|| shown.try_recv()).last();
        assert_eq!(last.map(|last| (last.left_out, last.connection)), Some((7, 7)));
    }

    #[test]
    fn the_queue_is_bounded_in_bytes() {
        let (tap, mut shown) = tap();
        let connection = open(&tap);
        let half = vec![b' '; BYTES / 2 + 1];
        for _ in 0..3 {
            frame(&connection, half.clone());
        }
        assert!(shown.try_recv().is_some() && shown.try_recv().is_some() && shown.try_recv().is_none());
        frame(&connection, half);
        assert_eq!(shown.try_recv().map(|next| next.left_out), Some(2));
    }

    #[test]
    fn secrets_are_not_shown_by_accident() {
        let (tap, mut shown) = tap();
        let _connection = ConnectionTap::open(Some(&tap), 1, "/", || Secrets(vec!["sesame".to_owned()]));
        let shown = format!("{:?}", shown.try_recv());
        assert!(shown.contains("Secrets(1)") && !shown.contains("sesame"), "{shown}");
    }
}
