//! Streamable HTTP through `net`: the SDK says what to send, and every request goes through the person's proxy and trust, one
//! connection each.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, BoxStream, StreamExt};
use http::{HeaderName, HeaderValue};
use net::http::{HttpRequest, HttpStream};
use net::{Connector, HttpUrl, NetError, one_line};
use rmcp::model::{ClientJsonRpcMessage, JsonRpcMessage, RequestId, ServerJsonRpcMessage};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::common::client_side_sse::ExponentialBackoff;
use rmcp::transport::streamable_http_client::{
    AuthRequiredError, SseError, StreamableHttpClient, StreamableHttpClientTransportConfig,
    StreamableHttpError, StreamableHttpPostResponse,
};
use sse_stream::Sse;

use super::MOST_BYTES;
use super::failure::{TOO_LARGE, UNREADABLE, failed};
use super::sse::Events;

const JSON: &str = "application/json";
const EVENTS: &str = "text/event-stream";
const SESSION: &str = "mcp-session-id";
/// How long an answer may take. A call has its own, shorter time.
const ANSWER_LIMIT: Duration = Duration::from_mins(11);
/// How long the stream of what a server says by itself may be silent, and how long it lives: it is opened again then.
const SILENCE_LIMIT: Duration = Duration::from_mins(10);
const STREAM_LIMIT: Duration = Duration::from_hours(24);
/// How long the beginning of that stream, and the end of a session, may take.
const SHORT_LIMIT: Duration = Duration::from_secs(15);
/// What is read of a refusal, in bytes.
const REFUSAL_BYTES: usize = 16 * 1024;
/// How often that stream is opened again when it breaks, and how long it is waited for at most.
const REOPENED: usize = 8;
const REOPENED_AFTER: Duration = Duration::from_mins(1);

/// How soon a server may want a stream to be opened again, in ms.
const LEAST_RETRY_MS: u64 = 1_000;
const MOST_RETRY_MS: u64 = 60_000;

type Failure = StreamableHttpError<NetError>;

/// Sends requests to one server. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Requests {
    connector: Connector,
    url: HttpUrl,
    headers: Arc<[(String, String)]>,
}

impl Requests {
    pub(crate) fn new(connector: Connector, url: HttpUrl, headers: Vec<(String, String)>) -> Self {
        Self { connector, url, headers: headers.into() }
    }
}

/// The SDK's transport over these requests.
pub(crate) fn transport(requests: Requests) -> StreamableHttpClientTransport<Requests> {
    // The requests know their address; this names it in the SDK's log.
    let mut config = StreamableHttpClientTransportConfig::with_uri(requests.url.origin().to_string());
    let mut reopening = ExponentialBackoff::default();
    (reopening.max_times, reopening.max_delay) = (Some(REOPENED), Some(REOPENED_AFTER));
    config.retry_config = Arc::new(reopening);
    config.max_sse_event_size = MOST_BYTES;
    config.max_json_response_size = MOST_BYTES;
    StreamableHttpClientTransport::with_client(requests, config)
}

impl Requests {
    /// The request with what each of them has.
    fn prepared(
        &self,
        request: HttpRequest,
        accept: &str,
        session: Option<&str>,
        more: HashMap<HeaderName, HeaderValue>,
    ) -> HttpRequest {
        let mut request = request.header("accept", accept);
        if let Some(session) = session {
            request = request.header(SESSION, session);
        }
        for (name, value) in more {
            // What cannot be a header is refused by the request itself.
            request = request.named_header(name.as_str(), value.to_str().unwrap_or("\0"), false);
        }
        self.headers.iter().fold(request, |request, (name, value)| request.named_header(name, value, true))
    }

    async fn sent(&self, request: HttpRequest) -> Result<HttpStream, Failure> {
        let answer = request.stream(&self.connector).await.map_err(StreamableHttpError::Client)?;
        if answer.status == 401 {
            let wanted = answer.header("www-authenticate").map(one_line).unwrap_or_default();
            return Err(StreamableHttpError::AuthRequired(AuthRequiredError::new(wanted)));
        }
        Ok(answer)
    }
}

impl StreamableHttpClient for Requests {
    type Error = NetError;

    async fn post_message(
        &self,
        _: Arc<str>,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        _: Option<String>,
        more: HashMap<HeaderName, HeaderValue>,
    ) -> Result<StreamableHttpPostResponse, Failure> {
        let body = serde_json::to_vec(&message)?;
        let request = HttpRequest::post(self.url.clone(), JSON, body)
            .answer_within(ANSWER_LIMIT)
            .silence(ANSWER_LIMIT)
            .within(ANSWER_LIMIT);
        let accept = format!("{JSON}, {EVENTS}");
        let answer = self.sent(self.prepared(request, &accept, session.as_deref(), more)).await?;
        if answer.status == 404 && session.is_some() {
            return Err(StreamableHttpError::SessionExpired);
        }
        let asked = match message {
            JsonRpcMessage::Request(request) if !matches!(answer.status, 202 | 204) => request.id,
            _ if answer.is_success() => return Ok(StreamableHttpPostResponse::Accepted),
            // A notification or an answer of ours that is refused.
            _ => return refusal(answer, None).await,
        };
        let session = answer.header(SESSION).map(str::to_owned);
        if !answer.is_success() {
            return refusal(answer, session).await;
        }
        if is_kind(&answer, EVENTS) {
            return Ok(StreamableHttpPostResponse::Sse(events(answer, Some(asked)), session));
        }
        if !is_kind(&answer, JSON) {
            let kind = answer.header("content-type").map(one_line);
            return Err(StreamableHttpError::UnexpectedContentType(kind));
        }
        let whole = answer.collect(MOST_BYTES).await.map_err(StreamableHttpError::Client)?;
        let message = if whole.is_cut {
            failed(asked, TOO_LARGE)
        } else {
            serde_json::from_slice(&whole.body).unwrap_or_else(|_| failed(asked, UNREADABLE))
        };
        Ok(StreamableHttpPostResponse::Json(message, session))
    }

    async fn delete_session(
        &self,
        _: Arc<str>,
        session: Arc<str>,
        _: Option<String>,
        more: HashMap<HeaderName, HeaderValue>,
    ) -> Result<(), Failure> {
        let request = HttpRequest::delete(self.url.clone()).answer_within(SHORT_LIMIT).within(SHORT_LIMIT);
        // A server need not know how to end a session.
        self.sent(self.prepared(request, JSON, Some(&session), more)).await.map(drop)
    }

    async fn get_stream(
        &self,
        _: Arc<str>,
        session: Option<Arc<str>>,
        last: Option<String>,
        _: Option<String>,
        more: HashMap<HeaderName, HeaderValue>,
    ) -> Result<BoxStream<'static, Result<Sse, SseError>>, Failure> {
        let request = HttpRequest::get(self.url.clone())
            .answer_within(SHORT_LIMIT)
            .silence(SILENCE_LIMIT)
            .within(STREAM_LIMIT);
        let mut request = self.prepared(request, EVENTS, session.as_deref(), more);
        if let Some(last) = last {
            request = request.header("last-event-id", &last);
        }
        let answer = self.sent(request).await?;
        match answer.status {
            // It says nothing by itself; some say so in these other ways.
            200..300 if is_kind(&answer, EVENTS) => Ok(events(answer, None)),
            200..300 | 400 | 404 | 405 | 406 | 501 => Err(StreamableHttpError::ServerDoesNotSupportSse),
            status => Err(StreamableHttpError::UnexpectedServerResponse(format!("HTTP {status}").into())),
        }
    }
}

/// A refusal is an error of the protocol, or the server's own words.
async fn refusal(answer: HttpStream, session: Option<String>) -> Result<StreamableHttpPostResponse, Failure> {
    let whole = answer.collect(REFUSAL_BYTES).await.map_err(StreamableHttpError::Client)?;
    if let Ok(message @ ServerJsonRpcMessage::Error(_)) = serde_json::from_slice(&whole.body) {
        return Ok(StreamableHttpPostResponse::Json(message, session));
    }
    let words = one_line(&String::from_utf8_lossy(&whole.body));
    let words = if words.is_empty() { words } else { format!(": {words}") };
    Err(StreamableHttpError::UnexpectedServerResponse(Cow::from(format!("HTTP {}{words}", whole.status))))
}

fn is_kind(answer: &HttpStream, kind: &str) -> bool {
    let essence = answer.header("content-type").and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case(kind))
}

/// The events of a body, which may answer a request. What the server repeats of a secret is taken out.
fn events(answer: HttpStream, asked: Option<RequestId>) -> BoxStream<'static, Result<Sse, SseError>> {
    stream::unfold(Some((answer, Events::default(), asked)), |state| async move {
        let (mut answer, mut events, asked) = state?;
        loop {
            if let Some(mut event) = events.next() {
                event.data = event.data.map(|data| answer.secrets().text(&data));
                // A server that closes at once may not make us come back as often as it likes.
                event.retry = event.retry.map(|ms| ms.clamp(LEAST_RETRY_MS, MOST_RETRY_MS));
                return Some((Ok(event), Some((answer, events, asked))));
            }
            let error: Box<dyn std::error::Error + Send + Sync> = match answer.next().await {
                Ok(Some(piece)) => match (events.take(&piece), asked.clone()) {
                    (Ok(()), _) => continue,
                    (Err(_), Some(asked)) => {
                        let told = serde_json::to_string(&failed(asked, TOO_LARGE)).ok();
                        return Some((Ok(Sse { data: told, ..Sse::default() }), None));
                    }
                    (Err(error), None) => Box::new(error),
                },
                Ok(None) => return None,
                Err(error) => Box::new(error),
            };
            return Some((Err(SseError::Body(error)), None));
        }
    })
    .boxed()
}
