//! Errors of functions in a sentence a person says. Pure.

use serde_json::Value;

use crate::intents::text::{Words, words_of_name};

use super::said::speakable;

/// The longest reason that is passed on, in characters.
const REASON_CHARS: usize = 120;

/// What is said of a result that is an error; `None` when it is none.
pub(super) fn error_in(name: &str, response: &Value) -> Option<String> {
    let reason = reason_in(response)?;
    let words = Words::of(&reason);
    let service = service_of(name);
    let lower = reason.to_lowercase();
    let has = |signs: &[&str]| signs.iter().any(|sign| lower.contains(sign));
    if lower.contains("time zone") || lower.contains("timezone") {
        return Some("I don't know the time there. A larger city nearby may help.".to_owned());
    }
    if let Some(place) = quoted_in(&reason).filter(|_| {
        has(&["no place", "not found", "was found", "unknown", "no such", "does not exist", "doesn't exist"])
    }) {
        return Some(format!(
            "I couldn't find {}{}.",
            if has(&["place"]) { "a place called " } else { "" },
            speakable(&place)
        ));
    }
    let unreachable = [
        "network",
        "internet",
        "connect",
        "unreachable",
        "could not be asked",
        "timed out",
        "timeout",
        "in time",
        "dns",
        "offline",
        "unavailable",
        "no usable answer",
        "503",
        "502",
        "504",
        "no route",
        "socket",
        "host",
        "tls",
        "certificate",
        "overloaded",
    ];
    if has(&unreachable) {
        return Some(format!("I couldn't reach {service} just now."));
    }
    if has(&[
        "not found",
        "no such",
        "unknown",
        "does not exist",
        "doesn't exist",
        "404",
        "no results",
        "no match",
    ]) {
        return Some("I couldn't find that.".to_owned());
    }
    if has(&[
        "unauthorized",
        "forbidden",
        "permission",
        "not allowed",
        "denied",
        "401",
        "403",
        "not permitted",
        "unauthenticated",
        "api key",
    ]) {
        return Some("I'm not allowed to do that.".to_owned());
    }
    if has(&["rate limit", "too many", "quota", "429"]) {
        return Some(format!("I've asked {service} too often. Please try again in a moment."));
    }
    if has(&["bad argument", "missing", "invalid", "required", "must be", "expected", "parameter", "400"]) {
        return Some("I didn't get that quite right. Could you say it another way?".to_owned());
    }
    // Words of a person are passed on; what machines write is not.
    let plain = reason.len() <= REASON_CHARS
        && words.count() >= 2
        && !reason.contains(['_', '{', '}', '[', ']', '<', '>', '/', '\\', '(', '"', '=', '#'])
        && !has(&["error", "exception", "null", "undefined", "0x", "errno", "trace"]);
    Some(if plain {
        format!("That didn't work: {}.", decapitalised(&speakable(&reason)))
    } else {
        "I'm sorry, that didn't work.".to_owned()
    })
}

/// The reason in a result that says it is an error.
fn reason_in(response: &Value) -> Option<String> {
    let fields = response.as_object()?;
    let text = |value: &Value| -> String {
        let inner = ["message", "reason", "detail", "description", "error"]
            .iter()
            .find_map(|key| value.get(*key)?.as_str());
        inner.or(value.as_str()).unwrap_or_default().chars().take(400).collect()
    };
    if let Some(error) = fields
        .get("error")
        .or_else(|| fields.get("errors"))
        .filter(|error| !matches!(error, Value::Null | Value::Bool(false)))
    {
        let first = error.as_array().and_then(|all| all.first()).unwrap_or(error);
        let own = text(first);
        return Some(if own.is_empty() { text(response) } else { own });
    }
    let failed =
        ["success", "ok", "succeeded"].iter().any(|key| fields.get(*key) == Some(&Value::Bool(false)));
    let status = fields.get("status").and_then(Value::as_str).unwrap_or_default().to_lowercase();
    if failed || matches!(status.as_str(), "error" | "failed" | "failure" | "unavailable") {
        return Some(text(response));
    }
    let inner = fields.get("output").or_else(|| fields.get("result"))?;
    inner.is_object().then(|| reason_in(inner))?
}

fn quoted_in(text: &str) -> Option<String> {
    let start = text.find(['"', '\'', '“'])?;
    let rest = text.get(start..)?.trim_start_matches(['"', '\'', '“']);
    let end = rest.find(['"', '\'', '”'])?;
    rest.get(..end).filter(|inside| !inside.is_empty() && inside.len() <= 80).map(str::to_owned)
}

/// What a function asks, as a person calls it.
fn service_of(name: &str) -> String {
    let name = words_of_name(name);
    let known = [
        ("weather", "the weather service"),
        ("forecast", "the weather service"),
        ("time", "the clock"),
        ("news", "the news service"),
        ("stock", "the stock exchange"),
        ("music", "the music player"),
        ("light", "the lights"),
        ("lights", "the lights"),
        ("lamp", "the lights"),
        ("message", "the message service"),
        ("email", "the mail service"),
        ("calendar", "your calendar"),
        ("event", "your calendar"),
        ("map", "the map service"),
        ("route", "the map service"),
        ("translate", "the translator"),
        ("search", "the search service"),
    ];
    let service =
        known.iter().find(|(word, _)| name.iter().any(|own| own == word)).map(|(_, service)| *service);
    service.unwrap_or("that service").to_owned()
}

fn decapitalised(text: &str) -> String {
    let mut letters = text.trim_end_matches(['.', '!']).chars();
    let second_large = text.chars().nth(1).is_some_and(char::is_uppercase)
        || text.starts_with("I ")
        || text.starts_with("I'");
    match letters.next() {
        Some(first) if !second_large => first.to_lowercase().chain(letters).collect(),
        _ => text.trim_end_matches(['.', '!']).to_owned(),
    }
}
