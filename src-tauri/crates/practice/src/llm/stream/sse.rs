//! Server-sent events (HTML Living Standard, 9.2), and what servers send in their place: JSON in a line of its own, or a body
//! that is one JSON object. Pure and bounded.

use bytes::Bytes;
use net::Scrubber;
use serde_json::{Value, json};

use super::StreamError;

/// The longest line, in bytes.
const LINE: usize = 256 << 10;
/// Lines of one event.
const LINES: usize = 16;
/// The longest body that is no stream, in bytes.
const BODY: usize = 1 << 20;

/// What a stream brings.
#[derive(Debug, PartialEq)]
pub(super) enum Data {
    /// A chunk of the answer, or an error: an object with the field `error`.
    Chunk(Value),
    /// `[DONE]`.
    Done,
}

/// A body on its way.
#[derive(Default)]
pub(super) struct Events {
    line: Vec<u8>,
    data: String,
    /// Lines of the event so far.
    lines: usize,
    /// The event is called `error`.
    is_error: bool,
    /// Lines that belong to no event: a JSON object over several lines.
    body: String,
    /// What the server must not make the partner say.
    secrets: Scrubber,
}

impl Events {
    /// Returns an empty one that leaves out what the server repeats of these secrets.
    pub(super) fn scrubbing(secrets: Scrubber) -> Self {
        Self { secrets, ..Self::default() }
    }

    /// Returns the secrets of the request.
    pub(super) fn secrets(&self) -> &Scrubber {
        &self.secrets
    }

    /// Takes bytes as they come, up to the end of the next line; returns how many, and what that line completed.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(usize, Option<Data>), StreamError> {
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let more = &bytes[..end.unwrap_or(bytes.len())];
        if self.line.len() + more.len() > LINE {
            return Err(StreamError::NoStream("a line without an end"));
        }
        self.line.extend_from_slice(more);
        match end {
            Some(end) => Ok((end + 1, self.line()?)),
            None => Ok((bytes.len(), None)),
        }
    }

    /// Nothing more comes: what the last line completes, which need not have an end.
    pub(super) fn finish(&mut self) -> Result<Option<Data>, StreamError> {
        match self.line()? {
            Some(data) => Ok(Some(data)),
            None => Ok(object(&std::mem::take(&mut self.body)).map(Data::Chunk)),
        }
    }

    fn line(&mut self) -> Result<Option<Data>, StreamError> {
        let line = self.secrets.message(Bytes::from(std::mem::take(&mut self.line)));
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_end_matches('\r');
        if let Some(data) = line.strip_prefix("data:") {
            return self.data(data.strip_prefix(' ').unwrap_or(data));
        }
        if let Some(name) = line.strip_prefix("event:") {
            self.is_error = name.trim() == "error";
            return Ok(None);
        }
        // Older servers of llama.cpp name the field so.
        if let Some(error) = line.strip_prefix("error:") {
            return Ok(json(error).map(|error| Data::Chunk(as_error(error))));
        }
        if line.is_empty() && !self.data.is_empty() {
            return Err(StreamError::NoStream("an event that is no JSON"));
        }
        let is_field = line.is_empty() || [":", "id:", "retry:"].iter().any(|field| line.starts_with(field));
        Ok(if is_field { None } else { self.other(line) })
    }

    fn data(&mut self, data: &str) -> Result<Option<Data>, StreamError> {
        if self.data.len() + data.len() > LINE || self.lines == LINES {
            return Err(StreamError::NoStream("an event without an end"));
        }
        self.data.push_str(data);
        self.data.push('\n');
        self.lines += 1;
        // Every server of this kind writes an event in one line, and some leave the empty line behind it out.
        let found = match json(&self.data) {
            Some(chunk) if self.is_error => Data::Chunk(as_error(chunk)),
            Some(chunk) => Data::Chunk(chunk),
            None if self.data.trim() == "[DONE]" => Data::Done,
            None => return Ok(None),
        };
        (self.lines, self.is_error) = (0, false);
        self.data.clear();
        Ok(Some(found))
    }

    /// A line that is no field: Ollama writes an error so, and a server that does not stream its whole answer.
    fn other(&mut self, line: &str) -> Option<Data> {
        if self.body.is_empty() && !line.trim_start().starts_with('{') {
            return None;
        }
        if let Some(chunk) = object(line).filter(|_| self.body.is_empty()) {
            return Some(Data::Chunk(chunk));
        }
        if self.body.len() + line.len() < BODY {
            self.body.push_str(line);
            self.body.push('\n');
        }
        None
    }
}

/// An error as most servers write it.
fn as_error(value: Value) -> Value {
    if value.get("error").is_some() { value } else { json!({"error": value}) }
}

fn object(text: &str) -> Option<Value> {
    json(text).filter(Value::is_object)
}

/// Reads JSON. Half of a pair of UTF-16 units is a character of its own: a server that cuts an answer into tokens may cut
/// there.
fn json(text: &str) -> Option<Value> {
    match serde_json::from_str(text) {
        Ok(value) => Some(value),
        Err(_) if text.contains("\\u") => serde_json::from_str(&whole_pairs(text)).ok(),
        Err(_) => None,
    }
}

/// Replaces each `\uXXXX` that is half of a pair.
fn whole_pairs(text: &str) -> String {
    let unit = |at: usize| {
        let hex = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(hex, 16).ok()
    };
    let is_high = |unit: u16| (0xd800..0xdc00).contains(&unit);
    let is_low = |unit: u16| (0xdc00..0xe000).contains(&unit);
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(letter) = text[at..].chars().next() {
        let (taken, written) = match (unit(at), unit(at + 6)) {
            (Some(high), Some(low)) if is_high(high) && is_low(low) => (12, &text[at..at + 12]),
            (Some(half), _) if is_high(half) || is_low(half) => (6, "\\ufffd"),
            // An escaped backslash is not the beginning of the next escape.
            _ if letter == '\\' => {
                let next = text[at + 1..].chars().next().map_or(0, char::len_utf8);
                (1 + next, &text[at..=at + next])
            }
            _ => (letter.len_utf8(), &text[at..at + letter.len_utf8()]),
        };
        out.push_str(written);
        at += taken;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(stream: &[u8], step: usize) -> Result<Vec<Data>, StreamError> {
        let mut events = Events::default();
        let mut all = Vec::new();
        for mut piece in stream.chunks(step) {
            while !piece.is_empty() {
                let (taken, data) = events.push(piece)?;
                all.extend(data);
                piece = &piece[taken..];
            }
        }
        all.extend(events.finish()?);
        Ok(all)
    }

    #[test]
    fn events_are_read_however_they_are_written_and_cut() {
        let stream = ": ping\r\n\r\nid: 1\nretry: 5\nevent: message\ndata: {\"a\":\r\ndata: 1}\r\n\r\ndata:{\"b\":\"ü\"}\ndata: {\"c\":\"\\ud83d\"}\n\
            {\"d\":4}\ndata: [DONE]";
        let expected: Vec<Data> =
            [json!({"a": 1}), json!({"b": "ü"}), json!({"c": "\u{fffd}"}), json!({"d": 4})]
                .map(Data::Chunk)
                .into_iter()
                .chain([Data::Done])
                .collect();
        for step in 1..60 {
            assert_eq!(all(stream.as_bytes(), step).as_ref(), Ok(&expected), "in steps of {step}");
        }
    }

    #[test]
    fn errors_are_one_kind_of_chunk() {
        let error = Data::Chunk(json!({"error": {"message": "no memory"}}));
        for stream in [
            "event: error\ndata: {\"error\":{\"message\":\"no memory\"}}\n\n",
            "event: error\ndata: {\"message\":\"no memory\"}\n\n",
            "error: {\"message\":\"no memory\"}\n\n",
            "{\"error\":{\"message\":\"no memory\"}}\n",
        ] {
            assert_eq!(
                all(stream.as_bytes(), 5).expect("a stream"),
                [Data::Chunk(json!({"error": {"message": "no memory"}}))]
            );
        }
        assert_eq!(all(b"{\n  \"error\": {\n \"message\": \"no memory\"}\n}", 7).expect("a body"), [error]);
    }

    #[test]
    fn what_is_no_stream_is_said() {
        assert_eq!(all(b"data: no json\n\n", 99), Err(StreamError::NoStream("an event that is no JSON")));
        let endless = "x".repeat(LINE + 1);
        assert_eq!(all(endless.as_bytes(), 4_096), Err(StreamError::NoStream("a line without an end")));
        let open = "data: [\n".repeat(LINE);
        assert_eq!(all(open.as_bytes(), 4_096), Err(StreamError::NoStream("an event without an end")));
        assert_eq!(all(b"<html>\n<body>Hello\n", 3), Ok(vec![]));
    }

    #[test]
    fn pairs_are_kept_and_halves_are_not() {
        for (written, read) in [
            (r#""\ud83d\ude00""#, "😀"),
            (r#""\ud83dx""#, "\u{fffd}x"),
            (r#""\ude00""#, "\u{fffd}"),
            (r#""\\ud83d \ud83d""#, "\\ud83d \u{fffd}"),
        ] {
            assert_eq!(json(written), Some(Value::from(read)), "{written}");
        }
    }

    #[test]
    fn comments_and_empty_lines_cost_nothing() {
        let mut events = Events::default();
        for _ in 0..10_000 {
            assert_eq!(events.push(b": a comment that says nothing\r\n"), Ok((31, None)));
        }
        assert!(events.line.capacity() < 100 && events.data.is_empty() && events.body.is_empty());
    }
}
