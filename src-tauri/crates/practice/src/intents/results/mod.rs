//! Results of functions as one plain sentence: never a function's name, a key, a time for machines or a bracket. Pure and bounded.

mod errors;
mod foreign;
mod said;
mod time;
mod weather;

use serde_json::{Map, Value, json};

use super::text::pick;

/// The longest answer, in characters.
const MOST_CHARS: usize = 400;
/// What was asked is kept so far, in characters.
const ASKED_CHARS: usize = 200;
/// A result that says only that it is done.
const DONE: &[&str] = &["Done.", "Okay, that's done.", "All right, done."];
/// What only wraps a result (PROTOCOL.md §2.6).
const WRAPPERS: &[&str] = &["output", "result", "response", "data", "value", "answer"];

/// What the partner notes with a call, and reads again when the result is there.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct CallNote {
    /// The words that asked for it.
    pub(super) asked: String,
    /// The place, as it was said.
    pub(super) place: Option<String>,
    /// The user's turn.
    pub(super) turn: usize,
    /// What is to be said behind the result.
    pub(super) then: String,
}

impl CallNote {
    /// For [`live_server::Call::note`].
    pub(super) fn to_value(&self) -> Value {
        let asked: String = self.asked.chars().take(ASKED_CHARS).collect();
        json!({"asked": asked, "place": self.place, "turn": self.turn, "then": self.then})
    }

    /// One of nothing, when a language model made the call.
    fn of(note: &Value) -> Self {
        let text = |key: &str| note.get(key).and_then(Value::as_str).map(str::to_owned);
        Self {
            asked: text("asked").unwrap_or_default(),
            place: text("place"),
            turn: note.get("turn").and_then(Value::as_u64).unwrap_or_default() as usize,
            then: text("then").unwrap_or_default(),
        }
    }
}

/// What the partner says about a function's result; `note` is what came back with it.
pub(crate) fn sentence_of(name: &str, response: &Value, note: &Value) -> String {
    let note = CallNote::of(note);
    let said = said::finished(&sentence(name, response, &note), MOST_CHARS);
    if note.then.is_empty() { said } else { format!("{said} {}", note.then) }
}

fn sentence(name: &str, response: &Value, note: &CallNote) -> String {
    if let Some(error) = errors::error_in(name, response) {
        return error;
    }
    let output = unwrapped(response);
    if let Value::Object(fields) = output
        && let Some(said) = time::sentence(fields, note).or_else(|| weather::sentence(fields, note))
    {
        return said;
    }
    foreign::sentence(name, output).unwrap_or_else(|| pick(DONE, note.turn).to_owned())
}

/// Results in one text; what is only said again is said once.
pub(crate) fn joined(all: &[String]) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for said in all {
        match kept.last_mut() {
            Some(last) if said.starts_with(*last) => *last = said,
            _ => kept.push(said),
        }
    }
    kept.join(" ")
}

/// What is inside of wrappers.
fn unwrapped(response: &Value) -> &Value {
    let mut output = response;
    for _ in 0..3 {
        let Value::Object(fields) = output else { break };
        let Some(inner) = WRAPPERS.iter().find_map(|key| fields.get(*key)).filter(|_| only_wraps(fields))
        else {
            break;
        };
        output = inner;
    }
    output
}

/// Whether an object has nothing but its wrapped value, and signs that it succeeded.
fn only_wraps(fields: &Map<String, Value>) -> bool {
    let says_nothing = |key: &String, value: &Value| {
        WRAPPERS.contains(&key.as_str())
            || matches!(key.as_str(), "ok" | "success" | "status" | "code" | "error") && !value.is_object()
    };
    fields.iter().all(|(key, value)| says_nothing(key, value))
}

#[cfg(test)]
mod tests;
