//! The socket of a connection, in a task of its own.
//!
//! What is received becomes an [`Incoming`], without the secrets that a server repeats; what is to be sent goes out frame
//! by frame. The task does not know what a frame says. tungstenite answers the server's pings; we send none, so no late
//! pong can end a session (PROTOCOL.md §1.3).
//!
//! A server that reads nothing costs a bounded amount of memory: while 4 KiB of pongs wait for it nothing more is read
//! from it, and after 15 s without taking anything the connection is given up.
//!
//! | queue | kind | capacity | when full |
//! |---|---|---|---|
//! | socket → driver | mpsc | 16 frames | wait, so TCP slows the server down |
//! | driver → socket | mpsc | 4 frames | wait; the driver holds the rest back in order |
//! | pongs that wait to be sent | tungstenite's buffer | 4 KiB | nothing more is read |

mod fragments;
mod metered;

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::{Sink, Stream as _, StreamExt};
use live_proto::TransportClosed;
use net::Scrubber;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Sleep, sleep, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Bytes, Error, Message, Utf8Bytes};

use crate::tap::{ConnectionTap, Direction};
use fragments::TooManyFragments;
pub(crate) use metered::Metered;

const INCOMING: usize = 16;
/// 80 ms of voice: enough to keep TCP busy, little enough that a tool's answer does not wait behind much.
pub(crate) const WRITE_AHEAD: usize = 4;
/// Bytes of pongs that may wait for a server that does not read. One that reads never leaves as many.
const MAX_UNSENT_PONG_BYTES: usize = 4 * 1024;
/// The header of a masked frame (RFC 6455 §5.2), as short as pongs have it.
const PONG_HEADER: usize = 6;
/// How long nothing of what waits may be sent.
const STALL_LIMIT: Duration = Duration::from_secs(15);
/// How long sending the answer to the server's close frame may take.
const CLOSE_LIMIT: Duration = Duration::from_secs(1);
/// RFC 6455 §7.1.5: the code that stands for a close frame without one.
const NO_STATUS: u16 = 1005;
/// RFC 6455 §5.5: 125 bytes, two of them the code.
const MAX_REASON_BYTES: usize = 123;

/// The socket of a connection after its upgrade.
pub(crate) type Socket = WebSocketStream<Metered>;

/// What the socket task tells the driver.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// One message, text or binary alike.
    Frame(Bytes),
    /// The end of the connection; nothing follows.
    Closed(TransportClosed),
    /// As for `Closed`: the server sent more than is taken, in words.
    LimitExceeded(String),
    /// Sending failed. A close frame with the reason may still be on its way in.
    WriteFailed(String),
}

/// What the driver hands to the socket task.
#[derive(Debug)]
pub(crate) enum Outgoing {
    /// One text frame: JSON, so it is UTF-8.
    Frame(Bytes),
    /// A close frame; nothing follows.
    Close { code: u16, reason: String },
}

/// The task and the ends of its queues. Dropping it ends the task wherever it is, and with it the socket.
#[derive(Debug)]
pub(crate) struct SocketTasks {
    /// It ends without [`Incoming::Closed`] or [`Incoming::LimitExceeded`] only when the task panicked.
    pub(crate) incoming: mpsc::Receiver<Incoming>,
    /// `None` when nothing more will be sent.
    pub(crate) outgoing: Option<mpsc::Sender<Outgoing>>,
    /// The peer closed in order: the task ends by itself once its answer is sent.
    pub(crate) is_closed: bool,
    task: JoinHandle<Option<()>>,
}

impl SocketTasks {
    /// Starts the task on the current runtime.
    pub(crate) fn start(socket: Socket, tap: ConnectionTap, secrets: Scrubber) -> Self {
        let (events, incoming) = mpsc::channel(INCOMING);
        let (outgoing, to_send) = mpsc::channel(WRITE_AHEAD);
        let io = SocketIo {
            socket,
            to_send: Some(to_send),
            is_unsent: false,
            pongs: 0,
            stall: None,
            tap,
            secrets,
        };
        let task = threads::task("socket", run(io, events));
        Self { incoming, outgoing: Some(outgoing), is_closed: false, task }
    }
}

impl Drop for SocketTasks {
    fn drop(&mut self) {
        if !self.is_closed {
            self.task.abort();
        }
    }
}

/// The task's state: the socket and what waits for it.
struct SocketIo {
    socket: Socket,
    /// `None` when nothing more will be sent.
    to_send: Option<mpsc::Receiver<Outgoing>>,
    /// Something was handed to the socket and is not on its way yet.
    is_unsent: bool,
    /// Bytes of pongs among that.
    pongs: usize,
    /// While something is unsent that the stream does not take.
    stall: Option<Stall>,
    tap: ConnectionTap,
    secrets: Scrubber,
}

/// How much was written when something last was, and until when more must be.
struct Stall {
    written: u64,
    limit: Pin<Box<Sleep>>,
}

/// Why nothing is sent any more.
enum SendFault {
    Failed(Error),
    Stalled,
}

impl From<Error> for SendFault {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

async fn run(mut io: SocketIo, events: mpsc::Sender<Incoming>) {
    // Room in the queue for what is read next. Without it nothing is read.
    let mut room = None;
    loop {
        let event = tokio::select! {
            biased;
            event = poll_fn(|cx| io.poll(cx, room.is_some())) => event,
            reserved = events.reserve(), if room.is_none() => match reserved {
                Ok(free) => {
                    room = Some(free);
                    continue;
                }
                Err(_) => return,
            },
        };
        let end = match &event {
            Incoming::Closed(closed) => Some(closed.code.is_some()),
            Incoming::LimitExceeded(_) => Some(false),
            Incoming::Frame(_) | Incoming::WriteFailed(_) => None,
        };
        match room.take() {
            Some(free) => free.send(event),
            None if events.send(event).await.is_err() => return,
            None => {}
        }
        match end {
            None => {}
            Some(true) => break,
            // There is no peer left to close with.
            Some(false) => return,
        }
    }
    // Reading on sends the answer to a close frame. A server that keeps the connection open is left.
    let _ = timeout(CLOSE_LIMIT, async { while let Some(Ok(_)) = io.socket.next().await {} }).await;
}

impl SocketIo {
    /// Sends what waits, then reads what came when that is wanted. Cancel safe.
    fn poll(&mut self, cx: &mut Context<'_>, may_read: bool) -> Poll<Incoming> {
        loop {
            match self.poll_send(cx) {
                Poll::Ready(Err(SendFault::Failed(error))) => {
                    tracing::debug!(%error, "sending failed");
                    (self.to_send, self.is_unsent, self.stall) = (None, false, None);
                    return Poll::Ready(Incoming::WriteFailed(self.secrets.text(&error.to_string())));
                }
                Poll::Ready(Err(SendFault::Stalled)) => {
                    let reason = format!("nothing could be sent for {} s", STALL_LIMIT.as_secs());
                    return Poll::Ready(Incoming::Closed(TransportClosed { code: None, reason }));
                }
                Poll::Ready(Ok(())) | Poll::Pending => {}
            }
            if !may_read || self.pongs >= MAX_UNSENT_PONG_BYTES {
                return Poll::Pending;
            }
            let message = std::task::ready!(Pin::new(&mut self.socket).poll_next(cx));
            return Poll::Ready(match message {
                Some(Ok(Message::Text(text))) => self.frame(text.into()),
                Some(Ok(Message::Binary(bytes))) => self.frame(bytes),
                Some(Ok(Message::Close(frame))) => self.close(frame),
                Some(Ok(Message::Ping(payload))) => {
                    // tungstenite has queued the pong.
                    self.pongs += payload.len() + PONG_HEADER;
                    self.is_unsent = true;
                    continue;
                }
                Some(Ok(Message::Pong(_) | Message::Frame(_))) => continue,
                Some(Err(error)) => self.broken(&error),
                None => self.broken(&Error::ConnectionClosed),
            });
        }
    }

    /// Sends until nothing waits.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SendFault>> {
        loop {
            if self.is_unsent {
                match Pin::new(&mut self.socket).poll_flush(cx) {
                    Poll::Ready(sent) => {
                        (self.is_unsent, self.pongs, self.stall) = (false, 0, None);
                        sent?;
                    }
                    Poll::Pending => return self.poll_stall(cx).map(|()| Err(SendFault::Stalled)),
                }
            }
            let Some(to_send) = &mut self.to_send else { return Poll::Pending };
            let Some(next) = std::task::ready!(to_send.poll_recv(cx)) else {
                self.to_send = None;
                return Poll::Pending;
            };
            if let Some(message) = self.message(next) {
                // All before it is sent, so the socket is ready.
                Pin::new(&mut self.socket).start_send(message)?;
                self.is_unsent = true;
            }
        }
    }

    /// Resolves when the stream took nothing for too long.
    fn poll_stall(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let written = self.socket.get_ref().written();
        let stall = match &mut self.stall {
            Some(stall) if stall.written == written => stall,
            moving => moving.insert(Stall { written, limit: Box::pin(sleep(STALL_LIMIT)) }),
        };
        stall.limit.as_mut().poll(cx)
    }

    /// Returns what is put on the socket for it. The tap sees it before, so that no answer to it is shown first.
    fn message(&mut self, next: Outgoing) -> Option<Message> {
        match next {
            Outgoing::Frame(json) => {
                self.tap.message(Direction::Sent, &json);
                // serde_json writes valid UTF-8.
                let text = Utf8Bytes::try_from(json).inspect_err(|error| {
                    tracing::error!(%error, "a frame that is no text was not sent");
                });
                text.ok().map(Message::Text)
            }
            Outgoing::Close { code, reason } => {
                self.tap.close(Direction::Sent, code, &reason);
                self.to_send = None;
                Some(Message::Close(Some(CloseFrame { code: code.into(), reason: truncated(reason).into() })))
            }
        }
    }

    fn frame(&self, bytes: Bytes) -> Incoming {
        let bytes = self.secrets.message(bytes);
        self.tap.message(Direction::Received, &bytes);
        Incoming::Frame(bytes)
    }

    fn close(&self, frame: Option<CloseFrame>) -> Incoming {
        let (code, reason) = match frame {
            Some(frame) => (frame.code.into(), self.secrets.text(&frame.reason)),
            None => (NO_STATUS, String::new()),
        };
        self.tap.close(Direction::Received, code, &reason);
        Incoming::Closed(TransportClosed { code: Some(code), reason })
    }

    fn broken(&self, error: &Error) -> Incoming {
        // Not the network's fault; a new connection would end the same way.
        let is_too_big = match error {
            Error::Capacity(_) => true,
            Error::Io(error) => {
                error.get_ref().and_then(|inner| inner.downcast_ref::<TooManyFragments>()).is_some()
            }
            _ => false,
        };
        let reason = self.secrets.text(&error.to_string());
        if is_too_big {
            return Incoming::LimitExceeded(reason);
        }
        Incoming::Closed(TransportClosed { code: None, reason })
    }
}

/// Returns as much of a reason as a close frame holds.
fn truncated(mut reason: String) -> String {
    reason.truncate(reason.floor_char_boundary(MAX_REASON_BYTES));
    reason
}
