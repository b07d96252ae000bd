//! Finds the declared function that a text asks for, and arguments that fit its schema. Pure.
//!
//! Only a function that the client declared can be found here, and only by the words of its name.

use live_proto::wire::FunctionDeclaration;
use serde_json::{Map, Value};

use super::words::Words;

/// Words of a name that say nothing about what it is for.
const EMPTY_WORDS: [&str; 16] = [
    "get", "set", "fetch", "find", "current", "the", "a", "an", "on", "off", "of", "to", "in", "do", "run",
    "by",
];
/// Names of parameters that mean a place.
const PLACES: [&str; 7] = ["location", "city", "place", "where", "town", "address", "country"];
/// What may follow a place without being part of it.
const AFTER_PLACE: [&str; 10] =
    ["today", "tomorrow", "now", "right", "please", "this", "tonight", "at", "for", "and"];

/// What a text asks of the declared functions.
#[derive(Debug, PartialEq)]
pub(super) enum Match {
    /// This call.
    Call { name: String, args: Map<String, Value> },
    /// A call that lacks a place.
    NeedsPlace,
}

/// The call that the text asks for, if any function fits; the one with the most fitting words wins.
pub(super) fn call_for(text: &str, words: &Words, functions: &[FunctionDeclaration]) -> Option<Match> {
    let mut best: Option<(usize, &FunctionDeclaration)> = None;
    for function in functions {
        let name_words = words_of_name(&function.name);
        let fits = !name_words.is_empty() && name_words.iter().all(|word| words.has_stem(word));
        if fits && best.is_none_or(|(count, _)| name_words.len() > count) {
            best = Some((name_words.len(), function));
        }
    }
    let (_, function) = best?;
    Some(match arguments(text, words, function) {
        Some(args) => Match::Call { name: function.name.clone(), args },
        None => Match::NeedsPlace,
    })
}

fn words_of_name(name: &str) -> Vec<String> {
    let mut spaced = String::with_capacity(name.len() + 8);
    let mut lower_before = false;
    for letter in name.chars() {
        // getWeather has a border where a capital follows a small letter.
        if lower_before && letter.is_uppercase() {
            spaced.push(' ');
        }
        lower_before = letter.is_lowercase();
        spaced.push(if letter.is_alphanumeric() { letter } else { ' ' });
    }
    let all: Vec<String> = spaced.split_whitespace().map(str::to_lowercase).collect();
    let telling: Vec<String> =
        all.iter().filter(|word| !EMPTY_WORDS.contains(&word.as_str())).cloned().collect();
    if telling.is_empty() { all } else { telling }
}

/// Arguments for the schema's properties; `None` when a required place was not named.
fn arguments(text: &str, words: &Words, function: &FunctionDeclaration) -> Option<Map<String, Value>> {
    let mut args = Map::new();
    let schema = function.parameters.as_ref().or(function.parameters_json_schema.as_ref());
    let Some(properties) = schema.and_then(|schema| schema.get("properties")).and_then(Value::as_object)
    else {
        return Some(args);
    };
    let required = schema.and_then(|schema| schema.get("required")).and_then(Value::as_array);
    for (name, property) in properties.iter().take(64) {
        let is_required = required.is_some_and(|list| list.iter().any(|entry| entry == name.as_str()));
        let place = PLACES.contains(&name.to_lowercase().as_str());
        let kind = property.get("type").and_then(Value::as_str).unwrap_or("STRING").to_ascii_uppercase();
        if place && kind == "STRING" {
            match place_in(text) {
                Some(found) => drop(args.insert(name.clone(), Value::from(found))),
                None if is_required => return None,
                None => {}
            }
        } else if let Some(value) = named_value(words, property) {
            args.insert(name.clone(), value);
        } else if is_required {
            args.insert(name.clone(), required_value(text, &kind, property));
        }
    }
    Some(args)
}

/// The member of an enum that the text names.
fn named_value(words: &Words, property: &Value) -> Option<Value> {
    let members = property.get("enum")?.as_array()?;
    members.iter().find(|member| member.as_str().is_some_and(|name| words.has(&name.to_lowercase()))).cloned()
}

fn required_value(text: &str, kind: &str, property: &Value) -> Value {
    if let Some(first) = property.get("enum").and_then(Value::as_array).and_then(|members| members.first()) {
        return first.clone();
    }
    match kind {
        "INTEGER" => Value::from(number_in(text).unwrap_or_default() as i64),
        "NUMBER" => Value::from(number_in(text).unwrap_or_default()),
        "BOOLEAN" => Value::from(!Words::of(text).has_any(&["off", "not", "no", "stop"])),
        "ARRAY" => Value::Array(Vec::new()),
        "OBJECT" => Value::Object(Map::new()),
        _ => Value::from(quoted(text).unwrap_or(text.trim()).chars().take(200).collect::<String>()),
    }
}

fn number_in(text: &str) -> Option<f64> {
    let bare = |word: &str| word.trim_matches(|c: char| !c.is_ascii_digit() && c != '-').parse().ok();
    text.split_whitespace().find_map(bare)
}

fn quoted(text: &str) -> Option<&str> {
    let start = text.find(['"', '“'])?;
    let rest = text[start..].trim_start_matches(['"', '“']);
    rest.split(['"', '”']).next().filter(|inside| !inside.is_empty())
}

/// The place after the last "in" (else "for", "at"): capitals and punctuation as the user wrote them.
fn place_in(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().take(400).collect();
    let lead = ["in", "for", "at"]
        .iter()
        .find_map(|lead| words.iter().rposition(|word| word.eq_ignore_ascii_case(lead)))?;
    let mut place: Vec<&str> = Vec::new();
    for word in words[lead + 1..].iter().take(6) {
        let bare = word.trim_end_matches(['?', '!', '.', ';', ':']);
        if AFTER_PLACE.contains(&bare.to_lowercase().as_str()) {
            break;
        }
        place.push(bare);
        if bare.len() != word.len() {
            break;
        }
    }
    let place = place.join(" ");
    let place = place.trim_matches([',', ' ', '"', '“', '”']);
    (!place.is_empty()).then(|| place.chars().take(80).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn declared(name: &str, parameters: Value) -> FunctionDeclaration {
        FunctionDeclaration { name: name.to_owned(), parameters: Some(parameters), ..Default::default() }
    }

    fn call(text: &str, functions: &[FunctionDeclaration]) -> Option<Match> {
        call_for(text, &Words::of(text), functions)
    }

    #[test]
    fn places_are_taken_as_written() {
        assert_eq!(
            place_in("What's the weather in São Paulo, Brazil?").as_deref(),
            Some("São Paulo, Brazil")
        );
        assert_eq!(place_in("weather in Paris right now").as_deref(), Some("Paris"));
        assert_eq!(place_in("weather for Oslo.").as_deref(), Some("Oslo"));
        assert_eq!(place_in("weather in"), None);
    }

    #[test]
    fn names_are_matched_by_their_telling_words() {
        let lights = declared("turn_on_the_lights", json!({}));
        assert!(call("please turn on the light", std::slice::from_ref(&lights)).is_some());
        assert!(call("turn around", std::slice::from_ref(&lights)).is_none());
        let camel = declared("getCurrentTime", json!({}));
        assert!(call("what time is it", &[camel]).is_some());
        assert!(call("get current", &[declared("get_current", json!({}))]).is_some());
        assert!(call("anything", &[declared("", json!({})), declared("___", json!({}))]).is_none());
    }

    #[test]
    fn required_parameters_are_filled_by_their_type() {
        let lamp = declared(
            "set_light",
            json!({"type": "OBJECT", "properties": {
                "percent": {"type": "INTEGER"}, "on": {"type": "BOOLEAN"}, "scene": {"type": "STRING", "enum": ["dusk", "dawn"]},
                "note": {"type": "STRING"}, "unused": {"type": "STRING"}
            }, "required": ["percent", "on", "note"]}),
        );
        let Some(Match::Call { args, .. }) = call("set the light to 40% for dawn \"so so\"", &[lamp]) else {
            panic!("no call")
        };
        assert_eq!(Value::from(args), json!({"percent": 40, "on": true, "scene": "dawn", "note": "so so"}));
    }

    #[test]
    fn odd_schemas_do_no_harm() {
        for schema in [
            json!(null),
            json!([]),
            json!({"properties": 3}),
            json!({"properties": {"x": null}, "required": ["x"]}),
        ] {
            assert!(matches!(call("the weather", &[declared("weather", schema)]), Some(Match::Call { .. })));
        }
    }
}
