//! A client's byte stream, watched: how much of a message has been buffered before it is whole, and since when nothing
//! could be written. Decides which message is too large before memory is set aside for it. Never waits by itself.
//!
//! It follows the frames (RFC 6455 §5.2) and leaves their rules to tungstenite.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use crate::budget::{Budgets, Share};

/// A line that takes nothing for so long is left.
pub(crate) const WRITE_STALL: Duration = Duration::from_secs(15);
/// Bytes of a message that every connection may hold; the budgets are for what is larger.
const FREE: usize = 16 << 10;
/// Larger messages are charged as they are announced: memory is set aside for them at once.
const LARGE: u64 = 1 << 20;
/// Pieces of one message. Empty ones cost nothing to hold, and would go on for ever.
const MOST_PIECES: u32 = 1 << 14;
/// What a ping, pong or close may hold (RFC 6455 §5.5).
const MOST_CONTROL: u64 = 125;

/// Why no more is read of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OverLimit {
    /// It is larger than this, in bytes.
    Larger(u64),
    /// It has too many pieces.
    Pieces,
    /// A ping, pong or close with more than it may hold.
    Control,
    /// All connections together hold as much as they may.
    Full,
}

impl fmt::Display for OverLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Larger(bytes) if *bytes < 1 << 20 => {
                write!(f, "The message is larger than {} KiB.", bytes >> 10)
            }
            Self::Larger(bytes) => write!(f, "The message is larger than {} MiB.", bytes >> 20),
            Self::Pieces => write!(f, "The message is in more than {MOST_PIECES} pieces."),
            Self::Control => f.write_str("This is not WebSocket: a control frame is too long."),
            Self::Full => f.write_str("The server is busy with large messages. Try again later."),
        }
    }
}

impl std::error::Error for OverLimit {}

/// The stream under a client's socket.
#[derive(Debug)]
pub(crate) struct LimitedStream<S> {
    stream: S,
    /// What was read, and is to be read once more.
    unread: Bytes,
    watched: Option<Watched>,
    /// Since when what is to be written is not taken.
    stuck: Option<Instant>,
}

#[derive(Debug)]
struct Watched {
    frames: Frames,
    most: u64,
    share: Share,
    large: Share,
}

impl<S> LimitedStream<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, unread: Bytes::new(), watched: None, stuck: None }
    }

    /// Puts back what was read.
    pub(crate) fn unread(&mut self, bytes: Bytes) {
        self.unread = bytes;
    }

    /// From here on frames come, of messages of up to `most` bytes, buffered at the expense of clients that are not known yet.
    pub(crate) fn watch(&mut self, most: u64, budgets: &Budgets) {
        let frames = Frames::default();
        let (share, large) = (Share::of(&budgets.unauthenticated), Share::of(&budgets.large));
        self.watched = Some(Watched { frames, most, share, large });
    }

    /// Allows messages of up to `most` bytes, at the expense of those who are known.
    pub(crate) fn trust(&mut self, most: u64, budgets: &Budgets) {
        if let Some(watched) = &mut self.watched {
            watched.most = most;
            watched.share.move_to(&budgets.small);
        }
    }

    /// Everything that is whole was dealt with.
    pub(crate) fn settle(&mut self) {
        if let Some(watched) = &mut self.watched {
            let (own, large) = watched.needed();
            // Less than before, or the same: there is room.
            let _ = watched.share.hold(own) && watched.large.hold(large);
        }
    }

    /// What comes is thrown away from here on, and not looked at.
    pub(crate) fn unwatch(&mut self) {
        self.watched = None;
    }

    /// When the line has stood still for too long, if it goes on like this.
    pub(crate) fn stall(&self) -> Option<Instant> {
        self.stuck.map(|since| since + WRITE_STALL)
    }
}

impl Watched {
    fn take(&mut self, bytes: &[u8]) -> Result<(), OverLimit> {
        self.frames.take(bytes, self.most)?;
        let (own, large) = self.needed();
        // What was whole until now is still being dealt with, until it is settled.
        if self.share.grow(own) && self.large.grow(large) { Ok(()) } else { Err(OverLimit::Full) }
    }

    /// What the unfinished message takes of either budget.
    fn needed(&self) -> (usize, usize) {
        let announced = self.frames.announced;
        if announced > LARGE {
            (0, usize::try_from(announced).unwrap_or(usize::MAX))
        } else {
            (self.frames.arrived.saturating_sub(FREE), 0)
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for LimitedStream<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let stream = self.get_mut();
        let before = buf.filled().len();
        if stream.unread.is_empty() {
            ready!(Pin::new(&mut stream.stream).poll_read(cx, buf))?;
        } else {
            let here = stream.unread.split_to(stream.unread.len().min(buf.remaining()));
            buf.put_slice(&here);
        }
        let taken = stream.watched.as_mut().map(|watched| watched.take(&buf.filled()[before..]));
        Poll::Ready(taken.unwrap_or(Ok(())).map_err(io::Error::other))
    }
}

impl<S: AsyncWrite + Unpin> LimitedStream<S> {
    fn note<T>(&mut self, written: Poll<T>) -> Poll<T> {
        match written {
            Poll::Pending => _ = self.stuck.get_or_insert_with(Instant::now),
            Poll::Ready(_) => self.stuck = None,
        }
        written
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for LimitedStream<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let stream = self.get_mut();
        let written = Pin::new(&mut stream.stream).poll_write(cx, bytes);
        stream.note(written)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let stream = self.get_mut();
        let flushed = Pin::new(&mut stream.stream).poll_flush(cx);
        stream.note(flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

/// Where the client is in its message.
#[derive(Debug, Default)]
struct Frames {
    head: [u8; 14],
    /// How much of the head there is.
    had: usize,
    /// What is still to come of this frame.
    left: u64,
    /// Whether the frame is part of the message, and not a ping between its pieces.
    is_data: bool,
    /// Whether the message ends with this frame.
    is_last: bool,
    pieces: u32,
    /// The message's size so far: all of the frames that have begun.
    announced: u64,
    /// How much of it is here.
    arrived: usize,
}

impl Frames {
    fn take(&mut self, mut bytes: &[u8], most: u64) -> Result<(), OverLimit> {
        while !bytes.is_empty() {
            if self.left == 0 {
                self.head[self.had] = bytes[0];
                self.had += 1;
                bytes = &bytes[1..];
                if self.had == self.head_length() {
                    self.begin(most)?;
                }
            } else {
                let here = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
                self.left -= here as u64;
                self.arrived += if self.is_data { here } else { 0 };
                bytes = &bytes[here..];
                self.end();
            }
        }
        Ok(())
    }

    fn head_length(&self) -> usize {
        if self.had < 2 {
            return 2;
        }
        let length = match self.head[1] & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        2 + length + if self.head[1] & 0x80 == 0 { 0 } else { 4 }
    }

    /// The head is whole: a frame begins, in the middle of a message if it is a control frame.
    fn begin(&mut self, most: u64) -> Result<(), OverLimit> {
        let long = |bytes: &[u8]| bytes.iter().fold(0, |all, byte| all << 8 | u64::from(*byte));
        self.left = match self.head[1] & 0x7f {
            126 => long(&self.head[2..4]),
            127 => long(&self.head[2..10]),
            short => u64::from(short),
        };
        self.had = 0;
        self.is_data = self.head[0] & 0x08 == 0;
        self.is_last = self.is_data && self.head[0] & 0x80 != 0;
        if !self.is_data {
            return if self.left > MOST_CONTROL { Err(OverLimit::Control) } else { Ok(()) };
        }
        self.announced = self.announced.saturating_add(self.left);
        self.pieces += 1;
        if self.announced > most {
            return Err(OverLimit::Larger(most));
        }
        if self.pieces > MOST_PIECES {
            return Err(OverLimit::Pieces);
        }
        self.end();
        Ok(())
    }

    /// The message is over, if it is.
    fn end(&mut self) {
        if self.left == 0 && self.is_last {
            (self.announced, self.arrived, self.pieces, self.is_last) = (0, 0, 0, false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(first: u8, length: u64) -> Vec<u8> {
        let mut frame = vec![first];
        match length {
            0..126 => frame.push(0x80 | length as u8),
            126..65_536 => {
                frame.push(0x80 | 0x7e);
                frame.extend((length as u16).to_be_bytes());
            }
            _ => {
                frame.push(0x80 | 0x7f);
                frame.extend(length.to_be_bytes());
            }
        }
        frame.extend([1, 2, 3, 4]);
        frame.extend((0..length.min(200_000)).map(|_| 0xff));
        frame
    }

    fn watched() -> (LimitedStream<()>, Budgets) {
        let budgets = Budgets::default();
        let mut stream = LimitedStream::new(());
        stream.watch(1 << 20, &budgets);
        (stream, budgets)
    }

    fn take(stream: &mut LimitedStream<()>, bytes: &[u8]) -> Result<(), OverLimit> {
        stream.watched.as_mut().expect("watched").take(bytes)
    }

    #[test]
    fn any_split_of_frames_is_followed() {
        // Text in three pieces with a ping between them, an empty one, a long one.
        let all = [
            frame(0x01, 5),
            frame(0x89, 125),
            frame(0x00, 0),
            frame(0x80, 300),
            frame(0x82, 0),
            frame(0x81, 70_000),
        ]
        .concat();
        for step in [1, 2, 7, 4_096, all.len()] {
            let (mut stream, budgets) = watched();
            for piece in all.chunks(step) {
                take(&mut stream, piece).expect("nothing wrong");
            }
            stream.settle();
            let frames = &stream.watched.as_ref().expect("watched").frames;
            assert_eq!((frames.announced, frames.arrived, frames.left, frames.had), (0, 0, 0, 0), "{step}");
            assert_eq!(budgets.unauthenticated.left(), Budgets::default().unauthenticated.left());
        }
    }

    #[test]
    fn what_is_too_large_is_known_by_its_head_alone() {
        for length in [(1 << 20) + 1, 16 << 20, u64::MAX >> 1, u64::MAX] {
            let (mut stream, _budgets) = watched();
            assert_eq!(take(&mut stream, &frame(0x82, length)[..14]), Err(OverLimit::Larger(1 << 20)));
        }
        let (mut stream, _budgets) = watched();
        let pieces = [frame(0x01, 200_000), frame(0x00, 200_000).repeat(4), frame(0x00, 200_000)].concat();
        assert_eq!(take(&mut stream, &pieces), Err(OverLimit::Larger(1 << 20)));
        assert_eq!(take(&mut watched().0, &frame(0x89, 126)), Err(OverLimit::Control));
    }

    #[test]
    fn endless_empty_pieces_end() {
        let (mut stream, _budgets) = watched();
        take(&mut stream, &frame(0x01, 0)).expect("the first");
        let done = (0..MOST_PIECES).try_for_each(|_| take(&mut stream, &frame(0x00, 0)));
        assert_eq!(done, Err(OverLimit::Pieces));
    }

    #[test]
    fn pings_without_a_message_are_never_too_many() {
        let (mut stream, _budgets) = watched();
        for _ in 0..100_000 {
            take(&mut stream, &frame(0x89, 125)).expect("a ping");
        }
    }

    #[test]
    fn connections_share_one_budget_for_unfinished_messages() {
        let budgets = Budgets::default();
        let half = frame(0x01, 900_000);
        let open = || {
            let mut stream = LimitedStream::new(());
            stream.watch(1 << 20, &budgets);
            take(&mut stream, &half).map(|()| stream)
        };
        let mut held = Vec::new();
        let refused = loop {
            match open() {
                Ok(stream) => held.push(stream),
                Err(excess) => break excess,
            }
        };
        assert_eq!(refused, OverLimit::Full);
        assert!((80..100).contains(&held.len()), "{} of 200 KB each", held.len());
        // Who is known is not held up by who is not, and small messages go through in any case.
        let mut known = LimitedStream::new(());
        known.watch(1 << 20, &budgets);
        known.trust(16 << 20, &budgets);
        take(&mut known, &half).expect("room for it");
        let mut small = LimitedStream::new(());
        small.watch(1 << 20, &budgets);
        take(&mut small, &frame(0x81, 9_000)).expect("a small one");
        drop(held);
        assert!(open().is_ok(), "what was held came back");
    }

    #[test]
    fn large_messages_are_charged_when_they_are_announced() {
        let budgets = Budgets::default();
        let open = || {
            let mut stream = LimitedStream::new(());
            stream.watch(1 << 20, &budgets);
            stream.trust(16 << 20, &budgets);
            take(&mut stream, &frame(0x82, 16 << 20)[..14]).map(|()| stream)
        };
        let held: Vec<_> = std::iter::from_fn(|| open().ok()).collect();
        assert_eq!((held.len(), open().err()), (2, Some(OverLimit::Full)));
    }
}
