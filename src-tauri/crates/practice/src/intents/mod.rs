//! What the practice partner answers to words: a good, honest, small assistant without any model. Pure: the clock is read by the
//! caller, the memory is handed in, and the same words at the same time after the same history get the same answer.
//!
//! Its rooms, each knowing only those before it: `text` (words, quantities, sentences), `places`, `dates`, `own` (what it knows by
//! itself), `memory`, `functions` (which declared function is meant), `arguments` (what to call it with), `results` (what came of
//! it), `manners` (how it behaves), `answer` (what is meant first).
//!
//! Its sentences stand in these modules, beside what they answer, and not in the catalogue of texts (ADR 9): they are a model's
//! speech, in English as its ears are, and no part of the window.

mod answer;
mod arguments;
mod dates;
mod functions;
mod manners;
mod memory;
mod own;
mod places;
mod results;
mod text;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use live_proto::wire::FunctionDeclaration;
use serde_json::{Map, Value};
use tokio::time::Instant;

pub(crate) use answer::{answer, greeting, timer};
pub(crate) use memory::{Memory, Role};
pub(crate) use own::{PictureFacts, sentence_of_picture};
pub(crate) use results::{joined, sentence_of};

/// What is known when a question is answered.
pub(crate) struct IntentContext<'a> {
    /// Whether spoken words are understood.
    pub(crate) hears: bool,
    /// Whether a real voice speaks.
    pub(crate) speaks: bool,
    /// The system instruction.
    pub(crate) instructions: &'a str,
    /// The functions that the client declared.
    pub(crate) functions: &'a [FunctionDeclaration],
    /// The local time.
    pub(crate) now: DateTime,
    /// Where that is.
    pub(crate) zone: TimeZone,
    /// The same moment, for timers.
    pub(crate) instant: Instant,
}

/// What the partner does about a question.
#[derive(Debug, PartialEq)]
pub(crate) enum IntentAnswer {
    /// Says this.
    Say(String),
    /// Says this, if it is anything, looks at the newest pictures, and says what their pixels tell.
    Look {
        /// Said first.
        before: String,
    },
    /// Calls declared functions.
    Call {
        /// Said with the results, before them; may be empty.
        before: String,
        /// At least one, in order.
        calls: Vec<WantedCall>,
    },
}

/// A call of a declared function.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WantedCall {
    /// The function's name as declared.
    pub(crate) name: String,
    /// Arguments that fit its schema.
    pub(crate) args: Map<String, Value>,
    /// What [`sentence_of`] wants to know again when the result is there.
    pub(crate) note: Value,
}

#[cfg(test)]
mod tests;
