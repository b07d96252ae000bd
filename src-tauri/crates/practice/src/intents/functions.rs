//! Finds the declared function that a text asks for. Pure.
//!
//! Only a function that the client declared can be found here: by all telling words of its name, or by enough of those
//! of its name and its description.

use live_proto::wire::FunctionDeclaration;
use serde_json::{Map, Value};

use super::arguments::arguments;
use super::words::{Words, stem, words_of_name};

/// Words of a name that say nothing about what it is for.
const EMPTY_IN_NAMES: [&str; 16] = [
    "get", "set", "fetch", "find", "current", "the", "a", "an", "on", "off", "of", "to", "in", "do", "run",
    "by",
];
/// Words of a question or a description that say nothing about what it is for.
const EMPTY_IN_TEXTS: [&str; 109] = [
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
    "by",
    "call",
    "can",
    "could",
    "current",
    "data",
    "do",
    "does",
    "evening",
    "for",
    "from",
    "function",
    "get",
    "gets",
    "give",
    "given",
    "gives",
    "go",
    "has",
    "have",
    "how",
    "i",
    "if",
    "in",
    "information",
    "is",
    "it",
    "its",
    "let",
    "like",
    "look",
    "make",
    "me",
    "morning",
    "my",
    "name",
    "need",
    "next",
    "not",
    "now",
    "of",
    "on",
    "one",
    "or",
    "out",
    "play",
    "please",
    "put",
    "return",
    "returns",
    "right",
    "run",
    "say",
    "see",
    "set",
    "show",
    "so",
    "some",
    "start",
    "stop",
    "take",
    "tell",
    "tells",
    "that",
    "the",
    "their",
    "there",
    "this",
    "to",
    "today",
    "tomorrow",
    "tonight",
    "turn",
    "two",
    "up",
    "use",
    "used",
    "user",
    "want",
    "was",
    "we",
    "week",
    "weekend",
    "what",
    "when",
    "where",
    "which",
    "who",
    "will",
    "with",
    "would",
    "yesterday",
    "you",
    "your",
];
/// Words that turn a name into its opposite.
const OPPOSITES: [(&str, &str); 2] = [("on", "off"), ("off", "on")];
/// So much of a question's telling words must be a function's own, in percent, when its name is not said whole.
const LEAST_SHARE: usize = 50;

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
    let function = by_name(words, functions).or_else(|| by_description(words, functions))?;
    Some(match arguments(text, words, function) {
        Some(args) => Match::Call { name: function.name.clone(), args },
        None => Match::NeedsPlace,
    })
}

/// The function whose name is said whole.
fn by_name<'a>(words: &Words, functions: &'a [FunctionDeclaration]) -> Option<&'a FunctionDeclaration> {
    let mut best: Option<(usize, &FunctionDeclaration)> = None;
    for function in functions {
        let name = words_of_name(&function.name);
        let opposite = OPPOSITES
            .iter()
            .any(|(own, other)| name.iter().any(|word| word == own) && words.has(other) && !words.has(own));
        let telling = telling_in_name(&name);
        let fits = !opposite && !telling.is_empty() && telling.iter().all(|word| words.has_stem(word));
        if fits && best.is_none_or(|(count, _)| telling.len() > count) {
            best = Some((telling.len(), function));
        }
    }
    best.map(|(_, function)| function)
}

/// The function that the question's own words are about.
fn by_description<'a>(
    words: &Words,
    functions: &'a [FunctionDeclaration],
) -> Option<&'a FunctionDeclaration> {
    let telling = |word: &&str| !EMPTY_IN_TEXTS.contains(word) && word.chars().all(char::is_alphabetic);
    // A question so long that it is about many things is about none of them.
    let mut asked: Vec<&str> = words.iter().filter(telling).map(stem).take(40).collect();
    asked.sort_unstable();
    asked.dedup();
    let mut best: Option<(usize, &FunctionDeclaration)> = None;
    for function in functions {
        let description = Words::of(function.description.as_deref().unwrap_or_default());
        let name = words_of_name(&function.name);
        let opposite = OPPOSITES
            .iter()
            .any(|(own, other)| name.iter().any(|word| word == own) && words.has(other) && !words.has(own));
        let own: Vec<&str> =
            description.iter().chain(name.iter().map(String::as_str)).filter(telling).map(stem).collect();
        let shared = asked.iter().filter(|word| own.contains(word)).count();
        let enough = shared >= 1 && shared * 100 >= asked.len() * LEAST_SHARE;
        if enough && !opposite && best.is_none_or(|(count, _)| shared > count) {
            best = Some((shared, function));
        }
    }
    best.map(|(_, function)| function)
}

fn telling_in_name(all: &[String]) -> Vec<String> {
    let telling: Vec<String> =
        all.iter().filter(|word| !EMPTY_IN_NAMES.contains(&word.as_str())).cloned().collect();
    if telling.is_empty() { all.to_vec() } else { telling }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn declared(name: &str, description: &str) -> FunctionDeclaration {
        FunctionDeclaration {
            name: name.to_owned(),
            description: Some(description.to_owned()).filter(|text| !text.is_empty()),
            parameters: Some(json!({})),
            ..Default::default()
        }
    }

    fn called(text: &str, functions: &[FunctionDeclaration]) -> Option<String> {
        match call_for(text, &Words::of(text), functions)? {
            Match::Call { name, .. } => Some(name),
            Match::NeedsPlace => Some("needs place".to_owned()),
        }
    }

    #[test]
    fn names_are_matched_by_their_telling_words() {
        let lights = [declared("turn_on_the_lights", ""), declared("turn_off_the_lights", "")];
        assert_eq!(called("please turn on the light", &lights).as_deref(), Some("turn_on_the_lights"));
        assert_eq!(called("turn the lights off", &lights).as_deref(), Some("turn_off_the_lights"));
        assert_eq!(called("turn off the lights", &lights[..1]), None);
        assert_eq!(called("turn around", &lights), None);
        assert!(called("what time is it", &[declared("getCurrentTime", "")]).is_some());
        assert!(called("get current", &[declared("get_current", "")]).is_some());
        assert_eq!(called("anything", &[declared("", ""), declared("___", "")]), None);
    }

    #[test]
    fn descriptions_are_matched_by_what_the_question_is_about() {
        let functions = [
            declared("get_weather", "Tells the weather forecast and the temperature at a place"),
            declared("play", "Plays a song or an album by its title"),
            declared("query_stock", "The price of a share at the exchange"),
        ];
        for (text, expected) in [
            ("what's the forecast", Some("get_weather")),
            ("How is the temperature in Oslo?", Some("get_weather")),
            ("How is the forecast in London tomorrow?", Some("get_weather")),
            ("can you tell me the price of this share", Some("query_stock")),
            ("put on the song please", Some("play")),
            ("what can you do", None),
            ("Tell me a joke", None),
            ("my name is Anna", None),
            ("what do you see", None),
            ("how are you", None),
            ("what is seventeen times four", None),
            (
                "I read in a long and winding book that a song of old kings is no match for modern machines",
                None,
            ),
        ] {
            assert_eq!(called(text, &functions).as_deref(), expected, "{text}");
        }
    }
}
