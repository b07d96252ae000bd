//! The steps of a turn, and of a connection. Pure.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use live_server::{Call, Fault, Frame};
use serde_json::{Map, Number, Value};
use toml::de::{DeTable, DeValue};

use super::fields::{Field, Fields};
use super::{REASON, Reader, STEPS, TEXT};
use crate::script::{Problem, ScriptStep, Wanted};

/// The longest wait, in seconds.
pub(super) const SECONDS: u64 = 3_600;
/// Bytes of a frame.
const FRAME: usize = 1 << 20;
/// What a step of a connection can be.
const OF_CONNECTIONS: [&str; 7] = ["wait", "cut", "close", "go_away", "frame", "frame_base64", "handle"];
/// What only a step of a turn can be.
const OF_TURNS: [&str; 5] = ["say", "think", "call", "usage", "silence"];

/// Where steps stand.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Place {
    Turn,
    Connection,
}

impl Place {
    /// What a step can be there.
    fn known(self) -> String {
        let of_turns = if self == Self::Turn { &OF_TURNS[..] } else { &[] };
        of_turns.iter().chain(&OF_CONNECTIONS).copied().collect::<Vec<_>>().join(", ")
    }
}

impl Reader<'_> {
    /// Reads a list of steps. Calls that follow each other are made at once.
    pub(super) fn steps(&mut self, field: &Field<'_, '_>, place: Place) -> Vec<ScriptStep> {
        let Some(all) = field.value.as_array() else {
            self.wrong(field.at, field.wrong(Wanted::Steps));
            return Vec::new();
        };
        if all.len() > STEPS {
            self.wrong(field.at, Problem::TooMany { name: field.name.to_owned(), most: STEPS });
        }
        let mut steps: Vec<ScriptStep> = Vec::new();
        let mut is_over = false;
        for step in all.iter().take(STEPS) {
            let at = step.span().start;
            let DeValue::Table(table) = step.get_ref() else {
                self.wrong(at, Problem::NotOneStep { known: place.known() });
                continue;
            };
            if std::mem::take(&mut is_over) {
                self.wrong(at, Problem::AfterTheEnd);
            }
            match (self.step(table, at, place), steps.last_mut()) {
                (Some(ScriptStep::Call(more)), Some(ScriptStep::Call(calls))) => calls.extend(more),
                (Some(step), _) => {
                    is_over =
                        matches!(&step, ScriptStep::Fault(Fault::Cut | Fault::Close { .. } | Fault::Silence));
                    steps.push(step);
                }
                (None, _) => {}
            }
        }
        steps
    }

    fn step(&mut self, table: &DeTable<'_>, at: usize, place: Place) -> Option<ScriptStep> {
        let mut fields = Fields::of(table);
        let kinds = OF_TURNS.iter().chain(&OF_CONNECTIONS);
        let mut kinds: Vec<Field<'_, '_>> = kinds.filter_map(|kind| fields.take(kind)).collect();
        let (Some(kind), true) = (kinds.pop(), kinds.is_empty()) else {
            self.wrong(at, Problem::NotOneStep { known: place.known() });
            return None;
        };
        if place == Place::Connection && OF_TURNS.contains(&kind.name) {
            self.wrong(kind.at, Problem::OnlyInTurns { name: kind.name.to_owned() });
            return None;
        }
        let mut fields = Fields::of(table);
        fields.take(known(kind.name));
        let step = self.step_of(&kind, &mut fields);
        self.unknown(fields);
        step
    }

    fn step_of(&mut self, kind: &Field<'_, '_>, fields: &mut Fields<'_, '_>) -> Option<ScriptStep> {
        let fault = match kind.name {
            "say" => return self.text(kind, TEXT).map(ScriptStep::Say),
            "think" => return self.text(kind, TEXT).map(ScriptStep::Think),
            "wait" => return self.seconds(kind).map(ScriptStep::Wait),
            "call" => return self.call(kind, fields),
            "cut" => self.flag(kind, true).map(|()| Fault::Cut),
            "silence" => self.flag(kind, true).map(|()| Fault::Silence),
            "handle" => self.flag(kind, true).map(|()| Fault::Handle),
            "usage" => self.flag(kind, false).map(|()| Fault::NoUsage),
            "go_away" => self.seconds(kind).map(in_millis).map(Fault::GoAway),
            "close" => self.close(kind, fields),
            "frame" => self.frame(kind, fields),
            _ => self.binary_frame(kind),
        };
        fault.map(ScriptStep::Fault)
    }

    fn call(&mut self, kind: &Field<'_, '_>, fields: &mut Fields<'_, '_>) -> Option<ScriptStep> {
        let args = match fields.take("args") {
            None => Map::new(),
            Some(Field { value: DeValue::Table(table), .. }) => object(table),
            Some(field) => {
                self.wrong(field.at, field.wrong(Wanted::Table));
                Map::new()
            }
        };
        let name = self.function_name(kind)?;
        Some(ScriptStep::Call(vec![Call { name, args, note: Value::Null }]))
    }

    fn close(&mut self, kind: &Field<'_, '_>, fields: &mut Fields<'_, '_>) -> Option<Fault> {
        let reason = fields.take("reason").map_or(Some(String::new()), |field| self.reason(&field));
        let code = self.whole(kind, 1_000, 4_999)? as u16;
        if !matches!(code, 1_000..=1_003 | 1_007..=1_014 | 3_000..=4_999) {
            self.wrong(kind.at, Problem::BadCloseCode);
            return None;
        }
        Some(Fault::Close { code, reason: reason? })
    }

    fn reason(&mut self, field: &Field<'_, '_>) -> Option<String> {
        let Some(reason) = field.value.as_str() else {
            self.wrong(field.at, field.wrong(Wanted::Text));
            return None;
        };
        if reason.len() > REASON {
            self.wrong(field.at, Problem::TooLong { name: field.name.to_owned(), most: REASON });
            return None;
        }
        Some(reason.to_owned())
    }

    fn frame(&mut self, kind: &Field<'_, '_>, fields: &mut Fields<'_, '_>) -> Option<Fault> {
        let is_text = fields.take("text").is_some_and(|field| self.flag(&field, true).is_some());
        let Some(text) = kind.value.as_str() else {
            self.wrong(kind.at, kind.wrong(Wanted::Text));
            return None;
        };
        self.bytes(kind, text.as_bytes().to_vec(), is_text)
    }

    fn binary_frame(&mut self, kind: &Field<'_, '_>) -> Option<Fault> {
        let Some(text) = kind.value.as_str() else {
            self.wrong(kind.at, kind.wrong(Wanted::Text));
            return None;
        };
        let letters: String = text.split_whitespace().collect();
        let Ok(bytes) = BASE64_STANDARD.decode(letters) else {
            self.wrong(kind.at, Problem::BadBase64);
            return None;
        };
        self.bytes(kind, bytes, false)
    }

    fn bytes(&mut self, kind: &Field<'_, '_>, bytes: Vec<u8>, is_text: bool) -> Option<Fault> {
        if bytes.len() > FRAME {
            self.wrong(kind.at, Problem::TooLong { name: kind.name.to_owned(), most: FRAME });
            return None;
        }
        Some(Fault::Frame(Frame { bytes: Bytes::from(bytes), is_text }))
    }

    /// Only one of both values means anything.
    fn flag(&mut self, field: &Field<'_, '_>, wanted: bool) -> Option<()> {
        if field.value.as_bool() == Some(wanted) {
            return Some(());
        }
        self.wrong(field.at, field.wrong(if wanted { Wanted::True } else { Wanted::False }));
        None
    }
}

/// The same name for as long as the program runs.
fn known(name: &str) -> &'static str {
    OF_TURNS.into_iter().chain(OF_CONNECTIONS).find(|known| *known == name).unwrap_or_default()
}

/// The wire tells whole milliseconds.
fn in_millis(time: Duration) -> Duration {
    Duration::from_millis(time.as_millis() as u64)
}

/// The arguments of a call. Dates become texts; a number that JSON does not have becomes `null`.
fn object(table: &DeTable<'_>) -> Map<String, Value> {
    table.iter().map(|(name, value)| (name.get_ref().to_string(), json(value.get_ref()))).collect()
}

fn json(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).map_or(Value::Null, Value::from)
        }
        DeValue::Float(number) => {
            number.as_str().parse().ok().and_then(Number::from_f64).map_or(Value::Null, Value::Number)
        }
        DeValue::Boolean(value) => Value::Bool(*value),
        DeValue::Datetime(time) => Value::String(time.to_string()),
        DeValue::Array(all) => all.iter().map(|value| json(value.get_ref())).collect(),
        DeValue::Table(table) => Value::Object(object(table)),
    }
}
