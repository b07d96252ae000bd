//! What a function gave, cut to what the model gets of it. Pure.

use serde_json::Value;

/// The result of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// What it gave; a text when it was cut.
    pub value: Value,
    /// What the model is told beside it, such as that it was cut.
    pub note: Option<String>,
}

impl Output {
    /// Cuts a result that is longer than `limit` bytes of JSON. A text stays a text, anything else becomes the beginning of
    /// its JSON.
    pub(crate) fn within(value: Value, limit: usize) -> Self {
        let (mut text, is_cut) = match value {
            Value::String(text) => (text, false),
            value => match value.to_string() {
                json if json.len() <= limit => return Self { value, note: None },
                json => (json, true),
            },
        };
        if !is_cut && text.len() <= limit {
            return Self { value: Value::String(text), note: None };
        }
        text.truncate(text.floor_char_boundary(limit));
        let note = format!("The result was cut after {} bytes.", text.len());
        Self { value: Value::String(text), note: Some(note) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_result_within_its_limit_is_left_as_it_is() {
        for value in [json!("four"), json!({"a": 1}), json!(null), json!([1, 2])] {
            assert_eq!(Output::within(value.clone(), 7), Output { value, note: None });
        }
    }

    #[test]
    fn a_longer_one_is_cut_between_characters_and_says_so() {
        let text = Output::within(json!("aaä"), 3);
        assert_eq!(
            (text.value, text.note.as_deref()),
            (json!("aa"), Some("The result was cut after 2 bytes."))
        );
        let object = Output::within(json!({"a": [1, 2, 3]}), 6);
        assert_eq!(object.value, json!("{\"a\":["));
        assert!(object.note.unwrap().contains("6 bytes"));
    }
}
