//! The two halves of the socket, each with a task of its own.
//!
//! The reader turns what arrives into [`Arrival`]s; the writer sends what it is given, one frame after the other. Neither
//! knows what a frame says. Pings of the server are answered by tungstenite while reading; we send none, so no late pong
//! can end a session (PROTOCOL.md §1.3).
//!
//! | queue | kind | capacity | when full |
//! |---|---|---|---|
//! | reader → driver | mpsc | 16 frames | wait, so TCP slows the server down |
//! | driver → writer | mpsc | 4 frames | wait; the driver holds the rest back in order |

use std::time::Duration;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use live_proto::TransportClosed;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Bytes, Error, Message, Utf8Bytes};

use crate::tap::{Direction, LineTap};
use crate::upgrade::Socket;

const ARRIVALS: usize = 16;
/// 80 ms of voice: enough to keep TCP busy, little enough that a tool's answer does not stand behind much.
pub(crate) const WRITE_AHEAD: usize = 4;
/// How long the answer to the server's close frame may take to get out.
const GOODBYE_LIMIT: Duration = Duration::from_secs(1);
/// RFC 6455 §7.1.5: the code that stands for a close frame without one.
const NO_STATUS: u16 = 1005;
/// RFC 6455 §7.4.1.
const TOO_BIG: u16 = 1009;
/// RFC 6455 §5.5: 125 bytes, two of them the code.
const MAX_REASON_BYTES: usize = 123;

/// What came of the socket.
#[derive(Debug)]
pub(crate) enum Arrival {
    /// One message, text or binary alike.
    Frame(Bytes),
    /// The end of the reading half; nothing follows.
    Closed(TransportClosed),
    /// The writing half failed. A close frame with the reason may still be on its way in.
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

/// Both tasks and the ends of their queues. Dropping it ends both wherever they are, and with them the socket.
#[derive(Debug)]
pub(crate) struct Halves {
    pub(crate) arrivals: mpsc::Receiver<Arrival>,
    /// `None` when nothing more will be sent: the writer ends when it has sent the rest.
    pub(crate) departures: Option<mpsc::Sender<Departure>>,
    /// The peer closed in order: the reader ends by itself once its answer is out.
    pub(crate) is_closed: bool,
    reader: JoinHandle<()>,
    writer: JoinHandle<()>,
}

impl Halves {
    /// Starts both tasks on the current runtime.
    pub(crate) fn start(socket: Socket, tap: &LineTap) -> Self {
        let (sink, stream) = socket.split();
        let (arrived, arrivals) = mpsc::channel(ARRIVALS);
        let (departures, departing) = mpsc::channel(WRITE_AHEAD);
        let writer = tokio::spawn(write(sink, departing, arrived.clone(), tap.clone()));
        let reader = tokio::spawn(read(stream, arrived, tap.clone()));
        Self { arrivals, departures: Some(departures), is_closed: false, reader, writer }
    }
}

impl Drop for Halves {
    fn drop(&mut self) {
        if !self.is_closed {
            self.reader.abort();
        }
        self.writer.abort();
    }
}

async fn read(mut stream: SplitStream<Socket>, arrived: mpsc::Sender<Arrival>, tap: LineTap) {
    loop {
        let arrival = match stream.next().await {
            Some(Ok(Message::Text(text))) => Arrival::Frame(text.into()),
            Some(Ok(Message::Binary(bytes))) => Arrival::Frame(bytes),
            Some(Ok(Message::Close(frame))) => {
                let closed = closed(frame);
                tap.close(Direction::Received, closed.code.unwrap_or(NO_STATUS), &closed.reason);
                Arrival::Closed(closed)
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
            Some(Err(error)) => Arrival::Closed(broken(&error)),
            None => Arrival::Closed(broken(&Error::ConnectionClosed)),
        };
        if let Arrival::Frame(bytes) = &arrival {
            tap.message(Direction::Received, bytes);
        }
        let is_end = matches!(arrival, Arrival::Closed(_));
        if arrived.send(arrival).await.is_err() || is_end {
            break;
        }
    }
    // Reading on is what sends the answer to a close frame. A server that keeps the line open is not waited for.
    let _ = timeout(GOODBYE_LIMIT, async { while let Some(Ok(_)) = stream.next().await {} }).await;
}

async fn write(
    mut sink: SplitSink<Socket, Message>,
    mut departing: mpsc::Receiver<Departure>,
    arrived: mpsc::Sender<Arrival>,
    tap: LineTap,
) {
    while let Some(departure) = departing.recv().await {
        // Before it is sent, so that no answer to it is shown first.
        match &departure {
            Departure::Frame(json) => tap.message(Direction::Sent, json),
            Departure::Close { code, reason } => tap.close(Direction::Sent, *code, reason),
        }
        let (message, is_end) = match departure {
            Departure::Frame(json) => match Utf8Bytes::try_from(json) {
                Ok(text) => (Message::Text(text), false),
                // serde_json writes nothing else.
                Err(error) => {
                    tracing::error!(%error, "a frame that is no text was not sent");
                    continue;
                }
            },
            Departure::Close { code, reason } => {
                (Message::Close(Some(CloseFrame { code: code.into(), reason: fitting(reason).into() })), true)
            }
        };
        if let Err(error) = sink.send(message).await {
            tracing::debug!(%error, "sending failed");
            // The driver may be gone, and then nobody needs to know.
            let _ = arrived.send(Arrival::WriteFailed(error.to_string())).await;
            return;
        }
        if is_end {
            return;
        }
    }
}

fn closed(frame: Option<CloseFrame>) -> TransportClosed {
    match frame {
        Some(frame) => TransportClosed { code: Some(frame.code.into()), reason: frame.reason.to_string() },
        None => TransportClosed { code: Some(NO_STATUS), reason: String::new() },
    }
}

fn broken(error: &Error) -> TransportClosed {
    // Not the network's fault, and it would be the same again: the code that a peer would close with.
    let code = matches!(error, Error::Capacity(_)).then_some(TOO_BIG);
    TransportClosed { code, reason: error.to_string() }
}

/// As much of a reason as a close frame holds.
fn fitting(mut reason: String) -> String {
    reason.truncate(reason.floor_char_boundary(MAX_REASON_BYTES));
    reason
}
