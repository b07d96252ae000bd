//! What went wrong with a question. The texts complete "my language model can't be used: …".

use net::NetworkFault;
use thiserror::Error;

use super::endpoint::LlmEndpointError;
use super::stream::plain;

/// The longest name of a function that is said, in characters.
const NAME: usize = 128;

/// Why a question has no answer.
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
    #[error("it is still loading")]
    Loading,
    #[error("what was said is more than it can read at once")]
    TooLong,
    #[error("it did not answer in time")]
    TimedOut,
    #[error("its server does not stream an answer, but {0}")]
    NoStream(String),
    #[error("its answer broke off")]
    BrokenOff,
    #[error("it gave no answer")]
    Empty,
    #[error("its server says: {}", or_nothing(.0))]
    Server(String),
    #[error("it called the function {0}, which this app did not declare")]
    NoFunction(String),
    #[error("it called functions over and over")]
    Endless,
}

impl LlmError {
    /// It called what does not exist.
    pub(crate) fn no_function(name: &str) -> Self {
        Self::NoFunction(plain(name, NAME))
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

fn or_nothing(words: &str) -> &str {
    if words.is_empty() { "there was an error" } else { words }
}
