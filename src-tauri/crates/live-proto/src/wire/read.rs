//! Reads the wire types: lenient about spelling, strict about size. Pure; never blocks.
//!
//! proto3 JSON allows both `camelCase` and `snake_case` names, `null` for "unset", and whole numbers written as
//! strings or with a `.0`; the service also reads a single value as a list of one (PROTOCOL.md §1.4). The [`message!`](super::message) macro generates readers from the two
//! traits here.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IntoDeserializer as _, MapAccess, SeqAccess,
    Unexpected, Visitor,
};
use serde_json::Value;
use serde_json::value::RawValue;

use super::name::is_name_of;
use super::notes::{Notes, Piece};

/// The most elements of a list in a message. Without a limit, a hostile peer could turn three bytes per element
/// (`{},`) into a hundred times as much memory.
pub const MAX_LIST: usize = 4096;

/// A value of a field, read from anything but `null`.
pub(crate) trait Item: Sized {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error>;

    /// Reads as much as possible of a value in a malformed message; `None` when its type is wrong.
    fn rescue(raw: &RawValue, _notes: &mut Notes) -> Option<Self> {
        Self::read(&mut serde_json::Deserializer::from_str(raw.get())).ok()
    }
}

/// A field of a message. An absent or `null` field is unset; an unset field is not written.
pub(crate) trait Slot: Default {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error>;
    fn is_unset(&self) -> bool;

    /// Like [`Item::rescue`].
    fn rescue(raw: &RawValue, _notes: &mut Notes) -> Option<Self> {
        Self::read(&mut serde_json::Deserializer::from_str(raw.get())).ok()
    }
}

/// Returns whether a value means "unset".
fn is_null(raw: &RawValue) -> bool {
    raw.get() == "null"
}

impl<T: Item> Slot for Option<T> {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_option(OptionVisitor(PhantomData))
    }

    fn is_unset(&self) -> bool {
        self.is_none()
    }

    fn rescue(raw: &RawValue, notes: &mut Notes) -> Option<Self> {
        if is_null(raw) { Some(None) } else { T::rescue(raw, notes).map(Some) }
    }
}

impl<T: Item> Slot for Vec<T> {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(<Option<Self> as Slot>::read(from)?.unwrap_or_default())
    }

    fn is_unset(&self) -> bool {
        self.is_empty()
    }

    fn rescue(raw: &RawValue, notes: &mut Notes) -> Option<Self> {
        if is_null(raw) { Some(Self::new()) } else { list(raw, notes) }
    }
}

impl Slot for String {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(<Option<Self> as Slot>::read(from)?.unwrap_or_default())
    }

    fn is_unset(&self) -> bool {
        self.is_empty()
    }
}

impl Slot for BTreeMap<String, String> {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Option::<Self>::deserialize(from)?.unwrap_or_default())
    }

    fn is_unset(&self) -> bool {
        self.is_empty()
    }
}

/// Implements [`Item`] for types with their own `Deserialize`.
macro_rules! item_by_deserialize {
    ($($type:ty),* $(,)?) => {$(
        impl $crate::wire::read::Item for $type {
            fn read<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                <$type as serde::Deserialize>::deserialize(from)
            }
        }
    )*};
}
pub(crate) use item_by_deserialize;

item_by_deserialize!(String, Value);

impl Item for bool {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        <bool as Deserialize>::deserialize(from)
    }

    /// Accepts strings and numbers too: a turn that ends with `"true"` must end.
    fn rescue(raw: &RawValue, _notes: &mut Notes) -> Option<Self> {
        match raw.get() {
            "true" | "\"true\"" | "1" => Some(true),
            "false" | "\"false\"" | "0" => Some(false),
            _ => None,
        }
    }
}

impl<T: Item> Item for Box<T> {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        T::read(from).map(Box::new)
    }

    fn rescue(raw: &RawValue, notes: &mut Notes) -> Option<Self> {
        T::rescue(raw, notes).map(Box::new)
    }
}

impl<T: Item> Item for Vec<T> {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ListVisitor(PhantomData))
    }

    fn rescue(raw: &RawValue, notes: &mut Notes) -> Option<Self> {
        list(raw, notes)
    }
}

impl Item for i64 {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(IntegerVisitor).map(|(value, _)| value)
    }
}

impl Item for f64 {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(FloatVisitor)
    }
}

/// Reads a number however it is written: proto3 JSON allows it in a string.
struct FloatVisitor;

impl Visitor<'_> for FloatVisitor {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, or one in a string")
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<f64, E> {
        Ok(value as f64)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<f64, E> {
        Ok(value as f64)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<f64, E> {
        Ok(value)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<f64, E> {
        let number = value.parse().ok().filter(|number: &f64| number.is_finite());
        number.ok_or_else(|| E::invalid_value(Unexpected::Str(value), &self))
    }
}

struct OptionVisitor<T>(PhantomData<T>);

impl<'de, T: Item> Visitor<'de> for OptionVisitor<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value or null")
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        T::read(from).map(Some)
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: Item> Visitor<'de> for ListVisitor<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element_seed(ItemSeed(PhantomData))? {
            if items.len() == MAX_LIST {
                return Err(A::Error::custom(format_args!("a list of more than {MAX_LIST} elements")));
            }
            items.push(item);
        }
        Ok(items)
    }

    // A single value is a list of one: Google's own web console long sent `"responseModalities": "audio"`, and many a client
    // `"tools": {…}`.
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::read(MapAccessDeserializer::new(map)).map(|item| vec![item])
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        T::read(text.into_deserializer()).map(|item| vec![item])
    }
}

/// Reads what can be read of a list. `None`: it is none. What comes after [`MAX_LIST`] elements counts as malformed.
fn list<T: Item>(raw: &RawValue, notes: &mut Notes) -> Option<Vec<T>> {
    serde_json::Deserializer::from_str(raw.get()).deserialize_seq(Elements { notes, of: PhantomData }).ok()
}

struct Elements<'n, T> {
    notes: &'n mut Notes,
    of: PhantomData<T>,
}

impl<'de, T: Item> Visitor<'de> for Elements<'_, T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let mut items = Vec::new();
        let mut at = 0;
        while let Some(raw) = list.next_element::<&'de RawValue>()? {
            let has_room = items.len() < MAX_LIST;
            let read = |notes: &mut Notes| if has_room { T::rescue(raw, notes) } else { None };
            items.extend(self.notes.at(Piece::Index(at), read));
            at += 1;
        }
        Ok(items)
    }
}

struct ItemSeed<T>(PhantomData<T>);

impl<'de, T: Item> DeserializeSeed<'de> for ItemSeed<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<T, D::Error> {
        T::read(from)
    }
}

/// Reads the value of a field.
pub(crate) struct SlotSeed<T>(PhantomData<T>);

impl<T> SlotSeed<T> {
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<'de, T: Slot> DeserializeSeed<'de> for SlotSeed<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<T, D::Error> {
        T::read(from)
    }
}

/// Reads a field name in either case; `None` for an unknown name.
pub(crate) struct Name(pub(crate) &'static [&'static str]);

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Option<&'static str>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Option<&'static str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().copied().find(|snake| is_name_of(name, snake)))
    }
}

/// Reads a whole number however it is written; says besides whether it was a string.
pub(crate) struct IntegerVisitor;

impl Visitor<'_> for IntegerVisitor {
    type Value = (i64, bool);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number, or one in a string")
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok((value, false))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        i64::try_from(value)
            .map(|v| (v, false))
            .map_err(|_| E::invalid_value(Unexpected::Unsigned(value), &self))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        // Beyond 2^53 a float does not identify an integer.
        if value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0 {
            return Ok((value as i64, false));
        }
        Err(E::invalid_value(Unexpected::Float(value), &self))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
        value.parse().map(|v| (v, true)).map_err(|_| E::invalid_value(Unexpected::Str(value), &self))
    }
}
