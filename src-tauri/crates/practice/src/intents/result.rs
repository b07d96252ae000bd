//! Tool results as a sentence. Pure and bounded.

use serde_json::Value;

/// The longest result that is read out, in characters.
const MOST_CHARS: usize = 400;

/// What the partner says about a function's answer: by custom `output` or `error`, otherwise the whole object
/// (PROTOCOL.md §2.6).
pub(crate) fn sentence_of(name: &str, response: &Value) -> String {
    let name = spoken_name(name);
    if let Some(error) = response.get("error") {
        return finish(&format!("The function {name} failed: {}", read_out(error)));
    }
    let output = response.get("output").or_else(|| response.get("result")).unwrap_or(response);
    // A result that brings its own sentence is read by that sentence.
    let text = read_out(output.get("summary").filter(|summary| summary.is_string()).unwrap_or(output));
    if text.is_empty() {
        return format!("The function {name} is done, and had nothing to say.");
    }
    finish(&format!("The function {name} says: {text}"))
}

/// A function's name as it is said.
fn spoken_name(name: &str) -> String {
    name.replace(['_', '-', '.', ':'], " ")
}

fn finish(sentence: &str) -> String {
    let mut short: String = sentence.chars().take(MOST_CHARS).collect();
    if !short.ends_with(['.', '!', '?']) {
        short.push('.');
    }
    short
}

fn read_out(value: &Value) -> String {
    let mut text = String::new();
    append(value, &mut text, 0);
    text
}

fn append(value: &Value, text: &mut String, depth: usize) {
    // Deep or long results are cut while being written, not after.
    if depth > 6 || text.len() > MOST_CHARS * 4 {
        return;
    }
    match value {
        Value::Null => {}
        Value::Bool(true) => text.push_str("yes"),
        Value::Bool(false) => text.push_str("no"),
        Value::Number(number) => text.push_str(&number.to_string()),
        Value::String(string) => text.extend(string.chars().take(MOST_CHARS)),
        Value::Array(items) => joined(text, items.iter().map(|item| (None, item)), depth),
        Value::Object(fields) => {
            joined(text, fields.iter().map(|(key, item)| (Some(key.as_str()), item)), depth);
        }
    }
}

fn joined<'a>(text: &mut String, items: impl Iterator<Item = (Option<&'a str>, &'a Value)>, depth: usize) {
    for (at, (key, item)) in items.take(24).enumerate() {
        if at > 0 {
            text.push_str(", ");
        }
        if let Some(key) = key {
            text.extend(key.replace(['_', '-'], " ").chars().take(40));
            text.push(' ');
        }
        append(item, text, depth + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn outputs_errors_and_whole_objects_become_sentences() {
        let cases = [
            (json!({"output": "Clear, 21 °C."}), "The function get weather says: Clear, 21 °C."),
            (json!({"output": {"temp_c": [21.5, 20]}}), "The function get weather says: temp c 21.5, 20."),
            (json!({"output": {"summary": "Fog.", "code": 45}}), "The function get weather says: Fog."),
            (json!({"error": "no network"}), "The function get weather failed: no network."),
            (json!({"ok": true}), "The function get weather says: ok yes."),
            (json!({}), "The function get weather is done, and had nothing to say."),
        ];
        for (response, sentence) in cases {
            assert_eq!(sentence_of("get_weather", &response), sentence);
        }
    }

    #[test]
    fn a_huge_result_is_cut() {
        let huge = json!({"output": vec![vec!["word"; 1_000]; 1_000]});
        assert!(sentence_of("f", &huge).chars().count() <= MOST_CHARS + 1);
    }
}
