//! Calls that come in pieces, put together: by their index, else by their id, else in their order. Pure and bounded.

use serde_json::Value;

use super::arguments::{arguments, first_json};
use super::{ARGUMENTS, CALLS, NAME, RequestedCall};

/// The calls of an answer on their way.
#[derive(Debug, Default)]
pub(super) struct CallPieces {
    calls: Vec<Piece>,
}

/// A call whose arguments are still coming.
#[derive(Debug, Default)]
struct Piece {
    index: Option<u64>,
    id: String,
    name: String,
    args: String,
}

impl CallPieces {
    /// Takes a piece, one of `tool_calls` of a delta.
    pub(super) fn add(&mut self, piece: &Value) {
        let text = |place: &str| piece.pointer(place).and_then(Value::as_str).unwrap_or_default();
        let index = match &piece["index"] {
            Value::String(text) => text.parse().ok(),
            index => index.as_u64(),
        };
        let (id, name) = (text("/id"), text("/function/name"));
        let Some(call) = self.call(index, id, name) else { return };
        if call.id.is_empty() && id.len() <= NAME {
            id.clone_into(&mut call.id);
        }
        // Some servers repeat the name with every piece, others cut it as they cut the arguments.
        if call.name != name && call.name.len() + name.len() <= NAME {
            call.name.push_str(name);
        }
        let written;
        let args = match piece.pointer("/function/arguments") {
            Some(Value::String(text)) => text.as_str(),
            // Whole, and not written as text.
            Some(object @ Value::Object(_)) => {
                written = object.to_string();
                &written
            }
            _ => "",
        };
        if call.args.len() + args.len() <= ARGUMENTS {
            call.args.push_str(args);
        }
    }

    /// The call that a piece belongs to; `None` when there are too many.
    fn call(&mut self, index: Option<u64>, id: &str, name: &str) -> Option<&mut Piece> {
        let is_another = |call: &Piece| {
            // Some servers give every call the same index.
            !id.is_empty() && !name.is_empty() && !call.id.is_empty() && call.id != id
        };
        let at = match index {
            Some(_) => self.calls.iter().rposition(|call| call.index == index && !is_another(call)),
            None if !id.is_empty() => self.calls.iter().position(|call| call.id == id),
            // Without either a piece goes on with the last call, unless it begins one.
            None => self.calls.len().checked_sub(1).filter(|last| {
                let last = &self.calls[*last];
                name.is_empty() || (last.name == name && !last.is_whole())
            }),
        };
        match at {
            Some(at) => self.calls.get_mut(at),
            None if self.calls.len() == CALLS => None,
            None => {
                self.calls.push(Piece { index, ..Piece::default() });
                self.calls.last_mut()
            }
        }
    }

    /// Whether there is any call.
    pub(super) fn are_begun(&self) -> bool {
        !self.calls.is_empty()
    }

    /// Whether there are calls, and each has all its arguments.
    pub(super) fn are_whole(&self) -> bool {
        !self.calls.is_empty() && self.calls.iter().all(Piece::is_whole)
    }

    /// The calls, when nothing more comes.
    pub(super) fn finish(self) -> impl Iterator<Item = RequestedCall> {
        let named = self.calls.into_iter().filter(|call| !call.name.is_empty());
        named.map(|call| RequestedCall { args: arguments(&call.args), name: call.name })
    }
}

impl Piece {
    fn is_whole(&self) -> bool {
        !self.name.is_empty() && (self.args.is_empty() || first_json(&self.args).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn calls(pieces: &[Value]) -> Vec<(String, Value)> {
        let mut calls = CallPieces::default();
        for piece in pieces {
            calls.add(piece);
        }
        calls.finish().map(|call| (call.name, Value::Object(call.args))).collect()
    }

    fn two() -> Vec<(String, Value)> {
        vec![("weather".into(), json!({"place": "Oslo"})), ("now".into(), json!({}))]
    }

    #[test]
    fn pieces_find_their_call_whatever_names_them() {
        let weather = |args: &str| json!({"name": "weather", "arguments": args});
        let rest = json!({"arguments": "e\":\"Oslo\"}"});
        let now = json!({"name": "now", "arguments": ""});
        for pieces in [
            // By their index, mixed.
            vec![
                json!({"index": 0, "id": "a", "function": weather("{\"plac")}),
                json!({"index": 1, "id": "b", "function": now}),
                json!({"index": 0, "function": rest}),
            ],
            // By their id alone.
            vec![
                json!({"id": "a", "function": weather("{\"plac")}),
                json!({"id": "b", "function": now}),
                json!({"id": "a", "function": rest}),
            ],
            // By nothing.
            vec![
                json!({"function": weather("{\"plac")}),
                json!({"function": rest}),
                json!({"function": now}),
            ],
            // Every call is number 0, and whole.
            vec![
                json!({"index": 0, "id": "a", "function": weather("{\"place\":\"Oslo\"}")}),
                json!({"index": 0, "id": "b", "function": now}),
            ],
            // The name comes with every piece; the index is a text.
            vec![
                json!({"index": "3", "id": "a", "function": weather("{\"plac")}),
                json!({"index": "3", "id": "a", "function": {"name": "weather", "arguments": "e\":\"Oslo\"}"}}),
                json!({"index": "4", "id": "b", "function": now}),
            ],
            // The name is cut, the arguments are an object.
            vec![
                json!({"index": 0, "id": "a", "function": {"name": "wea"}}),
                json!({"index": 0, "function": {"name": "ther", "arguments": {"place": "Oslo"}}}),
                json!({"index": 1, "function": now}),
            ],
        ] {
            assert_eq!(calls(&pieces), two(), "{pieces:?}");
        }
    }

    #[test]
    fn odd_pieces_and_too_many_are_left_out() {
        let odd = [
            json!(7),
            json!({"index": -1}),
            json!({"index": 1e99, "function": []}),
            json!({"function": {"name": {}}}),
        ];
        assert_eq!(calls(&odd), []);
        let many: Vec<Value> = (0..1_000)
            .map(|n| json!({"index": n, "function": {"name": "f", "arguments": "x".repeat(1_000)}}))
            .collect();
        let mut pieces = CallPieces::default();
        for piece in &many {
            pieces.add(piece);
        }
        for _ in 0..1_000 {
            pieces.add(&json!({"index": 0, "function": {"arguments": "x".repeat(1_000)}}));
        }
        assert!(pieces.calls.len() == CALLS && pieces.calls[0].args.len() <= ARGUMENTS);
    }
}
