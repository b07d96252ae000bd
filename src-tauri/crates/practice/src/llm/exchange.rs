//! One question over one connection: HTTP/1.1, the answer as it streams. A task of its own; dropping it ends the request.
//!
//! Bounded in time and size, whatever the other side sends.

use std::fmt;
use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;

use super::chat_request::ChatRequest;
use super::connect::{Connect, NoStream};
use super::endpoint::Origin;
use super::sse::Completion;
use super::{Event, LlmError, words_of_error};
use live_server::Waker;

/// What hyper may hold of an answer's head.
const MOST_HEAD: usize = 64 << 10;
/// Of a refusal's words, in bytes.
const MOST_REFUSAL: usize = 16 << 10;
/// Of a whole answer, thoughts included, in bytes.
const MOST_STREAM: usize = 4 << 20;
/// Of what is spoken, in characters: some four minutes.
const MOST_TEXT: usize = 4_000;

/// How long each step may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) connect: Duration,
    /// To the first of the answer: a model may have to be loaded for it.
    pub(super) begin: Duration,
    /// Between two pieces of it.
    pub(super) pause: Duration,
    pub(super) whole: Duration,
}

impl Limits {
    pub(super) const USUAL: Self = Self {
        connect: Duration::from_secs(5),
        begin: Duration::from_mins(1),
        pause: Duration::from_secs(20),
        whole: Duration::from_mins(4),
    };
}

/// Whom to ask.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) origin: Origin,
    pub(super) key: Option<String>,
    pub(super) limits: Limits,
    /// Who opens the stream; directly when `None`.
    pub(super) connect: Option<Arc<dyn Connect>>,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Address")
            .field("origin", &self.origin)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// Asks, and tells each event to the session, and wakes it.
pub(super) async fn ask(address: Address, question: ChatRequest, events: mpsc::Sender<Event>, waker: Waker) {
    let whole = Instant::now() + address.limits.whole;
    let last = match timeout_at(whole, exchange(&address, &question, &events, &waker)).await {
        Ok(Ok(last)) => last,
        Ok(Err(error)) => Event::Failed(error),
        Err(_) => Event::Failed(LlmError::TimedOut),
    };
    // Nobody listens when the question was dropped meanwhile.
    let _ = events.send(last).await;
    waker.wake();
}

async fn exchange(
    address: &Address,
    question: &ChatRequest,
    events: &mpsc::Sender<Event>,
    waker: &Waker,
) -> Result<Event, LlmError> {
    // Its connection is closed with it, whenever this future is dropped.
    let (mut response, mut _connection) = request(address, question.body(true)).await?;
    // SpeechModels without eyes refuse the picture, each server with a status of its own.
    if question.has_picture() && matches!(response.status().as_u16(), 400 | 415 | 422 | 500 | 501) {
        (response, _connection) = request(address, question.body(false)).await?;
    }
    let status = response.status();
    if !status.is_success() {
        let words = timeout(address.limits.pause, refusal(response.into_body())).await.unwrap_or_default();
        return Err(LlmError::Status { code: status.as_u16(), words });
    }
    let mut body = response.into_body();
    let mut completion = Completion::default();
    let (mut bytes, mut letters) = (0, 0);
    while !completion.is_finished() {
        let frame = timeout(address.limits.pause, body.frame()).await.map_err(|_| LlmError::TimedOut)?;
        let Some(frame) = frame else { break };
        let frame = frame.map_err(|_| LlmError::BrokenOff)?;
        let Some(data) = frame.data_ref() else { continue };
        bytes += data.len();
        let text = completion.push(data)?;
        if !text.is_empty() {
            letters += text.chars().count();
            events.send(Event::Text(text)).await.map_err(|_| LlmError::BrokenOff)?;
            waker.wake();
        }
        if letters > MOST_TEXT || bytes > MOST_STREAM {
            if letters == 0 {
                return Err(LlmError::NoStream("megabytes without a word of it".to_owned()));
            }
            // What is cut is the answer's end, and calls come at its end.
            return Ok(Event::Done { rest: String::new(), calls: Vec::new() });
        }
    }
    if !completion.is_finished() {
        return Err(if bytes == 0 { LlmError::NoStream("nothing".to_owned()) } else { LlmError::BrokenOff });
    }
    let (rest, calls) = completion.finish();
    Ok(Event::Done { rest, calls })
}

type Answer = (Response<Incoming>, JoinSet<hyper::Result<()>>);

async fn request(address: &Address, body: Vec<u8>) -> Result<Answer, LlmError> {
    let Address { origin, key, limits, connect } = address;
    let request = written(origin, key.as_deref(), body)?;
    if let Some(connect) = connect {
        let answering = async {
            let stream = connect.connect(origin.host.clone(), origin.port, origin.is_encrypted).await;
            answer(stream.map_err(no_stream)?, request).await
        };
        return timeout(limits.begin, answering).await.map_err(|_| LlmError::TimedOut)?;
    }
    let stream = timeout(limits.connect, TcpStream::connect((origin.host.as_str(), origin.port)));
    let stream =
        stream.await.map_err(|_| LlmError::TimedOut)?.map_err(|error| LlmError::Unreachable(error.kind()))?;
    // "localhost" is this machine by name alone; who it really is, is known now.
    let near = stream.peer_addr().is_ok_and(|peer| peer.ip().is_loopback());
    if !origin.is_encrypted && !near {
        return Err(LlmError::Endpoint(super::LlmEndpointError::InTheOpen { host: origin.host.clone() }));
    }
    let _ = stream.set_nodelay(true);
    let answering = async {
        if origin.is_encrypted {
            let stream =
                encrypted(&origin.host, stream).await.map_err(|error| LlmError::Unreachable(error.kind()))?;
            answer(stream, request).await
        } else {
            answer(stream, request).await
        }
    };
    timeout(limits.begin, answering).await.map_err(|_| LlmError::TimedOut)?
}

fn no_stream(why: NoStream) -> LlmError {
    match why {
        NoStream::Unreachable(kind) => LlmError::Unreachable(kind),
        NoStream::OnTheWay(words) => LlmError::OnTheWay(words),
    }
}

fn written(origin: &Origin, key: Option<&str>, body: Vec<u8>) -> Result<Request<Full<Bytes>>, LlmError> {
    let mut request = Request::post(origin.path.as_str())
        .header(HOST, origin.authority())
        .header(USER_AGENT, concat!("vivavoce/", env!("CARGO_PKG_VERSION")))
        .header(CONTENT_TYPE, "application/json")
        .header(ACCEPT, "text/event-stream");
    if let Some(key) = key
        && let Ok(mut value) = HeaderValue::try_from(format!("Bearer {key}"))
    {
        // hyper prints no value that is marked so.
        value.set_sensitive(true);
        request = request.header(AUTHORIZATION, value);
    }
    request
        .body(Full::new(Bytes::from(body)))
        .map_err(|_| LlmError::Endpoint(super::LlmEndpointError::NoAddress))
}

async fn answer<S>(stream: S, request: Request<Full<Bytes>>) -> Result<Answer, LlmError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let failed = |error: hyper::Error| {
        if error.is_parse() { LlmError::NoStream("no HTTP".to_owned()) } else { LlmError::BrokenOff }
    };
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(MOST_HEAD)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(failed)?;
    let mut carrying = JoinSet::new();
    carrying.spawn(connection);
    Ok((sender.send_request(request).await.map_err(failed)?, carrying))
}

async fn refusal(mut body: Incoming) -> String {
    let mut bytes = Vec::new();
    while let Some(Ok(frame)) = body.frame().await {
        bytes.extend_from_slice(frame.data_ref().map_or(&[][..], |data| &data[..]));
        if bytes.len() > MOST_REFUSAL {
            break;
        }
    }
    bytes.truncate(MOST_REFUSAL);
    serde_json::from_slice(&bytes).map(|value| words_of_error(&value)).unwrap_or_default()
}

/// TLS by rustls, trusting what the system trusts; read once, on a blocking thread: the store is many files.
async fn encrypted(host: &str, stream: TcpStream) -> io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    static CONFIG: OnceLock<Result<Arc<ClientConfig>, rustls::Error>> = OnceLock::new();
    let invalid = |error: rustls::Error| io::Error::new(io::ErrorKind::InvalidData, error);
    let read = || {
        ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_platform_verifier()
            .map(|builder| {
                let mut config = builder.with_no_client_auth();
                config.alpn_protocols = vec![b"http/1.1".to_vec()];
                Arc::new(config)
            })
    };
    let config = spawn_blocking(move || CONFIG.get_or_init(read).clone()).await.map_err(io::Error::other)?;
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| invalid(rustls::Error::General("this host can have no certificate".into())))?;
    TlsConnector::from(config.map_err(invalid)?).connect(name, stream).await
}
