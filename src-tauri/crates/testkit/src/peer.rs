//! A scripted Live server at the other end of an in-memory pipe.
//!
//! The code under test dials [`PeerDialer`]. Each dial arrives at [`Callers`], where the test accepts, refuses or
//! drops it. An accepted caller is a [`Peer`]: the test reads what the client sent and sends answers.

use std::time::Duration;

use futures_util::{FutureExt, SinkExt, StreamExt};
use live_client::{BoxFuture, ConnectError, Dialer, Request, Stream};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::handshake::server::{Request as HttpRequest, Response as HttpResponse};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Bytes, Message};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

/// How long a step of a script may take. With a paused clock it must exceed the product's time limits.
const PATIENCE: Duration = Duration::from_secs(30);
/// Like a TCP buffer: some frames fit before a writer must wait.
const PIPE_BYTES: usize = 256 * 1024;
/// How many dials may wait for the test.
const CALLERS: usize = 16;

/// A dialer that connects to the test. Every dial is a separate pipe.
#[derive(Debug, Clone)]
pub struct PeerDialer {
    request: Request,
    pipe_bytes: usize,
    callers: mpsc::Sender<DuplexStream>,
}

impl PeerDialer {
    /// Returns a dialer and the receiver of its dials.
    pub fn new() -> (Self, Callers) {
        let (callers, arriving) = mpsc::channel(CALLERS);
        (Self { request: Request::in_memory(), pipe_bytes: PIPE_BYTES, callers }, Callers { arriving })
    }

    /// Sets another upgrade request.
    #[must_use]
    pub fn asking(self, request: Request) -> Self {
        Self { request, ..self }
    }

    /// Sets the capacity of the pipe in each direction, in bytes. The default is 256 KiB.
    #[must_use]
    pub fn with_pipe(self, bytes: usize) -> Self {
        Self { pipe_bytes: bytes, ..self }
    }
}

impl Dialer for PeerDialer {
    fn request(&self) -> Request {
        self.request.clone()
    }

    fn dial(&self) -> BoxFuture<'_, Result<Box<dyn Stream>, ConnectError>> {
        async {
            let (near, far) = duplex(self.pipe_bytes);
            // Without a receiver `far` is dropped here, and the caller gets a broken connection.
            let _ = self.callers.send(far).await;
            Ok(Box::new(near) as Box<dyn Stream>)
        }
        .boxed()
    }
}

/// The dials of a [`PeerDialer`], in order.
#[derive(Debug)]
pub struct Callers {
    arriving: mpsc::Receiver<DuplexStream>,
}

impl Callers {
    /// Waits for the next dial.
    pub async fn next(&mut self) -> Caller {
        match within("a dial", self.arriving.recv()).await {
            Some(stream) => Caller { stream },
            None => panic!("the dialer is gone"),
        }
    }

    /// Waits for the next dial and accepts it.
    pub async fn accept(&mut self) -> Peer {
        self.next().await.accept().await
    }
}

/// A dial that was not answered yet. Dropping it breaks the connection.
#[derive(Debug)]
pub struct Caller {
    stream: DuplexStream,
}

impl Caller {
    /// Accepts the upgrade to a WebSocket.
    pub async fn accept(self) -> Peer {
        let mut upgrade = Upgrade { path: String::new(), headers: Vec::new() };
        // The signature is tungstenite's.
        #[expect(clippy::result_large_err)]
        let note = |request: &HttpRequest, response: HttpResponse| {
            upgrade.path = request.uri().to_string();
            let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
            upgrade.headers =
                request.headers().iter().map(|(k, v)| (k.to_string(), text(v.as_bytes()))).collect();
            Ok(response)
        };
        match within("an upgrade request", accept_hdr_async(self.stream, note)).await {
            Ok(socket) => Peer { upgrade, socket },
            Err(error) => panic!("expected an upgrade request, but: {error}"),
        }
    }

    /// Answers the upgrade with an HTTP error and closes.
    pub async fn refuse(self, status: u16, body: &str) {
        let length = body.len();
        self.answer(&format!("HTTP/1.1 {status} No\r\nContent-Length: {length}\r\n\r\n{body}")).await;
    }

    /// Answers the upgrade with any bytes and closes.
    pub async fn answer(mut self, bytes: &str) {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            match within("an upgrade request", self.stream.read_buf(&mut request)).await {
                Ok(1..) => {}
                end => panic!("expected an upgrade request, but the line ended: {end:?}"),
            }
        }
        if let Err(error) = within("the answer to be read", self.stream.write_all(bytes.as_bytes())).await {
            panic!("the caller is gone: {error}");
        }
    }
}

/// The upgrade request of a caller.
#[derive(Debug, Clone)]
pub struct Upgrade {
    /// Path and query.
    pub path: String,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
}

impl Upgrade {
    /// Returns the first header with this lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|header| header.0 == name).map(|header| header.1.as_str())
    }
}

/// A Live server with one client. Dropping it breaks the connection without a close frame.
#[derive(Debug)]
pub struct Peer {
    /// The client's upgrade request.
    pub upgrade: Upgrade,
    socket: WebSocketStream<DuplexStream>,
}

impl Peer {
    /// Reads the setup, answers `setupComplete`, and returns the setup.
    pub async fn set_up(&mut self) -> Value {
        let setup = self.expect("setup").await;
        self.send(json!({"setupComplete": {}})).await;
        setup
    }

    /// Returns the next frame of the client, which must be text and JSON.
    pub async fn next(&mut self) -> Value {
        match within("a frame", self.message()).await {
            Some(Message::Text(text)) => match serde_json::from_str(&text) {
                Ok(frame) => frame,
                Err(error) => panic!("expected JSON, got {error} in {text}"),
            },
            other => panic!("expected a text frame, got {other:?}"),
        }
    }

    /// Returns the value of `kind` in the next frame, which must have only that top-level field (`realtimeInput`, …).
    pub async fn expect(&mut self, kind: &str) -> Value {
        let frame = self.next().await;
        match frame.as_object() {
            Some(fields) if fields.len() == 1 && fields.contains_key(kind) => frame[kind].clone(),
            _ => panic!("expected a message with `{kind}` alone, got {frame}"),
        }
    }

    /// Skips frames until `wanted` returns a value.
    pub async fn find<T>(&mut self, mut wanted: impl FnMut(&Value) -> Option<T>) -> T {
        loop {
            if let Some(found) = wanted(&self.next().await) {
                return found;
            }
        }
    }

    /// Skips frames until one of this kind (`toolResponse`, …), and returns its value.
    pub async fn find_kind(&mut self, kind: &str) -> Value {
        self.find(|frame| frame.get(kind).cloned()).await
    }

    /// Sends a message in a binary frame, like the service.
    pub async fn send(&mut self, message: Value) {
        self.send_bytes(message.to_string().into_bytes()).await;
    }

    /// Sends a message in a text frame.
    pub async fn send_text(&mut self, message: Value) {
        self.send_message(Message::text(message.to_string())).await;
    }

    /// Sends any bytes in a binary frame.
    pub async fn send_bytes(&mut self, bytes: Vec<u8>) {
        self.send_message(Message::binary(bytes)).await;
    }

    /// Sends a ping and waits for its pong, skipping frames.
    pub async fn ping(&mut self) {
        let payload = Bytes::from_static(b"are you there");
        self.send_message(Message::Ping(payload.clone())).await;
        loop {
            match within("a pong", self.socket.next()).await {
                Some(Ok(Message::Pong(echoed))) if echoed == payload => return,
                Some(Ok(Message::Text(_))) => {}
                other => panic!("expected a pong, got {other:?}"),
            }
        }
    }

    /// Closes with this code and reason and waits for the client's close frame, skipping frames.
    pub async fn close(mut self, code: u16, reason: &str) {
        let frame = CloseFrame { code: code.into(), reason: reason.to_owned().into() };
        self.send_message(Message::Close(Some(frame))).await;
        loop {
            match within("the close to be answered", self.message()).await {
                Some(Message::Close(_)) => return,
                Some(_) => {}
                None => panic!("expected the close to be answered, but the line was cut"),
            }
        }
    }

    /// Closes with this code and reason and disconnects at once, without reading.
    pub async fn close_and_leave(mut self, code: u16, reason: &str) {
        let frame = CloseFrame { code: code.into(), reason: reason.to_owned().into() };
        self.send_message(Message::Close(Some(frame))).await;
    }

    /// Waits for the client to close, skipping frames, and answers. Returns the code and the reason.
    pub async fn closed(mut self) -> (u16, String) {
        loop {
            match within("a close frame", self.message()).await {
                Some(Message::Close(frame)) => {
                    // Reading to the end sends the answer.
                    within("the line to close", async {
                        while let Some(Ok(_)) = self.socket.next().await {}
                    })
                    .await;
                    return frame.map_or((1005, String::new()), |f| (f.code.into(), f.reason.to_string()));
                }
                Some(_) => {}
                None => panic!("expected a close frame, but the line was cut"),
            }
        }
    }

    /// Waits for the connection to end without a close frame, skipping frames.
    pub async fn cut_off(mut self) {
        while let Some(message) = within("the line to be cut", self.message()).await {
            assert!(!message.is_close(), "expected a cut line, got {message:?}");
        }
    }

    /// Breaks the connection, like a network failure.
    pub fn cut(self) {
        drop(self.socket);
    }

    /// Returns the stream below the WebSocket, to write any bytes or to read none.
    pub fn into_raw(self) -> DuplexStream {
        self.socket.into_inner()
    }

    /// Returns the next message, skipping pings and pongs; `None` at the end of the stream.
    async fn message(&mut self) -> Option<Message> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(message)) => return Some(message),
                Some(Err(_)) | None => return None,
            }
        }
    }

    async fn send_message(&mut self, message: Message) {
        if let Err(error) = within("the client to read", self.socket.send(message)).await {
            panic!("the client is gone: {error}");
        }
    }
}

async fn within<F: Future>(what: &str, future: F) -> F::Output {
    let Ok(output) = timeout(PATIENCE, future).await else {
        panic!("waited {} s in vain for {what}", PATIENCE.as_secs());
    };
    output
}
