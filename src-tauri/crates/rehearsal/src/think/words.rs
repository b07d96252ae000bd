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
                // Recognisers leave apostrophes out.
                let (word, tail) = match word {
                    "whats" => ("what", Some("is")),
                    "whos" => ("who", Some("is")),
                    "hows" => ("how", Some("is")),
                    "im" => ("i", Some("am")),
                    word => (word, tail),
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

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str)
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

    /// Whether one of these stands in the text, word by word.
    pub(super) fn says(&self, phrases: &[&str]) -> bool {
        let stands = |phrase: &str| {
            let phrase: Vec<&str> = phrase.split(' ').collect();
            self.words.windows(phrase.len()).any(|own| own.iter().zip(&phrase).all(|(a, b)| a == b))
        };
        phrases.iter().any(|phrase| stands(phrase))
    }

    /// Whether these are all the words there are.
    pub(super) fn only(&self, words: &[&str]) -> bool {
        self.iter().eq(words.iter().copied())
    }

    /// Whether the word occurs in singular or plural, or with another common ending.
    pub(super) fn has_stem(&self, word: &str) -> bool {
        let stem = stem(word);
        self.iter().any(|own| self::stem(own) == stem)
    }
}

/// A word without its common endings.
pub(super) fn stem(word: &str) -> &str {
    let short = ["ing", "ed", "s", "e"].iter().find_map(|ending| word.strip_suffix(ending)).unwrap_or(word);
    // "lights" and "lighted", but "need" is no form of "ne".
    let short = short.strip_suffix('e').unwrap_or(short);
    if short.len() >= 3 { short } else { word }
}
