//! From lines of JSON to what is played. Pure.

use std::time::Duration;

use serde_json::Value;

use super::{Answer, Kind, Replay, Section};
use crate::faults::Frame;

/// The longest pause that is played.
const LONGEST: Duration = Duration::from_hours(1);

/// A mistake in a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayError {
    /// In which line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: ReplayProblem,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplayProblem {
    /// It is no JSON object; the parser's own words.
    NoJson(String),
    /// A line with `dir` says neither `sent` nor `received`, or has neither a frame nor a close.
    NoFrame,
    /// There is nothing to play.
    Empty,
}

/// A connection while it is read.
#[derive(Default)]
struct Reading {
    number: u64,
    sections: Vec<Section>,
    /// When the client sent its last message.
    asked_at: Duration,
    is_closed: bool,
}

pub(super) fn recording(text: &str) -> Result<Replay, ReplayError> {
    let mut all: Vec<Reading> = Vec::new();
    for (n, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = |problem| ReplayError { line: n + 1, problem };
        let line: Value =
            serde_json::from_str(line).map_err(|error| wrong(ReplayProblem::NoJson(error.to_string())))?;
        if !line.is_object() {
            return Err(wrong(ReplayProblem::NoJson("not an object".to_owned())));
        }
        let number = line["connection"].as_u64().unwrap_or(1);
        let is_of_connection =
            line.get("dir").is_some() || line.get("open").is_some() || line.get("end").is_some();
        if !is_of_connection {
            // The head, and what was left out.
            continue;
        }
        let known = all.iter().position(|reading| reading.number == number);
        let at = known.unwrap_or_else(|| {
            all.push(Reading { number, ..Reading::default() });
            all.len() - 1
        });
        all[at].take(&line).map_err(wrong)?;
    }
    all.sort_by_key(|reading| reading.number);
    let connections: Vec<Vec<Section>> = all.into_iter().map(|reading| reading.sections).collect();
    if connections.iter().flatten().all(|section| section.answers.is_empty()) {
        return Err(ReplayError { line: 1, problem: ReplayProblem::Empty });
    }
    Ok(Replay { connections })
}

impl Reading {
    fn take(&mut self, line: &Value) -> Result<(), ReplayProblem> {
        // Without times everything follows at once.
        let at = Duration::from_millis(line["ms"].as_u64().unwrap_or_default());
        if line.get("end").is_some() {
            if !std::mem::replace(&mut self.is_closed, true) {
                self.answer(at, Answer::Cut);
            }
            return Ok(());
        }
        let close = line.get("close");
        match line["dir"].as_str() {
            None if line.get("open").is_some() => {}
            Some("sent") if close.is_some() => self.is_closed = true,
            Some("sent") => self.ask(at, line.get("frame").map_or(Kind::Other, Kind::of)),
            Some("received") => {
                self.is_closed |= close.is_some();
                self.answer(at, answer_of(line).ok_or(ReplayProblem::NoFrame)?);
            }
            _ => return Err(ReplayProblem::NoFrame),
        }
        Ok(())
    }

    fn ask(&mut self, at: Duration, kind: Kind) {
        if self.sections.last().is_none_or(|section| !section.answers.is_empty()) {
            self.sections.push(Section::default());
        }
        self.asked_at = at;
        if let Some(section) = self.sections.last_mut()
            && (kind != Kind::Media || section.asked.last() != Some(&Kind::Media))
        {
            section.asked.push(kind);
        }
    }

    fn answer(&mut self, at: Duration, answer: Answer) {
        if self.sections.is_empty() {
            // It came unasked: a server says nothing before the setup.
            self.sections.push(Section { asked: vec![Kind::Setup], answers: Vec::new() });
        }
        let after = at.saturating_sub(self.asked_at).min(LONGEST);
        if let Some(section) = self.sections.last_mut() {
            section.answers.push((after, answer));
        }
    }
}

/// What a line says that the client received.
fn answer_of(line: &Value) -> Option<Answer> {
    if let Some(close) = line.get("close") {
        let code = close["code"].as_u64().and_then(|code| u16::try_from(code).ok()).unwrap_or(1000);
        let reason = close["reason"].as_str().unwrap_or_default().to_owned();
        return Some(Answer::Close { code, reason });
    }
    let bytes = match (line.get("frame"), line["text"].as_str()) {
        (Some(frame), _) => frame.to_string().into_bytes(),
        (None, Some(text)) => text.as_bytes().to_vec(),
        (None, None) => return None,
    };
    Some(Answer::Frame(Frame { bytes: bytes.into(), is_text: false }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(lines: &[Value]) -> Result<Replay, ReplayError> {
        let lines: Vec<_> = lines.iter().map(Value::to_string).collect();
        recording(&lines.join("\n"))
    }

    fn frame(json: &Value) -> Answer {
        Answer::Frame(Frame { bytes: json.to_string().into_bytes().into(), is_text: false })
    }

    #[test]
    fn what_was_sent_and_what_followed_belong_together() {
        let media = json!({"realtimeInput": {"audio": {"data": "AAAA"}}});
        let complete = json!({"setupComplete": {}});
        let heard = json!({"serverContent": {"inputTranscription": {"text": "Hi"}}});
        let replay = read(&[
            json!({"source": "a test"}),
            json!({"dir": "sent", "frame": {"setup": {}}}),
            json!({"dir": "received", "frame": complete}),
            json!({"dir": "sent", "frame": media}),
            json!({"dir": "sent", "frame": media}),
            json!({"dir": "sent", "frame": {"realtime_input": {"activity_end": {}}}}),
            json!({"dir": "received", "frame": heard}),
        ]);
        let section = |asked: &[Kind], answer| Section {
            asked: asked.to_vec(),
            answers: vec![(Duration::ZERO, answer)],
        };
        let sections = vec![
            section(&[Kind::Setup], frame(&complete)),
            section(&[Kind::Media, Kind::Mark], frame(&heard)),
        ];
        assert_eq!(replay, Ok(Replay { connections: vec![sections] }));
    }

    #[test]
    fn connections_are_told_apart_and_have_their_times() {
        let replay = read(&[
            json!({"ms": 0, "connection": 1, "open": "/ws"}),
            json!({"ms": 5, "connection": 2, "open": "/ws"}),
            json!({"ms": 10, "connection": 1, "dir": "sent", "frame": {"setup": {}}}),
            json!({"ms": 20, "connection": 2, "dir": "sent", "frame": {"setup": {}}}),
            json!({"ms": 25, "connection": 1, "dir": "received", "text": "no json"}),
            json!({"ms": 90, "connection": 2, "dir": "received", "close": {"code": 1008, "reason": "no"}}),
            json!({"ms": 91, "connection": 2, "end": true}),
            json!({"ms": 92, "connection": 1, "end": true}),
        ])
        .expect("a recording");
        let ms = Duration::from_millis;
        let no_json = Answer::Frame(Frame { bytes: "no json".into(), is_text: false });
        assert_eq!(replay.of(1)[0].answers, [(ms(15), no_json), (ms(82), Answer::Cut)]);
        let close = Answer::Close { code: 1008, reason: "no".to_owned() };
        assert_eq!(replay.of(2)[0].answers, [(ms(70), close)]);
        assert_eq!(replay.of(3), replay.of(1), "from the beginning again");
    }

    #[test]
    fn a_mistake_has_its_line() {
        let problem = |text: &str| recording(text).map_err(|error| (error.line, error.problem));
        assert!(matches!(problem("{}\n\nno json"), Err((3, ReplayProblem::NoJson(_)))));
        assert!(matches!(problem("[]"), Err((1, ReplayProblem::NoJson(_)))));
        assert_eq!(problem("{\"dir\":\"sideways\"}"), Err((1, ReplayProblem::NoFrame)));
        assert_eq!(problem("{\"dir\":\"received\"}"), Err((1, ReplayProblem::NoFrame)));
        assert_eq!(problem("{\"source\":\"nobody\"}"), Err((1, ReplayProblem::Empty)));
    }
}
