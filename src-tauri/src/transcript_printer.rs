//! The transcript on a terminal: each speaker's words as they come.

use std::collections::HashMap;
use std::io::{self, Write};

use crate::contract::{Speaker, ToolState, UiEvent};

/// Writes turns as they grow. A turn that another one overtook goes on in a line of its own.
#[derive(Debug)]
pub(crate) struct TranscriptPrinter<W> {
    out: W,
    /// What the partner is called.
    partner: &'static str,
    speakers: HashMap<u32, Speaker>,
    at: Option<u32>,
}

impl<W: Write> TranscriptPrinter<W> {
    /// Writes to `out`.
    pub(crate) fn new(out: W, partner: &'static str) -> Self {
        Self { out, partner, speakers: HashMap::new(), at: None }
    }

    /// Takes the next event.
    pub(crate) fn show(&mut self, event: &UiEvent) -> io::Result<()> {
        match event {
            UiEvent::TurnStarted { turn } => {
                self.speakers.insert(turn.id, turn.speaker);
                self.words(turn.id, &turn.text)
            }
            UiEvent::TurnText { id, delta } => self.words(*id, delta),
            UiEvent::TurnEnded { id, heard_to } => {
                self.speakers.remove(id);
                if self.at == Some(*id) {
                    self.at = None;
                    let mark = if heard_to.is_some() { " [interrupted]" } else { "" };
                    writeln!(self.out, "{mark}")?;
                }
                Ok(())
            }
            UiEvent::TurnReset { id } => {
                if self.at == Some(*id) {
                    self.line("[the line broke; once more]")?;
                }
                Ok(())
            }
            UiEvent::Connection { connection: Some(connection) } if connection.retry_at.is_some() => {
                self.line(&format!("[reconnecting: {}]", connection.reason))
            }
            UiEvent::Tool { call } if call.state == ToolState::Running => {
                self.line(&format!("[{} {}]", call.name, call.args))
            }
            UiEvent::Tool { call } => {
                let result = call.result.as_deref().unwrap_or("cancelled");
                self.line(&format!("[{} → {}]", call.name, result.replace('\n', " ")))
            }
            _ => Ok(()),
        }
    }

    fn words(&mut self, id: u32, words: &str) -> io::Result<()> {
        if words.is_empty() {
            return Ok(());
        }
        if self.at != Some(id) {
            let name = match self.speakers.get(&id) {
                Some(Speaker::You) => "You",
                _ => self.partner,
            };
            self.line(&format!("{name}: "))?;
            self.at = Some(id);
        }
        write!(self.out, "{words}")?;
        self.out.flush()
    }

    /// Starts a line; one that names a speaker stays open for the words.
    fn line(&mut self, text: &str) -> io::Result<()> {
        if self.at.take().is_some() {
            writeln!(self.out)?;
        }
        let end = if text.ends_with(": ") { "" } else { "\n" };
        write!(self.out, "{text}{end}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Turn;

    fn started(id: u32, speaker: Speaker, text: &str) -> UiEvent {
        let turn = Turn {
            id,
            speaker,
            at: 0,
            text: text.into(),
            typed: false,
            ended: false,
            heard_to: None,
            sources: Vec::new(),
            queries: Vec::new(),
        };
        UiEvent::TurnStarted { turn }
    }

    #[test]
    fn turns_stand_one_below_the_other() {
        let mut out = Vec::new();
        let mut printer = TranscriptPrinter::new(&mut out, "Rehearsal");
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
        assert_eq!(String::from_utf8(out).unwrap(), "You: Hello\nRehearsal: Hi there [interrupted]\n");
    }
}
