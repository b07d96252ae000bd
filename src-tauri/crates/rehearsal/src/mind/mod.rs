//! Thinking by a language model: any endpoint that speaks OpenAI's chat completions, on this machine or over https.
//!
//! A question is a task of its own (`line`); what it brings waits in a bounded queue and rings the session's bell. Dropping
//! an [`Asking`] ends the request. Errors are words for the person, and the built-in intents answer instead.

mod body;
mod connect;
mod endpoint;
mod line;
mod sse;

use std::io;
use std::sync::Arc;

use serde_json::Value;
use speech::sentences;
use thiserror::Error;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::workshop::Bell;

pub(crate) use body::{Question, call_answered, calls_made, declared};
pub use connect::{Connect, NoStream, Stream};
pub use endpoint::{Endpoint, EndpointError};
pub(crate) use sse::Wanted;

use endpoint::Site;
use line::{Address, Limits};

/// Pieces of an answer that wait for the session.
const QUEUE: usize = 32;

/// The language model of a server.
#[derive(Debug)]
pub(crate) struct Mind {
    address: Result<Address, EndpointError>,
    model: String,
}

/// What became of a question. The texts complete "my language model can't be used: …".
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum AskError {
    #[error("{0}")]
    Endpoint(EndpointError),
    #[error("its server can't be reached, {}", reason(*.0))]
    Unreachable(io::ErrorKind),
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
    Told(String),
    #[error("it called the function {0}, which this app did not declare")]
    NoFunction(String),
    #[error("it called functions over and over")]
    Endless,
}

impl AskError {
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
        calls: Vec<Wanted>,
    },
    Failed(AskError),
}

/// How an answer ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Ended {
    /// The model wants these calls made; none when it is done.
    Done(Vec<Wanted>),
    Failed(AskError),
}

/// A question that is being answered.
pub(crate) struct Asking {
    events: mpsc::Receiver<Event>,
    task: JoinHandle<Option<()>>,
    text: String,
    /// Sentences of the text that were handed out.
    given: usize,
    ended: Option<Ended>,
}

impl Mind {
    pub(crate) fn new(endpoint: &Endpoint, connect: Option<Arc<dyn Connect>>) -> Self {
        let address = Site::of(endpoint).map(|site| {
            let key = endpoint.key.clone();
            Address { site, key, limits: Limits::USUAL, connect }
        });
        Self { address, model: endpoint.model.trim().to_owned() }
    }

    /// Asks; the bell rings with each piece of the answer. Needs a tokio runtime.
    pub(crate) fn ask(&self, question: Question, bell: &Bell) -> Asking {
        let (sender, events) = mpsc::channel(QUEUE);
        let (address, bell) = (self.address.clone(), bell.clone());
        let question = question.of_model(&self.model);
        let task = threads::task("mind", async move {
            let asking = async {
                match address {
                    Ok(address) => line::ask(address, question, sender, bell.clone()).await,
                    Err(error) => {
                        let _ = sender.send(Event::Failed(AskError::Endpoint(error))).await;
                        bell.notify_one();
                    }
                }
            };
            if let Err(death) = threads::catch_async("mind", asking).await {
                threads::Owner::current().tell(death);
                bell.report_panic();
            }
        });
        Asking { events, task, text: String::new(), given: 0, ended: None }
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Asking {
    /// The next sentence that is whole, if there is one.
    pub(crate) fn sentence(&mut self) -> Option<String> {
        while self.ended.is_none() {
            match self.events.try_recv() {
                Ok(Event::Text(text)) => self.write(&text),
                Ok(Event::Done { rest, calls }) => {
                    self.write(&rest);
                    self.ended = Some(Ended::Done(calls));
                }
                Ok(Event::Failed(error)) => self.ended = Some(Ended::Failed(error)),
                Err(mpsc::error::TryRecvError::Empty) => break,
                // Its task is gone without a word: it panicked, and the bell tells the session.
                Err(mpsc::error::TryRecvError::Disconnected) => {
                    self.ended = Some(Ended::Failed(AskError::BrokenOff));
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
    pub(crate) fn ended(&self) -> Option<&Ended> {
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

fn reason(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::ConnectionRefused => "the connection is refused",
        io::ErrorKind::InvalidData => "its certificate is not trusted",
        io::ErrorKind::TimedOut => "it is too far away",
        _ => "there is no connection",
    }
}

fn behind(words: &str) -> String {
    if words.is_empty() { String::new() } else { format!(" and says: {words}") }
}

/// The message in an error's JSON, cut to what can be said.
fn words_of_error(value: &Value) -> String {
    let found = ["/error/message", "/message", "/error", "/detail", ""]
        .iter()
        .find_map(|place| value.pointer(place)?.as_str());
    plain(found.unwrap_or_default().trim().trim_end_matches('.'), 200)
}

/// So much of a text that somebody else wrote, without what steers a terminal.
fn plain(text: &str, most: usize) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(most).collect()
}

#[cfg(test)]
mod tests;
