//! A text that is still being written while it is spoken: each sentence as soon as it is whole.

use std::collections::VecDeque;

use super::voiced::{NextWord, SessionVoice, SpokenText};
use crate::llm::{LlmOutcome, LlmReply};

/// Sentences in work: the next is made into sound while this one is sent. Further ones wait with whoever writes them.
const AHEAD: usize = 2;

/// What a language model says.
pub(crate) struct Streamed {
    voice: SessionVoice,
    asking: LlmReply,
    sayings: VecDeque<SpokenText>,
    begun: bool,
}

impl Streamed {
    pub(super) fn new(voice: SessionVoice, asking: LlmReply) -> Self {
        Self { voice, asking, sayings: VecDeque::new(), begun: false }
    }

    pub(super) fn next(&mut self) -> NextWord {
        loop {
            while self.sayings.len() < AHEAD
                && let Some(sentence) = self.asking.sentence()
            {
                self.sayings.push_back(self.voice.say(&sentence));
            }
            let Some(saying) = self.sayings.front_mut() else {
                return if self.asking.ended().is_some() { NextWord::End } else { NextWord::NotYet };
            };
            match saying.next() {
                NextWord::Word(mut word) => {
                    if !word.text.is_empty()
                        && std::mem::replace(&mut self.begun, true)
                        && !word.text.starts_with(' ')
                    {
                        word.text.insert(0, ' ');
                    }
                    return NextWord::Word(word);
                }
                NextWord::NotYet => return NextWord::NotYet,
                // Of this sentence; more of them may follow.
                NextWord::WordsDone => {}
                NextWord::End => drop(self.sayings.pop_front()),
            }
        }
    }

    /// Whether no word of it is known.
    pub(super) fn awaits_words(&self) -> bool {
        !self.begun && !self.asking.has_words()
    }

    /// How the writing ended, once all of it was spoken.
    pub(super) fn ended(&self) -> Option<&LlmOutcome> {
        self.asking.ended().filter(|_| self.sayings.is_empty())
    }
}
