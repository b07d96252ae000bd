//! The conversation as text, for a service that has forgotten it (PROTOCOL.md §3.2: a stale handle). Pure; bounded, the
//! oldest turns are forgotten first.
//!
//! An exchange that is under way stays open: if its connection breaks before a checkpoint covers it, it is said again and
//! its words come again, so the open ones are forgotten then.

use std::collections::VecDeque;

use super::event::Generation;
use crate::wire::Content;

/// Turns that are kept.
const TURNS: usize = 200;
/// Bytes of text that are kept: about an hour of speech, and some 15 000 tokens.
const BYTES: usize = 64 << 10;

#[derive(Debug, Default)]
pub(super) struct History {
    turns: VecDeque<Turn>,
    bytes: usize,
    /// How many of the last turns no checkpoint covers.
    uncovered: usize,
    you: String,
    reply: String,
    /// Whether a checkpoint came in the middle of the open exchange: then it is not said again as a whole.
    open_is_covered: bool,
}

#[derive(Debug)]
struct Turn {
    role: &'static str,
    text: String,
    generation: Generation,
}

impl History {
    /// A piece of what the person said or typed.
    pub(super) fn heard(&mut self, text: &str) {
        push_bounded(&mut self.you, text);
    }

    /// A piece of what the model said in this reply. Late pieces find the reply that is closed already.
    pub(super) fn said(&mut self, generation: Generation, text: &str) {
        match self.turns.back_mut() {
            Some(last) if last.role == "model" && last.generation == generation => {
                let before = last.text.len();
                push_bounded(&mut last.text, text);
                self.bytes += last.text.len() - before;
            }
            _ => push_bounded(&mut self.reply, text),
        }
    }

    /// The exchange is over: nothing of it will come again.
    pub(super) fn complete(&mut self, generation: Generation) {
        for (role, text) in
            [("user", std::mem::take(&mut self.you)), ("model", std::mem::take(&mut self.reply))]
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

    /// The service can go back to this point; `amid`: which lies within what is open.
    pub(super) fn checkpoint(&mut self, amid: bool) {
        self.uncovered = 0;
        self.open_is_covered = amid && self.is_open();
    }

    /// The connection is gone. True when the open exchange will be said again from its beginning.
    pub(super) fn lost(&mut self) -> bool {
        if self.open_is_covered {
            return false;
        }
        self.you.clear();
        self.reply.clear();
        true
    }

    /// Nothing more is heard of the open exchange.
    pub(super) fn forget_open(&mut self) {
        self.you.clear();
        self.reply.clear();
        self.open_is_covered = false;
    }

    /// Whether something was said that is not complete yet.
    pub(super) fn is_open(&self) -> bool {
        !self.you.is_empty() || !self.reply.is_empty()
    }

    /// All turns, for a session that knows nothing.
    pub(super) fn all(&self) -> Vec<Content> {
        self.turns.iter().map(Turn::content).collect()
    }

    /// The turns that the last checkpoint does not know.
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
    fn late_words_find_their_reply() {
        let mut history = History::default();
        history.heard("Hello");
        history.said(Generation(1), "Good ");
        history.complete(Generation(1));
        history.heard("And");
        history.said(Generation(1), "day");
        history.said(Generation(2), "Yes");
        history.complete(Generation(2));
        assert_eq!(texts(&history.all()), ["Hello", "Good day", "And", "Yes"]);
    }

    #[test]
    fn what_no_checkpoint_knows_is_told_apart() {
        let mut history = History::default();
        history.heard("a");
        history.complete(Generation(1));
        history.checkpoint(false);
        history.heard("b");
        history.complete(Generation(2));
        history.heard("c");
        assert!(history.lost(), "c is said again");
        assert_eq!(texts(&history.since_checkpoint()), ["b"]);
        assert_eq!(texts(&history.all()), ["a", "b"]);
    }

    #[test]
    fn an_exchange_that_a_checkpoint_split_is_not_said_again() {
        let mut history = History::default();
        history.heard("half ");
        history.checkpoint(true);
        assert!(!history.lost());
        history.heard("and half");
        history.complete(Generation(1));
        assert_eq!(texts(&history.all()), ["half and half"]);
    }

    #[test]
    fn it_stays_small() {
        let mut history = History::default();
        for n in 0..1000 {
            history.heard(&"x".repeat(1000));
            history.said(Generation(n), &"y".repeat(100_000));
            history.complete(Generation(n));
        }
        assert!(history.turns.len() <= TURNS && history.bytes <= BYTES);
        assert_eq!(history.bytes, history.turns.iter().map(|turn| turn.text.len()).sum::<usize>());
    }
}
