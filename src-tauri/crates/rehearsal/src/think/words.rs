//! The words of a text, made comparable. Pure.

/// The most words of a text that are looked at.
const MOST: usize = 4_000;

/// Lower-case words without punctuation; contractions are opened (`what's` is `what` and `is`).
pub(super) struct Words {
    words: Vec<String>,
    written: usize,
}

impl Words {
    pub(super) fn of(text: &str) -> Self {
        let mut words = Vec::new();
        let mut written = 0;
        for token in text.split_whitespace().take(MOST) {
            let lower = token.to_lowercase().replace('’', "'");
            written += usize::from(lower.contains(char::is_alphanumeric));
            for piece in lower.split(|c: char| !c.is_alphanumeric() && c != '\'') {
                let piece = piece.trim_matches('\'');
                let (word, tail) = match piece.split_once('\'') {
                    Some((word, "s")) => (word, Some("is")),
                    Some((word, "re")) => (word, Some("are")),
                    Some((word, "m")) => (word, Some("am")),
                    _ => (piece, None),
                };
                if !word.is_empty() {
                    words.push(word.to_owned());
                    words.extend(tail.map(str::to_owned));
                }
            }
        }
        Self { words, written }
    }

    /// How many words were written.
    pub(super) fn count(&self) -> usize {
        self.written
    }

    pub(super) fn has(&self, word: &str) -> bool {
        self.words.iter().any(|own| own == word)
    }

    pub(super) fn has_any(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.has(word))
    }

    pub(super) fn has_all(&self, words: &[&str]) -> bool {
        words.iter().all(|word| self.has(word))
    }

    /// Whether these are all the words there are.
    pub(super) fn only(&self, words: &[&str]) -> bool {
        self.words.iter().map(String::as_str).eq(words.iter().copied())
    }

    /// Whether the word occurs in singular or plural, or with another common ending.
    pub(super) fn has_stem(&self, word: &str) -> bool {
        let stem = stem(word);
        self.words.iter().any(|own| self::stem(own) == stem)
    }
}

fn stem(word: &str) -> &str {
    let short = word.strip_suffix("ing").or_else(|| word.strip_suffix('s')).unwrap_or(word);
    if short.len() >= 3 { short } else { word }
}
