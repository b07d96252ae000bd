//! One HTTP/1.1 request and its answer over a stream of ours, for the few things that are no WebSocket. What comes back is
//! bounded in time and size, whatever the server sends.

use std::io;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
pub use hyper::Uri;
use hyper::header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue, USER_AGENT};
use hyper::{Method, Request, Response, body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::time::timeout;

use crate::connector::Connector;
use crate::error::NetError;
use crate::origin::Origin;
use crate::scrub::Scrubber;

/// For the whole of it once the stream is open.
const EXCHANGE_LIMIT: Duration = Duration::from_secs(15);
/// A page of the list of models has some 100 KB; nothing else that is asked for comes near.
const MAX_BODY_BYTES: usize = 2 * 1024 * 1024;
/// What hyper may hold of an answer's head.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// Cut at 2 MiB; without the secrets of the request, should the server repeat them.
    pub body: Vec<u8>,
    /// Whether it was cut.
    pub is_cut: bool,
}

/// What to ask for. `path` begins with a slash.
pub enum Ask<'a> {
    Get {
        path: &'a str,
        /// Who asks: a header whose value is secret.
        header: Option<(&'static str, String)>,
        /// What is secret in it.
        secrets: Scrubber,
    },
    /// A form, encoded already.
    Post {
        path: &'a str,
        form: String,
        /// What is secret in it.
        secrets: Scrubber,
    },
}

/// Asks `site`. A status that means failure is an answer too.
///
/// # Errors
/// [`NetError`] when there is no whole answer.
pub async fn ask(connector: &Connector, origin: &Origin, ask: Ask<'_>) -> Result<Answer, NetError> {
    let secrets = match &ask {
        Ask::Get { secrets, .. } | Ask::Post { secrets, .. } => secrets.clone(),
    };
    let request = request(origin, ask)?;
    let stream = connector.connect(origin).await?;
    let exchanging = async {
        let (mut sender, connection) =
            http1::Builder::new().max_buf_size(MAX_HEAD_BYTES).handshake(TokioIo::new(stream)).await?;
        let mut exchange = pin!(async {
            let response = sender.send_request(request).await?;
            collect(response).await
        });
        tokio::select! {
            answer = &mut exchange => answer,
            // It may end first when the server closes behind its answer, which is whole then or fails by itself.
            _ = connection => exchange.await,
        }
    };
    match timeout(EXCHANGE_LIMIT, exchanging).await {
        Ok(Ok(answer)) => Ok(Answer { body: secrets.bytes(answer.body), ..answer }),
        Ok(Err(error)) => Err(failed(&origin.host, &error)),
        Err(_) => Err(NetError::timed_out(&origin.host, "the answer")),
    }
}

fn request(origin: &Origin, ask: Ask<'_>) -> Result<Request<Full<Bytes>>, NetError> {
    let builder = Request::builder()
        .header(HOST, origin.authority())
        .header(USER_AGENT, concat!("vivavoce/", env!("CARGO_PKG_VERSION")));
    let request = match ask {
        Ask::Get { path, header, .. } => {
            let mut builder = builder.method(Method::GET).uri(path);
            if let Some((name, value)) = header
                && let Ok(mut value) = HeaderValue::try_from(value)
            {
                // hyper prints no value that is marked so.
                value.set_sensitive(true);
                builder = builder.header(HeaderName::from_static(name), value);
            }
            builder.body(Full::default())
        }
        Ask::Post { path, form, .. } => builder
            .method(Method::POST)
            .uri(path)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Full::from(form)),
    };
    request.map_err(|_| {
        let invalid = io::Error::new(io::ErrorKind::InvalidInput, "this request cannot be written");
        NetError::network(&origin.host, invalid)
    })
}

async fn collect(response: Response<Incoming>) -> hyper::Result<Answer> {
    let status = response.status().as_u16();
    let mut incoming = response.into_body();
    let mut body = Vec::new();
    let mut is_cut = false;
    while let Some(frame) = incoming.frame().await {
        // A refusal that breaks off says enough with what came of it.
        let frame = match frame {
            Err(_) if !(200..300).contains(&status) => break,
            frame => frame?,
        };
        let Some(data) = frame.data_ref() else { continue };
        let room = MAX_BODY_BYTES - body.len();
        body.extend_from_slice(&data[..data.len().min(room)]);
        if data.len() > room {
            is_cut = true;
            break;
        }
    }
    Ok(Answer { status, body, is_cut })
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
