//! What is known of the turn in progress: what it answers, and what was sent of it. Pure.

use super::negotiated_setup::{NegotiatedSetup, Output};
use crate::agent::Delivery;

/// Where what is answered comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Speech,
    /// Text in the stream (`realtimeInput.text`).
    Stream,
    /// A turn (`clientContent`).
    Typed,
    /// The answer to a call.
    Call,
}

/// What was sent of the turn in progress.
#[derive(Debug, Default)]
pub(super) struct TurnFrames {
    /// Whether what comes before everything else was sent.
    pub(super) opened: bool,
    /// Whether the end of the transcript was sent.
    pub(super) words_done: bool,
    pub(super) word_bytes: usize,
    pub(super) call_bytes: usize,
    pub(super) thought_bytes: usize,
    /// Whether the end of the turn keeps its usage to itself.
    pub(super) hides_usage: bool,
}

/// How the session's agent is to give what it says.
pub(super) fn delivery(setup: &NegotiatedSetup) -> Delivery {
    match setup.output {
        Output::Text | Output::Nothing => Delivery::WordsOnly,
        Output::Sound if setup.behaviour.words_all_first => Delivery::WordsFirst,
        Output::Sound => Delivery::Together,
    }
}
