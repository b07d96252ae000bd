//! The arguments of a call as models write them: JSON, or nearly. Pure.

use serde_json::{Map, Value};

/// Returns the arguments in this text. Nothing is an empty object; what can't be read is empty too, and the function says
/// what it lacks.
pub(super) fn arguments(text: &str) -> Map<String, Value> {
    match first_json(without_fence(text.trim())) {
        Some(Value::Object(args)) => args,
        // Some servers encode them twice.
        Some(Value::String(inner)) => match first_json(inner.trim()) {
            Some(Value::Object(args)) => args,
            _ => Map::new(),
        },
        _ => Map::new(),
    }
}

/// Returns the first JSON value of a text; what follows it is left out.
pub(super) fn first_json(text: &str) -> Option<Value> {
    serde_json::Deserializer::from_str(text).into_iter::<Value>().next()?.ok()
}

/// Returns what stands between the lines of three backticks, or the text itself.
pub(super) fn without_fence(text: &str) -> &str {
    let Some(inside) = text.strip_prefix("```") else { return text };
    let inside = inside.split_once('\n').map_or(inside, |(_, inside)| inside);
    inside.trim_end().strip_suffix("```").unwrap_or(inside).trim()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn arguments_are_read_as_they_are_written() {
        let oslo = json!({"place": "Oslo"});
        for text in [
            r#"{"place":"Oslo"}"#,
            r#" {"place": "Oslo"} and that is it"#,
            "\"{\\\"place\\\":\\\"Oslo\\\"}\"",
            "```json\n{\"place\": \"Oslo\"}\n```",
        ] {
            assert_eq!(Value::Object(arguments(text)), oslo, "{text}");
        }
        for nothing in ["", "null", "{}", "[]", "{\"place\":", "Oslo"] {
            assert_eq!(arguments(nothing), Map::new(), "{nothing}");
        }
    }
}
