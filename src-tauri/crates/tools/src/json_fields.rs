//! Reads what a server answered, field by field: one of a wrong type is absent, and the rest counts. Texts are short and plain,
//! whoever wrote them, since a model reads them. Pure.

use serde_json::Value;

/// The longest text that is taken over, in characters.
const MAX_TEXT_CHARS: usize = 120;

/// A number, as long as it is one.
pub(crate) fn number(object: &Value, key: &str) -> Option<f64> {
    object.get(key)?.as_f64().filter(|number| number.is_finite())
}

/// A text without control characters, cut to what can be said.
pub(crate) fn text(object: &Value, key: &str) -> Option<String> {
    plain(object.get(key)?.as_str()?)
}

/// The same of a text; `None` when nothing is left.
pub(crate) fn plain(text: &str) -> Option<String> {
    let text: String = text.trim().chars().filter(|c| !steers(*c)).take(MAX_TEXT_CHARS).collect();
    (!text.is_empty()).then_some(text)
}

/// Control characters, and those that turn the direction of writing.
fn steers(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_field_of_a_wrong_type_is_absent() {
        let object = json!({"a": 1.5, "b": "2", "c": [], "d": "x\u{1b}[31m\u{202e}y", "e": " \u{7} ", "f": "é".repeat(500)});
        assert_eq!(
            (number(&object, "a"), number(&object, "b"), number(&object, "z")),
            (Some(1.5), None, None)
        );
        assert_eq!(text(&object, "d").as_deref(), Some("x[31my"));
        assert_eq!((text(&object, "a"), text(&object, "c"), text(&object, "e")), (None, None, None));
        assert_eq!(text(&object, "f").map(|text| text.chars().count()), Some(MAX_TEXT_CHARS));
        assert_eq!(number(&json!([1]), "a"), None);
    }
}
