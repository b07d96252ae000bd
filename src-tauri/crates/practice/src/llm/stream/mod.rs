//! The body of a streamed chat completion: lines to events (`sse`), events to text and calls (`completion`), calls that come in
//! pieces (`call_pieces`), and what a model writes into its text that is none: thoughts, calls and tokens (`written`,
//! `written_calls`). Pure and bounded.
//!
//! Servers and models differ in all of it; `recorded` has a stream of each kind.

mod arguments;
mod call_pieces;
mod completion;
#[cfg(test)]
mod recorded;
mod sse;
mod words_of_error;
mod written;
mod written_calls;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

pub(super) use completion::{Completion, End};
pub(super) use words_of_error::{plain, words_of_error};

/// Calls in one answer.
const CALLS: usize = 8;
/// The longest arguments of a call, in bytes.
const ARGUMENTS: usize = 64 << 10;
/// The longest name of a function, in bytes.
const NAME: usize = 128;

/// A function that the model wants called.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct RequestedCall {
    pub(crate) name: String,
    pub(crate) args: Map<String, Value>,
}

/// What is wrong with a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum StreamError {
    /// It is no stream of completions, but this.
    NoStream(&'static str),
    /// The server says this in the stream.
    Server(String),
}

/// How a text is read.
#[derive(Clone, Debug, Default)]
pub(super) struct Reading {
    /// The names of the functions that may be called: JSON in a text is a call when it names one of them.
    pub(super) functions: BTreeSet<String>,
    /// The text begins within a thought that only its end marks.
    pub(super) begins_in_thought: bool,
}
