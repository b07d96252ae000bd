//! A chat completion on its way: text as it comes, calls when nothing more comes. Pure and bounded.

use net::Scrubber;
use serde_json::Value;

use super::call_pieces::CallPieces;
use super::sse::{Data, Events};
use super::words_of_error::words_of_error;
use super::written::Written;
use super::{CALLS, Reading, RequestedCall, StreamError};

/// A chat completion on its way.
#[derive(Default)]
pub(in super::super) struct Completion {
    events: Events,
    calls: CallPieces,
    written: Written,
    finished: bool,
    /// Thoughts came in a field of their own.
    thinks_apart: bool,
    /// How the text ended so far.
    ends_sentence: bool,
}

/// What is left when nothing more comes.
#[derive(Debug, PartialEq)]
pub(in super::super) struct End {
    /// Text that was held back.
    pub(in super::super) rest: String,
    /// The calls that the model wants made.
    pub(in super::super) calls: Vec<RequestedCall>,
    /// Whether that is all of the answer: the server said so, or it looks whole.
    pub(in super::super) is_whole: bool,
    /// The text began within a thought, and only its end was marked.
    pub(in super::super) began_in_thought: bool,
    /// There were thoughts, wherever.
    pub(in super::super) thought: bool,
}

impl Completion {
    /// Returns an empty one that leaves out what the server repeats of these secrets.
    pub(in super::super) fn new(reading: Reading, secrets: Scrubber) -> Self {
        Self { events: Events::scrubbing(secrets), written: Written::new(reading), ..Self::default() }
    }

    /// Takes bytes as they come; returns the text that was in them.
    pub(in super::super) fn push(&mut self, mut bytes: &[u8]) -> Result<String, StreamError> {
        let mut text = String::new();
        while !bytes.is_empty() && !self.finished {
            let (taken, data) = self.events.push(bytes)?;
            bytes = &bytes[taken..];
            text.push_str(&self.take(data)?);
        }
        Ok(text)
    }

    /// Whether the model is done.
    pub(in super::super) fn is_finished(&self) -> bool {
        self.finished
    }

    /// What is left when nothing more comes.
    pub(in super::super) fn finish(mut self) -> Result<End, StreamError> {
        let mut rest = String::new();
        if !self.finished {
            let last = self.events.finish()?;
            rest = self.take(last)?;
        }
        let began_in_thought = self.written.began_in_thought();
        let thought = self.thinks_apart || self.written.thought();
        let (more, written) = self.written.finish();
        rest.push_str(&more);
        self.ends_sentence = ends_sentence(&rest).unwrap_or(self.ends_sentence);
        // A server that leaves its last word out has still ended when what came is whole.
        let is_whole = self.finished || self.calls.are_whole() || !written.is_empty() || self.ends_sentence;
        let calls = self.calls.finish().chain(written).take(CALLS).collect();
        Ok(End { rest, calls, is_whole, began_in_thought, thought })
    }

    fn take(&mut self, data: Option<Data>) -> Result<String, StreamError> {
        let text = match data {
            None => return Ok(String::new()),
            Some(Data::Done) => {
                self.finished = true;
                return Ok(String::new());
            }
            Some(Data::Chunk(chunk)) => self.chunk(&chunk)?,
        };
        self.finished |= self.written.is_over();
        self.ends_sentence = ends_sentence(&text).unwrap_or(self.ends_sentence);
        Ok(text)
    }

    fn chunk(&mut self, chunk: &Value) -> Result<String, StreamError> {
        let error = chunk.get("error").filter(|error| !error.is_null());
        let error = error.or_else(|| (chunk["object"] == "error").then_some(chunk));
        if let Some(error) = error {
            return Err(StreamError::Server(words_of_error(error, self.events.secrets())));
        }
        let Some(choice) = chunk.pointer("/choices/0") else { return Ok(String::new()) };
        // A server that does not stream sends the message whole.
        let delta = choice.get("delta").or_else(|| choice.get("message")).unwrap_or(&Value::Null);
        let had_calls = self.calls.are_begun();
        for piece in delta.get("tool_calls").and_then(Value::as_array).into_iter().flatten() {
            self.calls.add(piece);
        }
        if let Some(call) = delta.get("function_call").filter(|call| call.is_object()) {
            self.calls.add(&serde_json::json!({"index": 0, "function": call}));
        }
        let thought =
            ["reasoning_content", "reasoning", "thinking"].iter().find_map(|name| delta.get(name)?.as_str());
        if thought.is_some_and(|thought| !thought.is_empty()) && !self.thinks_apart {
            self.thinks_apart = true;
            self.written.thinks_apart();
        }
        let mut text = self.written.push(&content(&delta["content"]));
        if self.calls.are_begun() && !had_calls {
            // What was said before is whole: a line's end says so.
            text.push('\n');
        }
        self.finished |=
            choice["finish_reason"].as_str().is_some_and(|reason| !matches!(reason, "" | "null"));
        Ok(text)
    }
}

/// Returns the text of a message, which may stand in parts.
fn content(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts
            .iter()
            .filter(|part| part["type"] == "text")
            .filter_map(|part| part["text"].as_str())
            .collect(),
        _ => String::new(),
    }
}

/// Returns whether a text ends where a sentence does; `None` when there is no text.
fn ends_sentence(text: &str) -> Option<bool> {
    let text = text.trim_end_matches(|c: char| c.is_whitespace() || "\"'”’)*_`]".contains(c));
    Some(text.chars().next_back()?).map(|last| ".!?…:".contains(last))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(delta: &Value) -> String {
        format!("data: {}\n\n", json!({"choices": [{"index": 0, "delta": delta, "finish_reason": null}]}))
    }

    fn reading() -> Reading {
        Reading { functions: ["get_weather".to_owned(), "now".to_owned()].into(), ..Reading::default() }
    }

    fn all(stream: &str, step: usize) -> Result<(String, End), StreamError> {
        let mut completion = Completion::new(reading(), Scrubber::default());
        let mut text = String::new();
        for bytes in stream.as_bytes().chunks(step) {
            text.push_str(&completion.push(bytes)?);
        }
        let end = completion.finish()?;
        Ok((text + &end.rest, End { rest: String::new(), ..end }))
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
            call(0, "", "ation\":\"Tromsø\"}"),
            "data: [DONE]\r\n\r\n".to_owned(),
        ]
        .concat();
        let whole = all(&stream, stream.len()).expect("a stream");
        assert_eq!(
            whole.0, "Grüß dich. 1 < 2\n",
            "before a call a line ends, so that what was said is whole"
        );
        let names: Vec<(&str, Value)> =
            whole.1.calls.iter().map(|call| (call.name.as_str(), Value::Object(call.args.clone()))).collect();
        assert_eq!(names, [("get_weather", json!({"location": "Tromsø"})), ("now", json!({}))]);
        assert!(whole.1.is_whole);
        for step in 1..40 {
            assert_eq!(all(&stream, step).expect("a stream"), whole, "in steps of {step}");
        }
    }

    #[test]
    fn an_end_that_is_not_said_is_told_by_what_came() {
        let says = |text: &str| event(&json!({"content": text}));
        for (stream, is_whole) in [
            (says("It rains."), true),
            (says("Does it \"rain\"?\""), true),
            (says("It is. It was"), false),
            (
                event(&json!({"tool_calls": [{"index": 0, "function": {"name": "now", "arguments": "{}"}}]})),
                true,
            ),
            (
                event(
                    &json!({"tool_calls": [{"index": 0, "function": {"name": "now", "arguments": "{\"a"}}]}),
                ),
                false,
            ),
            (says("<tool_call>{\"name\": \"now\"}"), true),
            (String::new(), false),
            ("data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"\"}]}\n\n".to_owned(), false),
            ("data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"length\"}]}\n\n".to_owned(), true),
        ] {
            assert_eq!(all(&stream, 7).expect("a stream").1.is_whole, is_whole, "{stream}");
        }
    }

    #[test]
    fn an_answer_that_is_not_streamed_is_read() {
        let call = json!({"id": "a", "function": {"name": "now", "arguments": "{}"}});
        let message = json!({"role": "assistant", "content": [{"type": "text", "text": "One moment."}], "tool_calls": [call]});
        let body = json!({"choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]});
        for body in [body.to_string(), serde_json::to_string_pretty(&body).expect("JSON")] {
            let (text, end) = all(&body, 9).expect("a body");
            assert_eq!((text.trim(), end.calls.len(), end.is_whole), ("One moment.", 1, true), "{body}");
        }
    }

    #[test]
    fn errors_in_a_stream_are_its_words() {
        for (stream, words) in [
            ("data: {\"error\": {\"message\": \"no memory\"}}\n\n", "no memory"),
            ("data: {\"error\": \"no memory.\"}\n\n", "no memory"),
            ("data: {\"object\":\"error\",\"message\":\"too long\",\"code\":400}\n\n", "too long"),
            ("event: error\ndata: {\"message\":\"no memory\"}\n\n", "no memory"),
            ("{\"error\":\"no memory\"}\n", "no memory"),
            ("data: {\"error\": {}}\n\n", ""),
        ] {
            assert_eq!(all(stream, 9), Err(StreamError::Server(words.to_owned())), "{stream}");
        }
    }

    #[test]
    fn a_key_that_the_server_repeats_is_left_out() {
        let secrets = || Scrubber::new(["sk-Secret-12345".to_owned(), "sesame".to_owned()]);
        let said = event(&json!({"content": "Your key is sk-Secret-12345. Open, sesame."}));
        assert_eq!(
            Completion::new(reading(), secrets()).push(said.as_bytes()).as_deref(),
            Ok("Your key is [redacted]. Open, sesame."),
            "a word may be said"
        );
        let error = b"data: {\"error\": \"sesame and sk\\u002dSecret-12345 are wrong\"}\n";
        assert_eq!(
            Completion::new(reading(), secrets()).push(error),
            Err(StreamError::Server("[redacted] and [redacted] are wrong".to_owned()))
        );
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
        let (text, end) = all(&(odd.join("\n\n") + "\n\n"), 11).expect("a stream");
        assert_eq!((text.trim(), end.calls, end.is_whole), ("Good.", vec![], true));
        // Deep, not UTF-8, endless: refused or survived, and small.
        let deep = format!("data: {}\n\n", "[".repeat(100_000));
        assert!(matches!(all(&deep, 999), Err(StreamError::NoStream(_))));
        assert_eq!(
            Completion::default().push(b"data: {\"choices\":[{\"delta\":{\"content\":\"\xff\xfe\"}}]}\n"),
            Ok("\u{fffd}\u{fffd}".into())
        );
    }
}
