//! What a recogniser of speech writes for something else: phrases that nobody says, and what was meant. Pure.

use std::borrow::Cow;

/// Heard, meant. In lower case; whole words. Each is nonsense where it stands for the other.
const PHRASES: &[(&str, &str)] = &[
    ("called outside", "cold outside"),
    ("coal outside", "cold outside"),
    ("the whether in", "the weather in"),
    ("the whether like", "the weather like"),
    ("the whether today", "the weather today"),
    ("the whether tomorrow", "the weather tomorrow"),
    ("whether forecast", "weather forecast"),
    ("broly", "brolly"),
    ("brawly", "brolly"),
    ("a set a timer", "set a timer"),
    ("one is easter", "when is easter"),
    ("one is eastern next", "when is easter next"),
    ("one is christmas", "when is christmas"),
    ("turn of the light", "turn off the light"),
    ("turn on the like", "turn on the light"),
    ("turn off the like", "turn off the light"),
    ("time for five minutes", "timer for five minutes"),
    ("time for ten minutes", "timer for ten minutes"),
];

/// The text with what was meant.
pub(in crate::intents) fn meant(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    for (heard, meant) in PHRASES {
        if let Some(at) = whole(&text, heard) {
            text = Cow::Owned(format!("{}{meant}{}", &text[..at], &text[at + heard.len()..]));
        }
    }
    text
}

/// Where these whole words stand in a text.
fn whole(text: &str, words: &str) -> Option<usize> {
    let lower = text.to_ascii_lowercase();
    lower.match_indices(words).map(|(at, _)| at).find(|&at| {
        let before = lower[..at].chars().next_back();
        let after = lower[at + words.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_says_is_what_was_meant() {
        for (heard, expected) in [
            ("Is it called outside in Toronto?", "Is it cold outside in Toronto?"),
            ("What's the whether in Rome?", "What's the weather in Rome?"),
            ("One is Easter next year?", "when is easter next year?"),
            ("I don't know whether in Rome it rains.", "I don't know whether in Rome it rains."),
            ("She called outsiders.", "She called outsiders."),
            ("Ärger: called outside", "Ärger: cold outside"),
        ] {
            assert_eq!(meant(heard), expected);
        }
    }
}
