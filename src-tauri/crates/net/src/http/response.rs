//! What a server answers: whole, or as it comes.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::HeaderMap;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::time::{Instant, timeout_at};

use crate::error::NetError;
use crate::scrub::Scrubber;
use crate::stream::Stream;

/// What hyper may hold of an answer's head.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// A whole answer, whatever its status.
#[derive(Debug)]
pub struct HttpResponse {
    /// The HTTP status.
    pub status: u16,
    /// The body up to the request's limit, without the secrets of the request, should the server repeat them.
    pub body: Vec<u8>,
    /// Whether the body was longer.
    pub is_cut: bool,
    headers: HeaderMap,
}

impl HttpResponse {
    /// Returns the first header of this lower-case name, when it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// An answer whose body is still coming. Dropping it closes the connection.
///
/// ```no_run
/// # async fn complete() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
///
/// use net::http::HttpRequest;
/// use net::{Connector, ProxyChoice};
///
/// let url = "http://127.0.0.1:11434/v1/chat/completions".parse()?;
/// let request = HttpRequest::post(url, "application/json", r#"{"stream":true}"#)
///     .header("accept", "text/event-stream")
///     .answer_within(Duration::from_mins(1))
///     .silence(Duration::from_secs(20))
///     .within(Duration::from_mins(4));
/// let mut answer = request.stream(&Connector::new(ProxyChoice::System)).await?;
/// if !answer.is_success() {
///     let refusal = answer.collect(16 * 1024).await?;
///     return Err(String::from_utf8_lossy(&refusal.body).into());
/// }
/// while let Some(piece) = answer.next().await? {
///     println!("{} bytes", piece.len());
/// }
/// # Ok(())
/// # }
/// ```
pub struct HttpStream {
    /// The HTTP status.
    pub status: u16,
    headers: HeaderMap,
    body: Incoming,
    connection: Connection,
    host: String,
    secrets: Scrubber,
    answer_by: Instant,
    silence: Duration,
    deadline: Instant,
}

/// Carries bytes between the socket and the body for as long as it is polled.
struct Connection {
    carrying: Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>,
    is_over: bool,
}

impl Connection {
    /// Polls `other` to its end and carries meanwhile. The connection may end first, when the server closes behind its
    /// answer: that is whole then, or fails by itself. Cancel safe when `other` is.
    async fn while_carrying<T>(&mut self, other: impl Future<Output = T>) -> T {
        let mut other = pin!(other);
        loop {
            tokio::select! {
                biased;
                done = &mut other => return done,
                _ = &mut self.carrying, if !self.is_over => self.is_over = true,
            }
        }
    }
}

impl HttpStream {
    /// Sends `request` over `stream` and waits for the head of the answer.
    pub(super) async fn begin(
        stream: Box<dyn Stream>,
        request: Request<Full<Bytes>>,
        host: String,
        answer_by: Instant,
        silence: Duration,
        deadline: Instant,
    ) -> Result<Self, NetError> {
        let exchanging = async {
            let (mut sender, connection) =
                http1::Builder::new().max_buf_size(MAX_HEAD_BYTES).handshake(TokioIo::new(stream)).await?;
            let mut connection = Connection { carrying: Box::pin(connection), is_over: false };
            let response: Response<Incoming> =
                connection.while_carrying(sender.send_request(request)).await?;
            Ok((response, connection))
        };
        let (response, connection) = match timeout_at(answer_by, exchanging).await {
            Ok(answer) => answer.map_err(|error| failed(&host, &error))?,
            Err(_) => return Err(NetError::timed_out(&host, "the answer")),
        };
        let (head, body) = response.into_parts();
        Ok(Self {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
            connection,
            host,
            secrets: Scrubber::default(),
            answer_by,
            silence,
            deadline,
        })
    }

    pub(super) fn scrubbing(self, secrets: Scrubber) -> Self {
        Self { secrets, ..self }
    }

    /// When the limit of a whole answer runs out.
    pub(super) fn answer_by(&self) -> Instant {
        self.answer_by
    }

    /// Whether the status means success.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Returns the first header of this lower-case name, when it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns the secrets of the request. Pieces hold what the server sent: remove these before showing any.
    pub fn secrets(&self) -> &Scrubber {
        &self.secrets
    }

    /// Returns the next piece of the body, `None` at its end. Cancel safe.
    ///
    /// # Errors
    /// [`NetError::Network`] when the connection breaks, nothing came for too long, or the time for all of it is over.
    pub async fn next(&mut self) -> Result<Option<Bytes>, NetError> {
        let limit = self.deadline.min(Instant::now() + self.silence);
        let Self { body, connection, host, .. } = self;
        loop {
            let frame = timeout_at(limit, connection.while_carrying(body.frame())).await;
            let frame = frame.map_err(|_| NetError::timed_out(host, "the answer"))?;
            let Some(frame) = frame.transpose().map_err(|error| failed(host, &error))? else {
                return Ok(None);
            };
            // Trailers are not part of the body.
            if let Ok(piece) = frame.into_data() {
                return Ok(Some(piece));
            }
        }
    }

    /// Takes the rest of the body, cut at `most` bytes, without the secrets of the request. A refusal that breaks off
    /// counts as whole: it says enough with what came of it.
    ///
    /// # Errors
    /// As for [`HttpStream::next`].
    pub async fn collect(mut self, most: usize) -> Result<HttpResponse, NetError> {
        let mut body = Vec::new();
        let mut is_cut = false;
        loop {
            let piece = match self.next().await {
                Err(_) if !self.is_success() => break,
                piece => piece?,
            };
            let Some(piece) = piece else { break };
            let room = most - body.len();
            body.extend_from_slice(&piece[..piece.len().min(room)]);
            if piece.len() > room {
                is_cut = true;
                break;
            }
        }
        Ok(HttpResponse {
            status: self.status,
            body: self.secrets.bytes(body),
            is_cut,
            headers: self.headers,
        })
    }
}

impl fmt::Debug for HttpStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpStream")
            .field("status", &self.status)
            .field("host", &self.host)
            .finish_non_exhaustive()
    }
}

fn failed(host: &str, error: &hyper::Error) -> NetError {
    if error.is_parse() {
        return NetError::bad_answer(host, "it does not answer in HTTP");
    }
    let kind = std::error::Error::source(error)
        .and_then(|source| source.downcast_ref::<io::Error>())
        .map_or(io::ErrorKind::UnexpectedEof, io::Error::kind);
    NetError::network(host, io::Error::new(kind, error.to_string()))
}
