//! Scalars of proto3 JSON without a Rust equivalent: bytes, int64, durations, open enums, opaque objects. Pure; never
//! blocks.

use std::fmt;
use std::time::Duration;

use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{DecodeError, Engine as _};
use bytes::BytesMut;
use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::Value;

use super::name::camel;
use super::read::{IntegerVisitor, item_by_deserialize};

/// The standard alphabet. Padding is written, and optional on reading.
const STANDARD: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Reads base64 in either alphabet. The service writes the standard one, so it is tried first: searching 40 KB of
/// audio for URL-safe letters would take as long as decoding it.
fn read_base64(text: &str) -> Result<Vec<u8>, DecodeError> {
    STANDARD.decode(text).or_else(|error| {
        // It may also contain line breaks.
        if !text.bytes().any(|byte| matches!(byte, b'-' | b'_') || byte.is_ascii_whitespace()) {
            return Err(error);
        }
        let standard = |byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => other,
        };
        // Filtering takes three times as long, so do it only when needed.
        let mut letters: Vec<u8> = text.bytes().map(standard).collect();
        if letters.iter().any(u8::is_ascii_whitespace) {
            letters.retain(|byte| !byte.is_ascii_whitespace());
        }
        STANDARD.decode(letters)
    })
}

/// Bytes, base64 on the wire. Read in the standard or the URL-safe alphabet, padded or not (the Python SDK sends the
/// latter, PROTOCOL.md §1.4); written in the standard alphabet with padding.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Base64(pub Vec<u8>);

impl fmt::Debug for Base64 {
    // Audio and pictures would fill the debug output.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Base64({} bytes)", self.0.len())
    }
}

impl From<Vec<u8>> for Base64 {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

/// Appends the base64 of `bytes`; allocates only when there is no room.
pub(super) fn put_base64(bytes: &[u8], to: &mut BytesMut) {
    let before = to.len();
    to.resize(before + bytes.len().div_ceil(3) * 4, 0);
    // The buffer has exactly this room, so this can't fail.
    let written = STANDARD.encode_slice(bytes, &mut to[before..]).unwrap_or_default();
    to.truncate(before + written);
}

impl Serialize for Base64 {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(Base64Visitor)
    }
}

struct Base64Visitor;

impl Visitor<'_> for Base64Visitor {
    type Value = Base64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("base64 text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Base64, E> {
        read_base64(text).map(Base64).map_err(|e| E::custom(format_args!("base64: {e}")))
    }
}

/// An int64. proto3 JSON writes a string, but some peers write a number. Both are read, and the value is written back
/// in the form it had; new values are written as strings.
#[derive(Clone, Copy, Debug)]
pub struct Int64 {
    value: i64,
    as_number: bool,
}

impl Int64 {
    /// Returns the number.
    pub fn get(self) -> i64 {
        self.value
    }
}

impl From<i64> for Int64 {
    fn from(value: i64) -> Self {
        Self { value, as_number: false }
    }
}

impl PartialEq for Int64 {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Eq for Int64 {}

impl Serialize for Int64 {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if self.as_number { to.serialize_i64(self.value) } else { to.collect_str(&self.value) }
    }
}

impl<'de> Deserialize<'de> for Int64 {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let (value, as_text) = from.deserialize_any(IntegerVisitor)?;
        Ok(Self { value, as_number: !as_text })
    }
}

/// A `google.protobuf.Duration`: `"50s"`, `"9.500s"`. A negative one reads as zero: no time is left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WireDuration(pub Duration);

impl fmt::Display for WireDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, nanos) = (self.0.as_secs(), self.0.subsec_nanos());
        match nanos {
            0 => write!(f, "{seconds}s"),
            n if n % 1_000_000 == 0 => write!(f, "{seconds}.{:03}s", n / 1_000_000),
            n if n % 1_000 == 0 => write!(f, "{seconds}.{:06}s", n / 1_000),
            n => write!(f, "{seconds}.{n:09}s"),
        }
    }
}

impl Serialize for WireDuration {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for WireDuration {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(DurationVisitor)
    }
}

struct DurationVisitor;

impl Visitor<'_> for DurationVisitor {
    type Value = WireDuration;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration such as \"9.500s\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<WireDuration, E> {
        parse_duration(text).map(WireDuration).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}

fn parse_duration(text: &str) -> Option<Duration> {
    let number = text.strip_suffix('s')?;
    let (negative, number) = number.strip_prefix('-').map_or((false, number), |rest| (true, rest));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) || fraction.len() > 9 {
        return None;
    }
    let seconds: u64 = whole.parse().ok()?;
    let nanos: u32 = format!("{fraction:0<9}").parse().ok()?;
    Some(if negative { Duration::ZERO } else { Duration::new(seconds, nanos) })
}

/// A message that the app passes on without interpreting it, such as the options of a hosted tool. Names inside are
/// proto names and become camelCase on reading, at every depth. Not for user data.
#[derive(Clone, Debug, PartialEq)]
pub struct Opaque(pub Value);

impl Default for Opaque {
    fn default() -> Self {
        Self(Value::Object(serde_json::Map::new()))
    }
}

impl Serialize for Opaque {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(to)
    }
}

impl<'de> Deserialize<'de> for Opaque {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Value::deserialize(from).map(|value| Self(recase(value)))
    }
}

fn recase(value: Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(map.into_iter().map(|(k, v)| (camel(&k), recase(v))).collect()),
        Value::Array(list) => Value::Array(list.into_iter().map(recase).collect()),
        other => other,
    }
}

item_by_deserialize!(Base64, Int64, WireDuration, Opaque);

/// Defines an open enum: the named values, and `Other`, which keeps an unknown value and writes it back. proto3 JSON
/// also allows an enum's number; `Other` keeps its digits.
macro_rules! open_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$vmeta])* #[doc = concat!("`", $text, "`")] $variant,)+
            /// A value that this version does not know.
            Other(String),
        }

        impl $name {
            /// The names of the known values.
            pub const KNOWN: &'static [&'static str] = &[$($text),+];

            /// Returns the value's name on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other(text) => text,
                }
            }
        }

        impl From<&str> for $name {
            /// Capital and small letters are the same, as for the service.
            fn from(text: &str) -> Self {
                match text {
                    $(_ if text.eq_ignore_ascii_case($text) => Self::$variant,)+
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                $crate::wire::scalar::write_enum(self.as_str(), to)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                $crate::wire::scalar::read_enum(from).map(|text| Self::from(text.as_str()))
            }
        }

        $crate::wire::read::item_by_deserialize!($name);
    };
}
pub(crate) use open_enum;

pub(crate) fn write_enum<S: Serializer>(text: &str, to: S) -> Result<S::Ok, S::Error> {
    match text.parse::<i64>() {
        Ok(number) if number.to_string() == text => to.serialize_i64(number),
        _ => to.serialize_str(text),
    }
}

pub(crate) fn read_enum<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    from.deserialize_any(EnumVisitor)
}

struct EnumVisitor;

impl Visitor<'_> for EnumVisitor {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of an enum value")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<String, E> {
        Ok(number.to_string())
    }
}
