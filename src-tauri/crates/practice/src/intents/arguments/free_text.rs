//! Somebody's own words in a sentence: whom a message goes to and what it says, what is to be played, found, written down. Pure.

use jiff::civil::DateTime;

use crate::intents::dates::begins_at;
use crate::intents::functions::Topic;
use crate::intents::text::{COMMANDS, Words, bare, ends_with_mark};

/// What ends a person's name.
const AFTER_PERSON: &[&str] = &[
    "saying", "that", "says", "about", "and", "to", "at", "on", "tomorrow", "today", "now", "please", "i",
    "i'm", "i'll", "if", "the", "with", "we", "we're", "you", "a", "for", "via", "by", "asking", "telling",
    "in", "my", "he", "she", "it", "it's", "is", "are", "when", "dinner", "what", "not", "let's", "back",
];
/// What stands before the thing that is to be played or found, and is no part of it.
const BEFORE_QUERY: &[&str] = &[
    "play",
    "put",
    "on",
    "listen",
    "to",
    "hear",
    "some",
    "something",
    "a",
    "an",
    "the",
    "me",
    "song",
    "track",
    "album",
    "artist",
    "by",
    "start",
    "playing",
    "i",
    "want",
    "would",
    "like",
    "i'd",
    "love",
    "let's",
    "can",
    "we",
    "you",
    "please",
    "called",
    "of",
    "playlist",
    "from",
    "named",
    "queue",
    "up",
    "get",
    "any",
    "music",
    "search",
    "for",
    "google",
    "look",
    "find",
    "out",
    "about",
    "information",
    "web",
    "internet",
    "online",
    "is",
    "there",
    "news",
    "headlines",
    "latest",
    "tell",
    "give",
    "show",
    "wikipedia",
    "what",
    "what's",
    "are",
    "have",
];

/// The text in quotation marks.
pub(super) fn quoted(text: &str) -> Option<&str> {
    let start = text.find(['"', '“'])?;
    let rest = text[start..].trim_start_matches(['"', '“']);
    rest.split(['"', '”']).next().filter(|inside| !inside.is_empty())
}

/// An answer to a question, as it is.
pub(super) fn answer(text: &str) -> &str {
    quoted(text).unwrap_or(text.trim_matches(ends_with_mark))
}

/// A number that names something: of a parcel, a flight, an account.
pub(super) fn code(text: &str) -> Option<String> {
    let words = text.split_whitespace().take(200).map(bare);
    let coded = words.filter(|word| word.len() >= 2 && word.contains(|c: char| c.is_ascii_digit()));
    coded.max_by_key(|word| word.len()).and_then(some)
}

/// What is to be translated: "how do you say good morning in Italian", "translate thank you into French".
pub(super) fn to_translate(text: &str) -> Option<String> {
    if let Some(inside) = quoted(text) {
        return some(inside);
    }
    let lower = text.to_ascii_lowercase();
    let leads = [
        "word for ",
        "words for ",
        " say ",
        "translate ",
        "translation of ",
        "is called ",
        "translation for ",
    ];
    let from = leads.iter().filter_map(|lead| lower.find(lead).map(|at| at + lead.len())).min()?;
    let rest = text.get(from..)?;
    let ends = [" into ", " in ", " to "];
    let small = rest.to_ascii_lowercase();
    let end = ends.iter().filter_map(|end| small.rfind(end)).max().unwrap_or(rest.len());
    some(rest.get(..end)?)
}

/// What stands behind the last of these words, to the next word that leads to something else.
pub(super) fn led(text: &str, leads: &[&str]) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().take(200).collect();
    let at = words.iter().enumerate().rposition(|(at, word)| {
        let next = words.get(at + 1).is_some_and(|next| {
            next.starts_with(char::is_uppercase) || matches!(*next, "the" | "my" | "work" | "home")
        });
        leads.contains(&bare(word).to_lowercase().as_str()) && next
    })?;
    let ends = |word: &&&str| {
        matches!(
            bare(word).to_lowercase().as_str(),
            "to" | "from"
                | "by"
                | "at"
                | "on"
                | "tomorrow"
                | "today"
                | "with"
                | "and"
                | "for"
                | "please"
                | "now"
                | "tonight"
                | "in"
                | "next"
        )
    };
    let kept: Vec<&str> = words[at + 1..].iter().take_while(|word| !ends(word)).take(5).copied().collect();
    some(kept.join(" "))
}

/// Whom a message or a call goes to.
pub(super) fn person(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().take(200).collect();
    let lower = |at: usize| words.get(at).map(|word| bare(word).to_lowercase()).unwrap_or_default();
    let sends = |word: &str| {
        matches!(
            word,
            "text"
                | "message"
                | "call"
                | "phone"
                | "ring"
                | "dial"
                | "email"
                | "tell"
                | "ask"
                | "mail"
                | "let"
        )
    };
    let led = (0..words.len()).find(|&at| {
        let next = lower(at + 1);
        let article = matches!(next.as_str(), "a" | "an" | "the") || next.is_empty();
        lower(at) == "to" && !article && at > 0 && !matches!(next.as_str(), "say" | "be" | "call" | "tell")
    });
    let direct = || {
        (0..words.len().min(3)).find(|&at| {
            sends(&lower(at))
                && !matches!(lower(at + 1).as_str(), "a" | "an" | "the" | "to" | "that" | "saying" | "")
        })
    };
    let at = led.or_else(direct)? + 1;
    let own = usize::from(matches!(lower(at).as_str(), "my" | "our"));
    let mut name: Vec<&str> = Vec::new();
    for (n, word) in words[at..].iter().enumerate().take(4) {
        let small = bare(word).to_lowercase();
        if n >= own && AFTER_PERSON.contains(&small.as_str())
            || n > own && !word.starts_with(char::is_uppercase)
        {
            break;
        }
        name.push(word);
        if word.ends_with([':', ',', '.', '"']) {
            break;
        }
    }
    some(name.join(" "))
}

/// What a message says.
pub(super) fn message(text: &str) -> Option<String> {
    if let Some(inside) = quoted(text) {
        return some(inside);
    }
    let lower = text.to_ascii_lowercase();
    if let Some((_, rest)) = text.split_once(": ") {
        return some(rest);
    }
    let leads = [
        " saying that ",
        " saying ",
        " that says ",
        " which says ",
        " to say that ",
        " to say ",
        " telling him ",
        " telling her ",
        " telling them ",
        " that ",
    ];
    if let Some(at) = leads.iter().find_map(|lead| lower.find(lead).map(|at| at + lead.len())) {
        return some(text.get(at..)?);
    }
    // "Tell Peter I'll be there": what follows the name.
    let first = Words::of(text);
    if !first.starts(&["tell", "text", "message", "email", "ask", "write", "let"]) {
        return None;
    }
    let name = person(text)?;
    let at = text.find(&name)? + name.len();
    let rest = text.get(at..)?.trim_start_matches(|c: char| !c.is_alphanumeric());
    let rest = rest.strip_prefix("know ").unwrap_or(rest);
    let rest = rest.strip_prefix("that ").unwrap_or(rest);
    some(rest).filter(|rest| !rest.starts_with("a message") && !rest.starts_with("an email"))
}

/// What is to be put on a list.
pub(super) fn item(text: &str, is_follow_up: bool) -> Option<String> {
    if let Some(inside) = quoted(text) {
        return some(inside);
    }
    let words: Vec<&str> = text.split_whitespace().take(200).collect();
    let lower: Vec<String> = words.iter().map(|word| bare(word).to_lowercase()).collect();
    let verbs = [
        "add", "put", "buy", "order", "get", "need", "of", "write", "note", "remove", "delete", "remember",
        "stick", "pop", "chuck", "jot", "throw", "bung",
    ];
    let Some(from) = lower.iter().position(|word| verbs.contains(&word.as_str())) else {
        return is_follow_up.then(|| some(text))?;
    };
    let is_lead =
        |word: &String| matches!(word.as_str(), "some" | "down" | "a" | "an" | "the" | "to" | "buy" | "get");
    let from = from + 1 + lower[from + 1..].iter().take_while(|word| is_lead(word)).count();
    let list = lower.iter().rposition(|word| {
        matches!(word.as_str(), "list" | "cart" | "basket" | "calendar" | "tasks" | "todos")
    });
    let end = list.and_then(|list| {
        lower[..list]
            .iter()
            .rposition(|word| matches!(word.as_str(), "to" | "on" | "onto" | "in" | "from" | "off"))
    });
    let end = end.filter(|end| *end >= from).unwrap_or(words.len());
    some(words.get(from..end)?.join(" "))
}

/// What something is called.
pub(super) fn title(text: &str, now: DateTime, is_follow_up: bool) -> Option<String> {
    if is_follow_up {
        return None;
    }
    if let Some(inside) = quoted(text) {
        return some(inside);
    }
    let lower = text.to_ascii_lowercase();
    let leads = [" called ", " named ", " titled ", " for a ", " about "];
    let (rest, led) = match leads.iter().find_map(|lead| lower.find(lead).map(|at| at + lead.len())) {
        Some(at) => (text.get(at..)?, true),
        None => (text, false),
    };
    let words: Vec<&str> = rest.split_whitespace().take(60).collect();
    let small = |at: usize| words.get(at).map(|word| bare(word).to_lowercase()).unwrap_or_default();
    let is_empty = |word: &str| {
        COMMANDS.contains(&word)
            || matches!(
                word,
                "a" | "an"
                    | "the"
                    | "new"
                    | "event"
                    | "appointment"
                    | "up"
                    | "me"
                    | "my"
                    | "calendar"
                    | "to"
                    | "in"
            )
    };
    let from = if led { 0 } else { (0..words.len()).find(|&at| !is_empty(&small(at)))? };
    let contained = (from..words.len()).find(|&at| {
        matches!(small(at).as_str(), "on" | "in" | "to" | "into")
            && matches!(small(at + 1).as_str(), "my" | "the" | "our")
            && matches!(small(at + 2).as_str(), "calendar" | "diary" | "schedule" | "agenda")
    });
    let dated = begins_at(&words[from..], now).map(|at| at + from);
    let end = [contained, dated].into_iter().flatten().min().unwrap_or(words.len());
    some(words.get(from..end)?.join(" "))
}

/// What is to be played, searched or told about.
pub(super) fn query(text: &str, name: &str, topic: Option<Topic>, is_follow_up: bool) -> Option<String> {
    if let Some(inside) = quoted(text) {
        return some(inside);
    }
    let by = |text: &str| text.to_ascii_lowercase().rfind(" by ");
    if name == "artist" {
        return some(text.get(by(text)? + 4..)?);
    }
    if topic == Some(Topic::News) {
        let lower = text.to_ascii_lowercase();
        let leads = [" about ", " on ", " in ", " from ", " of "];
        let at = leads.iter().find_map(|lead| lower.find(lead).map(|at| at + lead.len()));
        let rest = match at {
            Some(at) => text.get(at..)?,
            None if is_follow_up => text,
            None => return None,
        };
        return some(rest)
            .filter(|rest| !matches!(rest.to_lowercase().as_str(), "the world" | "today" | "the news"));
    }
    let words: Vec<&str> = text.split_whitespace().take(60).collect();
    let skipped = |word: &&&str| BEFORE_QUERY.contains(&bare(word).to_lowercase().as_str());
    let capital = |word: &str| word.starts_with(char::is_uppercase);
    // "The Wall" keeps its article; "the song" is none of it.
    let count = words
        .iter()
        .enumerate()
        .take_while(|(at, word)| skipped(word) && !(*at > 0 && capital(word) && bare(word) != "I"))
        .count();
    let rest = words[count..].join(" ");
    if matches!(name, "song" | "title" | "track" | "album")
        && let Some(at) = by(&rest)
    {
        return some(rest.get(..at)?);
    }
    let empty = ["", "music", "something", "song", "a song"];
    if empty.contains(&rest.as_str()) {
        let music = Words::of(text).has_any(&["music"]) && topic == Some(Topic::Music);
        return music.then(|| "music".to_owned());
    }
    some(rest)
}

/// Things in a row: "with mushrooms and olives", "milk, eggs and bread".
pub(super) fn things(text: &str, name: &str) -> Option<Vec<String>> {
    let lower = text.to_ascii_lowercase();
    let leads: &[&str] = if matches!(name, "items" | "products" | "things" | "tasks" | "groceries") {
        &["add ", "put ", "buy ", "order ", "need "]
    } else {
        &[" with ", " invite ", " including ", " without "]
    };
    let at = leads.iter().find_map(|lead| lower.find(lead).map(|at| at + lead.len()))?;
    let rest = text.get(at..)?;
    let end = [" to my ", " to the ", " on my ", " on the ", " please", " tomorrow", " at "]
        .iter()
        .filter_map(|end| rest.find(end))
        .min()
        .unwrap_or(rest.len());
    let all: Vec<String> = rest[..end].replace(" and ", ", ").split(',').filter_map(some).take(24).collect();
    (!all.is_empty()).then_some(all)
}

/// What is left of a command when its verb and the words of the function's name are taken away.
pub(super) fn rest(text: &str, name: &[String]) -> Option<String> {
    if let Some(inside) = quoted(text) {
        return some(inside);
    }
    let lower = text.to_ascii_lowercase();
    let leads = [" saying ", " that says ", " called ", " named ", " titled ", " about ", ": "];
    if let Some(at) = leads.iter().find_map(|lead| lower.find(lead).map(|at| at + lead.len())) {
        return some(text.get(at..)?);
    }
    let words: Vec<&str> = text.split_whitespace().take(200).collect();
    let is_own = |word: &&&str| {
        let small = bare(word).to_lowercase();
        COMMANDS.contains(&small.as_str())
            || name.contains(&small)
            || matches!(
                small.as_str(),
                "the"
                    | "a"
                    | "an"
                    | "me"
                    | "my"
                    | "please"
                    | "to"
                    | "for"
                    | "of"
                    | "on"
                    | "off"
                    | "up"
                    | "down"
                    | "i"
                    | "want"
            )
    };
    let count = words.iter().take_while(is_own).count();
    some(words[count..].join(" "))
}

fn some(text: impl AsRef<str>) -> Option<String> {
    let text = text.as_ref().trim_matches(|c: char| ends_with_mark(c) || matches!(c, '"' | '“' | '”'));
    let text = text.strip_suffix(" please").unwrap_or(text);
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_have_a_person_and_words() {
        for (text, to, words) in [
            ("Send a message to Anna saying I'm late", Some("Anna"), Some("I'm late")),
            ("Text Mom that dinner is ready", Some("Mom"), Some("dinner is ready")),
            ("Tell Peter I'll be there at six", Some("Peter"), Some("I'll be there at six")),
            ("Message Tom: the keys are here", Some("Tom"), Some("the keys are here")),
            ("call my mother", Some("my mother"), None),
            ("send a message", None, None),
            ("Send a message to Anna", Some("Anna"), None),
        ] {
            assert_eq!((person(text).as_deref(), message(text).as_deref()), (to, words), "{text}");
        }
    }

    #[test]
    fn what_is_wanted_stands_behind_the_verb() {
        for (text, wanted) in [
            ("Play something by Miles Davis", Some("Miles Davis")),
            ("play some jazz", Some("jazz")),
            ("put on Abbey Road by the Beatles", Some("Abbey Road by the Beatles")),
            ("play The Wall", Some("The Wall")),
            ("Play some music", Some("music")),
            ("play the song Yesterday", Some("Yesterday")),
        ] {
            assert_eq!(query(text, "query", Some(Topic::Music), false).as_deref(), wanted, "{text}");
        }
        assert_eq!(
            query("play So What by Miles Davis", "artist", None, false).as_deref(),
            Some("Miles Davis")
        );
        assert_eq!(item("Add milk to the shopping list", false).as_deref(), Some("milk"));
        assert_eq!(item("add call the bank to my todo list", false).as_deref(), Some("call the bank"));
        assert_eq!(
            things("a pizza with ham, mushrooms and olives", "toppings").map(|all| all.len()),
            Some(3)
        );
        let now = jiff::civil::date(2026, 11, 22).at(14, 5, 0, 0);
        let named = |text: &str| title(text, now, false);
        assert_eq!(
            named("Put lunch with Sara on my calendar on Friday at noon").as_deref(),
            Some("lunch with Sara")
        );
        assert_eq!(named("Schedule a meeting called Budget tomorrow at 3 pm").as_deref(), Some("Budget"));
    }
}
