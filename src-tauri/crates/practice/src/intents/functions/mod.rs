//! Finds the declared function that a sentence asks for. Pure.
//!
//! Only a function that the client declared can be found here: by what it is for (`purposes`), by all telling words of its
//! name, or by enough of those of its description. Only what asks or wants something calls a function; a sentence that tells
//! something never does, whatever words are in it.

mod errands;
mod matching;
mod purposes;

use live_proto::wire::FunctionDeclaration;

use super::own::asks_time;
use super::text::{Act, Sentence, Words, stem, words_of_name};

use errands::ERRANDS;
use matching::{
    commands_member, conflicts, is_action, names_members, says_same, telling_in_name, telling_in_text,
};
use purposes::{AROUND, Purpose};

pub(super) use matching::{Side, side_of};
pub(super) use purposes::Topic;

/// So much of a question's telling words must be a function's own, in percent, when its name is not said whole.
const LEAST_SHARE: usize = 50;
/// What is asked of the partner itself, or of the past, is asked of no function.
const ABOUT_ITSELF: &[&str] = &[
    "do you like",
    "are you",
    "your favourite",
    "your favorite",
    "do you love",
    "have you ever",
    "do you play",
    "do you think",
    "do you feel",
    "did you",
    "you doing",
    "do you eat",
    "do you drink",
    "do you sleep",
    "do you hate",
    "what is a",
    "what are you",
    "opposite of",
    "the meaning of",
    "how do you spell",
    "what does it mean",
    "i had",
    "do you enjoy",
    "would you rather",
];

/// What a function is for, by its name, else by its description.
pub(super) fn topic_of(function: &FunctionDeclaration) -> Option<Topic> {
    purpose_of(function).map(|purpose| purpose.topic)
}

/// All kinds; of those that fit, the first counts.
fn purposes() -> impl Iterator<Item = &'static Purpose> {
    AROUND.iter().chain(ERRANDS)
}

fn purpose_of(function: &FunctionDeclaration) -> Option<&'static Purpose> {
    let name = words_of_name(&function.name);
    let fits = |purpose: &&Purpose, words: &[String]| {
        let marked = |word: &String| {
            purpose.markers.iter().any(|marker| *marker == word.as_str() || *marker == stem(word))
        };
        words.iter().any(marked) && !name.iter().any(|word| purpose.unless.contains(&word.as_str()))
    };
    if let Some(purpose) = purposes().find(|purpose| fits(purpose, &name)) {
        return Some(purpose);
    }
    let description = Words::of(function.description.as_deref().unwrap_or_default());
    // The words that come first say most; the end of a description is often about arguments.
    let words: Vec<String> = description.iter().take(12).map(str::to_owned).collect();
    let generic = |purpose: &&Purpose| {
        matches!(purpose.topic, Topic::Time | Topic::Call | Topic::Search | Topic::List | Topic::Note)
    };
    purposes().find(|purpose| !generic(purpose) && fits(purpose, &words))
}

/// The function that a sentence asks for, if any fits; the one that fits best.
pub(super) fn function_for<'f>(
    sentence: &Sentence,
    functions: &'f [FunctionDeclaration],
) -> Option<&'f FunctionDeclaration> {
    let mut best: Option<(usize, &FunctionDeclaration)> = None;
    for function in functions {
        let Some(score) = score(sentence, function) else { continue };
        if best.is_none_or(|(most, _)| score > most) {
            best = Some((score, function));
        }
    }
    best.map(|(_, function)| function)
}

/// How well a function fits, if it does at all.
fn score(sentence: &Sentence, function: &FunctionDeclaration) -> Option<usize> {
    let words = &sentence.words;
    let name = words_of_name(&function.name);
    let purpose = purpose_of(function);
    let by_time = purpose.is_some_and(|purpose| purpose.topic == Topic::Time);
    if by_time {
        return asks_time(sentence).then_some(20);
    }
    // "Archive the report": a word with which the function's own name begins is a wish, too.
    let begins = words
        .iter()
        .next()
        .is_some_and(|first| name.len() > 1 && name.first().is_some_and(|verb| stem(verb) == stem(first)));
    if !(sentence.wants() || begins)
        || conflicts(&name, function, words)
        || words.says(ABOUT_ITSELF)
        || words.has_any(&["don't", "never"])
    {
        return None;
    }
    let skips = words.has_any(&["next", "skip", "previous"])
        && purpose.is_some_and(|purpose| purpose.topic == Topic::Music);
    if skips && !name.iter().any(|word| matches!(word.as_str(), "next" | "skip" | "previous" | "control")) {
        return None;
    }
    // Whether a light is on is not asked of a function that switches it.
    let can_ask =
        words.starts(&["can", "could", "would", "will", "may", "do you mind", "how do i get", "any", "have"]);
    if sentence.act == Act::Question && is_action(&name) && !can_ask {
        return None;
    }
    let telling = telling_in_name(&name);
    let said = telling.iter().filter(|word| words.has_stem(word)).count();
    let hits = purpose.map_or(0, |purpose| hits_of(purpose, sentence));
    let base = if commands_member(function, words) && !is_never(purpose, words) {
        8
    } else if hits > 0 {
        6 + hits.min(4)
    } else if said > 0 && said == telling.len() && !is_never(purpose, words) {
        4
    } else {
        2 + by_description(words, function, &name)
            .filter(|shared| (purpose.is_none() || *shared >= 2) && !is_never(purpose, words))?
    };
    let more = usize::from(says_same(&name, words)) * 3 + usize::from(names_members(function, words)) * 2;
    Some(base + 3 * said + more)
}

fn is_never(purpose: Option<&Purpose>, words: &Words) -> bool {
    purpose.is_some_and(|purpose| words.says(purpose.never))
}

/// How many of its words ask for functions of this kind.
fn hits_of(purpose: &Purpose, sentence: &Sentence) -> usize {
    let words = &sentence.words;
    if words.says(purpose.never) {
        return 0;
    }
    let cues = words.iter().filter(|word| purpose.cues.contains(word)).count();
    let phrases = purpose.phrases.iter().filter(|phrase| words.says(&[phrase])).count();
    let hits = cues + 2 * phrases;
    let asks = words.starts(&[
        "tell",
        "give",
        "show",
        "check",
        "get",
        "look",
        "find",
        "read",
        "i need the",
        "i want to know",
        "i wonder",
        "i would like to know",
    ]);
    match purpose.topic {
        Topic::Weather => {
            let sure = words.has_any(&["weather", "forecast", "umbrella"]);
            let plain = hits > words.iter().filter(|word| ADJECTIVES.contains(word)).count();
            let fits = match sentence.act {
                Act::Question => !words.says(&["do you", "why", "when i"]) || sure,
                Act::Request => asks && plain || sure,
                Act::Fragment => plain,
                Act::Statement => false,
            };
            if fits { hits } else { 0 }
        }
        Topic::Heating
            if sentence.act != Act::Request
                && !words.has_any(&["thermostat", "heating", "heater", "radiator"]) =>
        {
            0
        }
        Topic::Message => {
            let told = (words.starts(&["tell"]) || words.starts(&["let"]) && words.has("know"))
                && !words.starts(&["tell me", "tell us", "let me", "let us", "let is"])
                && words.count() > 3;
            hits + usize::from(told && !words.has_any(&["joke", "story", "weather", "time"])) * 2
        }
        Topic::Call if sentence.act != Act::Request => 0,
        Topic::Food if sentence.act == Act::Question && !words.starts(&["can", "could"]) => 0,
        Topic::Music
            if sentence.act == Act::Question
                && !words.says(&["is playing", "what song", "which song", "some music"]) =>
        {
            hits.min(usize::from(words.starts(&["can", "could", "would", "how about"])) * 4)
        }
        _ => hits,
    }
}

/// Words that are said of the weather, and of much else.
const ADJECTIVES: &[&str] =
    &["warm", "cold", "hot", "cool", "wet", "dry", "sun", "wind", "jacket", "coat", "freezing"];

/// How many telling words of a sentence are a function's own, if they are enough.
fn by_description(words: &Words, function: &FunctionDeclaration, name: &[String]) -> Option<usize> {
    let asked = telling_in_text(words.iter());
    let description = Words::of(function.description.as_deref().unwrap_or_default());
    let own = telling_in_text(description.iter().chain(name.iter().map(String::as_str)));
    let shared = asked.iter().filter(|word| own.contains(word)).count();
    (shared >= 1 && shared * 100 >= asked.len() * LEAST_SHARE).then_some(shared)
}

/// What a sentence asks for, whether or not there is a function for it.
pub(super) fn topic_asked(sentence: &Sentence) -> Option<Topic> {
    if !sentence.wants() || sentence.words.says(ABOUT_ITSELF) {
        return None;
    }
    purposes()
        .filter(|purpose| purpose.topic != Topic::Time)
        .find(|purpose| hits_of(purpose, sentence) > 0)
        .map(|purpose| purpose.topic)
}

/// What the partner can do with these functions, as it says it.
pub(super) fn offers(functions: &[FunctionDeclaration]) -> Vec<&'static str> {
    let mut all: Vec<&'static str> = Vec::new();
    for function in functions.iter().take(64) {
        let offer = purpose_of(function).map(|purpose| purpose.offer);
        all.extend(offer.filter(|offer| !all.contains(offer)));
    }
    all
}

/// The same of one kind.
pub(super) fn offer_of(topic: Topic) -> &'static str {
    purposes().find(|purpose| purpose.topic == topic).map_or("do that", |purpose| purpose.offer)
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

    fn called<'f>(text: &str, functions: &'f [FunctionDeclaration]) -> Option<&'f str> {
        function_for(&Sentence::of(text), functions).map(|function| function.name.as_str())
    }

    #[test]
    fn names_are_matched_by_their_telling_words() {
        let lights = [declared("turn_on_the_lights", ""), declared("turn_off_the_lights", "")];
        assert_eq!(called("please turn on the light", &lights), Some("turn_on_the_lights"));
        assert_eq!(called("turn the lights off", &lights), Some("turn_off_the_lights"));
        assert_eq!(called("turn off the lights", &lights[..1]), None);
        assert_eq!(called("turn around", &lights), None);
        assert!(called("what time is it", &[declared("getCurrentTime", "")]).is_some());
        assert_eq!(called("anything", &[declared("", ""), declared("___", "")]), None);
        let values = [declared("store_value", "Keeps a value")];
        assert_eq!(called("Please store the value 7 with the remark calm.", &values), Some("store_value"));
        assert_eq!(
            called("Archive the report from May", &[declared("archive_report", "")]),
            Some("archive_report")
        );
        assert_eq!(called("The report is in the archive", &[declared("archive_report", "")]), None);
        let doors = [declared("lock_door", ""), declared("unlock_door", "")];
        assert_eq!(called("unlock the door", &doors), Some("unlock_door"));
    }

    #[test]
    fn descriptions_are_matched_by_what_the_question_is_about() {
        let functions = [
            declared("get_weather", "Tells the weather forecast and the temperature at a place"),
            declared("play", "Plays a song or an album by its title"),
            declared("query_stock", "The price of a share at the exchange"),
            declared("measure_soil", "Measures the moisture of the soil in the flower pots"),
        ];
        for (text, expected) in [
            ("what's the forecast", Some("get_weather")),
            ("How is the temperature in Oslo?", Some("get_weather")),
            ("can you tell me the price of this share", Some("query_stock")),
            ("put on the song please", Some("play")),
            ("how much moisture is in the soil", Some("measure_soil")),
            ("what can you do", None),
            ("Tell me a joke", None),
            ("my name is Anna", None),
            ("what do you see", None),
            ("how are you", None),
            ("what is seventeen times four", None),
            ("I play football with my flower pots", None),
            (
                "I read in a long and winding book that a song of old kings is no match for modern machines",
                None,
            ),
        ] {
            assert_eq!(called(text, &functions), expected, "{text}");
        }
    }

    #[test]
    fn a_word_that_looks_alike_calls_nothing() {
        let functions = [
            declared("get_current_time", "Tells the current date, time of day and weekday"),
            declared("set_light", "Switches a light"),
            declared("get_weather", "The weather at a place"),
            declared("call_contact", "Calls a person by telephone"),
        ];
        for text in [
            "17 times 23",
            "She has light hair",
            "I'm under the weather",
            "What do you call a group of crows?",
            "Do you like the rain?",
            "Is the light on?",
            "I had the time of my life",
        ] {
            assert_eq!(called(text, &functions), None, "{text}");
        }
    }
}
