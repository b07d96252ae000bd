//! Carries one client's frames: the handshake, then one task that reads, writes and wakes the session when it is due. A client
//! that asks for no WebSocket gets one answer over plain HTTP.
//!
//! The writer is this task alone. While the client does not take what waits for it, pongs among it, nothing more is read from
//! it and no reply goes on, so that a client that never reads costs a bounded amount of memory; after 15 s it is left.
//! What is not understood yet is bounded too: a little until a client is known, and a budget for all connections together.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async_with_config};

use super::head::{self, Head};
use super::limited_stream::{LimitedStream, OverLimit};
use super::plain_http;
use crate::admission::{self, Slot};
use crate::agent::Waker;
use crate::close::Closing;
use crate::faults::Frame;
use crate::session::{Outbox, SETUP_CAP, Session};
use crate::shared::Shared;
use crate::tap::{ConnectionTap, Direction};

/// The largest message, in bytes.
const MESSAGE_CAP: usize = 16 << 20;
/// Of a client that will be refused whatever it sends, in bytes.
const REFUSED_CAP: u64 = 16 << 10;
/// Read and write buffers: an idle connection holds them both.
const BUFFER: usize = 16 << 10;
/// What the socket may hold of what it could not write, in bytes: more than any message of ours.
const UNSENT_CAP: usize = 2 << 20;
/// Pongs that may wait to be written; no more is read while there are so many.
const PONGS: u32 = 16;
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
/// How long a client may take to acknowledge a close.
pub(crate) const CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// Serves one client to the end of its connection, which comes soon after `closing` turns true. `slot` is the place that it
/// has until it is known; without one it is known from the beginning.
pub(crate) async fn serve<S>(
    shared: &Arc<Shared>,
    stream: S,
    slot: Option<Slot>,
    closing: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let within = Instant::now() + HANDSHAKE_WITHIN;
    let mut stream = LimitedStream::new(stream);
    let opening = async {
        tokio::select! {
            upgrade = timeout_at(within, upgrade_or_answer(shared, &mut stream)) => upgrade.ok().flatten(),
            () = evicted(slot.as_ref()) => None,
        }
    };
    let Some(upgrade) = opening.await else {
        return tracing::debug!("a client asked for no upgrade, or for none in time");
    };
    stream.unread(upgrade);
    let mut admitted = None;
    let mut tapped = None;
    let key = shared.config.key.as_deref();
    // The type of tungstenite's callback is what it is.
    #[allow(clippy::result_large_err)]
    let on_upgrade = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
        let route = admission::admit(request, &shared.config.allow_origins).map_err(|refusal| *refusal)?;
        let access = admission::check_key(key, request).and_then(|token| match token {
            Some(name) => shared.tokens.check(&name, Instant::now()).map(|_| Some(name)),
            None => Ok(None),
        });
        let connection = shared.next_connection();
        admitted = Some((route, access, connection));
        let (tap, path) = (shared.config.tap.as_ref(), request.uri().path());
        let secrets = || admission::secrets(key, request);
        tapped = Some(ConnectionTap::open(tap, connection, path, secrets));
        match shared.config.faults_of(connection).and_then(|faults| faults.refusal.as_ref()) {
            Some(refusal) => Err(*admission::refused(refusal)),
            None => Ok(response),
        }
    };
    let config = WebSocketConfig::default()
        .read_buffer_size(BUFFER)
        .write_buffer_size(BUFFER)
        .max_write_buffer_size(UNSENT_CAP)
        .max_message_size(Some(MESSAGE_CAP))
        .max_frame_size(Some(MESSAGE_CAP));
    let handshake = accept_hdr_async_with_config(stream, on_upgrade, Some(config));
    let handshake = async {
        tokio::select! {
            socket = timeout_at(within, handshake) => Some(socket),
            () = evicted(slot.as_ref()) => None,
        }
    };
    let socket = match handshake.await {
        Some(Ok(Ok(socket))) => socket,
        Some(Ok(Err(error))) => return tracing::debug!(%error, "a handshake failed"),
        Some(Err(_)) => return tracing::debug!("a handshake took too long"),
        None => return tracing::debug!("a handshake lost its place to another"),
    };
    let (Some((route, access, connection)), Some(tap)) = (admitted, tapped) else { return };
    let link = Link { socket, unflushed: false, pongs: 0, tap };
    let waker = Waker::default();
    let session = Session::new(Arc::clone(shared), route, connection, waker.clone(), Instant::now());
    begin(shared, link, slot, (session, waker, access), closing).await;
}

/// Reads the first request. Returns an upgrade as it came; answers anything else, and returns nothing.
async fn upgrade_or_answer<S>(shared: &Shared, stream: &mut LimitedStream<S>) -> Option<Bytes>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let answered = match head::read(stream).await {
        Ok(Head::Upgrade(bytes)) => return Some(bytes),
        Ok(Head::Plain(request, after)) => plain_http::exchange(shared, stream, &request, after).await,
        Ok(Head::Broken(answer)) => plain_http::say(stream, &answer, false).await,
        Err(error) => Err(error),
    };
    match answered {
        Ok(()) => plain_http::linger(stream).await,
        Err(error) => tracing::debug!(%error, "a request was not answered"),
    }
    None
}

/// The session of a client whose upgrade is done, who has shown a token, or nothing wrong, or what it will be refused for.
async fn begin<S>(
    shared: &Arc<Shared>,
    mut link: Link<S>,
    mut slot: Option<Slot>,
    (mut session, waker, access): (Session, Waker, Result<Option<String>, Closing>),
    closing: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let most = if access.is_ok() { SETUP_CAP as u64 } else { REFUSED_CAP };
    let stream = link.socket.get_mut();
    stream.watch(most, &shared.budgets);
    match access {
        Ok(token) => {
            if shared.config.key.is_some() || token.is_some() {
                slot = None;
                stream.trust(most, &shared.budgets);
            }
            session.show_token(token);
        }
        Err(closing) => session.refuse(closing),
    }
    run_session(shared, link, slot, session, &waker, closing).await;
}

async fn evicted(slot: Option<&Slot>) {
    match slot {
        Some(slot) => slot.evicted().await,
        None => std::future::pending().await,
    }
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

/// Lets a session work. What panics in it ends it with a word, and no other.
fn catching_panics(session: &mut Session, work: impl FnOnce(&mut Session)) {
    if catch_unwind(AssertUnwindSafe(|| work(session))).is_err() {
        tracing::error!("a session of the practice partner panicked");
        session.fail();
    }
}

async fn run_session<S>(
    shared: &Shared,
    mut link: Link<S>,
    mut slot: Option<Slot>,
    mut session: Session,
    waker: &Waker,
    mut closing: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut drains = false;
    let mut was_open = false;
    loop {
        if let Some(closing) = session.closing().cloned() {
            link.send_rest(session.outbox()).await;
            // The session ends before the close is acknowledged: its handles are free from here on.
            drop(session);
            tracing::debug!(code = closing.code, reason = %closing.reason, "closing a session");
            return link.close(&closing).await;
        }
        if !was_open && session.is_open() {
            was_open = true;
            slot = None;
            link.socket.get_mut().trust(MESSAGE_CAP as u64, &shared.budgets);
        }
        let stall = link.stall();
        let due = session.due();
        let step = tokio::select! {
            step = link.step(session.outbox()) => step,
            () = until(due) => {
                catching_panics(&mut session, |session| session.on_due(Instant::now()));
                continue;
            }
            () = waker.woken() => {
                catching_panics(&mut session, |session| session.on_wake(Instant::now()));
                continue;
            }
            () = evicted(slot.as_ref()) => return tracing::debug!("a client lost its place to another"),
            () = until(stall) => {
                if link.stall().is_some_and(|end| end <= Instant::now()) {
                    return tracing::debug!("a client takes nothing and is left");
                }
                continue;
            }
            // It fails when whoever could end it is gone, and this future with it in a moment.
            Ok(_) = closing.wait_for(|closing| *closing), if !drains => {
                drains = true;
                catching_panics(&mut session, |session| session.drain(Instant::now()));
                continue;
            }
        };
        match step {
            Step::Frame(frame) => {
                catching_panics(&mut session, |session| session.on_frame(&frame, Instant::now()));
                drop(frame);
                link.socket.get_mut().settle();
            }
            Step::Drained | Step::Stuck => {}
            Step::Broken(closing) => {
                let closing = session.refusal().cloned().unwrap_or(closing);
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
    Frame(Bytes),
    /// A full outbox has been sent.
    Drained,
    /// The client takes nothing any more, from now on.
    Stuck,
    /// What came breaks WebSocket's own rules: this is said, and no more is read.
    Broken(Closing),
    /// The client is gone.
    Over,
}

struct Link<S> {
    socket: WebSocketStream<LimitedStream<S>>,
    unflushed: bool,
    /// Pings that were answered since the last flush.
    pongs: u32,
    tap: ConnectionTap,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Link<S> {
    /// Sends what waits and returns the next thing that happens. Can be dropped at any time without losing a message.
    async fn step(&mut self, outbox: &mut Outbox) -> Step {
        let was_full = outbox.must_be_read();
        let was_stuck = self.stall().is_some();
        poll_fn(|cx| match self.advance(outbox, was_full, cx) {
            Poll::Pending if !was_stuck && self.stall().is_some() => Poll::Ready(Step::Stuck),
            step => step,
        })
        .await
    }

    fn advance(&mut self, outbox: &mut Outbox, was_full: bool, cx: &mut Context<'_>) -> Poll<Step> {
        loop {
            match self.pump(outbox, cx) {
                Poll::Ready(Err(error)) => return Poll::Ready(over(&error)),
                Poll::Ready(Ok(())) if was_full => return Poll::Ready(Step::Drained),
                Poll::Pending if outbox.must_be_read() || self.pongs >= PONGS => return Poll::Pending,
                _ => {}
            }
            return Poll::Ready(match ready!(Pin::new(&mut self.socket).poll_next(cx)) {
                Some(Ok(Message::Text(text))) => self.received(text.into()),
                Some(Ok(Message::Binary(bytes))) => self.received(bytes),
                Some(Ok(Message::Close(frame))) => {
                    let (code, reason) =
                        frame.as_ref().map_or((1005, ""), |frame| (frame.code.into(), &frame.reason));
                    self.tap.close(Direction::Sent, code, reason);
                    Step::Over
                }
                None => Step::Over,
                // tungstenite has the answer ready.
                Some(Ok(Message::Ping(_))) => {
                    self.pongs += 1;
                    self.unflushed = true;
                    continue;
                }
                Some(Ok(_)) => continue,
                Some(Err(error)) => over(&error),
            });
        }
    }

    fn received(&self, frame: Bytes) -> Step {
        self.tap.frame(Direction::Sent, &frame);
        Step::Frame(frame)
    }

    /// When the line has stood still for too long; `None` while it moves.
    fn stall(&self) -> Option<Instant> {
        self.socket.get_ref().stall()
    }

    /// Hands everything in the outbox to the socket and flushes it.
    fn pump(&mut self, outbox: &mut Outbox, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let mut socket = Pin::new(&mut self.socket);
        while !outbox.is_empty() {
            ready!(socket.as_mut().poll_ready(cx))?;
            if let Some(frame) = outbox.pop() {
                self.tap.frame(Direction::Received, &frame.bytes);
                socket.as_mut().start_send(message(frame))?;
                self.unflushed = true;
            }
        }
        if self.unflushed {
            ready!(socket.poll_flush(cx))?;
            (self.unflushed, self.pongs) = (false, 0);
        }
        Poll::Ready(Ok(()))
    }

    async fn send_rest(&mut self, outbox: &mut Outbox) {
        let _ = timeout(CLOSE_WITHIN, poll_fn(|cx| self.pump(outbox, cx))).await;
    }

    /// Closes with a code and a reason, and waits a little for the client's acknowledgement: dropping a socket with
    /// unread data could reset the connection before the client has read the reason.
    async fn close(mut self, closing: &Closing) {
        if closing.is_cut() {
            return;
        }
        self.tap.close(Direction::Received, closing.code, &closing.reason);
        let farewell = async {
            if self.socket.send(close_frame(closing)).await.is_ok() {
                while let Some(Ok(_)) = self.socket.next().await {}
            }
        };
        let _ = timeout(CLOSE_WITHIN, farewell).await;
    }

    /// The same after a broken frame: messages can't be told apart any more, but what is on its way is still taken.
    async fn break_off(mut self, closing: &Closing) {
        self.tap.close(Direction::Received, closing.code, &closing.reason);
        let farewell = async {
            if self.socket.send(close_frame(closing)).await.is_ok() {
                // The unfinished message goes first: from here on nothing is charged for it.
                let mut raw = self.socket.into_inner();
                raw.unwatch();
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

fn message(Frame { bytes, is_text }: Frame) -> Message {
    match Utf8Bytes::try_from(bytes.clone()) {
        Ok(text) if is_text => Message::Text(text),
        _ => Message::Binary(bytes),
    }
}

fn close_frame(closing: &Closing) -> Message {
    Message::Close(Some(CloseFrame { code: closing.code.into(), reason: closing.reason.as_str().into() }))
}

fn over(error: &Error) -> Step {
    Step::Broken(match error {
        Error::Io(error) => match error.get_ref().and_then(|error| error.downcast_ref::<OverLimit>()) {
            Some(over) => Closing::new(code_of(*over), over.to_string()),
            None => return Step::Over,
        },
        Error::Capacity(CapacityError::MessageTooLong { .. }) => {
            Closing::new(1009, "The message is larger than 16 MiB.")
        }
        Error::Utf8(_) => Closing::new(1007, "The text is not UTF-8."),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => return Step::Over,
        Error::Protocol(rule) => Closing::new(1002, format!("This is not WebSocket: {rule}.")),
        _ => return Step::Over,
    })
}

/// RFC 6455 §7.4.1; "try again later" is of the register that it opened.
fn code_of(over: OverLimit) -> u16 {
    match over {
        OverLimit::Larger(_) | OverLimit::Pieces => 1009,
        OverLimit::Control => 1002,
        OverLimit::Full => 1013,
    }
}
