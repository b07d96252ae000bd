//! One question: asked, asked again in the shape that the server takes, and the answer as it streams. A task of its own;
//! dropping it ends the request.
//!
//! Bounded in time and size, whatever the other side sends.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use live_server::Waker;
use net::http::{HttpRequest, HttpStream};
use net::{Connector, HttpUrl, NetError, NetworkFault, Scrubber, is_loopback};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

use super::chat_request::{ChatRequest, Functions, Quick, Shape};
use super::error::LlmError;
use super::refusal::{Objection, objection, shorter, without};
use super::reply::Event;
use super::stream::{Completion, End, Reading, StreamError, plain, words_of_error};

/// Of a refusal's words, in bytes.
const MOST_REFUSAL: usize = 16 << 10;
/// Of one that is no JSON, in characters.
const MOST_PLAIN: usize = 200;
/// Of a whole answer, thoughts included, in bytes.
const MOST_STREAM: usize = 4 << 20;
/// Of what is spoken, in characters: some four minutes.
const MOST_TEXT: usize = 4_000;
/// So often one question is asked, a model that is loading left out.
const MOST_TRIES: usize = 8;

/// From the open connection to the first of the answer: a model may have to be loaded for it.
pub(super) const ANSWER_LIMIT: Duration = Duration::from_mins(1);
/// Between two pieces of it.
const SILENCE_LIMIT: Duration = Duration::from_secs(20);
/// All of it, further tries included.
const WHOLE_LIMIT: Duration = Duration::from_mins(4);
/// Between two questions to a server whose model is loading.
const LOADING_PAUSE: Duration = Duration::from_millis(500);

/// Whom to ask, and by which way.
#[derive(Clone, Debug)]
pub(super) struct Server {
    pub(super) url: HttpUrl,
    pub(super) key: Option<Key>,
    pub(super) connector: Connector,
    pub(super) learnt: Arc<Mutex<Learnt>>,
}

/// A key, which `Debug` does not show.
#[derive(Clone)]
pub(super) struct Key(pub(super) String);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// What the answers so far tell of a server and its model, so that the next question is asked rightly at once.
#[derive(Debug)]
pub(super) struct Learnt {
    shape: Shape,
    /// Its answers begin within a thought, if anything is known of that.
    begins_in_thought: Option<bool>,
    /// It thinks, though it is asked not to.
    thinks: bool,
}

/// Models whose templates begin the thought, so that only its end is in the answer, by a part of their names.
const BEGIN_IN_THOUGHT: [&str; 5] = ["deepseek-r1", "r1-distill", "qwq", "thinking", "reasoning"];

impl Learnt {
    /// What is likely of a model that was not asked yet. Only a server on this computer is told not to think: services
    /// refuse fields that they do not know.
    pub(super) fn of(url: &HttpUrl, model: &str) -> Self {
        let quick = if is_loopback(&url.origin().host) { Quick::Both } else { Quick::No };
        let shape =
            Shape { picture: true, functions: Functions::Declared, system: true, quick, newest: usize::MAX };
        let model = model.to_lowercase();
        let begins = BEGIN_IN_THOUGHT.iter().any(|name| model.contains(name));
        Self { shape, begins_in_thought: begins.then_some(true), thinks: false }
    }
}

/// Why an attempt brought no answer.
enum Failed {
    /// The server objects, and another question may help.
    Refused { error: LlmError, objection: Objection },
    /// It is over.
    Over(LlmError),
}

impl From<LlmError> for Failed {
    fn from(error: LlmError) -> Self {
        Self::Over(error)
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
    let began = Instant::now();
    let mut shape = server.shape();
    shape.picture &= question.has_picture();
    if !question.has_functions() {
        shape.functions = Functions::None;
    }
    let mut tries = 0;
    loop {
        let (error, objection) = match attempt(server, question, shape, events, waker).await {
            Ok(last) => {
                server.took(shape, question);
                return Ok(last);
            }
            Err(Failed::Over(error)) => return Err(error),
            Err(Failed::Refused { error, objection }) => (error, objection),
        };
        if objection == Objection::Loading {
            if began.elapsed() > ANSWER_LIMIT {
                return Err(LlmError::Loading);
            }
            sleep(LOADING_PAUSE).await;
            continue;
        }
        tries += 1;
        let next = without(shape, objection, question.length()).filter(|_| tries < MOST_TRIES);
        shape = match (next, objection) {
            (Some(next), _) => next,
            (None, Objection::TooLong) => return Err(LlmError::TooLong),
            (None, _) => return Err(error),
        };
    }
}

impl Server {
    fn learnt<T>(&self, use_it: impl FnOnce(&mut Learnt) -> T) -> T {
        use_it(&mut self.learnt.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn shape(&self) -> Shape {
        self.learnt(|learnt| learnt.shape)
    }

    fn reading(&self, question: &ChatRequest) -> Reading {
        let begins_in_thought = self.learnt(|learnt| learnt.begins_in_thought == Some(true));
        Reading { functions: question.names().collect(), begins_in_thought }
    }

    /// A question of this shape was answered. How long a conversation may be is another matter the next time, and so is what
    /// the question did not hold.
    fn took(&self, shape: Shape, question: &ChatRequest) {
        self.learnt(|learnt| {
            let known = learnt.shape;
            let picture = if question.has_picture() { shape.picture } else { known.picture };
            // Where functions were left out because of the length they are taken another time.
            let is_told = question.has_functions() && shape.functions != Functions::None;
            let functions = if is_told { shape.functions } else { known.functions };
            learnt.shape = Shape { picture, functions, newest: usize::MAX, ..shape };
        });
    }

    /// The answer ended so, after so many letters that were not held back.
    fn learn(&self, end: &End, letters: usize) {
        self.learnt(|learnt| {
            if end.began_in_thought {
                learnt.begins_in_thought = Some(true);
            } else if letters == 0 && !end.rest.is_empty() && learnt.begins_in_thought == Some(true) {
                // It was held back for nothing.
                learnt.begins_in_thought = Some(false);
            }
            learnt.thinks |= end.thought;
        });
    }
}

/// Asks once.
async fn attempt(
    server: &Server,
    question: &ChatRequest,
    shape: Shape,
    events: &mpsc::Sender<Event>,
    waker: &Waker,
) -> Result<Event, Failed> {
    let thinks = server.learnt(|learnt| learnt.thinks);
    let mut answer = request(server, question.body(shape, thinks)).await?;
    if !answer.is_success() {
        return Err(refused(answer).await);
    }
    let mut completion = Completion::new(server.reading(question), answer.secrets().clone());
    let (mut bytes, mut letters) = (0, 0);
    while !completion.is_finished() {
        let Some(piece) = answer.next().await.map_err(|error| failed(&error))? else { break };
        bytes += piece.len();
        let text = completion.push(&piece).map_err(|error| in_stream(error, letters))?;
        if !text.is_empty() {
            letters += text.trim().chars().count();
            events.send(Event::Text(text)).await.map_err(|_| LlmError::BrokenOff)?;
            waker.wake();
        }
        if letters > MOST_TEXT || bytes > MOST_STREAM {
            if letters == 0 {
                return Err(LlmError::NoStream("megabytes without a word of it".to_owned()).into());
            }
            // What is cut is the answer's end, and calls come at its end.
            return Ok(Event::Done { rest: String::new(), calls: Vec::new() });
        }
    }
    let end = completion.finish().map_err(|error| in_stream(error, letters))?;
    server.learn(&end, letters);
    let is_empty = letters == 0 && end.rest.trim().is_empty() && end.calls.is_empty();
    match end {
        _ if is_empty && bytes == 0 => Err(LlmError::NoStream("nothing".to_owned()).into()),
        // LM Studio is silent when the conversation is longer than what the model reads.
        End { is_whole: true, thought: false, .. }
            if is_empty && shorter(shape, question.length()).is_some() =>
        {
            Err(Failed::Refused { error: LlmError::Empty, objection: Objection::TooLong })
        }
        End { is_whole: true, .. } if is_empty => Err(LlmError::Empty.into()),
        End { is_whole: false, .. } => Err(LlmError::BrokenOff.into()),
        End { rest, calls, .. } => Ok(Event::Done { rest, calls }),
    }
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
async fn refused(answer: HttpStream) -> Failed {
    let code = answer.status;
    let (words, all) = match timeout(SILENCE_LIMIT, answer.collect(MOST_REFUSAL)).await {
        Ok(Ok(answer)) => {
            let all = String::from_utf8_lossy(&answer.body).into_owned();
            let words = match serde_json::from_str(&all) {
                Ok(value) => words_of_error(&value, &Scrubber::default()),
                // Some say it in plain words; a page is no words.
                Err(_) if all.contains('<') => String::new(),
                Err(_) => plain(all.trim().trim_end_matches('.'), MOST_PLAIN),
            };
            (words, all)
        }
        _ => (String::new(), String::new()),
    };
    Failed::Refused { error: LlmError::Status { code, words }, objection: objection(code, &all) }
}

/// An error within a stream is a refusal as long as nothing was said.
fn in_stream(error: StreamError, letters: usize) -> Failed {
    match error {
        StreamError::Server(words) if letters == 0 => {
            let objection = match objection(400, &words) {
                // Servers tell here of all that goes wrong, and asking again changes little.
                Objection::Something => Objection::Final,
                objection => objection,
            };
            Failed::Refused { error: LlmError::Server(words), objection }
        }
        StreamError::Server(words) => Failed::Over(LlmError::Server(words)),
        StreamError::NoStream(what) => Failed::Over(LlmError::NoStream(what.to_owned())),
    }
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
