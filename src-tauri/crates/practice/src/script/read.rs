//! From TOML to a script, with every mistake and its line. Pure.

mod fields;
mod steps;

use std::time::Duration;

use live_server::{ConnectionFaults, Fault, Refusal};
use toml::de::{DeTable, DeValue};

use self::fields::{Field, Fields};
use self::steps::{Place, SECONDS};
use super::{
    Condition, Count, Function, Otherwise, Problem, Script, ScriptError, ScriptStep, ScriptTurn, Wanted,
};

/// Mistakes that are told.
const ERRORS: usize = 20;
/// Turns, and connections.
const ENTRIES: usize = 1_000;
/// Steps of a turn.
const STEPS: usize = 100;
/// Characters of a text that is said, thought, heard or looked for.
const TEXT: usize = 16_000;
/// Bytes of a reason: what a close frame holds (RFC 6455 §5.5).
const REASON: usize = 123;
/// The largest count of turns and connections.
const COUNT: u64 = 1_000_000;

/// Collects mistakes, and knows in which line a place is.
struct Reader<'a> {
    text: &'a str,
    errors: Vec<ScriptError>,
}

impl Reader<'_> {
    fn wrong(&mut self, at: usize, problem: Problem) {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = 1 + before.matches('\n').count();
        self.errors.push(ScriptError { line, problem });
    }
}

/// Reads a script.
pub(super) fn script(text: &str) -> Result<Script, Vec<ScriptError>> {
    let mut reader = Reader { text, errors: Vec::new() };
    let (document, broken) = DeTable::parse_recoverable(text);
    for error in broken {
        let at = error.span().map_or(0, |span| span.start);
        reader.wrong(at, Problem::Syntax(error.message().to_owned()));
    }
    // What is left of a broken file would be said to have mistakes that it has not.
    let script =
        if reader.errors.is_empty() { reader.document(document.get_ref()) } else { Script::default() };
    if reader.errors.is_empty() {
        return Ok(script);
    }
    reader.errors.sort_by_key(|error| error.line);
    reader.errors.truncate(ERRORS);
    Err(reader.errors)
}

impl Reader<'_> {
    fn document(&mut self, document: &DeTable<'_>) -> Script {
        let mut fields = Fields::of(document);
        let otherwise = fields.take("otherwise").and_then(|field| self.otherwise(&field)).unwrap_or_default();
        let turns = fields.take("turn");
        let connections = fields.take("connection");
        self.unknown(fields);
        let turns = self.entries(turns, Self::turn);
        let connections = self.entries(connections, Self::connection);
        Script { turns, connections, otherwise }
    }

    /// Reads an array of tables.
    fn entries<T>(
        &mut self,
        field: Option<Field<'_, '_>>,
        mut read: impl FnMut(&mut Self, &DeTable<'_>, usize) -> T,
    ) -> Vec<T> {
        let Some(field) = field else { return Vec::new() };
        let Some(all) = field.value.as_array() else {
            self.wrong(field.at, field.wrong(Wanted::Tables));
            return Vec::new();
        };
        if all.len() > ENTRIES {
            self.wrong(field.at, Problem::TooMany { name: field.name.to_owned(), most: ENTRIES });
        }
        let mut entries = Vec::new();
        for entry in all.iter().take(ENTRIES) {
            match entry.get_ref() {
                DeValue::Table(table) => entries.push(read(self, table, entry.span().start)),
                _ => self.wrong(entry.span().start, field.wrong(Wanted::Tables)),
            }
        }
        entries
    }

    fn otherwise(&mut self, field: &Field<'_, '_>) -> Option<Otherwise> {
        match field.value {
            DeValue::String(word) if word == "practice" => Some(Otherwise::Practice),
            DeValue::Array(_) => Some(Otherwise::Steps(self.steps(field, Place::Turn))),
            _ => {
                self.wrong(field.at, field.wrong(Wanted::PracticeOrSteps));
                None
            }
        }
    }

    fn turn(&mut self, table: &DeTable<'_>, at: usize) -> ScriptTurn {
        let mut fields = Fields::of(table);
        let when = fields.take("when").map(|field| self.condition(&field)).unwrap_or_default();
        let times = fields.take("times").map_or(Some(1), |field| self.times(&field));
        let heard_field = fields.take("heard");
        let heard = heard_field.as_ref().and_then(|field| self.text(field, TEXT));
        if let (Some(field), Some(_)) = (&heard_field, &when.result) {
            self.wrong(field.at, Problem::Excludes { name: "heard".to_owned(), other: "result".to_owned() });
        }
        let steps = if let Some(field) = fields.take("do") {
            self.steps(&field, Place::Turn)
        } else {
            self.wrong(at, Problem::Missing { name: "do".to_owned() });
            Vec::new()
        };
        self.unknown(fields);
        ScriptTurn { when, times, heard, steps }
    }

    fn times(&mut self, field: &Field<'_, '_>) -> Option<u32> {
        match field.value {
            DeValue::String(word) if word == "always" => None,
            DeValue::Integer(_) => self.whole(field, 1, COUNT).map(|times| times as u32).or(Some(1)),
            _ => {
                self.wrong(field.at, field.wrong(Wanted::WholeOrAlways));
                Some(1)
            }
        }
    }

    fn condition(&mut self, field: &Field<'_, '_>) -> Condition {
        let Some(table) = field.value.as_table() else {
            self.wrong(field.at, field.wrong(Wanted::Table));
            return Condition::default();
        };
        let mut fields = Fields::of(table);
        let text =
            fields.take("text").and_then(|field| self.text(&field, TEXT)).map(|text| text.to_lowercase());
        let spoken = fields.take("spoken").and_then(|field| match field.value {
            DeValue::Boolean(true) => Some(Count::Any),
            DeValue::Integer(_) => self.whole(&field, 1, COUNT).map(|n| Count::Nth(n as u32)),
            _ => {
                self.wrong(field.at, field.wrong(Wanted::WholeOrTrue));
                None
            }
        });
        let turn = fields.take("turn").and_then(|field| self.whole(&field, 1, COUNT)).map(|n| n as u32);
        let connection = fields.take("connection").and_then(|field| self.whole(&field, 1, COUNT));
        let result_field = fields.take("result");
        let result = result_field.as_ref().and_then(|field| match field.value {
            DeValue::Boolean(true) => Some(Function::Any),
            DeValue::String(_) => self.function_name(field).map(Function::Named),
            _ => {
                self.wrong(field.at, field.wrong(Wanted::TextOrTrue));
                None
            }
        });
        self.unknown(fields);
        for (name, is_there) in [("spoken", spoken.is_some()), ("turn", turn.is_some())] {
            if let (Some(field), true) = (&result_field, is_there) {
                self.wrong(field.at, Problem::Excludes { name: "result".to_owned(), other: name.to_owned() });
            }
        }
        Condition { text, spoken, turn, result, connection }
    }

    fn connection(&mut self, table: &DeTable<'_>, at: usize) -> ConnectionFaults {
        let mut fields = Fields::of(table);
        let number = fields.take("number").and_then(|field| self.whole(&field, 1, COUNT));
        let refuse = fields.take("refuse");
        let status = refuse.as_ref().and_then(|field| self.whole(field, 400, 599));
        let reason = fields.take("reason").and_then(|field| self.text(&field, TEXT)).unwrap_or_default();
        let refusal = status.map(|status| Refusal { status: status as u16, reason });
        let setup = fields.take("setup");
        let then = fields.take("do");
        if let (Some(field), true) = (&refuse, setup.is_some() || then.is_some()) {
            let other = if setup.is_some() { "setup" } else { "do" };
            self.wrong(field.at, Problem::Excludes { name: "refuse".to_owned(), other: other.to_owned() });
        }
        if refuse.is_none() && setup.is_none() && then.is_none() {
            self.wrong(at, Problem::Missing { name: "do".to_owned() });
        }
        self.unknown(fields);
        let (before_setup, setup_takes) = self.timed(setup.as_ref());
        let (after_setup, _) = self.timed(then.as_ref());
        ConnectionFaults { number, refusal, before_setup, setup_takes, after_setup }
    }

    /// Faults, each so long after the beginning, and when all is done.
    fn timed(&mut self, field: Option<&Field<'_, '_>>) -> (Vec<(Duration, Fault)>, Duration) {
        let steps = field.map(|field| self.steps(field, Place::Connection)).unwrap_or_default();
        let (mut faults, mut at) = (Vec::new(), Duration::ZERO);
        for step in steps {
            match step {
                ScriptStep::Wait(pause) => at += pause,
                ScriptStep::Fault(fault) => faults.push((at, fault)),
                // The reader has said that such steps are none of a connection's.
                ScriptStep::Say(_) | ScriptStep::Think(_) | ScriptStep::Call(_) => {}
            }
        }
        (faults, at)
    }

    /// Says what is left of a table.
    fn unknown(&mut self, fields: Fields<'_, '_>) {
        let known = fields.known();
        for field in fields.rest() {
            self.wrong(field.at, Problem::UnknownName { name: field.name.to_owned(), known: known.clone() });
        }
    }

    /// A text that says something.
    fn text(&mut self, field: &Field<'_, '_>, most: usize) -> Option<String> {
        let Some(text) = field.value.as_str() else {
            self.wrong(field.at, field.wrong(Wanted::Text));
            return None;
        };
        if text.trim().is_empty() {
            self.wrong(field.at, Problem::Missing { name: field.name.to_owned() });
        } else if text.chars().count() > most {
            self.wrong(field.at, Problem::TooLong { name: field.name.to_owned(), most });
        } else {
            return Some(text.to_owned());
        }
        None
    }

    fn function_name(&mut self, field: &Field<'_, '_>) -> Option<String> {
        let name = self.text(field, TEXT)?;
        let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let is_name = begins && name.len() <= 128;
        if is_name && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.:-".contains(c)) {
            return Some(name);
        }
        self.wrong(field.at, Problem::BadName { name: name.chars().take(128).collect() });
        None
    }

    fn whole(&mut self, field: &Field<'_, '_>, least: u64, most: u64) -> Option<u64> {
        let DeValue::Integer(number) = field.value else {
            self.wrong(field.at, field.wrong(Wanted::Whole));
            return None;
        };
        let number = u64::from_str_radix(number.as_str(), number.radix()).ok();
        let fits = number.filter(|number| (least..=most).contains(number));
        if fits.is_none() {
            self.wrong(field.at, Problem::OutOfRange { name: field.name.to_owned(), least, most });
        }
        fits
    }

    fn seconds(&mut self, field: &Field<'_, '_>) -> Option<Duration> {
        let seconds: Option<f64> = match field.value {
            DeValue::Integer(number) => {
                i64::from_str_radix(number.as_str(), number.radix()).ok().map(|n| n as f64)
            }
            DeValue::Float(number) => number.as_str().parse().ok(),
            _ => {
                self.wrong(field.at, field.wrong(Wanted::Seconds));
                return None;
            }
        };
        let fits = seconds.filter(|seconds| (0.0..=SECONDS as f64).contains(seconds));
        if fits.is_none() {
            self.wrong(
                field.at,
                Problem::OutOfRange { name: field.name.to_owned(), least: 0, most: SECONDS },
            );
        }
        fits.map(Duration::from_secs_f64)
    }
}
