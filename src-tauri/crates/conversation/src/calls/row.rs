//! What of a call the person sees, and what of its result the model gets. Pure.

use serde_json::{Value, json};
use tools::{Output, ToolError};

use crate::clock::Moment;
use crate::event::{ToolCall, ToolState};

/// The longest arguments, question and result in a row, in bytes.
const ROW_TEXT: usize = 4096;
/// The longest id and name of a call, in bytes.
pub(super) const ID_BYTES: usize = 256;

/// The row of a call that has just come.
pub(super) fn new(number: u32, id: &str, name: &str, args: &Value, now: Moment) -> ToolCall {
    let args = if args.is_null() { "{}".to_owned() } else { args.to_string() };
    ToolCall {
        number,
        id: clipped(id.to_owned(), ID_BYTES),
        name: clipped(name.to_owned(), ID_BYTES),
        args: clipped(args, ROW_TEXT),
        state: ToolState::Running,
        at: now.wall,
        running_since: None,
        elapsed_ms: None,
        result: None,
        each_time: false,
        question: None,
    }
}

/// The response that the model gets (PROTOCOL.md §2.6): an object with `output` or `error`.
pub(super) fn response(result: &Result<Output, ToolError>) -> Value {
    match result {
        Ok(Output { value, note: None }) => json!({ "output": value }),
        Ok(Output { value, note: Some(note) }) => json!({ "output": value, "note": note }),
        Err(error) => json!({ "error": error.to_string(), "code": error.code() }),
    }
}

/// Puts the result into the row.
pub(super) fn finish(row: &mut ToolCall, result: &Result<Output, ToolError>) {
    (row.question, row.each_time) = (None, false);
    row.state = match result {
        Ok(_) => ToolState::Done,
        Err(ToolError::Stopped) => ToolState::Cancelled,
        Err(ToolError::Refused | ToolError::NeedsLeave { .. } | ToolError::NotAnswered { .. }) => {
            ToolState::Refused
        }
        Err(_) => ToolState::Failed,
    };
    let text = match result {
        Ok(Output { value, note }) => {
            let text = match value {
                Value::String(text) => text.clone(),
                value => serde_json::to_string_pretty(value).unwrap_or_default(),
            };
            let note = note.as_ref().map_or_else(String::new, |note| format!("\n{note}"));
            clipped(text, ROW_TEXT) + &note
        }
        Err(error) => clipped(error.to_string(), ROW_TEXT),
    };
    row.result = Some(text);
}

/// The question of a function to the person.
pub(super) fn question(text: String) -> String {
    clipped(text, ROW_TEXT)
}

/// A text of a row.
pub(super) fn text(text: &str) -> String {
    clipped(text.to_owned(), ROW_TEXT)
}

fn clipped(mut text: String, bytes: usize) -> String {
    if text.len() > bytes {
        text.truncate(text.floor_char_boundary(bytes));
        text.push('…');
    }
    text
}
