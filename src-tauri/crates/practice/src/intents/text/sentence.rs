//! A text in sentences, each a wish by itself, and what kind of sentence it is. Pure.

use super::words::{Words, bare};

/// More wishes in one text are not looked at.
const MOST: usize = 6;
/// What stands before a wish and is none.
const LEAD_INS: &[&str] = &[
    "please",
    "could you please",
    "can you please",
    "would you please",
    "could you",
    "can you",
    "would you",
    "will you",
    "would you mind",
    "do you mind",
    "hey",
    "hi",
    "hello",
    "okay",
    "ok",
    "so",
    "well",
    "um",
    "uh",
    "er",
    "then",
    "also",
    "just",
    "kindly",
    "i would like you to",
    "i'd like you to",
    "i want you to",
    "i need you to",
    "oh",
    "alright",
    "all right",
    "now",
    "sorry but",
    "good",
    "great",
    "thanks",
    "thank you",
    "go ahead and",
    "be so kind and",
    "and then",
    "you can",
    "you could",
    "yes",
    "actually",
];
/// With these a wish begins that is worded as a question.
const POLITE: &[&str] = &[
    "could you",
    "can you",
    "would you",
    "will you",
    "please could you",
    "please can you",
    "hey can you",
    "hey could you",
    "hi can you",
    "hi could you",
    "ok can you",
    "okay can you",
    "do you mind",
    "would you mind",
];
/// Words with which a question begins.
const QUESTIONS: &[&str] = &[
    "what", "who", "whom", "whose", "how", "when", "where", "which", "why", "is", "are", "am", "was", "were",
    "will", "would", "do", "does", "did", "can", "could", "should", "shall", "may", "has", "isn't", "aren't",
    "don't", "doesn't", "won't", "wouldn't", "any", "whats", "hows", "whos", "got", "wheres",
];
/// Verbs with which a request begins.
pub(in crate::intents) const COMMANDS: &[&str] = &[
    "turn",
    "switch",
    "set",
    "make",
    "dim",
    "put",
    "play",
    "stop",
    "pause",
    "resume",
    "start",
    "begin",
    "open",
    "close",
    "shut",
    "lock",
    "unlock",
    "raise",
    "lower",
    "increase",
    "decrease",
    "send",
    "text",
    "message",
    "write",
    "email",
    "call",
    "phone",
    "ring",
    "dial",
    "tell",
    "say",
    "show",
    "give",
    "get",
    "find",
    "search",
    "look",
    "google",
    "check",
    "read",
    "list",
    "add",
    "remove",
    "delete",
    "create",
    "schedule",
    "book",
    "order",
    "buy",
    "reserve",
    "plan",
    "remind",
    "wake",
    "cancel",
    "note",
    "take",
    "remember",
    "mute",
    "unmute",
    "skip",
    "translate",
    "convert",
    "calculate",
    "navigate",
    "vacuum",
    "brew",
    "heat",
    "cool",
    "warm",
    "activate",
    "deactivate",
    "enable",
    "disable",
    "change",
    "adjust",
    "roll",
    "flip",
    "toss",
    "throw",
    "count",
    "spell",
    "repeat",
    "describe",
    "announce",
    "kill",
    "brighten",
    "post",
    "share",
    "let",
    "move",
    "go",
    "run",
    "launch",
    "draw",
    "generate",
    "pick",
    "choose",
    "log",
    "record",
    "track",
    "arm",
    "disarm",
    "pay",
    "transfer",
    "print",
    "bring",
    "fetch",
    "crank",
    "bump",
    "queue",
    "clear",
    "measure",
    "stick",
    "pop",
    "chuck",
    "jot",
    "split",
    "pull",
];
/// What is to be done with what was just said: "the dentist at ten, put it in my calendar".
const DO_WITH_IT: &[&str] = &[
    "put it in",
    "put it on",
    "put that in",
    "put that on",
    "put this in",
    "put this on",
    "add it to",
    "add that to",
    "add this to",
    "stick it in",
    "stick it on",
    "write it down",
    "write that down",
    "note it down",
    "note that down",
];
/// Words with which a request begins that is a wish in so many words.
const WISHES: &[&str] = &[
    "i want",
    "i need",
    "i'd like",
    "i would like",
    "id like",
    "let is",
    "let us",
    "lets",
    "i wanna",
    "i'd love",
    "i would love",
    "we need",
    "i feel like",
    "it is too",
    "i wonder",
    "i am wondering",
    "i have to",
    "i must",
    "i need to",
];
/// Whoever is named so makes the sentence a statement.
const SUBJECTS: &[&str] = &[
    "i", "you", "he", "she", "we", "they", "it", "this", "that", "there", "my", "our", "his", "her", "their",
    "these", "those", "everyone", "people",
];
/// Behind these, whatever follows is somebody's own words, and no further wish.
const FREE_TEXT: &[&str] = &[
    "remind",
    "saying",
    "says",
    "message",
    "text",
    "email",
    "write",
    "note",
    "repeat",
    "say",
    "called",
    "named",
    "titled",
    "search",
    "translate",
    "quote",
    "list",
    "reminder",
    "google",
    "announce",
    "that",
    "remember",
    "post",
    "todo",
];

/// What a sentence does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::intents) enum Act {
    /// Asks.
    Question,
    /// Wants something done.
    Request,
    /// A few words without a verb: "weather in Oslo", "lights off".
    Fragment,
    /// Tells.
    Statement,
}

/// A sentence, without what stands before a wish.
#[derive(Clone)]
pub(in crate::intents) struct Sentence {
    /// As it was written, without the mark at its end.
    pub(in crate::intents) text: String,
    pub(in crate::intents) words: Words,
    /// The words with what stands before the wish.
    pub(in crate::intents) whole: Words,
    pub(in crate::intents) act: Act,
    /// Whether it goes on with what was said before: "and in Sydney?".
    pub(in crate::intents) goes_on: bool,
}

impl Sentence {
    pub(in crate::intents) fn of(text: &str) -> Self {
        let asks = text.trim_end().ends_with('?');
        let whole = Words::of(text);
        let (text, goes_on) = core(text.trim().trim_end_matches(ends_with_mark));
        let words = Words::of(text);
        // "Could you open the door?" is a wish, whatever its mark says.
        let polite =
            whole.starts(POLITE) && words.iter().next().is_some_and(|first| !QUESTIONS.contains(&first));
        let act = act_of(&words, asks && !polite, polite || whole.has("please"));
        Self { text: text.to_owned(), words, whole, act, goes_on }
    }

    /// Whether it asks or wants something, in however few words.
    pub(in crate::intents) fn wants(&self) -> bool {
        self.act != Act::Statement
    }
}

/// Whether a sentence may end with this.
pub(in crate::intents) fn ends_with_mark(mark: char) -> bool {
    matches!(mark, '.' | '!' | '?' | ',' | ';' | ':' | '…') || mark.is_whitespace()
}

/// The text behind its lead-ins, and whether it goes on with what was said before.
fn core(text: &str) -> (&str, bool) {
    let mut rest =
        text.trim_start_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '"' | '“' | '-' | '−' | '+'));
    let mut goes_on = false;
    for _ in 0..MOST {
        let shorter = ["and what about", "and how about", "what about", "how about", "and", "but", "or"]
            .iter()
            .find_map(|lead| behind(rest, lead));
        if let Some(shorter) = shorter {
            (rest, goes_on) = (shorter, true);
            continue;
        }
        let Some(shorter) = LEAD_INS.iter().find_map(|lead| behind(rest, lead)) else { break };
        rest = shorter;
    }
    let end = rest.to_lowercase();
    let rest = if end.ends_with(" please") && end.len() == rest.len() {
        rest[..rest.len() - " please".len()].trim_end_matches(ends_with_mark)
    } else {
        rest
    };
    (rest, goes_on)
}

/// What follows behind these words, if the text begins with them and goes on.
fn behind<'t>(text: &'t str, lead: &str) -> Option<&'t str> {
    let head = text.get(..lead.len()).filter(|head| head.eq_ignore_ascii_case(lead))?;
    let rest = &text[head.len()..];
    let more = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ',' | '.' | '!' | ';'));
    (rest.len() != more.len() && !more.is_empty()).then_some(more)
}

fn act_of(words: &Words, asks: bool, polite: bool) -> Act {
    let all: Vec<&str> = words.iter().collect();
    let Some(&first) = all.first() else { return Act::Statement };
    let second = all.get(1).copied().unwrap_or_default();
    let have = first == "have" && matches!(second, "you" | "we" | "i");
    let told = polite || words.starts(WISHES);
    let exclaims = matches!(
        (first, second),
        ("what", "a" | "an") | ("how", "nice" | "lovely" | "funny" | "sad" | "cute" | "kind")
    );
    if exclaims && !asks {
        return Act::Statement;
    }
    if asks || have || QUESTIONS.contains(&first) {
        return Act::Question;
    }
    if told || COMMANDS.contains(&first) || words.says(DO_WITH_IT) {
        return Act::Request;
    }
    if first == "have" {
        return Act::Statement;
    }
    if all.len() <= 7
        && !words.has_any(SUBJECTS)
        && !all.iter().any(|word| matches!(*word, "is" | "are" | "was" | "had"))
    {
        return Act::Fragment;
    }
    Act::Statement
}

/// The sentences of a text, those with several wishes in parts.
pub(in crate::intents) fn sentences_of(text: &str, joins: impl Fn(&str, &str) -> bool) -> Vec<String> {
    let mut all = Vec::new();
    for sentence in clipped(marked(text)) {
        let mut rest = sentence.as_str();
        while let Some((left, right)) = cut(rest, &joins) {
            all.push(left.to_owned());
            rest = right;
            if all.len() >= MOST {
                break;
            }
        }
        all.push(rest.to_owned());
    }
    all.retain(|sentence| sentence.contains(char::is_alphanumeric));
    all.truncate(MOST);
    all
}

/// Cut behind marks at the end of a sentence.
fn marked(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().take(8_000).collect();
    let mut all = vec![String::new()];
    let mut in_quotes = false;
    for (at, &letter) in letters.iter().enumerate() {
        if let Some(last) = all.last_mut() {
            last.push(letter);
        }
        in_quotes ^= matches!(letter, '"' | '“' | '”');
        let ends_word = letters.get(at + 1).is_none_or(|next| next.is_whitespace());
        let last_word =
            all.last().and_then(|all| all.split_whitespace().last()).unwrap_or_default().to_lowercase();
        let short = matches!(
            last_word.as_str(),
            "mr." | "mrs." | "ms." | "dr." | "st." | "a.m." | "p.m." | "vs." | "no."
        );
        let ends = matches!(letter, '!' | '?' | ';' | '\n') || letter == '.' && !short;
        if ends && ends_word && !in_quotes && all.len() < MOST {
            all.push(String::new());
        }
    }
    all
}

/// "Weather. Helsinki. Monday.": what is said in single words is one wish.
fn clipped(all: Vec<String>) -> Vec<String> {
    const FIRST: &[&str] =
        &["weather", "forecast", "time", "timer", "temperature", "alarm", "lights", "music"];
    let words = |sentence: &String| Words::of(sentence);
    let is_clipped = all.len() > 1
        && all.iter().all(|sentence| words(sentence).count() <= 2 && !sentence.contains(['?', '!']))
        && all.first().is_some_and(|first| words(first).has_any(FIRST));
    if !is_clipped {
        return all;
    }
    let joined: Vec<&str> =
        all.iter().map(|sentence| sentence.trim().trim_end_matches(ends_with_mark)).collect();
    vec![joined.join(" ").trim().to_owned()]
}

/// The first wish, and what follows, if there are two.
fn cut<'t>(text: &'t str, joins: &impl Fn(&str, &str) -> bool) -> Option<(&'t str, &'t str)> {
    let lower = text.to_ascii_lowercase();
    let mut places: Vec<(usize, usize)> =
        [", and then ", " and then ", ", then ", " then ", " and also ", ", and ", " and ", ", "]
            .iter()
            .flat_map(|joint| lower.match_indices(joint).map(|(at, found)| (at, found.len())).take(8))
            .collect();
    // The first, and of those at one place the longest.
    places.sort_by_key(|(at, length)| (*at, std::cmp::Reverse(*length)));
    places.into_iter().find_map(|(at, length)| {
        let (left, right) = (text.get(..at)?, text.get(at + length..)?);
        (begins_wish(left, right) || joins(left, right)).then_some((left, right))
    })
}

/// Whether another wish begins here.
fn begins_wish(left: &str, right: &str) -> bool {
    let before = Words::of(left);
    if before.count() < 2 && !COMMANDS.contains(&before.iter().next().unwrap_or_default())
        || left.contains(':')
    {
        return false;
    }
    let tells = before.says(&["tell"]) && !before.says(&["tell me", "tell us"]);
    if before.has_any(FREE_TEXT) || tells {
        return false;
    }
    let (right, _) = core(right.trim_end_matches(ends_with_mark));
    let words = Words::of(right);
    // What stands before is what to do it with, if it is no wish by itself.
    if words.starts(DO_WITH_IT) && !matches!(Sentence::of(left).act, Act::Request | Act::Question) {
        return false;
    }
    let mut all = words.iter();
    let (Some(first), Some(second)) = (all.next(), all.next()) else { return false };
    let question = QUESTIONS[..19].contains(&first) && !matches!(first, "is" | "was" | "were" | "am")
        || matches!(
            (first, second),
            ("is", "it" | "the" | "there" | "today") | ("what" | "how" | "do" | "will", _)
        );
    let named = words.starts(&[
        "the weather",
        "the time",
        "the date",
        "the forecast",
        "a joke",
        "weather in",
        "time in",
        "the news",
    ]);
    named
        || question
        || COMMANDS.contains(&first) && bare(first) != "heat"
        || words.starts(WISHES)
        || first == "timer"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<String> {
        sentences_of(text, |_, _| false).iter().map(|part| Sentence::of(part).text).collect()
    }

    #[test]
    fn several_wishes_are_told_apart() {
        for (text, expected) in [
            ("What's up? Tell me a joke.", &["What's up", "Tell me a joke"][..]),
            ("turn off the light and play some jazz", &["turn off the light", "play some jazz"]),
            (
                "Open the blinds, turn on the light and play Mozart.",
                &["Open the blinds", "turn on the light", "play Mozart"],
            ),
            ("play rock and roll", &["play rock and roll"]),
            ("What is 100 and 20 divided by 5?", &["What is 100 and 20 divided by 5"]),
            ("Set a timer for an hour and a half", &["Set a timer for an hour and a half"]),
            ("Remind me to buy milk and call Tom", &["Remind me to buy milk and call Tom"]),
            ("What's 5 plus 5, and what day is it?", &["What's 5 plus 5", "what day is it"]),
            ("Is it 7 p.m. in Rome?", &["Is it 7 p.m. in Rome"]),
            ("", &[]),
        ] {
            assert_eq!(parts(text), expected, "{text}");
        }
        assert!(sentences_of(&"Go home. ".repeat(1_000), |_, _| true).len() <= MOST);
    }

    #[test]
    fn a_sentence_asks_wants_or_tells() {
        for (text, act) in [
            ("Could you please open the door?", Act::Request),
            ("could you open the door", Act::Request),
            ("what time is it", Act::Question),
            ("I'd like some music", Act::Request),
            ("lights off", Act::Fragment),
            ("I play football on Sundays.", Act::Statement),
            ("Have a nice day", Act::Statement),
            ("She has light hair", Act::Statement),
            ("", Act::Statement),
        ] {
            assert_eq!(Sentence::of(text).act, act, "{text}");
        }
        let on = Sentence::of("And what about Sydney?");
        assert_eq!((on.text.as_str(), on.goes_on), ("Sydney", true));
        assert_eq!(Sentence::of("Hey, can you turn it on please?").text, "turn it on");
    }
}
