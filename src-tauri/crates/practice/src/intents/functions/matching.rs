//! Words of functions and of sentences, compared: which of them tell something, and what is the opposite of what. Pure.

use live_proto::wire::FunctionDeclaration;
use serde_json::Value;

use crate::intents::text::{COMMANDS, Words, stem, words_of_name};

/// Words of a name that say nothing about what it is for.
const EMPTY_IN_NAMES: &[&str] = &[
    "get", "set", "fetch", "find", "current", "the", "a", "an", "on", "off", "of", "to", "in", "do", "run",
    "by", "my", "for", "from", "control", "toggle", "update", "tool", "function", "api", "v1", "v2", "smart",
    "home", "device", "user", "state",
];
/// Words of a question or a description that say nothing about what it is for.
const EMPTY_IN_TEXTS: &[&str] = &[
    "a",
    "about",
    "add",
    "afternoon",
    "all",
    "also",
    "am",
    "an",
    "and",
    "any",
    "are",
    "as",
    "ask",
    "at",
    "be",
    "been",
    "book",
    "by",
    "call",
    "can",
    "could",
    "current",
    "data",
    "day",
    "did",
    "do",
    "does",
    "done",
    "evening",
    "feel",
    "for",
    "friend",
    "from",
    "function",
    "get",
    "gets",
    "give",
    "given",
    "gives",
    "go",
    "going",
    "good",
    "had",
    "has",
    "have",
    "how",
    "i",
    "i'd",
    "if",
    "in",
    "information",
    "is",
    "it",
    "its",
    "know",
    "let",
    "like",
    "long",
    "look",
    "lot",
    "make",
    "many",
    "me",
    "more",
    "morning",
    "much",
    "my",
    "name",
    "named",
    "need",
    "new",
    "next",
    "nice",
    "no",
    "not",
    "now",
    "of",
    "on",
    "one",
    "optional",
    "or",
    "out",
    "over",
    "people",
    "person",
    "please",
    "play",
    "put",
    "read",
    "return",
    "returns",
    "right",
    "run",
    "say",
    "see",
    "set",
    "should",
    "show",
    "so",
    "some",
    "something",
    "start",
    "stop",
    "take",
    "tell",
    "tells",
    "than",
    "that",
    "the",
    "their",
    "them",
    "then",
    "there",
    "these",
    "they",
    "thing",
    "this",
    "time",
    "times",
    "to",
    "today",
    "tomorrow",
    "tonight",
    "turn",
    "two",
    "up",
    "us",
    "use",
    "used",
    "user",
    "very",
    "want",
    "was",
    "way",
    "we",
    "week",
    "weekend",
    "well",
    "were",
    "what",
    "when",
    "where",
    "which",
    "who",
    "why",
    "will",
    "with",
    "word",
    "words",
    "would",
    "year",
    "yes",
    "yesterday",
    "you",
    "your",
    "night",
    "place",
    "work",
    "city",
    "value",
    "number",
    "name",
    "text",
    "string",
    "back",
    "little",
    "first",
    "last",
    "other",
    "big",
    "small",
    "left",
    "off",
    "down",
    "ago",
];
/// What is done by a function that changes something.
const ACTIONS: &[&str] = &[
    "set",
    "turn",
    "switch",
    "play",
    "stop",
    "pause",
    "send",
    "create",
    "add",
    "remove",
    "delete",
    "order",
    "book",
    "open",
    "close",
    "lock",
    "unlock",
    "start",
    "call",
    "dial",
    "make",
    "move",
    "cancel",
    "toggle",
    "control",
    "adjust",
    "dim",
    "resume",
    "skip",
    "mute",
    "schedule",
    "reserve",
    "buy",
    "activate",
    "enable",
    "disable",
    "deactivate",
    "put",
    "write",
    "post",
    "update",
    "change",
    "clean",
    "vacuum",
    "feed",
    "water",
    "pay",
    "transfer",
    "arm",
    "disarm",
    "raise",
    "lower",
    "brew",
    "record",
];
/// What excludes what: a function of one side is not meant by words of the other.
const OPPOSITES: &[(&[&str], &[&str])] = &[
    (
        &["on", "start", "play", "resume", "enable", "activate", "begin", "launch"],
        &["off", "stop", "pause", "disable", "deactivate", "end", "kill", "halt", "quit", "out"],
    ),
    (&["open", "raise", "up"], &["close", "closed", "shut", "lower", "down"]),
    (&["lock"], &["unlock"]),
    (&["add", "create", "insert", "append", "put"], &["remove", "delete", "clear", "erase"]),
    (&["book", "schedule", "create", "order", "set", "start"], &["cancel"]),
    (&["mute"], &["unmute"]),
    (&["arm"], &["disarm"]),
    (&["play"], &["skip", "next"]),
    (&["increase", "louder", "brighter", "warmer"], &["decrease", "quieter", "dimmer", "cooler"]),
];

/// Which of two opposites was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::intents) enum Side {
    /// On, open, locked.
    Positive,
    /// Off, closed.
    Negative,
}

fn side(pair: &(&[&str], &[&str]), has: impl Fn(&str) -> bool) -> Option<Side> {
    match (pair.0.iter().any(|word| has(word)), pair.1.iter().any(|word| has(word))) {
        (true, false) => Some(Side::Positive),
        (false, true) => Some(Side::Negative),
        _ => None,
    }
}

/// Whether a sentence switches on or off, opens or closes.
pub(in crate::intents) fn side_of(words: &Words) -> Option<Side> {
    // "Turn it off" has the sign in its last word; "on the" of "the light on the table" is none.
    let switched = words.says(&["turn on", "switch on", "put on"]) || words.iter().last() == Some("on");
    if switched && !words.has("off") {
        return Some(Side::Positive);
    }
    OPPOSITES[..2]
        .iter()
        .find_map(|pair| side(pair, |word| word != "up" && word != "down" && words.has(word)))
}

/// Whether a function does the opposite of what is said, and can do nothing else.
pub(super) fn conflicts(name: &[String], function: &FunctionDeclaration, words: &Words) -> bool {
    let schema = function.parameters.as_ref().or(function.parameters_json_schema.as_ref());
    let properties = schema.and_then(|schema| schema.get("properties")).and_then(Value::as_object);
    let chooses = properties.into_iter().flatten().any(|(_, property)| {
        let kind = property.get("type").and_then(Value::as_str).unwrap_or_default();
        kind.eq_ignore_ascii_case("boolean") || property.get("enum").is_some()
    });
    let named = |word: &str| name.iter().any(|own| own == word);
    OPPOSITES.iter().enumerate().any(|(at, pair)| {
        let (own, said) = (side(pair, named), side(pair, |word| words.has(word)));
        // A function with a choice for on and off does both; "set" is in every second name.
        let both = chooses && at < 2 && !named("on") && !named("off") && !named("open") && !named("close");
        // What stops, closes or removes is meant only when that is said.
        let unsaid = own == Some(Side::Negative) && said.is_none();
        own.is_some() && (said.is_some() || unsaid) && own != said && !both
    })
}

/// Whether the same of two opposites is in its name and was said.
pub(super) fn says_same(name: &[String], words: &Words) -> bool {
    OPPOSITES.iter().any(|pair| {
        let own = side(pair, |word| name.iter().any(|own| own == word));
        own.is_some() && own == side(pair, |word| words.has(word))
    })
}

/// Whether a function changes something.
pub(super) fn is_action(name: &[String]) -> bool {
    name.iter().any(|word| ACTIONS.contains(&word.as_str()))
        && name.first().is_none_or(|word| {
            !matches!(word.as_str(), "get" | "is" | "list" | "check" | "find" | "search" | "query" | "read")
        })
}

/// Whether one of the choices of its parameters was said.
pub(super) fn names_members(function: &FunctionDeclaration, words: &Words) -> bool {
    let schema = function.parameters.as_ref().or(function.parameters_json_schema.as_ref());
    let properties = schema.and_then(|schema| schema.get("properties")).and_then(Value::as_object);
    properties.into_iter().flatten().take(64).any(|(_, property)| {
        let members =
            property.get("enum").or_else(|| property.pointer("/items/enum")).and_then(Value::as_array);
        members.into_iter().flatten().take(64).any(|member| {
            let named = member.as_str().map(words_of_name).unwrap_or_default();
            !named.is_empty() && named.iter().all(|word| words.has_stem(word))
        })
    })
}

/// Whether all that is said is one of the choices that it can't do without: "pause", "next song please".
pub(super) fn commands_member(function: &FunctionDeclaration, words: &Words) -> bool {
    const BESIDE: &[&str] =
        &["please", "it", "that", "this", "the", "song", "track", "music", "one", "video", "now", "again"];
    // What ends or begins anything may be meant for the partner.
    const VERBS: &[&str] = &["next", "previous", "forward", "rewind", "shuffle", "louder", "quieter"];
    const COMMON: &[&str] = &["stop", "start", "on", "off", "yes", "no", "all", "none", "repeat"];
    let schema = function.parameters.as_ref().or(function.parameters_json_schema.as_ref());
    let required = schema.and_then(|schema| schema.get("required")).and_then(Value::as_array);
    let properties = schema.and_then(|schema| schema.get("properties")).and_then(Value::as_object);
    let is_required = |name: &str| required.is_some_and(|all| all.iter().any(|entry| entry == name));
    let said: Vec<&str> = words.iter().filter(|word| !BESIDE.contains(word)).collect();
    if said.is_empty() || words.count() > 4 || said.iter().any(|word| COMMON.contains(word)) {
        return false;
    }
    properties.into_iter().flatten().take(64).filter(|(name, _)| is_required(name)).any(|(_, property)| {
        let members = property.get("enum").and_then(Value::as_array);
        members.into_iter().flatten().take(64).any(|member| {
            let named = member.as_str().map(words_of_name).unwrap_or_default();
            let acts = |word: &String| COMMANDS.contains(&word.as_str()) || VERBS.contains(&word.as_str());
            named.first().is_some_and(acts) && named.iter().map(String::as_str).eq(said.iter().copied())
        })
    })
}

/// The words of a name that say what it is for; all of them, if none does.
pub(super) fn telling_in_name(all: &[String]) -> Vec<String> {
    let telling: Vec<String> =
        all.iter().filter(|word| !EMPTY_IN_NAMES.contains(&word.as_str())).cloned().collect();
    if telling.is_empty() { all.to_vec() } else { telling }
}

/// The same of a text, without endings, each once.
pub(super) fn telling_in_text<'w>(words: impl Iterator<Item = &'w str>) -> Vec<&'w str> {
    let is_empty = |word: &str| EMPTY_IN_TEXTS.contains(&word) || EMPTY_IN_TEXTS.contains(&stem(word));
    let telling = |word: &&str| !is_empty(word) && word.chars().all(char::is_alphabetic);
    // A question so long that it is about many things is about none of them.
    let mut all: Vec<&str> = words.filter(telling).map(stem).take(40).collect();
    all.sort_unstable();
    all.dedup();
    all
}
