//! What of a script was played in a session, over all its connections.
//!
//! It is no part of what a resumption handle brings back: a client that asks again after a fault is to get the next answer,
//! not the same fault for ever. Only one connection of a session is open at a time, so nobody waits for anybody.

use std::sync::atomic::{AtomicU32, Ordering};

use super::{Condition, Count, Function, Otherwise, Script, ScriptStep, ScriptTurn};

/// How often each turn of a script was played, and how many turns there were.
#[derive(Debug)]
pub(crate) struct Progress {
    played: Box<[AtomicU32]>,
    turns: AtomicU32,
    spoken: AtomicU32,
}

/// What is to be answered.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asked<'a> {
    /// What the user said or wrote.
    Turn { text: &'a str, is_spoken: bool },
    /// What a function returned, as JSON.
    Result { name: &'a str, json: &'a str },
}

/// The same with its numbers.
struct Counted<'a> {
    asked: Asked<'a>,
    connection: u64,
    turn: u32,
    spoken: u32,
}

impl Progress {
    pub(crate) fn of(script: &Script) -> Self {
        let played = script.turns.iter().map(|_| AtomicU32::new(0)).collect();
        Self { played, turns: AtomicU32::new(0), spoken: AtomicU32::new(0) }
    }

    /// Takes the steps that answer this; `None`: the practice partner answers.
    pub(crate) fn take(&self, script: &Script, asked: Asked<'_>, connection: u64) -> Option<Vec<ScriptStep>> {
        let (mut turn, mut spoken) =
            (self.turns.load(Ordering::Relaxed), self.spoken.load(Ordering::Relaxed));
        if let Asked::Turn { is_spoken, .. } = asked {
            turn = self.turns.fetch_add(1, Ordering::Relaxed) + 1;
            if is_spoken {
                spoken = self.spoken.fetch_add(1, Ordering::Relaxed) + 1;
            }
        }
        let counted = Counted { asked, connection, turn, spoken };
        for (turn, played) in script.turns.iter().zip(&self.played) {
            if turn.is_left(played) && turn.when.fits(&counted) {
                played.fetch_add(1, Ordering::Relaxed);
                return Some(turn.steps.clone());
            }
        }
        match &script.otherwise {
            Otherwise::Practice => None,
            Otherwise::Steps(steps) => {
                Some(if matches!(asked, Asked::Turn { .. }) { steps.clone() } else { Vec::new() })
            }
        }
    }

    /// What a user is said to say who begins to speak.
    pub(crate) fn heard_next(&self, script: &Script, connection: u64) -> Option<String> {
        let next = |count: &AtomicU32| count.load(Ordering::Relaxed) + 1;
        let (turn, spoken) = (next(&self.turns), next(&self.spoken));
        let found = script.turns.iter().zip(&self.played).find(|(entry, played)| {
            let text = entry.heard.as_deref().unwrap_or_default();
            let counted = Counted { asked: Asked::Turn { text, is_spoken: true }, connection, turn, spoken };
            // Whether an entry without such words fits shows only when the words are known.
            let may_fit = entry.heard.is_some() || entry.when.text.is_none();
            may_fit && entry.is_left(played) && entry.when.fits(&counted)
        });
        found.and_then(|(entry, _)| entry.heard.clone())
    }
}

impl ScriptTurn {
    fn is_left(&self, played: &AtomicU32) -> bool {
        self.times.is_none_or(|times| played.load(Ordering::Relaxed) < times)
    }
}

impl Condition {
    fn fits(&self, counted: &Counted<'_>) -> bool {
        let (is_fitting, text) = match (counted.asked, &self.result) {
            (Asked::Turn { text, is_spoken }, None) => {
                let spoken = match self.spoken {
                    None => true,
                    Some(Count::Any) => is_spoken,
                    Some(Count::Nth(n)) => is_spoken && n == counted.spoken,
                };
                (spoken && self.turn.is_none_or(|n| n == counted.turn), text)
            }
            (Asked::Result { json, .. }, Some(Function::Any)) => (true, json),
            (Asked::Result { name, json }, Some(Function::Named(own))) => (name == own, json),
            _ => (false, ""),
        };
        is_fitting
            && self.connection.is_none_or(|n| n == counted.connection)
            && self.text.as_ref().is_none_or(|part| text.to_lowercase().contains(part))
    }
}
