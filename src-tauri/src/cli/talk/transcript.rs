//! The transcript on a terminal: each speaker's words as they come.

use std::collections::VecDeque;
use std::io;

use crate::cli::print::{Printable, Sheet};
use crate::contract::{Speaker, ToolState, UiEvent};
use crate::messages;

/// Writes turns as they grow. A turn that another one overtook goes on in a line of its own. What happens while the partner
/// speaks is told below what it says, so that a reply that waits for a function stays one line.
#[derive(Debug)]
pub(crate) struct TranscriptPrinter<W> {
    out: W,
    /// What the partner is called.
    partner: String,
    /// What the person is called.
    you: String,
    /// Of the last turns: late words of one that has ended may come.
    speakers: VecDeque<(u32, Speaker)>,
    at: Option<u32>,
    /// Lines that wait for the end of the one that is open.
    held: Vec<String>,
    breaks: Breaks,
}

/// What was said of breaks of the connection: one line until a connection has held.
#[derive(Debug, Default)]
struct Breaks {
    is_announced: bool,
    /// Connected since the last break.
    is_back: bool,
    attempt: u32,
}

impl Breaks {
    /// A try to connect again. Tries are counted until a connection has held.
    fn tries(&mut self, attempt: u32) {
        if std::mem::take(&mut self.is_back) && attempt <= self.attempt {
            self.is_announced = false;
        }
        self.attempt = attempt;
    }

    /// Whether this is the first line about it.
    fn is_news(&mut self) -> bool {
        !std::mem::replace(&mut self.is_announced, true)
    }
}

/// Lines that wait; more of them end the open line.
const HELD: usize = 32;
/// Turns whose speakers are known.
const TURNS: usize = 16;

impl<W: Sheet> TranscriptPrinter<W> {
    /// Writes to `out`.
    pub(crate) fn new(out: W, partner: String) -> Self {
        Self {
            out,
            partner,
            you: messages::text("name-you"),
            speakers: VecDeque::new(),
            at: None,
            held: Vec::new(),
            breaks: Breaks::default(),
        }
    }

    /// Takes the next event.
    pub(crate) fn show(&mut self, event: &UiEvent) -> io::Result<()> {
        match event {
            UiEvent::TurnStarted { turn } => {
                if self.speakers.len() == TURNS {
                    self.speakers.pop_front();
                }
                self.speakers.push_back((turn.id, turn.speaker));
                self.words(turn.id, &turn.text)
            }
            UiEvent::TurnText { id, delta } => self.words(*id, delta),
            UiEvent::TurnEnded { id, heard_to } => {
                if self.at != Some(*id) {
                    return Ok(());
                }
                if heard_to.is_some() {
                    self.out.print(&" [interrupted]".into())?;
                }
                self.end_line()
            }
            UiEvent::TurnReset { id } => {
                // Its words come again, in a line of their own.
                match self.at {
                    Some(at) if at == *id && self.breaks.is_news() => {
                        self.line("[connection lost, retrying]")
                    }
                    Some(at) if at == *id => self.end_line(),
                    _ => Ok(()),
                }
            }
            UiEvent::Connection { connection: Some(connection) } => {
                self.breaks.tries(connection.attempt);
                // The first try is at once, and mostly succeeds.
                if connection.retry_at.is_some() && self.breaks.is_news() {
                    self.line(&format!("[reconnecting: {}]", connection.reason))?;
                }
                Ok(())
            }
            UiEvent::Connection { connection: None } => {
                self.breaks.is_back = true;
                Ok(())
            }
            UiEvent::Tool { call } if call.state == ToolState::Running => {
                self.below(format!("[{} {}]", call.name, call.args))
            }
            // Nobody can be asked here.
            UiEvent::Tool { call } if !call.state.is_over() => Ok(()),
            UiEvent::Tool { call } if call.state == ToolState::Refused => {
                let result = call.result.as_deref().unwrap_or_default();
                self.below(format!("[{} {} → {result}]", call.name, call.args))
            }
            UiEvent::Tool { call } => {
                let result = call.result.as_deref().unwrap_or("cancelled");
                self.below(format!("[{} → {result}]", call.name))
            }
            _ => Ok(()),
        }
    }

    fn words(&mut self, id: u32, words: &str) -> io::Result<()> {
        if words.is_empty() {
            return Ok(());
        }
        if self.at != Some(id) {
            let name = if self.is_yours(id) { &self.you } else { &self.partner };
            self.line(&format!("{name}: "))?;
            self.at = Some(id);
        }
        self.out.print(&words.into())
    }

    fn is_yours(&self, id: u32) -> bool {
        let speaker = self.speakers.iter().find(|(known, _)| *known == id);
        matches!(speaker, Some((_, Speaker::You)))
    }

    /// Ends the open line, and prints what waited for that.
    fn end_line(&mut self) -> io::Result<()> {
        if self.at.take().is_some() {
            self.out.print(&"\n".into())?;
        }
        for text in std::mem::take(&mut self.held) {
            self.out.print(&Printable::line(&text).then("\n"))?;
        }
        Ok(())
    }

    /// A line of its own, below what the partner is saying.
    fn below(&mut self, text: String) -> io::Result<()> {
        if self.at.is_none_or(|id| self.is_yours(id)) || self.held.len() == HELD {
            return self.line(&text);
        }
        self.held.push(text);
        Ok(())
    }

    /// Starts a line; one that names a speaker stays open for the words.
    fn line(&mut self, text: &str) -> io::Result<()> {
        self.end_line()?;
        let end = if text.ends_with(": ") { "" } else { "\n" };
        self.out.print(&Printable::line(text).then(end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Reconnect, ToolCall, Turn};

    fn started(id: u32, speaker: Speaker, text: &str) -> UiEvent {
        UiEvent::TurnStarted { turn: Turn::new(id, speaker, text, 0) }
    }

    #[test]
    fn turns_stand_one_below_the_other() {
        let mut out = Vec::new();
        let mut printer = TranscriptPrinter::new(&mut out, "Practice".to_owned());
        for event in [
            started(1, Speaker::You, "Hello"),
            UiEvent::TurnEnded { id: 1, heard_to: None },
            started(2, Speaker::Gemini, ""),
            UiEvent::TurnText { id: 2, delta: "Hi ".into() },
            UiEvent::TurnText { id: 2, delta: "there".into() },
            UiEvent::TurnEnded { id: 2, heard_to: Some(3) },
        ] {
            printer.show(&event).unwrap();
        }
        assert_eq!(String::from_utf8(out).unwrap(), "You: Hello\nPractice: Hi there [interrupted]\n");
    }

    #[test]
    fn a_reply_that_calls_a_function_is_one_line() {
        let mut out = Vec::new();
        let mut printer = TranscriptPrinter::new(&mut out, "Practice".to_owned());
        let call = |state| ToolCall {
            number: 1,
            id: "1".into(),
            name: "get_weather".into(),
            args: "{}".into(),
            state,
            at: 0,
            running_since: None,
            elapsed_ms: None,
            result: Some("19".into()),
            each_time: false,
            question: None,
        };
        let text = |delta: &str| UiEvent::TurnText { id: 2, delta: delta.into() };
        for event in [
            started(1, Speaker::You, "And the weather?"),
            UiEvent::Tool { call: call(ToolState::Running) },
            started(2, Speaker::Gemini, "Let me"),
            text(" check."),
            UiEvent::Tool { call: call(ToolState::Done) },
            text(" It's 19 degrees."),
            UiEvent::TurnEnded { id: 2, heard_to: None },
        ] {
            printer.show(&event).unwrap();
        }
        let lines = "You: And the weather?\n[get_weather {}]\nPractice: Let me check. It's 19 degrees.\n";
        assert_eq!(String::from_utf8(out).unwrap(), format!("{lines}[get_weather → 19]\n"));
    }

    #[test]
    fn breaks_one_after_the_other_are_one_line() {
        let mut out = Vec::new();
        let mut printer = TranscriptPrinter::new(&mut out, "Server".to_owned());
        let lost = |attempt| UiEvent::Connection {
            connection: Some(crate::contract::Reconnect {
                attempt,
                retry_at: Some(1),
                kept_ms: 0,
                reason: "gone".into(),
            }),
        };
        for attempt in 1..100 {
            // Each is told more than once, while sound is kept.
            for event in [lost(attempt), lost(attempt), UiEvent::Connection { connection: None }] {
                printer.show(&event).unwrap();
            }
        }
        // The last one had held: the count begins anew.
        printer.show(&lost(1)).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert_eq!(out, "[reconnecting: gone]\n".repeat(2));
    }

    #[test]
    fn late_words_of_yours_are_not_the_partners() {
        let mut out = Vec::new();
        let mut printer = TranscriptPrinter::new(&mut out, "Server".to_owned());
        for event in [
            started(1, Speaker::You, "Hel"),
            UiEvent::TurnEnded { id: 1, heard_to: None },
            UiEvent::TurnText { id: 1, delta: "lo".into() },
            UiEvent::TurnEnded { id: 1, heard_to: None },
        ] {
            printer.show(&event).unwrap();
        }
        assert_eq!(String::from_utf8(out).unwrap(), "You: Hel\nYou: lo\n");
    }

    #[test]
    fn a_hostile_servers_words_names_and_results_stay_words() {
        let mut out = Vec::new();
        let mut printer = TranscriptPrinter::new(&mut out, "Server".to_owned());
        let hostile = "a\x1b]52;c;eA==\x07\n[b \u{202e}c\u{9b}2J";
        let call = |state| ToolCall {
            number: 1,
            id: "1".into(),
            name: hostile.into(),
            args: hostile.into(),
            state,
            at: 0,
            running_since: None,
            elapsed_ms: None,
            result: Some(hostile.into()),
            each_time: false,
            question: None,
        };
        let reconnect = Reconnect { attempt: 1, retry_at: Some(1), kept_ms: 0, reason: hostile.into() };
        for event in [
            started(1, Speaker::Gemini, hostile),
            UiEvent::TurnText { id: 1, delta: hostile.into() },
            UiEvent::Tool { call: call(ToolState::Running) },
            UiEvent::Tool { call: call(ToolState::Done) },
            UiEvent::Connection { connection: Some(reconnect) },
        ] {
            printer.show(&event).unwrap();
        }
        let out = String::from_utf8(out).unwrap();
        assert!(!out.contains(|c: char| (c.is_control() && c != '\n') || c == '\u{202e}'), "{out:?}");
        assert!(out.lines().last().is_some_and(|line| line.starts_with("[reconnecting: a␛]52;")), "{out}");
        assert_eq!(out.lines().filter(|line| line.contains("→")).count(), 1, "one line a result: {out}");
    }
}
