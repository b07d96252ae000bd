//! Thinking by a language model: any endpoint that speaks OpenAI's chat completions, on this machine or over https.
//!
//! A question is a task of its own (`exchange`); what it brings waits in a bounded queue and wakes the session. Dropping
//! an [`LlmReply`] ends the request. Errors are words for the person, and the built-in intents answer instead.

mod chat_request;
mod endpoint;
mod exchange;
mod sse;

use live_server::Waker;
use net::{Connector, NetworkFault, Scrubber};
use serde_json::Value;
use speech::sentences;
use thiserror::Error;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

pub(crate) use chat_request::{ChatRequest, call_answered, calls_made, declared};
pub use endpoint::{LlmEndpoint, LlmEndpointError};
pub(crate) use sse::RequestedCall;

use exchange::{Key, Server};

/// Pieces of an answer that wait for the session.
const QUEUE: usize = 32;

/// The language model of a server.
#[derive(Debug)]
pub(crate) struct Llm {
    server: Result<Server, LlmEndpointError>,
    model: String,
}

/// What became of a question. The texts complete "my language model can't be used: …".
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum LlmError {
    #[error("{0}")]
    Endpoint(LlmEndpointError),
    #[error("its server can't be reached, {}", reason(*.0))]
    Unreachable(NetworkFault),
    #[error("its server can't be reached, {0}")]
    OnTheWay(String),
    #[error("its server refuses with status {code}{}", behind(words))]
    Status { code: u16, words: String },
    #[error("it did not answer in time")]
    TimedOut,
    #[error("its server does not stream an answer, but {0}")]
    NoStream(String),
    #[error("its answer broke off")]
    BrokenOff,
    #[error("its server says: {0}")]
    Server(String),
    #[error("it called the function {0}, which this app did not declare")]
    NoFunction(String),
    #[error("it called functions over and over")]
    Endless,
}

impl LlmError {
    /// It called what does not exist.
    pub(crate) fn no_function(name: &str) -> Self {
        Self::NoFunction(plain(name, 128))
    }
}

/// What a question's task tells.
#[derive(Debug)]
enum Event {
    Text(String),
    /// The end: text that was held back, and the calls that the model wants made.
    Done {
        rest: String,
        calls: Vec<RequestedCall>,
    },
    Failed(LlmError),
}

/// How an answer ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum LlmOutcome {
    /// The model wants these calls made; none when it is done.
    Done(Vec<RequestedCall>),
    Failed(LlmError),
}

/// A question that is being answered.
pub(crate) struct LlmReply {
    events: mpsc::Receiver<Event>,
    task: JoinHandle<Option<()>>,
    text: String,
    /// Sentences of the text that were handed out.
    given: usize,
    ended: Option<LlmOutcome>,
}

impl Llm {
    pub(crate) fn new(endpoint: &LlmEndpoint, connector: Connector) -> Self {
        let server = endpoint.url().map(|url| Server { url, key: endpoint.key.clone().map(Key), connector });
        Self { server, model: endpoint.model.trim().to_owned() }
    }

    /// Asks; the session is woken with each piece of the answer. Needs a tokio runtime.
    pub(crate) fn ask(&self, question: ChatRequest, waker: &Waker) -> LlmReply {
        let (sender, events) = mpsc::channel(QUEUE);
        let (server, waker) = (self.server.clone(), waker.clone());
        let question = question.of_model(&self.model);
        let task = threads::task("llm", async move {
            let asking = async {
                match server {
                    Ok(server) => exchange::ask(server, question, sender, waker.clone()).await,
                    Err(error) => {
                        let _ = sender.send(Event::Failed(LlmError::Endpoint(error))).await;
                        waker.wake();
                    }
                }
            };
            if let Err(death) = threads::catch_async("llm", asking).await {
                threads::Owner::current().tell(death);
                waker.report_panic();
            }
        });
        LlmReply { events, task, text: String::new(), given: 0, ended: None }
    }
}

impl Drop for LlmReply {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl LlmReply {
    /// The next sentence that is whole, if there is one.
    pub(crate) fn sentence(&mut self) -> Option<String> {
        while self.ended.is_none() {
            match self.events.try_recv() {
                Ok(Event::Text(text)) => self.write(&text),
                Ok(Event::Done { rest, calls }) => {
                    self.write(&rest);
                    self.ended = Some(LlmOutcome::Done(calls));
                }
                Ok(Event::Failed(error)) => self.ended = Some(LlmOutcome::Failed(error)),
                Err(mpsc::error::TryRecvError::Empty) => break,
                // Its task is gone without a word: it panicked, and the waker tells the session.
                Err(mpsc::error::TryRecvError::Disconnected) => {
                    self.ended = Some(LlmOutcome::Failed(LlmError::BrokenOff));
                }
            }
        }
        let mut all = sentences(&self.text);
        // What stands last may go on.
        let whole = if self.ended.is_some() { all.len() } else { all.len().saturating_sub(1) };
        (self.given < whole).then(|| {
            self.given += 1;
            std::mem::take(&mut all[self.given - 1])
        })
    }

    /// How it ended, once it did and every sentence was handed out.
    pub(crate) fn ended(&self) -> Option<&LlmOutcome> {
        self.ended.as_ref()
    }

    /// Appends what is spoken: without the signs that only a page shows.
    fn write(&mut self, text: &str) {
        for letter in text.chars() {
            match letter {
                '*' | '#' | '`' => {}
                // Nothing that is spoken, and a terminal may obey it.
                letter if letter.is_control() && letter != '\n' => {}
                // A line's end is a pause, and ends a heading or an entry of a list.
                '\n' => {
                    if self.text.ends_with(char::is_alphanumeric) {
                        self.text.push('.');
                    }
                    self.text.push(' ');
                }
                letter => self.text.push(letter),
            }
        }
    }
}

fn reason(kind: NetworkFault) -> &'static str {
    match kind {
        NetworkFault::Refused => "the connection is refused",
        _ => "there is no connection",
    }
}

fn behind(words: &str) -> String {
    if words.is_empty() { String::new() } else { format!(" and says: {words}") }
}

/// The message in an error's JSON, without the secrets of the request, cut to what can be said.
fn words_of_error(value: &Value, secrets: &Scrubber) -> String {
    let found = ["/error/message", "/message", "/error", "/detail", ""]
        .iter()
        .find_map(|place| value.pointer(place)?.as_str());
    let found = secrets.text(found.unwrap_or_default());
    plain(found.trim().trim_end_matches('.'), 200)
}

/// So much of a text that somebody else wrote, without what steers a terminal.
fn plain(text: &str, most: usize) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(most).collect()
}

#[cfg(test)]
mod tests;
