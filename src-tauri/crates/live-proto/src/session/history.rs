//! The conversation as text, for a new session when the handle is stale (PROTOCOL.md §3.2). Pure; bounded, the oldest
//! turns are dropped first.
//!
//! The current exchange stays open. If its connection breaks, the exchange is sent again and its transcript arrives again,
//! so the open text is dropped.

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
    /// What of `user` was heard, not typed.
    heard: String,
    /// What was heard of a question that is said again as text. The service does not write it down a second time.
    heard_before: String,
    reply: String,
}

#[derive(Debug)]
struct Turn {
    role: &'static str,
    text: String,
    generation: Generation,
}

impl History {
    /// Adds a piece of what the person said.
    pub(super) fn user_said(&mut self, text: &str) {
        push_bounded(&mut self.user, text);
        push_bounded(&mut self.heard, text);
    }

    /// Adds what the person typed, as a line of its own.
    pub(super) fn user_typed(&mut self, text: &str) {
        if self.has_question() {
            push_bounded(&mut self.user, "\n");
        }
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

    /// Completes the exchange: it will not be sent again. `question_is_covered` says that the last checkpoint covers all
    /// of its question.
    pub(super) fn complete(&mut self, generation: Generation, question_is_covered: bool) {
        // Turns are sent from the first uncovered one on.
        let knows_question = question_is_covered && self.uncovered == 0;
        let question = ("user", std::mem::take(&mut self.user), knows_question);
        let reply = ("model", std::mem::take(&mut self.reply), false);
        for (role, text, is_covered) in [question, reply] {
            if !text.is_empty() {
                self.bytes += text.len();
                self.turns.push_back(Turn { role, text, generation });
                self.uncovered += usize::from(!is_covered);
            }
        }
        self.heard.clear();
        self.heard_before.clear();
        while self.turns.len() > TURNS || self.bytes > BYTES {
            let Some(oldest) = self.turns.pop_front() else { break };
            self.bytes -= oldest.text.len();
        }
        self.uncovered = self.uncovered.min(self.turns.len());
    }

    /// Marks all turns as covered.
    pub(super) fn checkpoint(&mut self) {
        self.uncovered = 0;
    }

    /// Returns whether a question is open.
    pub(super) fn has_question(&self) -> bool {
        !self.user.is_empty()
    }

    /// Returns whether a question is open and nothing was said to it.
    pub(super) fn is_unanswered(&self) -> bool {
        self.has_question() && self.reply.is_empty()
    }

    /// Returns what was heard of a question that is said again as text.
    pub(super) fn heard_before(&self) -> &str {
        &self.heard_before
    }

    /// Drops the open exchange and returns its question, to be said again as text.
    pub(super) fn take_question(&mut self) -> String {
        let question = std::mem::take(&mut self.user);
        push_bounded(&mut self.heard_before, &self.heard);
        self.forget_open();
        question
    }

    /// Drops the open exchange, which is not said again.
    pub(super) fn give_up_open(&mut self) {
        self.forget_open();
        self.heard_before.clear();
    }

    /// Drops the open exchange, which is sent again.
    pub(super) fn forget_open(&mut self) {
        self.user.clear();
        self.heard.clear();
        self.reply.clear();
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
        history.complete(Generation(1), false);
        history.user_said("And");
        history.model_said(Generation(1), "day");
        history.model_said(Generation(2), "Yes");
        history.complete(Generation(2), false);
        assert_eq!(texts(&history.all()), ["Hello", "Good day", "And", "Yes"]);
    }

    #[test]
    fn turns_after_the_checkpoint_are_known() {
        let mut history = History::default();
        history.user_said("a");
        history.complete(Generation(1), false);
        history.checkpoint();
        history.user_said("b");
        history.complete(Generation(2), false);
        history.user_said("c");
        history.forget_open();
        assert_eq!(texts(&history.since_checkpoint()), ["b"]);
        assert_eq!(texts(&history.all()), ["a", "b"]);
    }

    #[test]
    fn a_covered_question_is_not_among_the_turns_after_the_checkpoint() {
        let mut history = History::default();
        for (n, answer) in [(1, "a"), (2, "b")] {
            history.user_said("question");
            history.checkpoint();
            history.model_said(Generation(n), answer);
            history.complete(Generation(n), true);
            assert_eq!(texts(&history.since_checkpoint()), [answer]);
        }
        history.user_said("typed meanwhile");
        history.complete(Generation(3), true);
        assert_eq!(texts(&history.since_checkpoint()), ["b", "typed meanwhile"], "in order");
    }

    #[test]
    fn history_stays_small() {
        let mut history = History::default();
        for n in 0..1000 {
            history.user_said(&"x".repeat(1000));
            history.model_said(Generation(n), &"y".repeat(100_000));
            history.complete(Generation(n), false);
        }
        assert!(history.turns.len() <= TURNS && history.bytes <= BYTES);
        assert_eq!(history.bytes, history.turns.iter().map(|turn| turn.text.len()).sum::<usize>());
    }
}
