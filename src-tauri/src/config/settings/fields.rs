//! Settings field by field: which fields there are, which of an object's are understood, and what to say of the others. Pure.

use serde::de::value::Error;
use serde::de::{Deserializer, Error as _, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};
use serde_json::{Map, Value};

use crate::contract::Settings;

/// So many fields are named in one notice.
const NAMED: usize = 8;

/// What an object holds of settings.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) settings: Settings,
    /// Fields of ours with values that can't be theirs; they are unset.
    pub(super) invalid: Vec<InvalidField>,
    /// Fields that this version does not have.
    pub(super) unknown: Vec<String>,
}

/// A field whose value can't be its own.
#[derive(Debug)]
pub(super) struct InvalidField {
    pub(super) field: String,
    pub(super) reason: String,
}

/// Takes what is understood of an object.
pub(super) fn read(object: Map<String, Value>) -> serde_json::Result<Read> {
    let (mut good, mut invalid, mut unknown) = (Map::new(), Vec::new(), Vec::new());
    for (field, value) in object {
        if !known().contains(&field.as_str()) {
            unknown.push(field);
        } else if let Err(error) = alone(&field, &value) {
            invalid.push(InvalidField { field, reason: error.to_string() });
        } else {
            good.insert(field, value);
        }
    }
    Ok(Read { settings: serde_json::from_value(Value::Object(good))?, invalid, unknown })
}

/// The part of an object that [`read`] does not understand.
pub(super) fn not_understood(object: Map<String, Value>) -> Map<String, Value> {
    let is_ours = |field: &str, value: &Value| known().contains(&field) && alone(field, value).is_ok();
    object.into_iter().filter(|(field, value)| !is_ours(field, value)).collect()
}

/// Whether a field takes any text: a name or an address.
pub(super) fn is_text(field: &str) -> bool {
    alone(field, &Value::from("any text")).is_ok()
}

/// What is ignored, in one line; none when nothing is.
pub(super) fn words(invalid: &[InvalidField], unknown: &[String]) -> Option<String> {
    let invalid = invalid.iter().map(|InvalidField { field, reason }| format!("`{field}`: {reason}"));
    let unknown = unknown.iter().map(|field| match nearest(field) {
        Some(meant) => format!("`{field}` is no field; did you mean `{meant}`?"),
        None => format!("`{field}` is no field"),
    });
    let mut all: Vec<String> = invalid.chain(unknown).collect();
    let more = all.len().saturating_sub(NAMED);
    all.truncate(NAMED);
    if more > 0 {
        all.push(format!("and {more} more"));
    }
    (!all.is_empty()).then(|| all.join("; "))
}

fn alone(field: &str, value: &Value) -> serde_json::Result<Settings> {
    serde_json::from_value(Value::Object(Map::from_iter([(field.to_owned(), value.clone())])))
}

/// The field that was probably meant.
fn nearest(field: &str) -> Option<&'static str> {
    let plain = |name: &str| name.replace(['_', '-', ' '], "").to_lowercase();
    let typed = plain(field);
    let distance = |name: &&str| {
        let name = plain(name);
        let is_short_for = typed.len() >= 3 && name.starts_with(&typed);
        if is_short_for { 1 } else { edits(&typed, &name) }
    };
    let nearest = known().iter().min_by_key(|name| distance(name))?;
    // A third of the shorter one: anything is near to a long enough text.
    let slips = (typed.len().min(nearest.len()) / 3).max(1);
    (distance(nearest) <= slips).then_some(*nearest)
}

/// How many characters are to be inserted, deleted or replaced (Levenshtein).
fn edits(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    // Longer than this is no slip of a finger.
    for (i, a) in one.chars().take(64).enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let replaced = before + usize::from(a != *b);
            before = row[j + 1];
            row[j + 1] = replaced.min(before + 1).min(row[j] + 1);
        }
    }
    row[other.len()]
}

/// The names of all fields, as they stand in a file: those that serde has.
fn known() -> &'static [&'static str] {
    let mut names: &'static [&'static str] = &[];
    // It has no value to give, so this is no settings; but it was told the names.
    _ = Settings::deserialize(FieldNames(&mut names));
    names
}

struct FieldNames<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for FieldNames<'_> {
    type Error = Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        *self.0 = fields;
        Err(Error::custom("only the names were asked for"))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("not a struct"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_fields_are_known_by_their_names_in_a_file() {
        for field in ["endpoint", "thinkUrl", "pushToTalk", "cameraOn", "theme"] {
            assert!(known().contains(&field), "{field}");
        }
        assert!(is_text("microphone") && !is_text("theme") && !is_text("volume"));
    }

    #[test]
    fn a_slip_of_a_finger_is_understood_and_another_word_is_not() {
        for (typed, meant) in [
            ("micropone", "microphone"),
            ("Microphone", "microphone"),
            ("mic", "microphone"),
            ("camera_on", "cameraOn"),
            ("speker", "speaker"),
            ("think-url", "thinkUrl"),
            ("voise", "voice"),
        ] {
            assert_eq!(nearest(typed), Some(meant), "{typed}");
        }
        for other in ["", "x", "later", "apiKey", "\u{1b}[2J", &"long".repeat(1000)] {
            assert_eq!(nearest(other), None, "{other}");
        }
    }
}
