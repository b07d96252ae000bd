//! What the partner remembers of a conversation, and what a resumed session begins with. Pure and bounded.

use std::collections::VecDeque;

/// The newest turns are kept.
const TURNS: usize = 32;
/// Of each its beginning, in characters.
const TURN_CHARS: usize = 400;
/// The longest name, in characters.
const NAME_CHARS: usize = 40;

/// Who said something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The person.
    User,
    /// The partner.
    Model,
}

/// The conversation so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    turns: VecDeque<(Role, String)>,
    name: Option<String>,
    /// How many jokes were told.
    pub(super) jokes: usize,
}

impl Memory {
    /// Appends what somebody said; learns a name from the user's words.
    pub(crate) fn add(&mut self, role: Role, text: &str) {
        if role == Role::User {
            self.name = name_in(text).or_else(|| self.name.take());
        }
        if self.turns.len() == TURNS {
            self.turns.pop_front();
        }
        self.turns.push_back((role, text.chars().take(TURN_CHARS).collect()));
    }

    /// The user's words that nobody answered yet, if the user spoke last.
    pub(crate) fn unanswered(&self) -> Option<&str> {
        self.turns.back().filter(|(role, _)| *role == Role::User).map(|(_, text)| text.as_str())
    }

    pub(super) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

/// The name in "my name is …" or "call me …".
pub(super) fn name_in(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let found = ["my name is ", "my name's ", "call me "];
    let start = found.iter().find_map(|lead| lower.find(lead).map(|at| at + lead.len()))?;
    let rest = text.get(start..)?;
    let end = rest.find(['.', ',', '!', '?', ';', '\n']).unwrap_or(rest.len());
    let name: Vec<&str> = rest[..end].split_whitespace().take_while(|word| *word != "and").take(3).collect();
    let name: String = name.join(" ").chars().take(NAME_CHARS).collect();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_sentences() {
        assert_eq!(name_in("Hi! My name is Ada, nice day").as_deref(), Some("Ada"));
        assert_eq!(name_in("call me Ishmael and listen").as_deref(), Some("Ishmael"));
        assert_eq!(name_in("what is my name"), None);
        assert_eq!(name_in("My name is "), None);
        assert_eq!(name_in("İ my name is Ö.").as_deref(), Some("Ö"));
    }

    #[test]
    fn it_stays_small() {
        let mut memory = Memory::default();
        for _ in 0..1_000 {
            memory.add(Role::User, &"long ".repeat(10_000));
        }
        assert_eq!(memory.turns.len(), TURNS);
        assert!(memory.unanswered().is_some_and(|text| text.len() == TURN_CHARS));
    }
}
