//! What is being said: a text that is there, or one that a language model is still writing.

use super::streamed::Streamed;
use super::voiced::{NextWord, SessionVoice, SpokenText};
use crate::llm::{LlmOutcome, LlmReply};

/// Something that is being said.
pub(crate) enum Utterance {
    Text(SpokenText),
    Streamed(Box<Streamed>),
}

impl From<SpokenText> for Utterance {
    fn from(text: SpokenText) -> Self {
        Self::Text(text)
    }
}

impl SessionVoice {
    /// What a language model is writing, to be said as it comes.
    pub(crate) fn read_out(&self, asking: LlmReply) -> Utterance {
        Utterance::Streamed(Box::new(Streamed::new(self.clone(), asking)))
    }
}

impl Utterance {
    pub(crate) fn next(&mut self) -> NextWord {
        match self {
            Self::Text(text) => text.next(),
            Self::Streamed(streamed) => streamed.next(),
        }
    }

    /// Whether a language model has not written a word of it yet.
    pub(crate) fn awaits_words(&self) -> bool {
        matches!(self, Self::Streamed(streamed) if streamed.awaits_words())
    }

    /// How a language model ended, once all that it wrote was said.
    pub(crate) fn ended(&self) -> Option<&LlmOutcome> {
        match self {
            Self::Streamed(streamed) => streamed.ended(),
            Self::Text(_) => None,
        }
    }
}
