//! The API key as a type that cannot be printed by accident.

use std::fmt;

use net::tidy;

/// Longer than any key; a pasted paragraph is refused.
const MAX_KEY_BYTES: usize = 1024;
/// Twice the length that Google asks clients to be ready for in an access token.
const MAX_TOKEN_BYTES: usize = 4096;

/// A Gemini API key, or a token in its place. It leaves this type in a request's header and through [`ApiKey::expose`]
/// only.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

/// Why a text cannot be an API key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// Nothing but white space.
    #[error("the key is empty")]
    Empty,
    /// A key is visible ASCII without spaces; this is something else that was pasted.
    #[error("a key has no spaces or special characters")]
    Characters,
    /// Longer than any key.
    #[error("this is too long for a key")]
    TooLong,
}

impl ApiKey {
    /// Takes a key as it was typed, pasted or set in the environment; blanks and quotes around it are dropped, and
    /// invisible characters everywhere.
    ///
    /// # Errors
    /// [`BadKey`] when it could not even be sent. Whether the service knows it turns out at the handshake.
    pub fn new(text: &str) -> Result<Self, BadKey> {
        Self::of(text, MAX_KEY_BYTES)
    }

    /// The same for an access token, which is longer.
    pub(crate) fn token(text: &str) -> Result<Self, BadKey> {
        Self::of(text, MAX_TOKEN_BYTES)
    }

    fn of(text: &str, max_bytes: usize) -> Result<Self, BadKey> {
        let text = tidy(text);
        if text.is_empty() {
            return Err(BadKey::Empty);
        }
        if text.len() > max_bytes {
            return Err(BadKey::TooLong);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(BadKey::Characters);
        }
        Ok(Self(text))
    }

    /// Returns the key itself, for the keyring and the header. Never for a log, a URL or the window.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trims_and_refuses_what_no_header_can_carry() {
        assert_eq!(ApiKey::new(" AIzaSy-Test_1\n").unwrap().expose(), "AIzaSy-Test_1");
        assert_eq!(ApiKey::new(" \t"), Err(BadKey::Empty));
        assert_eq!(ApiKey::new("\"\u{200b}\""), Err(BadKey::Empty));
        assert_eq!(ApiKey::new("\"AIza… # mine\""), Err(BadKey::Characters));
        assert_eq!(ApiKey::new("AIzaSy-Test_1 # mine"), Err(BadKey::Characters));
        assert_eq!(ApiKey::new("two words"), Err(BadKey::Characters));
        assert_eq!(ApiKey::new("k\r\nx-evil: 1"), Err(BadKey::Characters));
        assert_eq!(ApiKey::new("ключ"), Err(BadKey::Characters));
        assert_eq!(ApiKey::new(&"k".repeat(2000)), Err(BadKey::TooLong));
    }

    #[test]
    fn what_a_copy_brings_along_is_no_part_of_a_key() {
        for text in [
            "\"AIzaSy-Test_1\"",
            " 'AIzaSy-Test_1' ",
            "“AIzaSy-Test_1”",
            "`AIzaSy-Test_1`\r\n",
            "\"AIzaSy-Test_1",
            "\u{feff}AIzaSy-Test_1",
            "AIzaSy\u{200b}-Test_1\u{200b}",
            "\u{a0}AIzaSy-Test_1\u{a0}",
            "AIzaSy-\u{ad}Test_1\u{2060}",
            "\u{202a}AIzaSy-Test_1\u{202c}",
            "\" \"AIzaSy-Test_1\" \"",
        ] {
            assert_eq!(ApiKey::new(text).unwrap().expose(), "AIzaSy-Test_1", "{text:?}");
        }
    }

    #[test]
    fn debug_does_not_show_the_key() {
        let key = ApiKey::new("AIzaSy-Test_1").unwrap();
        assert_eq!(format!("{key:?}"), "ApiKey(redacted)");
    }
}
