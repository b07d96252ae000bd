//! Text that does nothing to a terminal. Pure.
//!
//! What the program prints comes from servers, devices, files and arguments. A terminal takes some characters as orders: to
//! move the cursor, to fill the clipboard, to show a line in another order than it has. None of them gets through.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Text that holds nothing a terminal acts on, but the styles that this module puts there. The only thing that can be
/// printed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Printable(String);

impl Printable {
    /// Text of several lines. Control characters show as their pictures (`␛`), invisible characters are left out.
    pub(crate) fn text(raw: &str) -> Self {
        Self(safe(&raw.replace("\r\n", "\n"), |c| match c {
            '\n' | '\t' => Some(c),
            '\u{2028}' | '\u{2029}' => Some('\n'),
            _ => None,
        }))
    }

    /// The same as a part of one line: what would end the line, and tabs, become blanks.
    pub(crate) fn line(raw: &str) -> Self {
        Self(safe(&raw.replace("\r\n", " "), |c| match c {
            '\n' | '\r' | '\t' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some(' '),
            _ => None,
        }))
    }

    /// This text, then that.
    pub(crate) fn then(mut self, next: impl Into<Self>) -> Self {
        self.0.push_str(&next.into().0);
        self
    }

    /// In this style (ECMA-48, SGR), such as `1` for bold.
    pub(crate) fn styled(self, style: &'static str) -> Self {
        Self(format!("\x1b[{style}m{}\x1b[0m", self.0))
    }

    /// For what clap has put colours into, after its text without them turned out to be safe.
    pub(super) fn trusted(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Printable {
    fn from(raw: &str) -> Self {
        Self::text(raw)
    }
}

impl From<String> for Printable {
    fn from(raw: String) -> Self {
        Self::text(&raw)
    }
}

impl From<&String> for Printable {
    fn from(raw: &String) -> Self {
        Self::text(raw)
    }
}

/// Every character is kept, replaced, or left out; `special` decides first.
fn safe(raw: &str, special: impl Fn(char) -> Option<char>) -> String {
    let mut text = String::with_capacity(raw.len());
    for c in raw.chars() {
        if let Some(c) = special(c) {
            text.push(c);
        } else if c.is_control() {
            text.push(picture(c));
        } else if is_invisible(c) || (is_joiner(c) && text.ends_with(|before: char| before.is_ascii())) {
            // It only hides something.
        } else {
            text.push(c);
        }
    }
    text
}

/// What shows in the place of a control character.
fn picture(control: char) -> char {
    match u32::from(control) {
        code @ 0..=0x1f => char::from_u32(0x2400 + code).unwrap_or(char::REPLACEMENT_CHARACTER),
        0x7f => '␡',
        _ => char::REPLACEMENT_CHARACTER,
    }
}

/// Format characters (Unicode's category Cf) that hide text, or show it in another order than it has.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e007f}')
}

/// Emoji and several scripts are written with these; between ASCII letters they only hide something.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// JSON that means the same and does nothing to a terminal: what is unsafe stands as `\uXXXX`. Outside of its strings JSON
/// has none of these characters, and the control characters below U+0020 are escaped in any case.
pub(crate) fn escaped(json: &str) -> Cow<'_, str> {
    let is_unsafe = |c: char| (c.is_control() && c != '\n') || is_invisible(c) || is_joiner(c);
    if !json.contains(is_unsafe) {
        return Cow::Borrowed(json);
    }
    let mut text = String::with_capacity(json.len() + 64);
    for c in json.chars() {
        if is_unsafe(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                _ = write!(text, "\\u{unit:04x}");
            }
        } else {
            text.push(c);
        }
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a hostile peer, device or file may try, one of each kind.
    const HOSTILE: &str = "\x1b[2Ja\x1b]52;c;ZXZpbA==\x07b\x1b]8;;http://x\x1b\\c\u{9b}31md\u{90}q\u{9c}\x00\x7f\x08\r\x0b\x0c\
        \u{202e}e\u{2066}f\u{2069}\u{200b}g\u{feff}\u{61c}\u{85}h\u{2028}i\u{e0041}\u{ad}";

    #[test]
    fn no_control_character_gets_through() {
        for text in [Printable::text(HOSTILE), Printable::line(HOSTILE)] {
            let is_left = |c: char| (c.is_control() && c != '\n') || is_invisible(c);
            assert!(!text.as_str().contains(is_left), "{text:?}");
            assert!(
                "abcdefghi".chars().all(|c| text.as_str().contains(c)),
                "what is harmless stays: {text:?}"
            );
        }
        assert!(!Printable::line(HOSTILE).as_str().contains('\n'));
        assert_eq!(Printable::text("a\x1b[2Jb").as_str(), "a␛[2Jb");
        assert_eq!(Printable::text("50%\r\n100%\rdone\n").as_str(), "50%\n100%␍done\n");
    }

    #[test]
    fn every_language_and_emoji_stays_as_it_is() {
        for text in ["Grüße", "می‌خواهم", "क्‍ष", "👩‍👩‍👧", "日本語", "e\u{301}", "שלום", "a\tb\nc"]
        {
            assert_eq!(Printable::text(text).as_str(), text);
        }
        assert_eq!(Printable::text("pa\u{200d}ss").as_str(), "pass");
    }

    #[test]
    fn json_says_the_same_and_is_safe_to_look_at() {
        let value = serde_json::json!({ HOSTILE: [HOSTILE, "Grüße 👩‍👩‍👧", "a\u{200d}b"] });
        for json in [serde_json::to_string(&value).unwrap(), serde_json::to_string_pretty(&value).unwrap()] {
            let shown = escaped(&json);
            assert!(!shown.contains(|c: char| (c.is_control() && c != '\n') || is_invisible(c)), "{shown}");
            assert!(
                shown.contains("\\u202e") && shown.contains("\\u009b") && shown.contains("Grüße"),
                "{shown}"
            );
            let printed = Printable::text(&shown);
            assert_eq!(serde_json::from_str::<serde_json::Value>(printed.as_str()).unwrap(), value);
        }
        assert!(matches!(escaped("{\n  \"a\": 1\n}"), Cow::Borrowed(_)));
    }

    #[test]
    fn only_our_own_styles_are_styles() {
        let bold = Printable::text("\x1b[31mred").styled("1").then(" plain");
        assert_eq!(bold.as_str(), "\x1b[1m␛[31mred\x1b[0m plain");
    }
}
