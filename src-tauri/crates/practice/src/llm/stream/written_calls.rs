//! Calls that a model wrote as text, in the ways in which models were taught to: JSON, tags, `name(key="value")`. Pure.

use serde_json::{Map, Value};

use super::arguments::{arguments, first_json, without_fence};
use super::{CALLS, NAME, RequestedCall};

/// What stands between the parts of a call in tokens of DeepSeek and Kimi.
const BETWEEN: [&str; 8] = [
    "<｜tool▁call▁begin｜>",
    "<｜tool▁call▁end｜>",
    "<|tool_call_begin|>",
    "<|tool_call_end|>",
    "<|tool_call_argument_begin|>",
    "<|constrain|>",
    "[CALL_ID]",
    "</tool_call>",
];

/// Returns the calls in a text that is known to hold some.
pub(super) fn calls(text: &str) -> Vec<RequestedCall> {
    let mut found = Vec::new();
    if text.contains("<function=") {
        tagged(text, &mut found);
    } else if text.contains("<arg_key>") {
        keyed(text, &mut found);
    } else {
        // `[CALL_ID]a1` stands between a name and its arguments, `<｜tool▁sep｜>` between a kind and a name.
        let text =
            text.replace("[ARGS]", " ").replace("function<｜tool▁sep｜>", " ").replace("<｜tool▁sep｜>", " ");
        let text = BETWEEN.iter().fold(text, |text, token| text.replace(token, " "));
        json_calls(&text, &mut found);
        if found.is_empty() {
            pythonic(&text, &mut found);
        }
    }
    found.truncate(CALLS);
    found
}

/// Returns the calls in a text that may hold none: only those of these functions, and none unless all are.
pub(super) fn calls_of(text: &str, is_declared: impl Fn(&str) -> bool) -> Vec<RequestedCall> {
    let found = calls(without_fence(text.trim()));
    if found.iter().all(|call| is_declared(&call.name)) { found } else { Vec::new() }
}

/// `<function=name><parameter=key>value</parameter></function>` of Qwen's coders, `<function=name>{…}</function>` of Llama.
fn tagged(text: &str, found: &mut Vec<RequestedCall>) {
    for call in text.split("<function=").skip(1) {
        let Some((name, body)) = call.split_once('>') else { continue };
        let body = body.split("</function>").next().unwrap_or(body);
        let args = if body.contains("<parameter=") {
            body.split("<parameter=").skip(1).filter_map(parameter).collect()
        } else {
            arguments(body)
        };
        add(found, name, args);
    }
}

fn parameter(text: &str) -> Option<(String, Value)> {
    let (key, value) = text.split_once('>')?;
    let value = value.split("</parameter>").next()?;
    Some((key.trim().to_owned(), value_of(value)))
}

/// `name <arg_key>key</arg_key> <arg_value>value</arg_value>` of GLM.
fn keyed(text: &str, found: &mut Vec<RequestedCall>) {
    for call in text.split("<tool_call>") {
        let mut parts = call.split("<arg_key>");
        let name = parts.next().unwrap_or_default();
        let args = parts.filter_map(|part| {
            let (key, rest) = part.split_once("</arg_key>")?;
            let value = rest.split_once("<arg_value>")?.1.split("</arg_value>").next()?;
            Some((key.trim().to_owned(), value_of(value)))
        });
        add(found, name, args.collect());
    }
}

/// A value that is written without quotes, unless it is a number, a list or the like.
fn value_of(text: &str) -> Value {
    let text = text.trim();
    match serde_json::from_str(text) {
        Ok(value) => value,
        Err(_) => match text {
            "True" => Value::Bool(true),
            "False" => Value::Bool(false),
            "None" => Value::Null,
            text => Value::from(text.trim_matches('\'')),
        },
    }
}

/// Every JSON value of the text, each with the name before it, if one is there.
fn json_calls(text: &str, found: &mut Vec<RequestedCall>) {
    let mut rest = text;
    while let Some(at) = rest.find(['{', '[']) {
        let (before, from) = rest.split_at(at);
        let mut values = serde_json::Deserializer::from_str(from).into_iter::<Value>();
        let Some(Ok(value)) = values.next() else {
            rest = &from[1..];
            continue;
        };
        rest = &from[values.byte_offset()..];
        // Kimi writes `functions.name:0 {…}`, Mistral `name {…}`, and its ids stand between.
        let named =
            before.split_whitespace().find(|word| word.chars().any(char::is_alphabetic)).map(bare_name);
        match (value, named.filter(|name| is_name(name))) {
            (Value::Object(object), _) if call_in(&object).is_some() => found.extend(call_in(&object)),
            (Value::Object(args), Some(name)) => add(found, name, args),
            (value, _) => all_in(&value, found),
        }
    }
}

/// `functions.name:0` without what is around the name.
fn bare_name(word: &str) -> &str {
    let word = word.strip_prefix("functions.").unwrap_or(word);
    match word.rsplit_once(':') {
        Some((name, index)) if index.chars().all(|c| c.is_ascii_digit()) => name,
        _ => word,
    }
}

/// The calls in a list, or below `tool_calls`.
fn all_in(value: &Value, found: &mut Vec<RequestedCall>) {
    match value {
        Value::Array(all) => all.iter().for_each(|one| all_in(one, found)),
        Value::Object(object) => match (call_in(object), object.get("tool_calls")) {
            (Some(call), _) => found.push(call),
            (None, Some(calls)) => all_in(calls, found),
            (None, None) => {}
        },
        _ => {}
    }
}

/// The call that an object is, under whatever names its parts have.
fn call_in(object: &Map<String, Value>) -> Option<RequestedCall> {
    let first = |names: &[&str]| names.iter().find_map(|name| object.get(*name));
    if let Some(Value::Object(inner)) = first(&["function", "tool_call", "function_call"]) {
        return call_in(inner);
    }
    let name = first(&["name", "function", "function_name", "tool", "tool_name"])?.as_str()?;
    let args = match first(&["arguments", "parameters", "args", "input", "tool_input", "action_input"]) {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(args)) => args.clone(),
        Some(Value::String(text)) => arguments(text),
        Some(_) => return None,
    };
    let name = bare_name(name.trim());
    is_name(name).then(|| RequestedCall { name: name.to_owned(), args })
}

/// `name(key="value", n=3)`, several of them perhaps, also as `name.call(…)`.
fn pythonic(text: &str, found: &mut Vec<RequestedCall>) {
    let mut rest = text;
    while let Some(open) = rest.find('(') {
        let (before, inside) = (&rest[..open], &rest[open + 1..]);
        let begins = before
            .rfind(|c: char| !(c.is_alphanumeric() || "_.-:".contains(c)))
            .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
        let name = before[begins..].strip_suffix(".call").unwrap_or(&before[begins..]);
        let Some((args, length)) = keyword_arguments(inside) else {
            rest = inside;
            continue;
        };
        // Models of Google write `print(name(…))`.
        if name == "print" {
            rest = inside;
        } else {
            add(found, name, args);
            rest = &inside[length..];
        }
    }
}

/// Reads `key="value", n=3)`; returns it with its length. `None` for what is no list of keywords.
fn keyword_arguments(text: &str) -> Option<(Map<String, Value>, usize)> {
    let mut args = Map::new();
    let mut at = 0;
    loop {
        at += text[at..].len() - text[at..].trim_start_matches([' ', '\n', ',']).len();
        if text[at..].starts_with(')') {
            return Some((args, at + 1));
        }
        let (key, rest) = text[at..].split_once('=')?;
        let key = key.trim();
        if !is_name(key) {
            return None;
        }
        at = text.len() - rest.len();
        let length = value_length(rest)?;
        args.insert(key.to_owned(), python_value(rest[..length].trim()));
        at += length;
    }
}

/// Where a value ends: at a comma or a bracket outside of quotes and brackets.
fn value_length(text: &str) -> Option<usize> {
    let (mut depth, mut quote, mut escaped) = (0_usize, None, false);
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            _ if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), letter) if open == letter => quote = None,
            (None, '"' | '\'') => quote = Some(letter),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ',' | ')') if depth == 0 => return Some(at),
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

fn python_value(text: &str) -> Value {
    match text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')) {
        Some(inside) => first_json(&format!("\"{}\"", inside.replace("\\'", "'").replace('"', "\\\"")))
            .unwrap_or_else(|| Value::from(inside)),
        None => value_of(text),
    }
}

fn add(found: &mut Vec<RequestedCall>, name: &str, args: Map<String, Value>) {
    let name = name.trim().trim_matches(['"', '\'']);
    if is_name(name) {
        found.push(RequestedCall { name: name.to_owned(), args });
    }
}

/// Whether a function or an argument may be called so.
fn is_name(text: &str) -> bool {
    text.len() <= NAME
        && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-.:".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(text: &str) -> Vec<(String, Value)> {
        calls(text).into_iter().map(|call| (call.name, Value::Object(call.args))).collect()
    }

    #[test]
    fn calls_are_read_in_every_way_in_which_they_are_written() {
        let oslo = [("weather".to_owned(), json!({"place": "Oslo", "days": 2}))];
        for text in [
            r#"{"name": "weather", "arguments": {"place": "Oslo", "days": 2}}"#,
            r#"{"name": "weather", "parameters": {"place": "Oslo", "days": 2}}"#,
            r#"{"type": "function", "function": {"name": "weather", "arguments": "{\"place\":\"Oslo\",\"days\":2}"}}"#,
            r#"{"function": "weather", "args": {"place": "Oslo", "days": 2}}"#,
            r#"[{"name": "weather", "arguments": {"place": "Oslo", "days": 2}}]"#,
            r#"{"tool_calls": [{"name": "weather", "arguments": {"place": "Oslo", "days": 2}}]}"#,
            r#"weather[ARGS]{"place": "Oslo", "days": 2}"#,
            r#"weather[CALL_ID]a1b2[ARGS]{"place": "Oslo", "days": 2}"#,
            r#"weather{"place": "Oslo", "days": 2}"#,
            r#"functions.weather:0<|tool_call_argument_begin|>{"place": "Oslo", "days": 2}<|tool_call_end|>"#,
            "<｜tool▁call▁begin｜>function<｜tool▁sep｜>weather\n```json\n{\"place\": \"Oslo\", \"days\": 2}\n```<｜tool▁call▁end｜>",
            "<｜tool▁call▁begin｜>weather<｜tool▁sep｜>{\"place\": \"Oslo\", \"days\": 2}<｜tool▁call▁end｜>",
            "<function=weather>\n<parameter=place>\nOslo\n</parameter>\n<parameter=days>\n2\n</parameter>\n</function>",
            r#"<function=weather>{"place": "Oslo", "days": 2}</function>"#,
            "weather\n<arg_key>place</arg_key>\n<arg_value>Oslo</arg_value>\n<arg_key>days</arg_key>\n<arg_value>2</arg_value>\n",
            r#"[weather(place="Oslo", days=2)]"#,
            "weather.call(place='Oslo', days=2)",
            r#"print(weather(place="Oslo", days=2))"#,
        ] {
            assert_eq!(read(text), oslo, "{text}");
        }
    }

    #[test]
    fn several_calls_are_read() {
        for text in [
            "{\"name\": \"a\"}\n{\"name\": \"b\", \"arguments\": {}}",
            "[a(), b()]",
            "a[ARGS]{}b[ARGS]{}",
            "<function=a></function><function=b></function>",
            "{\"name\": \"a\"}</tool_call><tool_call>{\"name\": \"b\"}",
        ] {
            let names: Vec<String> = read(text).into_iter().map(|(name, _)| name).collect();
            assert_eq!(names, ["a", "b"], "{text}");
        }
        assert_eq!(read(&"{\"name\": \"a\"}".repeat(100)).len(), CALLS);
    }

    #[test]
    fn what_is_no_call_is_none() {
        for text in [
            "",
            "{",
            "Hello (there).",
            "[1, 2]",
            "{\"answer\": 42}",
            "(a=1)",
            "f(a)",
            "f(a=\"x",
            "<function=>",
            "{\"name\": 7}",
        ] {
            assert_eq!(read(text), [], "{text}");
        }
        let declared = |name: &str| name == "weather";
        assert_eq!(calls_of("{\"name\": \"Anna\", \"age\": 7}", declared), []);
        assert_eq!(calls_of("```json\n{\"name\": \"weather\"}\n```", declared).len(), 1);
    }

    #[test]
    fn odd_values_are_read_as_far_as_they_go() {
        let odd = read(r#"f(a="x, (y)", b=[1, "2"], c=True, d=None, e='it\'s "so"', g=-1.5)"#);
        let args = json!({"a": "x, (y)", "b": [1, "2"], "c": true, "d": null, "e": "it's \"so\"", "g": -1.5});
        assert_eq!(odd, [("f".to_owned(), args)]);
    }
}
