//! Reads as much as possible of a malformed message. Pure; never blocks.
//!
//! The usual reader ([`read`](super::read)) is fast and fails at the first value of a wrong type. A message that it
//! rejects is read here again, field by field: a value of a wrong type is left out and counted, everything else is
//! used. So `"promptTokenCount": 12.5` loses that number and not the `turnComplete` in the same message.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::Deserializer;
use serde_json::value::RawValue;

use super::notes::{Notes, Piece};
use super::read::Slot;

/// Reads the field `name`, when it can be read.
pub(crate) fn field<T: Slot>(notes: &mut Notes, name: &'static str, raw: &RawValue, to: &mut T) {
    if let Some(value) = notes.at(Piece::Field(name), |notes| T::rescue(raw, notes)) {
        *to = value;
    }
}

/// Reads one field into a message; returns false when the name is unknown.
pub(crate) type Put<T> = fn(&mut T, &str, &RawValue, &mut Notes) -> bool;

/// Reads a message; `None` when it is not an object. An empty list counts as an empty object (as PHP writes it), and
/// so does `true`.
pub(crate) fn message<T: Default>(json: &str, notes: &mut Notes, put: Put<T>) -> Option<T> {
    if matches!(json, "true" | "[]") {
        notes.malformed();
        return Some(T::default());
    }
    let mut reader = Deserializer::from_str(json);
    let message = reader.deserialize_map(Fields { message: T::default(), notes, put }).ok()?;
    reader.end().ok()?;
    Some(message)
}

struct Fields<'n, T> {
    message: T,
    notes: &'n mut Notes,
    put: Put<T>,
}

impl<'de, T> Visitor<'de> for Fields<'_, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<T, A::Error> {
        while let Some((name, raw)) = map.next_entry::<Cow<'de, str>, &'de RawValue>()? {
            if !(self.put)(&mut self.message, &name, raw, self.notes) {
                self.notes.skip(&name);
            }
        }
        Ok(self.message)
    }
}

/// The text of a frame as JSON that can be read, and how many mistakes were mended: U+FFFD for bytes that are no UTF-8 and
/// for halves of a surrogate pair (`\ud83d` alone, where a peer cut an emoji in two), `null` for `NaN` and infinities
/// (Python writes them), escapes for line breaks within a text. A byte order mark and a zero at the end are left out.
pub(crate) fn text_of(frame: &[u8]) -> (String, usize) {
    let text = String::from_utf8_lossy(frame);
    let mut rest = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\0'));
    let mut repaired = Repaired { text: String::with_capacity(rest.len()), mistakes: 0 };
    let mut is_within = false;
    while !rest.is_empty() {
        let plain = rest.find(|c: char| match c {
            '"' => true,
            '\\' => is_within,
            'N' | 'I' | '-' => !is_within,
            c => is_within && c.is_ascii_control(),
        });
        let (before, at) = rest.split_at(plain.unwrap_or(rest.len()));
        repaired.text.push_str(before);
        let length = match at.chars().next() {
            None => 0,
            Some('"') => {
                is_within = !is_within;
                repaired.verbatim("\"")
            }
            Some('\\') => repaired.escape(at),
            Some(control) if is_within => {
                repaired.put(&format!("\\u{:04x}", u32::from(control)), control.len_utf8())
            }
            Some(_) => match ["NaN", "Infinity", "-Infinity"].iter().find(|word| at.starts_with(**word)) {
                Some(word) => repaired.put("null", word.len()),
                None => repaired.verbatim(&at[..1]),
            },
        };
        rest = &at[length..];
    }
    (repaired.text, repaired.mistakes)
}

struct Repaired {
    text: String,
    mistakes: usize,
}

impl Repaired {
    /// Copies `piece`. Like the other methods, returns how many bytes of the frame's text it consumed.
    fn verbatim(&mut self, piece: &str) -> usize {
        self.text.push_str(piece);
        piece.len()
    }

    fn put(&mut self, piece: &str, length: usize) -> usize {
        self.mistakes += 1;
        self.text.push_str(piece);
        length
    }

    /// Writes the escape that `text` begins with.
    fn escape(&mut self, text: &str) -> usize {
        match (unit_at(text), text.get(6..).and_then(unit_at)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => self.verbatim(&text[..12]),
            (Some(0xd800..=0xdfff), _) => self.put("\\ufffd", 6),
            // Two backslashes are one escape; the second does not begin another.
            _ => {
                let end = text.char_indices().nth(2).map_or(text.len(), |(end, _)| end);
                self.verbatim(&text[..end])
            }
        }
    }
}

/// Returns the UTF-16 unit of a `\uXXXX` at the start of `text`.
fn unit_at(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| u16::from_str_radix(digits, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_an_emoji_does_not_make_a_message_unreadable() {
        for (text, repaired) in [
            (r#""a\ud83d""#, r#""a\ufffd""#),
            (r#""\ude00b""#, r#""\ufffdb""#),
            (r#""\ud83d\ude00""#, r#""\ud83d\ude00""#),
            (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            (r#""\\ud83d""#, r#""\\ud83d""#),
            (r#""\\\ud83d""#, r#""\\\ufffd""#),
            (r#""\ud83""#, r#""\ud83""#),
            (r#""\"\n"\"#, r#""\"\n"\"#),
            (r#""\ä"#, r#""\ä"#),
        ] {
            assert_eq!(
                text_of(text.as_bytes()),
                (repaired.to_owned(), usize::from(text != repaired)),
                "{text}"
            );
        }
        let (text, mistakes) = text_of(b"\xef\xbb\xbf {\"a\":\"\xff\"}\n\0");
        assert_eq!((text.as_str(), mistakes), ("{\"a\":\"\u{fffd}\"}", 0));
    }

    #[test]
    fn only_json_numbers_are_numbers() {
        let (text, mistakes) =
            text_of(b"{\"NaN\":NaN,\"a\":[-Infinity,Infinity,-1,\"-Infinity\\\"NaN\"],\"b\":\"x\ny\"}");
        let wanted = "{\"NaN\":null,\"a\":[null,null,-1,\"-Infinity\\\"NaN\"],\"b\":\"x\\u000ay\"}";
        assert_eq!((text.as_str(), mistakes), (wanted, 4));
    }
}
