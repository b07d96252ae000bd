//! What the partner remembers of a conversation, and what a resumed session begins with. Pure and bounded.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::own::Timers;

/// The newest turns are kept: so many at most.
const TURNS: usize = 40;
/// So many are forgotten at once, the oldest. A server of language models computes anew what follows the first word that
/// changed, so a beginning that moved with each turn would cost the whole conversation each time.
const FORGOTTEN: usize = 16;
/// Of each its beginning, in characters.
const TURN_CHARS: usize = 1_000;
/// The longest name, in characters.
const NAME_CHARS: usize = 40;

/// Who said something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The person.
    User,
    /// The partner.
    Model,
    /// Nobody: it became known.
    Note,
}

/// The last thing that was asked for, which "and in Sydney?" goes on with.
#[derive(Clone, Debug)]
pub(super) enum LastWish {
    /// A call, with the words that asked for it.
    Call { function: String, args: Map<String, Value>, asked: String },
    /// What time it is.
    Time,
    /// A sum with this result.
    Sum(f64),
}

/// A call that lacks an argument, for which the partner asked.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub(super) function: String,
    pub(super) args: Map<String, Value>,
    /// The parameter.
    pub(super) missing: String,
    /// The words that asked for it.
    pub(super) asked: String,
}

/// What somebody said.
#[derive(Clone, Debug)]
pub(crate) struct Turn {
    pub(crate) role: Role,
    /// Shared by all handles of a session.
    pub(crate) text: Arc<str>,
    /// The user interrupted it: the text is what was heard.
    pub(crate) is_cut: bool,
}

/// The conversation so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    turns: VecDeque<Turn>,
    /// How many turns were added since the partner began its reply.
    since_reply: usize,
    name: Option<String>,
    /// Where the user lives, if they told.
    home: Option<String>,
    /// The place that was spoken of last.
    pub(super) place: Option<String>,
    /// In which turn that was.
    pub(super) place_turn: usize,
    /// How many turns the user had.
    turn: usize,
    pub(super) last: Option<LastWish>,
    pub(super) pending: Option<Pending>,
    /// How many jokes were told.
    pub(super) jokes: usize,
    pub(crate) timers: Timers,
}

impl Memory {
    /// Appends what somebody said; learns a name from the user's words.
    pub(crate) fn add(&mut self, role: Role, text: &str) {
        if role == Role::User {
            self.name = name_in(text).or_else(|| self.name.take());
            self.home = home_in(text).or_else(|| self.home.take());
            self.turn += 1;
        }
        self.since_reply += 1;
        self.insert(self.turns.len(), role, text, false);
    }

    /// The partner begins to answer what was said so far.
    pub(crate) fn begin_reply(&mut self) {
        self.since_reply = 0;
    }

    /// Adds what the partner said: before what was said to it meanwhile.
    pub(crate) fn add_reply(&mut self, text: &str) {
        self.insert_reply(text, false);
    }

    /// Adds what was heard of a reply that the user interrupted.
    pub(crate) fn add_cut_reply(&mut self, heard: &str) {
        self.insert_reply(heard, true);
    }

    fn insert_reply(&mut self, text: &str, is_cut: bool) {
        let since = std::mem::take(&mut self.since_reply);
        self.insert(self.turns.len().saturating_sub(since), Role::Model, text, is_cut);
    }

    fn insert(&mut self, mut at: usize, role: Role, text: &str, is_cut: bool) {
        if self.turns.len() == TURNS {
            self.turns.drain(..FORGOTTEN);
            at = at.saturating_sub(FORGOTTEN);
        }
        let end = text.char_indices().nth(TURN_CHARS).map_or(text.len(), |(end, _)| end);
        self.turns.insert(at, Turn { role, text: text[..end].into(), is_cut });
    }

    /// What was said, the oldest first.
    pub(crate) fn turns(&self) -> impl Iterator<Item = &Turn> {
        self.turns.iter()
    }

    /// The user's words that nobody answered yet, if the user spoke last.
    pub(crate) fn unanswered(&self) -> Option<&str> {
        self.turns.back().filter(|turn| turn.role == Role::User).map(|turn| &*turn.text)
    }

    pub(super) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// This place is spoken of.
    pub(super) fn place_is(&mut self, place: &str) {
        self.place = Some(place.to_owned());
        self.place_turn = self.turn;
    }

    pub(super) fn home(&self) -> Option<&str> {
        self.home.as_deref()
    }

    /// How many turns the user had: what is said in rotation follows from it.
    pub(super) fn turn(&self) -> usize {
        self.turn
    }

    /// What this one said, the newest first.
    pub(super) fn said_by(&self, role: Role) -> impl Iterator<Item = &str> {
        self.turns.iter().rev().filter(move |turn| turn.role == role).map(|turn| &*turn.text)
    }
}

/// The place in "I live in …".
fn home_in(text: &str) -> Option<String> {
    let leads = [
        "i live in ",
        "i'm living in ",
        "i am living in ",
        "my home is in ",
        "i'm from ",
        "i am from ",
        "i'm in ",
        "i am in ",
        "i'm here in ",
    ];
    let plain = text.replace('’', "'");
    let lower = plain.to_ascii_lowercase();
    let at = leads.iter().find_map(|lead| lower.find(lead).map(|at| at + lead.len()))?;
    let rest = plain.get(at..)?;
    let end = rest.find(['.', ',', '!', '?', ';', '\n']).unwrap_or(rest.len());
    let large = |word: &&str| word.starts_with(char::is_uppercase);
    let place: Vec<&str> = rest[..end].split_whitespace().take_while(large).take(4).collect();
    (!place.is_empty()).then(|| place.join(" ").chars().take(NAME_CHARS).collect())
}

/// Words that end a name, for texts without punctuation.
const NO_NAME: &[&str] = &[
    "a",
    "an",
    "when",
    "back",
    "later",
    "if",
    "your",
    "my",
    "german",
    "french",
    "english",
    "american",
    "british",
    "italian",
    "spanish",
    "chinese",
    "indian",
    "dutch",
    "polish",
    "christian",
    "catholic",
    "in",
    "from",
    "at",
    "and",
    "what",
    "who",
    "how",
    "i",
    "so",
    "but",
    "please",
    "can",
    "could",
    "do",
    "is",
    "it",
    "nice",
    "now",
    "not",
    "the",
    "you",
    "tell",
    "remember",
    "thank",
    "by",
];

/// The name in "my name is …", "call me …" or "I am …".
pub(super) fn name_in(text: &str) -> Option<String> {
    let plain = text.replace('’', "'");
    let lower = plain.to_ascii_lowercase();
    let leads = ["my name is ", "my name's ", "my names ", "call me ", "i am called ", "i'm called "];
    if let Some(start) = leads.iter().find_map(|lead| lower.find(lead).map(|at| at + lead.len())) {
        return name_at(plain.get(start..)?, false);
    }
    // "I am" is followed by much else; by a name, when it is written like one and little else is said.
    let start = ["i am ", "i'm "].iter().find_map(|lead| lower.find(lead).map(|at| at + lead.len()))?;
    let rest = plain.get(start..)?;
    let is_last = rest.split_whitespace().count() <= 2 && plain.split_whitespace().count() <= 10;
    name_at(rest, true).filter(|_| is_last || plain.split_whitespace().count() <= 5)
}

fn name_at(rest: &str, must_be_written_large: bool) -> Option<String> {
    let end = rest.find(['.', ',', '!', '?', ';', '\n']).unwrap_or(rest.len());
    let large = |word: &str| word.starts_with(char::is_uppercase);
    let words: Vec<&str> = rest[..end].split_whitespace().collect();
    let first = words.first().filter(|first| !must_be_written_large || large(first))?;
    // A name has one word, or more when all of them are written large.
    let more = if large(first) { 3 } else { 1 };
    let name: Vec<String> = words
        .iter()
        .enumerate()
        .take_while(|(n, word)| !NO_NAME.contains(&word.to_lowercase().as_str()) && (*n == 0 || large(word)))
        .take(more)
        .map(|(_, word)| capitalised(word))
        .collect();
    let name: String = name.join(" ").chars().take(NAME_CHARS).collect();
    (!name.is_empty()).then_some(name)
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_sentences() {
        assert_eq!(name_in("Hi! My name is Ada, nice day").as_deref(), Some("Ada"));
        assert_eq!(name_in("call me Ishmael and listen").as_deref(), Some("Ishmael"));
        assert_eq!(name_in("my name is anna what is yours").as_deref(), Some("Anna"));
        assert_eq!(name_in("My name is Ada Lovelace and I write").as_deref(), Some("Ada Lovelace"));
        assert_eq!(name_in("Hello, I’m Tom.").as_deref(), Some("Tom"));
        for none in [
            "what is my name",
            "I am tired",
            "I'm not sure",
            "I am Tired of all this talk",
            "my name is not important",
        ] {
            assert_eq!(name_in(none), None, "{none}");
        }
        assert_eq!(home_in("I live in New York, and you?").as_deref(), Some("New York"));
        assert_eq!((home_in("I live in fear"), home_in("I am in")), (None, None));
        assert_eq!(name_in("My name is "), None);
        assert_eq!(name_in("İ my name is Ö.").as_deref(), Some("Ö"));
    }

    #[test]
    fn the_beginning_stays_the_same_for_many_turns() {
        let mut memory = Memory::default();
        let (mut changes, mut first) = (0, None);
        for n in 0..200 {
            memory.add(Role::User, &format!("question {n}"));
            memory.begin_reply();
            memory.add_reply(&format!("answer {n}"));
            let now = memory.turns().next().map(|turn| Arc::clone(&turn.text));
            changes += usize::from(now != first);
            first = now;
            let said: Vec<&str> = memory.turns().map(|turn| &*turn.text).collect();
            assert!(said.ends_with(&[&format!("question {n}"), &format!("answer {n}")]), "{said:?}");
            assert!(n < TURNS || said.len() >= TURNS - FORGOTTEN, "{n}: {}", said.len());
        }
        assert!(changes <= 1 + 2 * 200 / FORGOTTEN, "{changes} changes");
    }

    #[test]
    fn it_stays_small() {
        let mut memory = Memory::default();
        for _ in 0..1_000 {
            memory.add(Role::User, &"long ".repeat(10_000));
        }
        assert_eq!(memory.turn(), 1_000);
        assert!((TURNS - FORGOTTEN..=TURNS).contains(&memory.turns.len()));
        assert!(memory.unanswered().is_some_and(|text| text.len() == TURN_CHARS));
    }

    #[test]
    fn a_reply_stands_before_what_was_said_meanwhile() {
        let mut memory = Memory::default();
        memory.add(Role::User, "One?");
        memory.begin_reply();
        memory.add(Role::User, "Two?");
        memory.add_reply("One.");
        let turns: Vec<&str> = memory.turns().map(|turn| &*turn.text).collect();
        assert_eq!((turns, memory.unanswered()), (vec!["One?", "One.", "Two?"], Some("Two?")));
        memory.begin_reply();
        memory.add_reply("Two.");
        assert_eq!(memory.unanswered(), None);
    }
}
