//! The socket of a connection, in a task of its own.
//!
//! What arrives becomes an [`Arrival`], without the secrets that a server repeats; what is to be sent goes out one frame
//! after the other. The task does not know what a frame says. Pings of the server are answered by tungstenite; we send none,
//! so no late pong can end a session (PROTOCOL.md §1.3).
//!
//! A server that reads nothing costs a bounded amount of memory: while 4 KiB of pongs wait for it nothing more is read
//! from it, and when it took nothing for 15 s the connection is given up.
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

use crate::tap::{Direction, LineTap};
use fragments::TooManyPieces;
pub(crate) use metered::Metered;

const ARRIVALS: usize = 16;
/// 80 ms of voice: enough to keep TCP busy, little enough that a tool's answer does not stand behind much.
pub(crate) const WRITE_AHEAD: usize = 4;
/// Bytes of pongs that may wait for a server that does not read: far more than one that reads ever leaves.
const UNSENT_PONGS: usize = 4 * 1024;
/// The header of a masked frame (RFC 6455 §5.2), as short as pongs have it.
const PONG_HEADER: usize = 6;
/// How long the server may take nothing of what waits to be sent.
const STANDSTILL_LIMIT: Duration = Duration::from_secs(15);
/// How long the answer to the server's close frame may take to get out.
const GOODBYE_LIMIT: Duration = Duration::from_secs(1);
/// RFC 6455 §7.1.5: the code that stands for a close frame without one.
const NO_STATUS: u16 = 1005;
/// RFC 6455 §5.5: 125 bytes, two of them the code.
const MAX_REASON_BYTES: usize = 123;

/// The socket of a connection after its upgrade.
pub(crate) type Socket = WebSocketStream<Metered>;

/// What came of the socket.
#[derive(Debug)]
pub(crate) enum Arrival {
    /// One message, text or binary alike.
    Frame(Bytes),
    /// The end of the connection; nothing follows.
    Closed(TransportClosed),
    /// The same: the server sent more than is taken, in words.
    TooMuch(String),
    /// Sending failed. A close frame with the reason may still be on its way in.
    WriteFailed(String),
}

/// What to put on the socket.
#[derive(Debug)]
pub(crate) enum Departure {
    /// One text frame: JSON, so it is UTF-8.
    Frame(Bytes),
    /// A close frame; nothing follows.
    Close { code: u16, reason: String },
}

/// The task and the ends of its queues. Dropping it ends the task wherever it is, and with it the socket.
#[derive(Debug)]
pub(crate) struct Halves {
    /// It ends without [`Arrival::Closed`] or [`Arrival::TooMuch`] only when the task has died of a bug.
    pub(crate) arrivals: mpsc::Receiver<Arrival>,
    /// `None` when nothing more will be sent.
    pub(crate) departures: Option<mpsc::Sender<Departure>>,
    /// The peer closed in order: the task ends by itself once its answer is out.
    pub(crate) is_closed: bool,
    task: JoinHandle<Option<()>>,
}

impl Halves {
    /// Starts the task on the current runtime.
    pub(crate) fn start(socket: Socket, tap: LineTap, secrets: Scrubber) -> Self {
        let (arrived, arrivals) = mpsc::channel(ARRIVALS);
        let (departures, departing) = mpsc::channel(WRITE_AHEAD);
        let wire = Wire {
            socket,
            departing: Some(departing),
            is_unsent: false,
            pongs: 0,
            standstill: None,
            tap,
            secrets,
        };
        let task = threads::task("socket", carry(wire, arrived));
        Self { arrivals, departures: Some(departures), is_closed: false, task }
    }
}

impl Drop for Halves {
    fn drop(&mut self) {
        if !self.is_closed {
            self.task.abort();
        }
    }
}

/// The socket and what waits for it.
struct Wire {
    socket: Socket,
    /// `None` when nothing more will be sent.
    departing: Option<mpsc::Receiver<Departure>>,
    /// Something was handed to the socket and is not on its way yet.
    is_unsent: bool,
    /// Bytes of pongs among that.
    pongs: usize,
    /// While something is unsent that the stream does not take.
    standstill: Option<Standstill>,
    tap: LineTap,
    secrets: Scrubber,
}

/// How much the stream had taken when it last took something, and how long that may be ago.
struct Standstill {
    written: u64,
    limit: Pin<Box<Sleep>>,
}

/// Why nothing is sent any more.
enum SendFault {
    Failed(Error),
    StandsStill,
}

impl From<Error> for SendFault {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

async fn carry(mut wire: Wire, arrived: mpsc::Sender<Arrival>) {
    // A place for what is read next. Without one nothing is read.
    let mut place = None;
    loop {
        let arrival = tokio::select! {
            biased;
            arrival = poll_fn(|cx| wire.poll(cx, place.is_some())) => arrival,
            reserved = arrived.reserve(), if place.is_none() => match reserved {
                Ok(free) => {
                    place = Some(free);
                    continue;
                }
                Err(_) => return,
            },
        };
        let end = match &arrival {
            Arrival::Closed(closed) => Some(closed.code.is_some()),
            Arrival::TooMuch(_) => Some(false),
            Arrival::Frame(_) | Arrival::WriteFailed(_) => None,
        };
        match place.take() {
            Some(free) => free.send(arrival),
            None if arrived.send(arrival).await.is_err() => return,
            None => {}
        }
        match end {
            None => {}
            Some(true) => break,
            // There is nobody to say goodbye to.
            Some(false) => return,
        }
    }
    // Reading on is what sends the answer to a close frame. A server that keeps the line open is not waited for.
    let _ = timeout(GOODBYE_LIMIT, async { while let Some(Ok(_)) = wire.socket.next().await {} }).await;
}

impl Wire {
    /// Sends what waits, then reads what came when that is wanted. Cancel safe.
    fn poll(&mut self, cx: &mut Context<'_>, may_read: bool) -> Poll<Arrival> {
        loop {
            match self.poll_send(cx) {
                Poll::Ready(Err(SendFault::Failed(error))) => {
                    tracing::debug!(%error, "sending failed");
                    (self.departing, self.is_unsent, self.standstill) = (None, false, None);
                    return Poll::Ready(Arrival::WriteFailed(self.secrets.text(&error.to_string())));
                }
                Poll::Ready(Err(SendFault::StandsStill)) => {
                    let reason = format!("nothing could be sent for {} s", STANDSTILL_LIMIT.as_secs());
                    return Poll::Ready(Arrival::Closed(TransportClosed { code: None, reason }));
                }
                Poll::Ready(Ok(())) | Poll::Pending => {}
            }
            if !may_read || self.pongs >= UNSENT_PONGS {
                return Poll::Pending;
            }
            let message = std::task::ready!(Pin::new(&mut self.socket).poll_next(cx));
            return Poll::Ready(match message {
                Some(Ok(Message::Text(text))) => self.frame(text.into()),
                Some(Ok(Message::Binary(bytes))) => self.frame(bytes),
                Some(Ok(Message::Close(frame))) => self.close(frame),
                Some(Ok(Message::Ping(payload))) => {
                    // tungstenite has made the pong.
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
                        (self.is_unsent, self.pongs, self.standstill) = (false, 0, None);
                        sent?;
                    }
                    Poll::Pending => return self.poll_standstill(cx).map(|()| Err(SendFault::StandsStill)),
                }
            }
            let Some(departing) = &mut self.departing else { return Poll::Pending };
            let Some(departure) = std::task::ready!(departing.poll_recv(cx)) else {
                self.departing = None;
                return Poll::Pending;
            };
            if let Some(message) = self.message(departure) {
                // All before it is sent, so the socket is ready.
                Pin::new(&mut self.socket).start_send(message)?;
                self.is_unsent = true;
            }
        }
    }

    /// Resolves when the stream took nothing for too long.
    fn poll_standstill(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let written = self.socket.get_ref().written();
        let standstill = match &mut self.standstill {
            Some(standstill) if standstill.written == written => standstill,
            moving => moving.insert(Standstill { written, limit: Box::pin(sleep(STANDSTILL_LIMIT)) }),
        };
        standstill.limit.as_mut().poll(cx)
    }

    /// What is put on the socket for it; shown to the tap before, so that no answer to it is shown first.
    fn message(&mut self, departure: Departure) -> Option<Message> {
        match departure {
            Departure::Frame(json) => {
                self.tap.message(Direction::Sent, &json);
                // serde_json writes nothing but text.
                let text = Utf8Bytes::try_from(json).inspect_err(|error| {
                    tracing::error!(%error, "a frame that is no text was not sent");
                });
                text.ok().map(Message::Text)
            }
            Departure::Close { code, reason } => {
                self.tap.close(Direction::Sent, code, &reason);
                self.departing = None;
                Some(Message::Close(Some(CloseFrame { code: code.into(), reason: fitting(reason).into() })))
            }
        }
    }

    fn frame(&self, bytes: Bytes) -> Arrival {
        let bytes = self.secrets.message(bytes);
        self.tap.message(Direction::Received, &bytes);
        Arrival::Frame(bytes)
    }

    fn close(&self, frame: Option<CloseFrame>) -> Arrival {
        let (code, reason) = match frame {
            Some(frame) => (frame.code.into(), self.secrets.text(&frame.reason)),
            None => (NO_STATUS, String::new()),
        };
        self.tap.close(Direction::Received, code, &reason);
        Arrival::Closed(TransportClosed { code: Some(code), reason })
    }

    fn broken(&self, error: &Error) -> Arrival {
        // Not the network's fault, and it would be the same again.
        let is_too_big = match error {
            Error::Capacity(_) => true,
            Error::Io(error) => {
                error.get_ref().and_then(|inner| inner.downcast_ref::<TooManyPieces>()).is_some()
            }
            _ => false,
        };
        let reason = self.secrets.text(&error.to_string());
        if is_too_big {
            return Arrival::TooMuch(reason);
        }
        Arrival::Closed(TransportClosed { code: None, reason })
    }
}

/// As much of a reason as a close frame holds.
fn fitting(mut reason: String) -> String {
    reason.truncate(reason.floor_char_boundary(MAX_REASON_BYTES));
    reason
}
