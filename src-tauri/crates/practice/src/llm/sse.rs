//! A stream of server-sent events (HTML Living Standard, 9.2) as the chunks of a chat completion, taken together: text as it
//! comes, calls when they are whole. Pure and bounded.

use bytes::Bytes;
use net::Scrubber;
use serde_json::{Map, Value};

use super::LlmError;

/// The longest line, in bytes.
const LINE: usize = 256 << 10;
/// Lines of one event.
const LINES: usize = 16;
/// Calls in one answer.
const CALLS: usize = 8;
/// The longest arguments of a call, in bytes.
const ARGUMENTS: usize = 64 << 10;

/// A function that the model wants called.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct RequestedCall {
    pub(crate) name: String,
    pub(crate) args: Map<String, Value>,
}

/// A chat completion on its way.
#[derive(Default)]
pub(super) struct Completion {
    line: Vec<u8>,
    data: String,
    /// Lines of the event so far.
    lines: usize,
    calls: Vec<Piece>,
    hidden: Hidden,
    finished: bool,
    /// What the server must not make the partner say.
    secrets: Scrubber,
}

/// A call whose arguments are still coming.
#[derive(Default)]
struct Piece {
    name: String,
    args: String,
}

impl Completion {
    /// Returns one that leaves out what the server repeats of these secrets.
    pub(super) fn scrubbing(secrets: Scrubber) -> Self {
        Self { secrets, ..Self::default() }
    }

    /// Takes bytes as they come; the text that was in them.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<String, LlmError> {
        let mut text = String::new();
        for &byte in bytes {
            if byte != b'\n' {
                if self.line.len() == LINE {
                    return Err(LlmError::NoStream("a line without an end".to_owned()));
                }
                self.line.push(byte);
                continue;
            }
            let line = self.secrets.message(Bytes::from(std::mem::take(&mut self.line)));
            let line = String::from_utf8_lossy(&line);
            text.push_str(&self.line(line.trim_end_matches('\r'))?);
        }
        Ok(text)
    }

    /// Whether the model said that it is done.
    pub(super) fn is_finished(&self) -> bool {
        self.finished
    }

    /// Text that was held back, and the calls, when nothing more comes.
    pub(super) fn finish(mut self) -> (String, Vec<RequestedCall>) {
        let calls = self.calls.into_iter().filter(|call| !call.name.is_empty()).map(|call| RequestedCall {
            args: serde_json::from_str(&call.args).unwrap_or_default(),
            name: call.name,
        });
        (self.hidden.rest(), calls.collect())
    }

    fn line(&mut self, line: &str) -> Result<String, LlmError> {
        if let Some(data) = line.strip_prefix("data:") {
            if self.data.len() + data.len() > LINE || self.lines == LINES {
                return Err(LlmError::NoStream("an event without an end".to_owned()));
            }
            self.data.push_str(data.strip_prefix(' ').unwrap_or(data));
            self.data.push('\n');
            self.lines += 1;
            // Every server of this kind writes an event in one line, and some leave the empty line behind it out.
            return match serde_json::from_str(&self.data) {
                Ok(chunk) => {
                    self.next();
                    self.chunk(&chunk)
                }
                Err(_) if self.data.trim() == "[DONE]" => {
                    self.next();
                    self.finished = true;
                    Ok(String::new())
                }
                Err(_) => Ok(String::new()),
            };
        }
        if line.is_empty() && !self.data.is_empty() {
            return Err(LlmError::NoStream("an event that is no JSON".to_owned()));
        }
        Ok(String::new())
    }

    fn next(&mut self) {
        self.data.clear();
        self.lines = 0;
    }

    fn chunk(&mut self, chunk: &Value) -> Result<String, LlmError> {
        if let Some(error) = chunk.get("error").filter(|error| !error.is_null()) {
            return Err(LlmError::Server(super::words_of_error(error, &self.secrets)));
        }
        let Some(choice) = chunk.pointer("/choices/0") else { return Ok(String::new()) };
        self.finished |= choice.get("finish_reason").is_some_and(Value::is_string);
        let calls = choice.pointer("/delta/tool_calls").and_then(Value::as_array);
        for (n, call) in calls.into_iter().flatten().enumerate() {
            let index = call.get("index").and_then(Value::as_u64).map_or(n, |index| index as usize);
            if index >= CALLS {
                continue;
            }
            while self.calls.len() <= index {
                self.calls.push(Piece::default());
            }
            let piece = &mut self.calls[index];
            let text = |place: &str| call.pointer(place).and_then(Value::as_str).unwrap_or_default();
            if piece.name.len() + text("/function/name").len() <= 128 {
                piece.name.push_str(text("/function/name"));
            }
            if piece.args.len() + text("/function/arguments").len() <= ARGUMENTS {
                piece.args.push_str(text("/function/arguments"));
            }
        }
        let content = choice.pointer("/delta/content").and_then(Value::as_str).unwrap_or_default();
        Ok(self.hidden.open(content))
    }
}

/// Leaves out what stands between `<think>` and `</think>`: some models write their thoughts into the answer.
#[derive(Default)]
struct Hidden {
    inside: bool,
    held: String,
}

impl Hidden {
    fn open(&mut self, delta: &str) -> String {
        self.held.push_str(delta);
        let mut said = String::new();
        loop {
            let tag = if self.inside { "</think>" } else { "<think>" };
            let Some(at) = self.held.find(tag) else {
                // What may be the beginning of the tag waits for more.
                let kept = (1..tag.len()).rev().find(|n| self.held.ends_with(&tag[..*n])).unwrap_or(0);
                let end = self.held.len() - kept;
                let out: String = self.held.drain(..end).collect();
                if !self.inside {
                    said.push_str(&out);
                }
                return said;
            };
            let out: String = self.held.drain(..at + tag.len()).collect();
            if !self.inside {
                said.push_str(&out[..at]);
            }
            self.inside = !self.inside;
        }
    }

    fn rest(&mut self) -> String {
        if self.inside { String::new() } else { std::mem::take(&mut self.held) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(delta: &Value) -> String {
        format!("data: {}\n\n", json!({"choices": [{"index": 0, "delta": delta, "finish_reason": null}]}))
    }

    fn all(stream: &str, step: usize) -> Result<(String, Vec<RequestedCall>, bool), LlmError> {
        let mut completion = Completion::default();
        let mut text = String::new();
        for bytes in stream.as_bytes().chunks(step) {
            text.push_str(&completion.push(bytes)?);
        }
        let finished = completion.is_finished();
        let (rest, calls) = completion.finish();
        Ok((text + &rest, calls, finished))
    }

    #[test]
    fn any_split_of_a_stream_gives_the_same() {
        let call = |index: usize, name: &str, args: &str| {
            event(&json!({"tool_calls": [{"index": index, "function": {"name": name, "arguments": args}}]}))
        };
        let stream = [
            ": a comment\r\n".to_owned(),
            event(&json!({"role": "assistant", "content": "<think>hm, <b>"})),
            event(&json!({"content": "</think>Grüß"})),
            event(&json!({"content": " dich. 1 < 2"})),
            call(0, "get_weather", "{\"loc"),
            call(1, "now", ""),
            call(0, "", "ation\":\"Oslo\"}"),
            "data: [DONE]\r\n\r\n".to_owned(),
        ]
        .concat();
        let whole = all(&stream, stream.len()).expect("a stream");
        assert_eq!(whole.0, "Grüß dich. 1 < 2");
        let names: Vec<(&str, Value)> =
            whole.1.iter().map(|call| (call.name.as_str(), Value::Object(call.args.clone()))).collect();
        assert_eq!(names, [("get_weather", json!({"location": "Oslo"})), ("now", json!({}))]);
        assert!(whole.2);
        for step in 1..40 {
            assert_eq!(all(&stream, step).expect("a stream"), whole, "in steps of {step}");
        }
    }

    #[test]
    fn what_is_no_stream_is_said() {
        assert!(
            matches!(all("data: {\"error\": {\"message\": \"no memory\"}}\n\n", 9), Err(LlmError::Server(words)) if words == "no memory")
        );
        assert!(matches!(all("data: no json\n\n", 99), Err(LlmError::NoStream(_))));
        assert!(matches!(all(&"x".repeat(LINE + 1), 4_096), Err(LlmError::NoStream(_))));
        assert!(matches!(all(&"data: [\n".repeat(LINE), 4_096), Err(LlmError::NoStream(_))));
        assert_eq!(all("<html>\n<body>Hello\n", 3).expect("nothing"), (String::new(), vec![], false));
    }

    #[test]
    fn a_key_that_the_server_repeats_is_left_out() {
        let secrets = || Scrubber::new(["sk-Secret-12345".to_owned(), "sesame".to_owned()]);
        let said = event(&json!({"content": "Your key is sk-Secret-12345. Open, sesame."}));
        assert_eq!(
            Completion::scrubbing(secrets()).push(said.as_bytes()).as_deref(),
            Ok("Your key is [redacted]. Open, sesame."),
            "a word may be said"
        );
        let error = b"data: {\"error\": \"sesame and sk\\u002dSecret-12345 are wrong\"}\n";
        assert_eq!(
            Completion::scrubbing(secrets()).push(error),
            Err(LlmError::Server("[redacted] and [redacted] are wrong".to_owned()))
        );
    }

    #[test]
    fn calls_are_bounded() {
        let many: String = (0..1_000)
            .map(|n| event(&json!({"tool_calls": [{"index": n, "function": {"name": "f", "arguments": "x".repeat(1_000)}}]})))
            .collect();
        let one = event(&json!({"tool_calls": [{"index": 0, "function": {"arguments": "x".repeat(1_000)}}]}))
            .repeat(1_000);
        let mut completion = Completion::default();
        completion.push((many + &one).as_bytes()).expect("taken");
        assert!(completion.calls.len() == CALLS && completion.calls[0].args.len() <= ARGUMENTS);
    }

    #[test]
    fn what_means_harm_is_skipped_field_by_field_or_said() {
        // Wrong types beside a good piece: the good piece counts.
        let odd = [
            r#"data: {"choices":[{"delta":{"content":7,"tool_calls":"x"},"finish_reason":7}],"error":null}"#,
            r#"data: {"choices":[{"delta":{"content":"Good.","tool_calls":[7,{"index":-1},{"index":1e99,"function":[]},{"function":{"name":{},"arguments":[]}}]}}]}"#,
            r#"data: {"choices":"none","usage":12.5}"#,
            "data: 7",
            "data: null",
            "data: []",
            "id: 1",
            "retry: x",
            ":",
            "data: [DONE]",
        ];
        let (text, calls, finished) = all(&(odd.join("\n\n") + "\n\n"), 11).expect("a stream");
        assert_eq!((text.as_str(), calls, finished), ("Good.", vec![], true));
        // Deep, not UTF-8, endless: refused or survived, and small.
        let deep = format!("data: {}\n\n", "[".repeat(100_000));
        assert!(matches!(all(&deep, 999), Err(LlmError::NoStream(_))));
        let mut completion = Completion::default();
        assert_eq!(
            completion.push(b"data: {\"choices\":[{\"delta\":{\"content\":\"\xff\xfe\"}}]}\n"),
            Ok("\u{fffd}\u{fffd}".into())
        );
        for _ in 0..10_000 {
            assert_eq!(completion.push(b": a comment that says nothing\r\n"), Ok(String::new()));
        }
        assert!(completion.line.capacity() < 100 && completion.data.is_empty());
    }
}
