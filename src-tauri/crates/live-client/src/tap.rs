//! Shows what goes over the wire: each frame and each close, both ways, with its time.
//!
//! The socket task hands over what it read and wrote and never waits for the receiver: the queue is bounded in frames and in
//! bytes, what does not fit is left out, and the next frame says how much that was. The key is in no frame (it travels in
//! a header of the upgrade); where a server repeats it, it was removed when it was read, and where a person types it, it
//! is removed here.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::SystemTime;

use net::Scrubber;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Bytes;

/// Frames that may wait to be looked at: 20 s of a conversation both ways.
const FRAMES: usize = 1024;
/// Bytes that they may hold together.
const BYTES: usize = 16 * 1024 * 1024;

/// Returns a new tap and its receiver.
pub fn tap() -> (Tap, TapReceiver) {
    let (frames, out) = mpsc::channel(FRAMES);
    let waiting = Arc::new(AtomicUsize::new(0));
    let tap = Tap { frames, waiting: Arc::clone(&waiting), left_out: Arc::default() };
    (tap, TapReceiver { frames: out, waiting })
}

/// The side that connections write to. Cheap to clone; all clones are the same tap.
#[derive(Clone, Debug)]
pub struct Tap {
    frames: mpsc::Sender<TappedFrame>,
    waiting: Arc<AtomicUsize>,
    left_out: Arc<AtomicU32>,
}

/// What was seen on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TappedFrame {
    /// When it was read from the socket, or is about to be written to it.
    pub at: SystemTime,
    /// Sent or received.
    pub direction: Direction,
    /// Its content.
    pub body: TappedBody,
    /// How many were left out just before this one, because the queue was full.
    pub left_out: u32,
}

/// Which way a frame went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From us.
    Sent,
    /// To us.
    Received,
}

/// A frame's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TappedBody {
    /// A message, text and binary alike; JSON, unless the server is broken.
    Message(Bytes),
    /// A close frame.
    Close {
        /// RFC 6455 §7.4; 1005 for a close frame without one.
        code: u16,
        /// The other side's own words, or ours.
        reason: String,
    },
}

impl TappedBody {
    fn len(&self) -> usize {
        match self {
            Self::Message(bytes) => bytes.len(),
            Self::Close { reason, .. } => reason.len(),
        }
    }
}

/// The side that gives the frames of a [`Tap`], in order.
#[derive(Debug)]
pub struct TapReceiver {
    frames: mpsc::Receiver<TappedFrame>,
    waiting: Arc<AtomicUsize>,
}

impl TapReceiver {
    /// Returns the next frame; `None` once every [`Tap`] is gone. Cancel safe.
    pub async fn recv(&mut self) -> Option<TappedFrame> {
        let frame = self.frames.recv().await;
        self.taken(frame)
    }

    /// Returns the next frame, when there is one.
    pub fn try_recv(&mut self) -> Option<TappedFrame> {
        let frame = self.frames.try_recv().ok();
        self.taken(frame)
    }

    fn taken(&self, frame: Option<TappedFrame>) -> Option<TappedFrame> {
        if let Some(frame) = &frame {
            self.waiting.fetch_sub(frame.body.len(), Ordering::Relaxed);
        }
        frame
    }
}

/// The tap of one connection, which knows that connection's secrets. Does nothing when there is no tap.
pub(crate) struct ConnectionTap(Option<(Tap, Scrubber)>);

impl ConnectionTap {
    pub(crate) fn new(tap: Option<&Tap>, secrets: &Scrubber) -> Self {
        Self(tap.map(|tap| (tap.clone(), secrets.clone())))
    }

    /// Shows a message. Never waits.
    pub(crate) fn message(&self, direction: Direction, bytes: &Bytes) {
        let Some((tap, secrets)) = &self.0 else { return };
        let bytes = match direction {
            Direction::Sent => secrets.message(bytes.clone()),
            Direction::Received => bytes.clone(),
        };
        tap.show(direction, TappedBody::Message(bytes));
    }

    /// Shows a close frame. Never waits.
    pub(crate) fn close(&self, direction: Direction, code: u16, reason: &str) {
        let Some((tap, _)) = &self.0 else { return };
        tap.show(direction, TappedBody::Close { code, reason: reason.to_owned() });
    }
}

impl Tap {
    fn show(&self, direction: Direction, body: TappedBody) {
        let bytes = body.len();
        let Ok(room) = self.frames.try_reserve() else { return self.leave_out() };
        if self.waiting.fetch_add(bytes, Ordering::Relaxed) + bytes > BYTES {
            self.waiting.fetch_sub(bytes, Ordering::Relaxed);
            return self.leave_out();
        }
        let left_out = self.left_out.swap(0, Ordering::Relaxed);
        room.send(TappedFrame { at: SystemTime::now(), direction, body, left_out });
    }

    fn leave_out(&self) {
        self.left_out.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(tap: &Tap) -> ConnectionTap {
        ConnectionTap::new(Some(tap), &Scrubber::new(["AIzaSy-Secret".to_owned()]))
    }

    #[test]
    fn a_key_that_a_person_types_is_not_shown() {
        let (tap, mut shown) = tap();
        connection(&tap).message(Direction::Sent, &Bytes::from_static(b"{\"text\":\"AIzaSy-Secret\"}"));
        connection(&tap).message(Direction::Received, &Bytes::from_static(b"\xff\xfe"));
        let bodies: Vec<_> = std::iter::from_fn(|| shown.try_recv()).map(|frame| frame.body).collect();
        let expected = [
            TappedBody::Message(Bytes::from_static(b"{\"text\":\"[redacted]\"}")),
            TappedBody::Message(Bytes::from_static(b"\xff\xfe")),
        ];
        assert_eq!(bodies, expected);
    }

    #[test]
    fn frames_beyond_the_tap_queue_are_counted() {
        let (tap, mut shown) = tap();
        let frame = Bytes::from_static(b"{}");
        for _ in 0..FRAMES + 7 {
            connection(&tap).message(Direction::Sent, &frame);
        }
        assert_eq!(shown.try_recv().unwrap().left_out, 0);
        connection(&tap).message(Direction::Sent, &frame);
        let last = std::iter::from_fn(|| shown.try_recv()).last().unwrap();
        assert_eq!(last.left_out, 7);
    }

    #[test]
    fn tap_queue_is_bounded_in_bytes() {
        let (tap, mut shown) = tap();
        let half = Bytes::from(vec![b' '; BYTES / 2 + 1]);
        for _ in 0..3 {
            connection(&tap).message(Direction::Received, &half);
        }
        assert!(shown.try_recv().is_some() && shown.try_recv().is_none());
        connection(&tap).message(Direction::Received, &half);
        assert_eq!(shown.try_recv().unwrap().left_out, 2);
    }
}
