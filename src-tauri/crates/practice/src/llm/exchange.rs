//! One question over one connection: the answer as it streams. A task of its own; dropping it ends the request.
//!
//! Bounded in time and size, whatever the other side sends.

use std::fmt;
use std::time::Duration;

use live_server::Waker;
use net::http::{HttpRequest, HttpStream};
use net::{Connector, HttpUrl, NetError, NetworkFault, Scrubber};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::chat_request::ChatRequest;
use super::sse::Completion;
use super::{Event, LlmError, words_of_error};

/// Of a refusal's words, in bytes.
const MOST_REFUSAL: usize = 16 << 10;
/// Of a whole answer, thoughts included, in bytes.
const MOST_STREAM: usize = 4 << 20;
/// Of what is spoken, in characters: some four minutes.
const MOST_TEXT: usize = 4_000;

/// From the open connection to the first of the answer: a model may have to be loaded for it.
pub(super) const ANSWER_LIMIT: Duration = Duration::from_mins(1);
/// Between two pieces of it.
const SILENCE_LIMIT: Duration = Duration::from_secs(20);
/// All of it, a second try without the picture included.
const WHOLE_LIMIT: Duration = Duration::from_mins(4);

/// Whom to ask, and by which way.
#[derive(Clone, Debug)]
pub(super) struct Server {
    pub(super) url: HttpUrl,
    pub(super) key: Option<Key>,
    pub(super) connector: Connector,
}

/// A key, which `Debug` does not show.
#[derive(Clone)]
pub(super) struct Key(pub(super) String);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// Asks, and tells each event to the session, and wakes it.
pub(super) async fn ask(server: Server, question: ChatRequest, events: mpsc::Sender<Event>, waker: Waker) {
    let last = match timeout(WHOLE_LIMIT, exchange(&server, &question, &events, &waker)).await {
        Ok(Ok(last)) => last,
        Ok(Err(error)) => Event::Failed(error),
        Err(_) => Event::Failed(LlmError::TimedOut),
    };
    // Nobody listens when the question was dropped meanwhile.
    let _ = events.send(last).await;
    waker.wake();
}

async fn exchange(
    server: &Server,
    question: &ChatRequest,
    events: &mpsc::Sender<Event>,
    waker: &Waker,
) -> Result<Event, LlmError> {
    let mut answer = request(server, question.body(true)).await?;
    // Models without eyes refuse the picture, each server with a status of its own.
    if question.has_picture() && matches!(answer.status, 400 | 415 | 422 | 500 | 501) {
        answer = request(server, question.body(false)).await?;
    }
    if !answer.is_success() {
        return Err(refusal(answer).await);
    }
    let mut completion = Completion::scrubbing(answer.secrets().clone());
    let (mut bytes, mut letters) = (0, 0);
    while !completion.is_finished() {
        let Some(piece) = answer.next().await.map_err(|error| failed(&error))? else { break };
        bytes += piece.len();
        let text = completion.push(&piece)?;
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

/// Sends the question, and returns the answer once its head is there.
async fn request(server: &Server, body: Vec<u8>) -> Result<HttpStream, LlmError> {
    let mut request = HttpRequest::post(server.url.clone(), "application/json", body)
        .header("accept", "text/event-stream")
        .answer_within(ANSWER_LIMIT)
        .silence(SILENCE_LIMIT)
        .within(WHOLE_LIMIT);
    if let Some(Key(key)) = &server.key {
        request = request.secret_header("authorization", &format!("Bearer {key}"));
    }
    request.stream(&server.connector).await.map_err(|error| failed(&error))
}

/// Takes the words of a refusal, as far as they come in time. They hold no key any more.
async fn refusal(answer: HttpStream) -> LlmError {
    let code = answer.status;
    let words = match timeout(SILENCE_LIMIT, answer.collect(MOST_REFUSAL)).await {
        Ok(Ok(answer)) => serde_json::from_slice(&answer.body)
            .map(|value| words_of_error(&value, &Scrubber::default()))
            .unwrap_or_default(),
        _ => String::new(),
    };
    LlmError::Status { code, words }
}

/// The one mapping of what went wrong on the way.
fn failed(error: &NetError) -> LlmError {
    match error {
        NetError::Network { kind: NetworkFault::TimedOut, .. } => LlmError::TimedOut,
        NetError::Network { kind: NetworkFault::Broken, .. } => LlmError::BrokenOff,
        NetError::Network { kind, .. } => LlmError::Unreachable(*kind),
        // What it says begins with the host, which the sentence has already.
        NetError::Tls { fault, .. } => LlmError::OnTheWay(format!("it {fault}")),
        NetError::Proxy { .. } => LlmError::OnTheWay(error.to_string()),
        NetError::BadAnswer { .. } => LlmError::NoStream("no HTTP".to_owned()),
    }
}
