//! What a model writes into its text that nobody is to hear or see: thoughts, calls and the tokens of its template. Pure and
//! bounded.
//!
//! Text goes through as soon as it can't be the beginning of any of it, so a token may come in any number of pieces.

mod tokens;

use super::written_calls::{calls, calls_of};
use super::{ARGUMENTS, CALLS, Reading, RequestedCall};
use tokens::{
    Found, MESSAGE, MESSAGE_ENDS, OVER, THOUGHTS, TOKEN, begins_token, bracket_end, first_of, token,
};

/// The longest head of a message, in bytes.
const HEAD: usize = 256;
/// The longest text that is held because it may be a thought, in bytes.
const HELD: usize = 256 << 10;

/// A text on its way.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "facts, each true or false apart from the others")]
pub(super) struct Written {
    reading: Reading,
    state: State,
    /// What was not decided yet.
    held: String,
    /// Nothing but blanks was let through since the last line's end.
    at_line_start: bool,
    calls: Vec<RequestedCall>,
    /// The turn is over, whatever follows.
    over: bool,
    /// A thought ended that had not begun.
    began_in_thought: bool,
    /// There was a thought.
    thought: bool,
}

/// What is being read.
#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Text,
    /// May be a thought, which only its end tells.
    Unknown,
    /// Up to this.
    Thought(&'static str),
    /// Up to this, or to the end.
    Call(&'static str),
    /// The head of a message of gpt-oss.
    Head,
    /// Such a message that is a thought.
    Analysis,
    /// Such a message that is a call; what is held begins with its name.
    Commentary,
    /// Lines between three backticks: a call, or code.
    Fence,
    /// JSON, or a list of calls: a call, or text.
    Json,
}

impl Default for Written {
    fn default() -> Self {
        Self::new(Reading::default())
    }
}

impl Written {
    pub(super) fn new(reading: Reading) -> Self {
        let state = if reading.begins_in_thought { State::Unknown } else { State::Text };
        Self {
            reading,
            state,
            held: String::new(),
            at_line_start: true,
            calls: Vec::new(),
            over: false,
            began_in_thought: false,
            thought: false,
        }
    }

    /// Thoughts come elsewhere, so the text begins with none.
    pub(super) fn thinks_apart(&mut self) {
        if self.state == State::Unknown {
            self.state = State::Text;
        }
    }

    /// Takes text as it comes; returns what may be heard and seen.
    pub(super) fn push(&mut self, text: &str) -> String {
        let mut out = String::new();
        if self.over {
            return out;
        }
        self.held.push_str(text);
        while !self.over && self.step(&mut out) {}
        out
    }

    /// Whether the turn is over, whatever would follow.
    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// Whether the text began within a thought, which only its end told.
    pub(super) fn began_in_thought(&self) -> bool {
        self.began_in_thought
    }

    /// Whether there was a thought.
    pub(super) fn thought(&self) -> bool {
        self.thought || self.began_in_thought
    }

    /// What is left when nothing more comes: text and calls.
    pub(super) fn finish(mut self) -> (String, Vec<RequestedCall>) {
        let mut out = String::new();
        if self.state == State::Unknown {
            // It was no thought: nothing ended it.
            self.state = State::Text;
            while !self.over && self.step(&mut out) {}
        }
        let held = std::mem::take(&mut self.held);
        match self.state {
            _ if self.over => {}
            // A token that is cut off is none the less no text.
            State::Text if token(&held).is_some() || held.starts_with("<|") || held.starts_with("<｜") => {}
            State::Text | State::Unknown => self.let_through(&held, &mut out),
            State::Thought(_) | State::Head | State::Analysis => {}
            State::Call(_) => self.add_calls(calls(&held)),
            State::Commentary => self.commentary(&held),
            State::Fence | State::Json => self.maybe_calls(&held, &mut out),
        }
        (out, self.calls)
    }

    /// Decides about what is held; returns whether more of it can be decided.
    fn step(&mut self, out: &mut String) -> bool {
        match self.state {
            State::Text => self.text(out),
            State::Unknown => self.unknown(),
            State::Thought(end) => self.skip_to(&[end], State::Text),
            State::Analysis => self.skip_to(&MESSAGE_ENDS, State::Text),
            State::Head => self.head(),
            State::Call(end) => self.call(end),
            State::Commentary => self.message(),
            State::Fence => self.fence(out),
            State::Json => self.json(out),
        }
    }

    fn text(&mut self, out: &mut String) -> bool {
        if self.held.is_empty() {
            return false;
        }
        if self.at_line_start {
            let blank = self.held.len() - self.held.trim_start().len();
            out.extend(self.held.drain(..blank));
            if "```".starts_with(&*self.held) {
                return false;
            }
            if self.held.starts_with("```") {
                self.state = State::Fence;
                return true;
            }
            let is_json = self.held.starts_with(['{', '[']);
            if is_json && token(&self.held).is_none() && !begins_token(&self.held) {
                self.state = State::Json;
                return true;
            }
        }
        let line_end = self.held.find('\n').map_or(self.held.len(), |at| at + 1);
        if let Some((at, length, found)) = self.first_token(line_end) {
            let before: String = self.held.drain(..at).collect();
            self.let_through(&before, out);
            if matches!(found, Found::Call { .. }) {
                // What was said before is whole: a line's end says so.
                self.let_through("\n", out);
            }
            self.on_token(length, found);
            return true;
        }
        // What may be the beginning of a token waits for more.
        let end = if line_end == self.held.len() { line_end - self.open_token() } else { line_end };
        let ready: String = self.held.drain(..end).collect();
        self.let_through(&ready, out);
        end > 0
    }

    fn let_through(&mut self, text: &str, out: &mut String) {
        out.push_str(text);
        if let Some(last) = text.rfind('\n') {
            self.at_line_start = text[last..].trim().is_empty();
        } else if !text.trim().is_empty() {
            self.at_line_start = false;
        }
    }

    /// The first token before `end`: where, how long, which.
    fn first_token(&self, end: usize) -> Option<(usize, usize, Found)> {
        let text = &self.held[..end];
        let starts = text.char_indices().filter(|(_, letter)| matches!(letter, '<' | '[' | '◁' | 'f'));
        starts.map(|(at, _)| at).find_map(|at| {
            let (length, found) = token(&text[at..]).filter(|_| !begins_token(&text[at..]))?;
            Some((at, length, found))
        })
    }

    /// How many bytes at the end may be the beginning of a token.
    fn open_token(&self) -> usize {
        let from = self.held.len().saturating_sub(TOKEN + 8);
        let starts = self.held.char_indices().filter(|(at, _)| *at >= from);
        let open = starts.map(|(at, _)| at).find(|at| begins_token(&self.held[*at..]));
        open.map_or(0, |at| self.held.len() - at)
    }

    fn on_token(&mut self, length: usize, found: Found) {
        match found {
            Found::Call { keeps: true, .. } => {}
            _ => drop(self.held.drain(..length)),
        }
        match found {
            Found::Thought(end) => {
                self.thought = true;
                self.state = State::Thought(end);
            }
            Found::Call { end, .. } => self.state = State::Call(end),
            Found::Head => self.state = State::Head,
            Found::Over => self.over = true,
            Found::Silent => {}
            Found::Closing => self.began_in_thought = true,
        }
    }

    /// A text that may be a thought is one when a thought ends in it.
    fn unknown(&mut self) -> bool {
        let end = THOUGHTS.iter().filter_map(|(_, end)| Some((self.held.find(end)?, end.len()))).min();
        if let Some((at, length)) = end {
            self.held.drain(..at + length);
            self.began_in_thought = true;
        } else if self.held.len() < HELD {
            return false;
        }
        self.state = State::Text;
        true
    }

    /// Leaves everything out up to the first of these ends.
    fn skip_to(&mut self, ends: &[&str], then: State) -> bool {
        if let Some((at, length)) = first_of(&self.held, ends) {
            self.held.drain(..at + length);
            self.state = then;
            return true;
        }
        // Its end may be cut.
        let longest = ends.iter().map(|end| end.len()).max().unwrap_or_default();
        let mut keep = self.held.len().saturating_sub(longest);
        while !self.held.is_char_boundary(keep) {
            keep += 1;
        }
        self.held.drain(..keep);
        false
    }

    fn call(&mut self, end: &'static str) -> bool {
        let over = first_of(&self.held, &OVER);
        let ended = if end.is_empty() { None } else { first_of(&self.held, &[end]) };
        let over = over.filter(|(at, _)| ended.is_none_or(|(end, _)| *at <= end));
        let Some((at, length)) = over.or(ended) else {
            // Nobody writes such a call; it is not text either.
            self.over |= self.held.len() > 2 * ARGUMENTS;
            return false;
        };
        let body: String = self.held.drain(..at + length).collect();
        self.add_calls(calls(&body[..at]));
        self.over = over.is_some();
        self.state = State::Text;
        true
    }

    /// The head says what the message is.
    fn head(&mut self) -> bool {
        let Some(at) = self.held.find(MESSAGE) else {
            if self.held.len() > HEAD {
                self.state = State::Text;
                return true;
            }
            return false;
        };
        let head: String = self.held.drain(..at + MESSAGE.len()).collect();
        let to = head[..at].split_once("to=").map(|(_, to)| to);
        let to =
            to.map(|to| to.split(['<', ' ']).next().unwrap_or_default().trim_start_matches("functions."));
        self.state = match to {
            Some(name) => {
                self.held.insert_str(0, &format!("{name} "));
                State::Commentary
            }
            None if head.contains("analysis") => {
                self.thought = true;
                State::Analysis
            }
            None => State::Text,
        };
        true
    }

    fn message(&mut self) -> bool {
        let Some((at, length)) = first_of(&self.held, &MESSAGE_ENDS) else {
            self.over |= self.held.len() > 2 * ARGUMENTS;
            return false;
        };
        let body: String = self.held.drain(..at + length).collect();
        self.commentary(&body[..at]);
        self.state = State::Text;
        true
    }

    fn commentary(&mut self, body: &str) {
        let Some((name, args)) = body.split_once(' ') else { return };
        let args = super::arguments::arguments(args);
        self.add_calls(vec![RequestedCall { name: name.to_owned(), args }]);
    }

    fn fence(&mut self, out: &mut String) -> bool {
        let inside = &self.held[3..];
        let line = inside.find('\n').unwrap_or(inside.len());
        let on_one_line = inside[..line].find("```").map(|at| at + 3);
        let ended = on_one_line.or_else(|| inside.find("\n```").map(|at| at + 4));
        match ended {
            Some(at) => {
                let body: String = self.held.drain(..3 + at).collect();
                self.maybe_calls(&body, out);
            }
            None if self.held.len() > ARGUMENTS => {
                let body = std::mem::take(&mut self.held);
                self.maybe_calls(&body, out);
            }
            None => return false,
        }
        self.state = State::Text;
        self.at_line_start = false;
        true
    }

    fn json(&mut self, out: &mut String) -> bool {
        let end = bracket_end(&self.held);
        let inside = &self.held[1..];
        let first = inside.find(|c: char| !c.is_whitespace());
        // "[a remark", and on: a list of calls stands in one line, and JSON begins with a bracket.
        let is_remark =
            self.held.starts_with('[') && first.is_some_and(|at| !inside[at..].starts_with(['{', '[']));
        let line_end = first.and_then(|at| Some(at + inside[at..].find('\n')?));
        let breaks = line_end.is_some_and(|at| end.is_none_or(|end| at < end));
        let is_text = (is_remark && breaks) || (end.is_none() && self.held.len() > ARGUMENTS);
        if is_text {
            let bracket: String = self.held.drain(..1).collect();
            self.let_through(&bracket, out);
        } else if let Some(end) = end {
            let body: String = self.held.drain(..end).collect();
            self.maybe_calls(&body, out);
        } else {
            return false;
        }
        self.state = State::Text;
        true
    }

    /// Takes the calls of a text that may hold some; otherwise it is text.
    fn maybe_calls(&mut self, body: &str, out: &mut String) {
        let found = calls_of(body, |name| self.reading.functions.contains(name));
        if found.is_empty() {
            self.let_through(body, out);
        } else {
            self.add_calls(found);
        }
    }

    fn add_calls(&mut self, found: Vec<RequestedCall>) {
        let room = CALLS.saturating_sub(self.calls.len());
        self.calls.extend(found.into_iter().take(room));
    }
}

#[cfg(test)]
mod tests;
