//! What a person never says and a machine does: signs that must be in no answer.

use live_proto::wire::FunctionDeclaration;

/// Phrases of the old partner, and of programs that talk about themselves.
const PHRASES: &[&str] = &[
    "the function",
    "i have asked",
    "words from you",
    "rehearsal",
    "null",
    "undefined",
    "nan",
    "get current",
    "get weather",
    "set light",
    " ok true",
    "true",
    "false",
    "iso",
    "json",
    "http",
    "utc+",
    "parameter",
    "argument",
    "intent",
    "error:",
];
const DOUBLED: &[&str] = &[
    "..", "!!", "??", ",,", "  ", " .", " ,", ".,", ",.", "?.", ".?", "!.", ";.", ":.", "an a ", "the the ",
    "a a ",
];

/// The signs of a machine in an answer.
pub(super) fn signs(said: &str, functions: &[FunctionDeclaration]) -> Vec<String> {
    let mut all = Vec::new();
    let lower = said.to_lowercase();
    let mut found = |sign: &str| all.push(format!("{sign:?} in {said:?}"));
    let words = || {
        lower
            .split(|c: char| !c.is_alphanumeric() && c != '_' && c != ':' && c != '-' && c != '+')
            .filter(|word| !word.is_empty())
    };
    for phrase in PHRASES {
        let whole = !phrase.contains(' ') && !phrase.contains(['+', ':']);
        if if whole { words().any(|word| word == *phrase) } else { lower.contains(phrase) } {
            found(phrase);
        }
    }
    for pair in DOUBLED {
        if said.contains(pair) {
            found(pair);
        }
    }
    for bracket in ['{', '}', '[', ']', '(', ')', '<', '>', '|', '\\', '`', '*', '#', '_', '='] {
        if said.contains(bracket) {
            found(&bracket.to_string());
        }
    }
    for word in words() {
        let digits = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
        let date =
            word.split('-').count() == 3 && word.split('-').all(|part| part.get(..2).is_some_and(digits));
        let clock =
            word.split(':').count() == 3 && word.split(':').all(|part| part.get(..2).is_some_and(digits));
        let moment = word.contains('t') && word.get(..4).is_some_and(digits) && word.contains('-');
        if date || clock || moment {
            found("a time for machines");
        }
    }
    let camel = |word: &str| {
        let letters: Vec<char> = word.chars().collect();
        letters.windows(2).any(|pair| pair[0].is_lowercase() && pair[1].is_uppercase())
            && !word.starts_with("Mc")
    };
    if said.split(|c: char| !c.is_alphanumeric()).any(camel) {
        found("a name in camel case");
    }
    // "I got 6 words."
    if lower.contains("i got ") && lower.contains(" word") {
        found("a count of words");
    }
    for function in functions {
        if lower.contains(&function.name.to_lowercase()) {
            found(&function.name);
        }
    }
    if !said.is_empty() && !said.ends_with(['.', '!', '?']) {
        found("no end");
    }
    all
}

#[test]
fn signs_of_machines_are_found() {
    for said in [
        "I have asked get current time for it.",
        "I got 6 words from you.",
        "The function get weather says: temp c 21.",
        "It is 2026-11-22T14:05:00.",
        "The time is 14:05:00.",
        "Done..",
        "The isOpen is so.",
        "{x}",
        "It is null.",
        "Hello",
    ] {
        assert!(!signs(said, &[]).is_empty(), "{said}");
    }
    for said in [
        "It's 9:05 in the evening in Tokyo, Saturday.",
        "2 plus 2 is 4.",
        "In Oslo it's minus 3.5 degrees.",
        "Okay, that's done.",
    ] {
        assert_eq!(signs(said, &[]), Vec::<String>::new());
    }
}
