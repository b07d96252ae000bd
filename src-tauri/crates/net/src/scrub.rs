//! Removes secrets from what a server says, once, where it is read, before anything else sees it. Pure; never blocks.
//!
//! A server may repeat a key as it is, or in the notation of what surrounds it: JSON's `\u0041`, also in JSON that is a
//! text of JSON, percent signs of a URL, references of HTML. All of these are compared as the characters that they mean.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

/// What replaces a secret.
const REDACTED: &[u8] = b"[redacted]";
/// From this length on a secret is not said by chance, whatever it is made of.
const LONG: usize = 16;
/// From this length on, when it is not made of letters alone as a word is.
const MEDIUM: usize = 8;
/// Shorter than this it would be found everywhere.
const SHORTEST: usize = 4;

/// The secrets of a connection. Cheap to clone; `Debug` says how many there are.
#[derive(Clone, Default)]
pub struct Scrubber(Arc<[String]>);

impl Scrubber {
    /// Returns a scrubber for these secrets. Those of less than four bytes are left out.
    pub fn new(secrets: impl IntoIterator<Item = String>) -> Self {
        Self(secrets.into_iter().filter(|secret| secret.len() >= SHORTEST).collect())
    }

    /// Returns these secrets and those of `other`.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self(self.0.iter().chain(&*other.0).cloned().collect())
    }

    /// Returns a server's words, such as the text of an error, without any secret.
    pub fn text(&self, text: &str) -> String {
        let mut text = Cow::Borrowed(text);
        for secret in &*self.0 {
            // Finds it, too, behind a backslash that belongs to no notation.
            let plain = text.replace(secret.as_str(), "[redacted]");
            text = match without(plain.as_bytes(), secret.as_bytes()) {
                Some(scrubbed) => String::from_utf8_lossy(&scrubbed).into_owned().into(),
                None => plain.into(),
            };
        }
        text.into_owned()
    }

    /// Returns bytes, which need not be text, without any secret.
    pub fn bytes(&self, bytes: Vec<u8>) -> Vec<u8> {
        let secrets = self.0.iter().map(String::as_bytes);
        secrets.fold(bytes, |bytes, secret| without(&bytes, secret).unwrap_or(bytes))
    }

    /// Returns a message without any secret. What a person could say by chance stays, such as a word that somebody chose
    /// as the key of a server.
    pub fn message(&self, message: Bytes) -> Bytes {
        let secrets = self.0.iter().map(String::as_bytes);
        secrets
            .filter(|secret| is_no_word(secret))
            .fold(message, |message, secret| without(&message, secret).map_or(message, Bytes::from))
    }
}

impl fmt::Debug for Scrubber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scrubber({} secrets)", self.0.len())
    }
}

fn is_no_word(secret: &[u8]) -> bool {
    secret.len() >= LONG || (secret.len() >= MEDIUM && !secret.iter().all(u8::is_ascii_alphabetic))
}

/// Returns `text` with every `secret` replaced, in whatever notation; `None` when there is none.
fn without(text: &[u8], secret: &[u8]) -> Option<Vec<u8>> {
    let first = *secret.first()?;
    let mut scrubbed: Option<Vec<u8>> = None;
    let (mut at, mut kept) = (0, 0);
    while at < text.len() {
        // Nearly every byte of a message is sound: neither the first letter nor the beginning of a notation.
        let byte = text[at];
        if byte != first && !matches!(byte, b'\\' | b'%' | b'&') {
            at += 1;
            continue;
        }
        if let Some(end) = end_of(text, at, secret) {
            let scrubbed = scrubbed.get_or_insert_with(Vec::new);
            scrubbed.extend_from_slice(&text[kept..at]);
            scrubbed.extend_from_slice(REDACTED);
            (at, kept) = (end, end);
        } else {
            at += unit(&text[at..]).1;
        }
    }
    let mut scrubbed = scrubbed?;
    scrubbed.extend_from_slice(&text[kept..]);
    Some(scrubbed)
}

/// Returns where a secret that begins at `at` ends.
fn end_of(text: &[u8], mut at: usize, secret: &[u8]) -> Option<usize> {
    for expected in secret {
        let (found, length) = unit(text.get(at..).filter(|rest| !rest.is_empty())?);
        if found != *expected {
            return None;
        }
        at += length;
    }
    Some(at)
}

/// Returns the first character of a text that is not empty, and how many bytes it is written with. What is not ASCII is
/// taken byte for byte: no secret has any.
fn unit(text: &[u8]) -> (u8, usize) {
    let itself = (text[0], 1);
    match text {
        [b'\\', b'\\', b'u', digits @ ..] => hex(digits, 4).map_or((b'\\', 2), |byte| (byte, 7)),
        [b'\\', b'\\', b'/', ..] => (b'/', 3),
        [b'\\', b'u', digits @ ..] => hex(digits, 4).map_or(itself, |byte| (byte, 6)),
        [b'\\', b'x', digits @ ..] => hex(digits, 2).map_or(itself, |byte| (byte, 4)),
        [b'\\', mark @ (b'\\' | b'/' | b'"' | b'\''), ..] => (*mark, 2),
        [b'\\', b'b' | b'f' | b'n' | b'r' | b't', ..] => (b' ', 2),
        [b'%', b'2', b'5', digits @ ..] => hex(digits, 2).map_or((b'%', 3), |byte| (byte, 5)),
        [b'%', digits @ ..] => hex(digits, 2).map_or(itself, |byte| (byte, 3)),
        [b'&', b'#', b'x' | b'X', rest @ ..] => reference(rest, 16).map_or(itself, |(c, n)| (c, n + 3)),
        [b'&', b'#', rest @ ..] => reference(rest, 10).map_or(itself, |(c, n)| (c, n + 2)),
        _ => itself,
    }
}

/// An ASCII character in so many hexadecimal digits.
fn hex(digits: &[u8], count: usize) -> Option<u8> {
    let digits = std::str::from_utf8(digits.get(..count)?).ok()?;
    let value = u32::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))?;
    u8::try_from(value).ok().filter(u8::is_ascii)
}

/// An ASCII character as a number that ends with a semicolon, and how many bytes both have.
fn reference(text: &[u8], radix: u32) -> Option<(u8, usize)> {
    let length = text.iter().take(6).position(|byte| *byte == b';')?;
    let digits = std::str::from_utf8(&text[..length]).ok()?;
    let value = u8::from_str_radix(digits, radix).ok()?;
    value.is_ascii().then_some((value, length + 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const KEY: &str = "AIzaSy-Secret_1234";
    const TOKEN: &str = "auth_tokens/Secret+1234";

    fn scrubber() -> Scrubber {
        Scrubber::new([KEY, TOKEN].map(str::to_owned))
    }

    fn message(text: &str) -> String {
        String::from_utf8(scrubber().message(Bytes::from(text.to_owned())).to_vec()).unwrap()
    }

    /// Each character in one of the notations, by turns from `turn` on.
    fn written(secret: &str, turn: usize) -> String {
        let notations: [fn(u8) -> String; 8] = [
            |c| char::from(c).to_string(),
            |c| format!("\\u{c:04x}"),
            |c| format!("\\u{c:04X}"),
            |c| format!("%{c:02x}"),
            |c| format!("%25{c:02X}"),
            |c| format!("&#{c};"),
            |c| format!("&#x{c:x};"),
            |c| format!("\\\\u{c:04x}"),
        ];
        secret
            .bytes()
            .enumerate()
            .map(|(n, c)| notations[(n + turn) % notations.len()](c))
            .collect::<Vec<_>>()
            .concat()
    }

    #[test]
    fn a_key_in_escapes_is_found_as_the_plain_one_is() {
        let all = |escape: fn(u8) -> String| KEY.bytes().map(escape).collect::<Vec<_>>().concat();
        for written in [
            KEY.to_owned(),
            all(|c| format!("\\u{c:04x}")),
            all(|c| format!("\\\\u{c:04X}")),
            all(|c| format!("%{c:02X}")),
            all(|c| format!("&#{c};")),
            all(|c| format!("\\x{c:02x}")),
            format!("\\u0041{}", &KEY[1..]),
            TOKEN.to_owned(),
            TOKEN.replace('/', "\\/"),
            TOKEN.replace('/', "\\\\/"),
            TOKEN.replace('/', "%2F").replace('+', "%2b"),
        ] {
            assert_eq!(
                message(&format!("{{\"x\":\"no {written}!\"}}")),
                "{\"x\":\"no [redacted]!\"}",
                "{written}"
            );
            assert_eq!(scrubber().text(&format!("no {written}!")), "no [redacted]!", "{written}");
        }
        assert_eq!(scrubber().text(&format!("C:\\{KEY}{KEY}")), "C:\\[redacted][redacted]");
    }

    #[test]
    fn text_without_a_key_is_unchanged() {
        for text in [
            "",
            "AIza",
            "\\",
            "\\u",
            "\\u004",
            "%",
            "%4",
            "&#",
            "&#x",
            "AIzaSy-Secret_123",
            "%41%49%7A",
            "100 %25 A",
        ] {
            assert_eq!(message(text), text);
            assert_eq!(scrubber().text(text), text);
        }
        // A backslash and then the letters of an escape: not an escape, and not to be torn apart.
        let torn = format!("{{\"a\":\"\\\\\\\\u0041{}\"}}", &KEY[1..]);
        assert!(serde_json::from_str::<Value>(&message(&torn)).is_ok(), "{}", message(&torn));
        let bytes = Bytes::from_static(b"\xff\xfeA\\");
        assert_eq!(scrubber().message(bytes.clone()), bytes);
    }

    #[test]
    fn word_used_as_a_key_stays_in_messages() {
        let scrubber = Scrubber::new(["practice", "key", "s3cret-1"].map(str::to_owned));
        let said = Bytes::from_static(b"we practice with the key s3cret-1");
        assert_eq!(scrubber.message(said), "we practice with the key [redacted]");
        assert_eq!(scrubber.text("wrong key: practice"), "wrong key: [redacted]");
    }

    proptest! {
        /// Whatever stands around it and however it is written: no trace of it is left, and JSON stays JSON.
        #[test]
        fn key_is_removed_in_every_notation(before in ".{0,20}", turn in 0_usize..8, after in ".{0,20}") {
            let json = json!({"text": format!("{before}{KEY}{after}")}).to_string();
            let json = json.replace(KEY, &written(KEY, turn));
            let scrubbed: Value = serde_json::from_str(&message(&json)).unwrap();
            let text = scrubbed["text"].as_str().unwrap();
            prop_assert!(!text.contains("Secret") && text.contains("[redacted]"), "{}", text);
        }

        #[test]
        fn any_text_without_a_key_passes(text in ".{0,80}") {
            prop_assert_eq!(message(&text), text);
        }
    }
}
