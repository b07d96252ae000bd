//! The result of a function that nobody here knows: a number, a state, a list or an object, read by its names. Pure and bounded.

use serde_json::{Map, Value};

use crate::intents::text::{listed, number_said, words_of_name};

use super::said::{moment_said, speakable, unit_of_key, unit_said, words_of_key};

/// Fields of an object that are told.
const FIELDS: usize = 4;
/// Things of a list that are told.
const ITEMS: usize = 5;
/// How deep objects in objects are told.
const DEPTH: usize = 3;
/// What a field contains that is the whole answer.
const SENTENCES: &[&str] =
    &["summary", "message", "text", "answer", "description", "response", "content", "spoken", "say", "reply"];
/// By what a thing is called.
const TITLES: &[&str] = &[
    "name",
    "title",
    "label",
    "headline",
    "summary",
    "description",
    "text",
    "item",
    "task",
    "subject",
    "artist",
    "city",
    "symbol",
];
/// Fields for machines.
const UNSPOKEN: &[&str] = &[
    "id",
    "ids",
    "uuid",
    "asof",
    "updated",
    "lastupdated",
    "symbol",
    "ticker",
    "url",
    "uri",
    "link",
    "href",
    "source",
    "code",
    "timestamp",
    "createdat",
    "updatedat",
    "lat",
    "lon",
    "lng",
    "latitude",
    "longitude",
    "requestid",
    "type",
    "kind",
    "version",
    "etag",
    "success",
    "ok",
    "token",
    "hash",
    "image",
    "icon",
    "page",
    "limit",
    "offset",
    "unit",
    "units",
    "currency",
    "error",
    "object",
    "status_code",
    "statuscode",
    "metadata",
    "timezone",
    "raw",
];
/// States that say only that it is done.
const DONE: &[&str] = &[
    "ok",
    "okay",
    "success",
    "done",
    "succeeded",
    "completed",
    "complete",
    "accepted",
    "true",
    "executed",
    "200",
    "successful",
];

/// The result in a sentence; `None` when it says only that it is done.
pub(super) fn sentence(name: &str, output: &Value) -> Option<String> {
    match output {
        Value::Null | Value::Bool(true) => None,
        Value::Bool(false) => Some("No.".to_owned()),
        Value::Number(number) => Some(of_number(name, number.as_f64()?)),
        Value::String(text) => of_text(name, text),
        Value::Array(items) => Some(of_list(name, items)),
        Value::Object(fields) => of_object(name, fields),
    }
}

fn of_number(name: &str, number: f64) -> String {
    let unit = unit_of_key(name).map(|unit| format!(" {unit}")).unwrap_or_default();
    match noun_of(name) {
        Some(noun) => format!("The {noun} is {}{unit}.", number_said(number)),
        None => format!("It's {}{unit}.", number_said(number)),
    }
}

fn of_text(name: &str, text: &str) -> Option<String> {
    if DONE.contains(&text.trim().to_lowercase().trim_end_matches(['.', '!'])) || text.trim().is_empty() {
        return None;
    }
    if let Some(moment) = moment_said(text.trim()) {
        return Some(format!("It's {moment}."));
    }
    let said = speakable(text);
    // One or two words are a state of something.
    let is_state = said.split_whitespace().count() <= 2 && !said.ends_with(['.', '!', '?']);
    match noun_of(name).filter(|_| is_state) {
        Some(noun) => Some(format!("The {noun} is {}.", said.to_lowercase())),
        None if said.is_empty() => None,
        None => Some(said),
    }
}

fn of_list(name: &str, items: &[Value]) -> String {
    let noun = noun_of(name).map(plural);
    if items.is_empty() {
        return match noun {
            Some(noun) => format!("I found no {noun}."),
            None => "I found nothing.".to_owned(),
        };
    }
    let told: Vec<String> = items.iter().take(ITEMS).filter_map(|item| item_said(item, DEPTH)).collect();
    if told.is_empty() {
        return format!("I found {}.", things(items.len(), noun.as_deref()));
    }
    let more = items.len() - told.len();
    let all = if more > 0 { format!("{}, and {more} more", told.join(", ")) } else { listed(&told) };
    if items.len() == 1 {
        format!("I found {all}.")
    } else {
        format!("I found {}: {all}.", things(items.len(), noun.as_deref()))
    }
}

fn things(count: usize, noun: Option<&str>) -> String {
    let noun = noun.unwrap_or("things");
    if count == 1 { "one".to_owned() } else { format!("{count} {noun}") }
}

/// A thing in a list.
fn item_said(item: &Value, depth: usize) -> Option<String> {
    match item {
        Value::Object(fields) => {
            let title = TITLES
                .iter()
                .find_map(|key| fields.get(*key)?.as_str())
                .map(speakable)
                .filter(|title| !title.is_empty());
            let Some(title) = title else {
                let all: Vec<String> = fields
                    .iter()
                    .filter(|(key, _)| is_spoken(key))
                    .take(2)
                    .filter_map(|(_, value)| value_said(value, depth))
                    .collect();
                return (!all.is_empty()).then(|| all.join(" "));
            };
            let at = ["time", "start", "starttime", "start_time", "date", "when", "due"]
                .iter()
                .find_map(|key| fields.get(*key)?.as_str());
            let at = at.and_then(moment_said).map(|at| {
                if at.contains(" at ") || at.contains(',') {
                    format!(" on {at}")
                } else {
                    format!(" at {at}")
                }
            });
            let price = ["price", "amount", "value", "quantity", "count"]
                .iter()
                .find_map(|key| fields.get(*key)?.as_f64())
                .map(|number| format!(", {}", number_said(number)));
            Some(format!("{}{}", title.trim_end_matches(['.', '!', '?']), at.or(price).unwrap_or_default()))
        }
        other => value_said(other, depth),
    }
}

fn of_object(name: &str, fields: &Map<String, Value>) -> Option<String> {
    let sentence = SENTENCES
        .iter()
        .find_map(|key| fields.get(*key)?.as_str())
        .filter(|text| text.split_whitespace().count() >= 2 || fields.len() == 1);
    if let Some(text) = sentence {
        return of_text(name, text);
    }
    let mut whole = fields.iter().filter(|(key, _)| is_spoken(key)).collect::<Vec<_>>();
    // Whether something is so comes behind how much it is.
    whole.sort_by_key(|(_, value)| value.is_boolean());
    if let [(key, Value::Array(items))] = whole.as_slice() {
        return Some(of_list(key, items));
    }
    if let [(key, Value::Object(inner))] = whole.as_slice() {
        return of_object(key, inner);
    }
    let unit = ["unit", "units", "currency"].iter().find_map(|key| fields.get(*key)?.as_str()).map(unit_said);
    let mut parts: Vec<String> = Vec::new();
    for (key, value) in whole {
        if parts.len() == FIELDS {
            break;
        }
        parts.extend(field_said(name, key, value, unit.as_deref(), fields, DEPTH));
    }
    if parts.is_empty() {
        return None;
    }
    let said = listed(&parts);
    let mut letters = said.chars();
    let first = letters.next()?;
    Some(format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

/// "The price is 231.5 dollars".
fn field_said(
    name: &str,
    key: &str,
    value: &Value,
    unit: Option<&str>,
    fields: &Map<String, Value>,
    depth: usize,
) -> Option<String> {
    let words = words_of_key(key);
    let lower = key.to_lowercase();
    match value {
        Value::Null => None,
        Value::Bool(is) => {
            let state = words.strip_prefix("is ").unwrap_or(&words);
            // "Created: true" is no news; what is not, is.
            let action = [
                "success", "sent", "created", "added", "updated", "deleted", "removed", "set", "saved",
                "ordered", "done", "started", "stopped", "changed",
            ]
            .contains(&state);
            match (is, action) {
                (true, true) => None,
                (false, true) => Some(format!("it was not {state}")),
                (true, false) => Some(format!("it is {state}")),
                (false, false) => Some(format!("it is not {state}")),
            }
        }
        Value::String(text) if matches!(lower.as_str(), "status" | "state" | "result") => {
            let said = speakable(text).to_lowercase();
            let done = DONE.contains(&said.as_str())
                || matches!(
                    said.as_str(),
                    "created" | "sent" | "added" | "updated" | "saved" | "queued" | "scheduled"
                );
            (!done && !said.is_empty()).then(|| {
                format!(
                    "the {} is {said}",
                    noun_of(name).filter(|noun| noun.contains(' ')).unwrap_or_else(|| "state".to_owned())
                )
            })
        }
        Value::Number(number) => {
            let number = number.as_f64()?;
            let counted = matches!(
                lower.as_str(),
                "price"
                    | "value"
                    | "amount"
                    | "total"
                    | "temperature"
                    | "cost"
                    | "balance"
                    | "distance"
                    | "speed"
                    | "level"
                    | "quote"
                    | "weight"
            );
            let unit = unit_of_key(key)
                .map(str::to_owned)
                .or_else(|| unit.filter(|_| counted).map(str::to_owned))
                .or_else(|| {
                    let own = ["unit", "currency"]
                        .iter()
                        .find_map(|end| fields.get(&format!("{key}_{end}"))?.as_str());
                    own.map(unit_said)
                });
            let unit = unit.map(|unit| format!(" {unit}")).unwrap_or_default();
            let noun = if matches!(words.as_str(), "value" | "result" | "level" | "percent" | "percentage") {
                noun_of(name).unwrap_or(words)
            } else {
                words
            };
            Some(format!("the {noun} is {}{unit}", number_said(number)))
        }
        Value::Object(_) | Value::Array(_) if depth == 0 => None,
        other => {
            let said = value_said(other, depth - 1)?;
            Some(format!("the {words} is {}", said.trim_end_matches(['.', '!', '?'])))
        }
    }
}

fn value_said(value: &Value, depth: usize) -> Option<String> {
    let said = match value {
        Value::Null | Value::Bool(_) => return None,
        Value::Number(number) => number_said(number.as_f64()?),
        Value::String(text) => {
            moment_said(text).unwrap_or_else(|| speakable(&text.chars().take(200).collect::<String>()))
        }
        Value::Array(_) | Value::Object(_) if depth == 0 => return None,
        Value::Array(items) => listed(
            &items.iter().take(ITEMS).filter_map(|item| item_said(item, depth - 1)).collect::<Vec<_>>(),
        ),
        Value::Object(_) => item_said(value, depth - 1)?,
    };
    (!said.is_empty()).then_some(said)
}

fn is_spoken(key: &str) -> bool {
    let plain: String = key.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    let last = words_of_name(key);
    !UNSPOKEN.contains(&plain.as_str())
        && !last.last().is_some_and(|word| {
            matches!(word.as_str(), "id" | "unit" | "currency" | "url" | "uri" | "iso" | "timestamp")
        })
}

/// What a function or a field is about, in one or two words.
fn noun_of(name: &str) -> Option<String> {
    let verbs = [
        "get",
        "set",
        "fetch",
        "find",
        "read",
        "query",
        "check",
        "list",
        "current",
        "show",
        "tell",
        "search",
        "lookup",
        "look",
        "up",
        "is",
        "the",
        "a",
        "of",
        "for",
        "my",
        "all",
        "in",
        "by",
        "to",
        "what",
        "compute",
        "calculate",
        "do",
        "run",
        "add",
        "create",
        "send",
        "play",
        "turn",
        "on",
        "off",
        "output",
        "result",
        "results",
        "response",
        "data",
        "value",
        "answer",
        "items",
        "function",
        "api",
        "make",
        "update",
        "count",
        "switch",
        "open",
        "close",
    ];
    let key = words_of_key(name);
    let words: Vec<&str> =
        key.split(' ').filter(|word| !verbs.contains(word) && word.len() > 1).take(3).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

fn plural(noun: String) -> String {
    if noun.ends_with('s') || noun == "news" { noun } else { format!("{noun}s") }
}
