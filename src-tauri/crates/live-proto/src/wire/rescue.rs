//! Reads what can be read of a message in which something is wrong. Pure; never blocks.
//!
//! The usual reader ([`read`](super::read)) gives up at the first value of a wrong type. It is fast, and nearly every
//! message is right, so it goes first. What it refuses is read here once more, field by field: a value of a wrong type is
//! left out and counted, and everything beside it counts. So `"promptTokenCount": 12.5` costs that figure and not the
//! `turnComplete` in the same message.

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

/// Puts one field into its place; false: its name is not known.
pub(crate) type Put<T> = fn(&mut T, &str, &RawValue, &mut Notes) -> bool;

/// Reads a message. `None`: it is no object. An empty list stands for an empty object (PHP writes it so), and `true` for
/// one that is there.
pub(crate) fn message<T: Default>(json: &str, notes: &mut Notes, put: Put<T>) -> Option<T> {
    if matches!(json, "true" | "[]") {
        notes.misread();
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
    let mut mended = Mended { text: String::with_capacity(rest.len()), mistakes: 0 };
    let mut is_within = false;
    while !rest.is_empty() {
        let plain = rest.find(|c: char| match c {
            '"' => true,
            '\\' => is_within,
            'N' | 'I' | '-' => !is_within,
            c => is_within && c.is_ascii_control(),
        });
        let (before, at) = rest.split_at(plain.unwrap_or(rest.len()));
        mended.text.push_str(before);
        let length = match at.chars().next() {
            None => 0,
            Some('"') => {
                is_within = !is_within;
                mended.as_it_is("\"")
            }
            Some('\\') => mended.escape(at),
            Some(control) if is_within => {
                mended.put(&format!("\\u{:04x}", u32::from(control)), control.len_utf8())
            }
            Some(_) => match ["NaN", "Infinity", "-Infinity"].iter().find(|word| at.starts_with(**word)) {
                Some(word) => mended.put("null", word.len()),
                None => mended.as_it_is(&at[..1]),
            },
        };
        rest = &at[length..];
    }
    (mended.text, mended.mistakes)
}

struct Mended {
    text: String,
    mistakes: usize,
}

impl Mended {
    /// Each of these gives back how much of the frame's text it stands for, in bytes.
    fn as_it_is(&mut self, piece: &str) -> usize {
        self.text.push_str(piece);
        piece.len()
    }

    fn put(&mut self, piece: &str, length: usize) -> usize {
        self.mistakes += 1;
        self.text.push_str(piece);
        length
    }

    /// The escape that `text` begins with.
    fn escape(&mut self, text: &str) -> usize {
        match (unit_at(text), text.get(6..).and_then(unit_at)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => self.as_it_is(&text[..12]),
            (Some(0xd800..=0xdfff), _) => self.put("\\ufffd", 6),
            // Two backslashes are one escape, so the second begins none.
            _ => {
                let end = text.char_indices().nth(2).map_or(text.len(), |(end, _)| end);
                self.as_it_is(&text[..end])
            }
        }
    }
}

/// The UTF-16 unit of a `\uXXXX` that `text` begins with.
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
        for (text, mended) in [
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
            assert_eq!(text_of(text.as_bytes()), (mended.to_owned(), usize::from(text != mended)), "{text}");
        }
        let (text, mistakes) = text_of(b"\xef\xbb\xbf {\"a\":\"\xff\"}\n\0");
        assert_eq!((text.as_str(), mistakes), ("{\"a\":\"\u{fffd}\"}", 0));
    }

    #[test]
    fn what_is_no_number_is_none_and_a_line_break_is_one() {
        let (text, mistakes) =
            text_of(b"{\"NaN\":NaN,\"a\":[-Infinity,Infinity,-1,\"-Infinity\\\"NaN\"],\"b\":\"x\ny\"}");
        let wanted = "{\"NaN\":null,\"a\":[null,null,-1,\"-Infinity\\\"NaN\"],\"b\":\"x\\u000ay\"}";
        assert_eq!((text.as_str(), mistakes), (wanted, 4));
    }
}
