//! The conversation as text, for a new session when the handle is stale (PROTOCOL.md §3.2). Pure; bounded, the oldest
//! turns are dropped first.
//!
//! The current exchange stays open. If its connection breaks before a checkpoint covers it, the exchange is sent again
//! and its transcript arrives again, so the open text is dropped.

use std::collections::VecDeque;

use super::event::Generation;
use crate::wire::Content;

/// The most turns that are kept.
const TURNS: usize = 200;
/// The most bytes of text that are kept: about an hour of speech, or 15 000 tokens.
const BYTES: usize = 64 << 10;

#[derive(Debug, Default)]
pub(super) struct History {
    turns: VecDeque<Turn>,
    bytes: usize,
    /// Number of turns at the end that no checkpoint covers.
    uncovered: usize,
    user: String,
    reply: String,
    /// Whether a checkpoint split the open exchange. Then it is not sent again as a whole.
    open_is_covered: bool,
}

#[derive(Debug)]
struct Turn {
    role: &'static str,
    text: String,
    generation: Generation,
}

impl History {
    /// Adds a piece of what the person said or typed.
    pub(super) fn user_said(&mut self, text: &str) {
        push_bounded(&mut self.user, text);
    }

    /// Adds a piece of what the model said in this reply. Late pieces are added to the reply that is already complete.
    pub(super) fn model_said(&mut self, generation: Generation, text: &str) {
        match self.turns.back_mut() {
            Some(last) if last.role == "model" && last.generation == generation => {
                let before = last.text.len();
                push_bounded(&mut last.text, text);
                self.bytes += last.text.len() - before;
            }
            _ => push_bounded(&mut self.reply, text),
        }
    }

    /// Completes the exchange: it will not be sent again.
    pub(super) fn complete(&mut self, generation: Generation) {
        for (role, text) in
            [("user", std::mem::take(&mut self.user)), ("model", std::mem::take(&mut self.reply))]
        {
            if !text.is_empty() {
                self.bytes += text.len();
                self.turns.push_back(Turn { role, text, generation });
                self.uncovered += 1;
            }
        }
        self.open_is_covered = false;
        while self.turns.len() > TURNS || self.bytes > BYTES {
            let Some(oldest) = self.turns.pop_front() else { break };
            self.bytes -= oldest.text.len();
        }
        self.uncovered = self.uncovered.min(self.turns.len());
    }

    /// Marks all turns as covered. `within_open` says that the checkpoint lies within the open exchange.
    pub(super) fn checkpoint(&mut self, within_open: bool) {
        self.uncovered = 0;
        self.open_is_covered = within_open && self.is_open();
    }

    /// Handles a lost connection. Returns true when the open exchange will be sent again from its beginning.
    pub(super) fn on_connection_lost(&mut self) -> bool {
        if self.open_is_covered {
            return false;
        }
        self.user.clear();
        self.reply.clear();
        true
    }

    /// Returns whether a question is open.
    pub(super) fn has_question(&self) -> bool {
        !self.user.is_empty()
    }

    /// Returns whether a question is open and nothing was said to it.
    pub(super) fn is_unanswered(&self) -> bool {
        self.has_question() && self.reply.is_empty()
    }

    /// Drops the open exchange and returns its question.
    pub(super) fn take_question(&mut self) -> String {
        let question = std::mem::take(&mut self.user);
        self.forget_open();
        question
    }

    /// Drops the open exchange.
    pub(super) fn forget_open(&mut self) {
        self.user.clear();
        self.reply.clear();
        self.open_is_covered = false;
    }

    /// Returns whether an exchange is open.
    pub(super) fn is_open(&self) -> bool {
        !self.user.is_empty() || !self.reply.is_empty()
    }

    /// Returns all turns, for a new session.
    pub(super) fn all(&self) -> Vec<Content> {
        self.turns.iter().map(Turn::content).collect()
    }

    /// Returns the turns after the last checkpoint.
    pub(super) fn since_checkpoint(&self) -> Vec<Content> {
        self.turns.iter().skip(self.turns.len() - self.uncovered).map(Turn::content).collect()
    }
}

impl Turn {
    fn content(&self) -> Content {
        Content::text(self.role, self.text.clone())
    }
}

fn push_bounded(text: &mut String, piece: &str) {
    let room = (BYTES / 4).saturating_sub(text.len());
    text.push_str(&piece[..piece.floor_char_boundary(room)]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(turns: &[Content]) -> Vec<&str> {
        turns.iter().filter_map(|turn| turn.parts[0].text.as_deref()).collect()
    }

    #[test]
    fn late_transcript_joins_its_reply() {
        let mut history = History::default();
        history.user_said("Hello");
        history.model_said(Generation(1), "Good ");
        history.complete(Generation(1));
        history.user_said("And");
        history.model_said(Generation(1), "day");
        history.model_said(Generation(2), "Yes");
        history.complete(Generation(2));
        assert_eq!(texts(&history.all()), ["Hello", "Good day", "And", "Yes"]);
    }

    #[test]
    fn turns_after_the_checkpoint_are_known() {
        let mut history = History::default();
        history.user_said("a");
        history.complete(Generation(1));
        history.checkpoint(false);
        history.user_said("b");
        history.complete(Generation(2));
        history.user_said("c");
        assert!(history.on_connection_lost(), "c is said again");
        assert_eq!(texts(&history.since_checkpoint()), ["b"]);
        assert_eq!(texts(&history.all()), ["a", "b"]);
    }

    #[test]
    fn an_exchange_split_by_a_checkpoint_is_not_sent_again() {
        let mut history = History::default();
        history.user_said("half ");
        history.checkpoint(true);
        assert!(!history.on_connection_lost());
        history.user_said("and half");
        history.complete(Generation(1));
        assert_eq!(texts(&history.all()), ["half and half"]);
    }

    #[test]
    fn history_stays_small() {
        let mut history = History::default();
        for n in 0..1000 {
            history.user_said(&"x".repeat(1000));
            history.model_said(Generation(n), &"y".repeat(100_000));
            history.complete(Generation(n));
        }
        assert!(history.turns.len() <= TURNS && history.bytes <= BYTES);
        assert_eq!(history.bytes, history.turns.iter().map(|turn| turn.text.len()).sum::<usize>());
    }
}
