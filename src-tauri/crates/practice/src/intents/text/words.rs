//! The words of a text, made comparable. Pure.

/// The most words of a text that are looked at.
const MOST: usize = 4_000;

/// Fewer consonants are those of too many words.
const LEAST_CONSONANTS: usize = 4;
/// What is longer is no word that is meant.
const LONGEST_WORD: usize = 32;

/// Lower-case words without punctuation; contractions are opened (`what's` is `what` and `is`).
#[derive(Clone, Debug, Default)]
pub(in crate::intents) struct Words {
    words: Vec<String>,
    written: usize,
}

impl Words {
    pub(in crate::intents) fn of(text: &str) -> Self {
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
    pub(in crate::intents) fn count(&self) -> usize {
        self.written
    }

    pub(in crate::intents) fn iter(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str)
    }

    pub(in crate::intents) fn has(&self, word: &str) -> bool {
        self.words.iter().any(|own| own == word)
    }

    pub(in crate::intents) fn has_any(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.has(word))
    }

    pub(in crate::intents) fn has_all(&self, words: &[&str]) -> bool {
        words.iter().all(|word| self.has(word))
    }

    /// Whether one of these stands in the text, word by word.
    pub(in crate::intents) fn says(&self, phrases: &[&str]) -> bool {
        let stands = |phrase: &str| {
            let phrase: Vec<&str> = phrase.split(' ').collect();
            self.words.windows(phrase.len()).any(|own| own.iter().zip(&phrase).all(|(a, b)| a == b))
        };
        phrases.iter().any(|phrase| stands(phrase))
    }

    /// Whether the text begins with one of these, word by word.
    pub(in crate::intents) fn starts(&self, phrases: &[&str]) -> bool {
        let begins = |phrase: &&str| {
            let mut own = self.iter();
            phrase.split(' ').all(|word| own.next() == Some(word))
        };
        phrases.iter().any(begins)
    }

    /// Whether these are all the words there are.
    pub(in crate::intents) fn only(&self, words: &[&str]) -> bool {
        self.iter().eq(words.iter().copied())
    }

    /// Whether the word occurs in singular or plural, or with another common ending.
    pub(in crate::intents) fn has_stem(&self, word: &str) -> bool {
        let stem = stem(word);
        self.iter().any(|own| self::stem(own) == stem)
    }
}

/// Whether a word was probably this one: the same consonants in the same order, or one more. Vowels are what a recogniser
/// mistakes first. Never for short words, which have too many neighbours.
pub(in crate::intents) fn sounds_like(word: &str, meant: &str) -> bool {
    let (heard, meant) = (consonants(word), consonants(meant));
    meant.len() >= LEAST_CONSONANTS && heard.len() <= meant.len() + 1 && heard.starts_with(&meant)
}

/// How a text sounds: the consonants of its words, those that sound alike as one.
pub(in crate::intents) fn sound_of(text: &str) -> Vec<char> {
    consonants(&text.replace(' ', ""))
}

/// The consonants of an English word, those that sound alike as one.
fn consonants(word: &str) -> Vec<char> {
    let letters: Vec<char> = word.chars().take(LONGEST_WORD).collect();
    let mut all = Vec::new();
    for (at, &letter) in letters.iter().enumerate() {
        let soft = letters.get(at + 1).is_some_and(|next| matches!(next, 'e' | 'i' | 'y'));
        let sound = match letter {
            'c' if soft => 's',
            'c' if letters.get(at + 1) == Some(&'h') => 'j',
            'c' | 'k' | 'q' | 'g' => 'k',
            's' | 'z' => 's',
            'b' | 'p' => 'p',
            'd' | 't' => 't',
            'f' | 'v' => 'f',
            'm' | 'n' | 'l' | 'r' | 'j' | 'x' => letter,
            _ => continue,
        };
        if all.last() != Some(&sound) {
            all.push(sound);
        }
    }
    all
}

/// A written word without marks around it.
pub(in crate::intents) fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

/// A word without its common endings.
pub(in crate::intents) fn stem(word: &str) -> &str {
    // "Seventeen times four" asks for no time.
    if word == "times" {
        return word;
    }
    let short = ["ing", "ed", "s", "e"].iter().find_map(|ending| word.strip_suffix(ending)).unwrap_or(word);
    // "lights" and "lighted", but "need" is no form of "ne".
    let short = short.strip_suffix('e').unwrap_or(short);
    if short.len() >= 3 { short } else { word }
}

/// The words of a function's name, in lower case.
pub(in crate::intents) fn words_of_name(name: &str) -> Vec<String> {
    let mut spaced = String::with_capacity(name.len() + 8);
    let mut lower_before = false;
    for letter in name.chars() {
        // getWeather has a border where a capital follows a small letter.
        if lower_before && letter.is_uppercase() {
            spaced.push(' ');
        }
        lower_before = letter.is_lowercase();
        spaced.push(if letter.is_alphanumeric() { letter } else { ' ' });
    }
    spaced.split_whitespace().map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_sounds_like_another_by_its_consonants() {
        for heard in ["cancel", "council", "console", "counsel", "cancels", "kancell"] {
            assert!(sounds_like(heard, "cancel"), "{heard}");
        }
        for other in ["", "candle", "can", "call", "castle", "cancellation", "single", "timer", "chancellor"]
        {
            assert!(!sounds_like(other, "cancel"), "{other}");
        }
        // Too short to be told from others.
        assert!(!sounds_like("dough", "day") && !sounds_like("timer", "timer"));
    }
}
