//! Carries one client's frames: the handshake, then one task that reads, writes and wakes the session when it is due.
//!
//! The writer is this task alone. While the client does not take what waits for it, nothing more is read from it and no
//! reply goes on, so that a client that never reads costs a bounded amount of memory.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::{Sink, SinkExt, Stream, StreamExt};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async_with_config};

use crate::Shared;
use crate::close::Closing;
use crate::door;
use crate::session::{Outbox, Session};
use crate::workshop::Bell;

/// The largest message, in bytes.
const MESSAGE_CAP: usize = 16 << 20;
/// Read and write buffers: an idle connection holds them both.
const BUFFER: usize = 16 << 10;
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
/// How long a client may take to acknowledge a close.
pub(crate) const CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// Serves one client to the end of its connection, which comes soon after `closing` turns true.
pub(crate) async fn serve<S>(shared: &Arc<Shared>, stream: S, closing: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut admitted = None;
    let key = shared.config.key.as_deref();
    // The type of tungstenite's callback is what it is.
    #[allow(clippy::result_large_err)]
    let at_the_door = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
        let route = door::admit(request).map_err(|refusal| *refusal)?;
        admitted = Some((route, door::check_key(key, request)));
        Ok(response)
    };
    let config = WebSocketConfig::default()
        .read_buffer_size(BUFFER)
        .write_buffer_size(BUFFER)
        .max_message_size(Some(MESSAGE_CAP))
        .max_frame_size(Some(MESSAGE_CAP));
    let handshake = accept_hdr_async_with_config(stream, at_the_door, Some(config));
    let socket = match timeout(HANDSHAKE_WITHIN, handshake).await {
        Ok(Ok(socket)) => socket,
        Ok(Err(error)) => return tracing::debug!(%error, "a handshake failed"),
        Err(_) => return tracing::debug!("a handshake took too long"),
    };
    let Some((route, key_check)) = admitted else { return };
    let link = Link { socket, unflushed: false };
    let bell = Bell::default();
    let mut session = Session::new(Arc::clone(shared), route, Arc::clone(&bell), Instant::now());
    if let Err(closing) = key_check {
        session.refuse(closing);
    }
    converse(link, session, &bell, closing).await;
}

async fn converse<S>(mut link: Link<S>, mut session: Session, bell: &Bell, mut closing: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut drains = false;
    loop {
        if let Some(closing) = session.closing().cloned() {
            link.send_rest(session.outbox()).await;
            // The session ends before the close is acknowledged: its handles are free from here on.
            drop(session);
            tracing::debug!(code = closing.code, reason = %closing.reason, "closing a session");
            return link.close(&closing).await;
        }
        let due = session.due();
        let step = tokio::select! {
            step = link.step(session.outbox()) => step,
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                session.on_due(Instant::now());
                continue;
            }
            () = bell.notified() => {
                session.on_bell(Instant::now());
                continue;
            }
            // It fails when whoever could end it is gone, and this future with it in a moment.
            Ok(_) = closing.wait_for(|closing| *closing), if !drains => {
                drains = true;
                session.drain(Instant::now());
                continue;
            }
        };
        match step {
            Step::Frame(frame) => session.on_frame(&frame, Instant::now()),
            Step::Drained => {}
            Step::Broken(closing) => {
                drop(session);
                return link.break_off(&closing).await;
            }
            Step::Over => {
                drop(session);
                // Sends the acknowledgement that tungstenite has prepared.
                return link.finish().await;
            }
        }
    }
}

/// What happened on the socket.
enum Step {
    /// A message of the client.
    Frame(bytes::Bytes),
    /// A full outbox has been sent.
    Drained,
    /// What came breaks WebSocket's own rules: this is said, and no more is read.
    Broken(Closing),
    /// The client is gone.
    Over,
}

struct Link<S> {
    socket: WebSocketStream<S>,
    unflushed: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Link<S> {
    /// Sends what waits and returns the next thing that happens. Can be dropped at any time without losing a message.
    async fn step(&mut self, outbox: &mut Outbox) -> Step {
        let was_full = outbox.is_full();
        poll_fn(|cx| {
            match self.pump(outbox, cx) {
                Poll::Ready(Err(error)) => return Poll::Ready(over(&error)),
                Poll::Ready(Ok(())) if was_full => return Poll::Ready(Step::Drained),
                Poll::Pending if outbox.is_full() => return Poll::Pending,
                _ => {}
            }
            loop {
                return Poll::Ready(match ready!(Pin::new(&mut self.socket).poll_next(cx)) {
                    Some(Ok(Message::Text(text))) => Step::Frame(text.into()),
                    Some(Ok(Message::Binary(bytes))) => Step::Frame(bytes),
                    Some(Ok(Message::Close(_))) | None => Step::Over,
                    // tungstenite answers pings by itself.
                    Some(Ok(_)) => continue,
                    Some(Err(error)) => over(&error),
                });
            }
        })
        .await
    }

    /// Hands everything in the outbox to the socket and flushes it.
    fn pump(&mut self, outbox: &mut Outbox, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let mut socket = Pin::new(&mut self.socket);
        while !outbox.is_empty() {
            ready!(socket.as_mut().poll_ready(cx))?;
            if let Some(message) = outbox.pop() {
                // The service sends JSON in binary frames (PROTOCOL.md §1.3).
                socket.as_mut().start_send(Message::Binary(message))?;
                self.unflushed = true;
            }
        }
        if self.unflushed {
            ready!(socket.poll_flush(cx))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }

    async fn send_rest(&mut self, outbox: &mut Outbox) {
        let _ = timeout(CLOSE_WITHIN, poll_fn(|cx| self.pump(outbox, cx))).await;
    }

    /// Closes with a code and a reason, and waits a little for the client's acknowledgement: dropping a socket with
    /// unread data could reset the connection before the client has read the reason.
    async fn close(mut self, closing: &Closing) {
        let farewell = async {
            if self.socket.send(close_frame(closing)).await.is_ok() {
                while let Some(Ok(_)) = self.socket.next().await {}
            }
        };
        let _ = timeout(CLOSE_WITHIN, farewell).await;
    }

    /// The same after a broken frame: messages can't be told apart any more, but what is on its way is still taken.
    async fn break_off(mut self, closing: &Closing) {
        let farewell = async {
            if self.socket.send(close_frame(closing)).await.is_ok() {
                let raw = self.socket.get_mut();
                // The client waits for this end to go first, and this one for the client's.
                let _ = raw.shutdown().await;
                let mut unread = [0; 1024];
                while raw.read(&mut unread).await.is_ok_and(|taken| taken > 0) {}
            }
        };
        let _ = timeout(CLOSE_WITHIN, farewell).await;
    }

    async fn finish(mut self) {
        let _ = timeout(CLOSE_WITHIN, async { while let Some(Ok(_)) = self.socket.next().await {} }).await;
    }
}

fn close_frame(closing: &Closing) -> Message {
    Message::Close(Some(CloseFrame { code: closing.code.into(), reason: closing.reason.as_str().into() }))
}

fn over(error: &Error) -> Step {
    Step::Broken(match error {
        Error::Capacity(CapacityError::MessageTooLong { .. }) => {
            Closing::new(1009, "The message is larger than 16 MiB.")
        }
        Error::Utf8(_) => Closing::new(1007, "The text is not UTF-8."),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => return Step::Over,
        Error::Protocol(rule) => Closing::new(1002, format!("This is not WebSocket: {rule}.")),
        _ => return Step::Over,
    })
}
