//! Reads words without any file: a few dozen spelling rules and the commonest words that break them.
//!
//! Pure functions. This is a sketch of English spelling, good enough to be followed, not a dictionary.

use super::builtin::{GROUPS, IRREGULAR, LETTER_NAMES};

/// Returns the phonemes of one word. What is not a Latin letter is left out; a word of other letters becomes a plain syllable.
pub(crate) fn phonemes_of(word: &str) -> String {
    let capitals = word.chars().filter(char::is_ascii_uppercase).count();
    let lower: String = word.chars().filter_map(plain_letter).collect();
    if lower.is_empty() {
        let any = word.chars().any(char::is_alphanumeric);
        return if any { "ə" } else { "" }.to_owned();
    }
    if let Ok(found) = IRREGULAR.binary_search_by(|(known, _)| (*known).cmp(&lower)) {
        return IRREGULAR[found].1.to_owned();
    }
    let has_vowel = lower.contains(['a', 'e', 'i', 'o', 'u', 'y']);
    if !has_vowel || (capitals == lower.len() && (2..=4).contains(&lower.len())) {
        return names_of(&lower);
    }
    by_rules(lower.as_bytes())
}

/// Returns the phonemes of letters that are said by their names, with the ending of a plural if they have one.
pub(crate) fn letters_of(letters: &str) -> String {
    let (letters, ending) = letters.strip_suffix("'s").map_or((letters, ""), |stem| (stem, "z"));
    let lower: String = letters.chars().filter_map(plain_letter).collect();
    names_of(&lower) + ending
}

fn names_of(lower: &str) -> String {
    lower.bytes().map(|letter| LETTER_NAMES[usize::from(letter - b'a')]).collect()
}

/// The Latin letter under an accent, in lower case.
fn plain_letter(letter: char) -> Option<char> {
    let lower = letter.to_lowercase().next()?;
    Some(match lower {
        'a'..='z' => lower,
        'à'..='å' | 'æ' => 'a',
        'ç' => 'c',
        'è'..='ë' => 'e',
        'ì'..='ï' => 'i',
        'ñ' => 'n',
        'ò'..='ö' | 'ø' => 'o',
        'ù'..='ü' => 'u',
        'ý' | 'ÿ' => 'y',
        'ß' => 's',
        _ => return None,
    })
}

fn by_rules(word: &[u8]) -> String {
    let mut phonemes = String::new();
    let mut at = 0;
    while at < word.len() {
        let rest = &word[at..];
        if at == 0 && (rest.starts_with(b"kn") || rest.starts_with(b"wr") || rest.starts_with(b"gn")) {
            at += 1;
            continue;
        }
        // A vowel, one consonant and a final e: the vowel says its name and the e nothing.
        if let Some(long) = long_before_silent_e(rest) {
            phonemes.push_str(long);
            at += 1;
            continue;
        }
        if let Some((letters, names)) =
            GROUPS.iter().find(|(letters, _)| rest.starts_with(letters.as_bytes()))
        {
            phonemes.push_str(names);
            at += letters.len();
            continue;
        }
        phonemes.push_str(single(word, at));
        // Doubled consonants sound once.
        let doubled = rest.len() > 1 && rest[0] == rest[1] && !is_vowel(rest[0]);
        at += if doubled { 2 } else { 1 };
    }
    phonemes
}

fn is_vowel(letter: u8) -> bool {
    matches!(letter, b'a' | b'e' | b'i' | b'o' | b'u')
}

fn long_before_silent_e(rest: &[u8]) -> Option<&'static str> {
    let ends = matches!(rest.len(), 3) || (rest.len() == 4 && matches!(rest[3], b's' | b'd'));
    if !ends || rest[2] != b'e' || is_vowel(rest[1]) || matches!(rest[1], b'r' | b'w' | b'x' | b'y') {
        return None;
    }
    Some(match rest[0] {
        b'a' => "A",
        b'e' => "i",
        b'i' | b'y' => "I",
        b'o' => "O",
        b'u' => "u",
        _ => return None,
    })
}

#[expect(clippy::match_same_arms, reason = "in the order of the alphabet")]
fn single(word: &[u8], at: usize) -> &'static str {
    let next = word.get(at + 1).copied();
    let last = next.is_none();
    let front_follows = matches!(next, Some(b'e' | b'i' | b'y'));
    let vowels_before = word[..at].iter().any(|&letter| is_vowel(letter) || letter == b'y');
    match word[at] {
        b'a' if last => "ə",
        b'a' => "æ",
        b'b' => "b",
        b'c' | b'k' if word[at] == b'k' || !front_follows => "k",
        b'c' | b's' if word[at] == b'c' || !s_is_voiced(word, at) => "s",
        b's' | b'z' => "z",
        b'd' => "d",
        b'e' if silent_e(word, at, vowels_before) => "",
        b'e' if last => "i",
        b'e' => "ɛ",
        b'f' => "f",
        b'g' if front_follows && at > 0 => "ʤ",
        b'g' => "ɡ",
        b'h' => "h",
        b'i' if last => "i",
        b'i' => "ɪ",
        b'j' => "ʤ",
        b'l' => "l",
        b'm' => "m",
        b'n' => "n",
        b'o' if last => "O",
        b'o' => "ɑ",
        b'p' => "p",
        b'q' => "k",
        b'r' => "ɹ",
        b't' => "t",
        b'u' => "ʌ",
        b'v' => "v",
        b'w' => "w",
        b'x' => "ks",
        b'y' if at == 0 => "j",
        b'y' if last && !vowels_before => "I",
        b'y' if last => "i",
        _ => "ɪ",
    }
}

fn s_is_voiced(word: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).map(|before| word[before]);
    let last = at + 1 == word.len();
    let between_vowels = before.is_some_and(is_vowel) && word.get(at + 1).copied().is_some_and(is_vowel);
    let after_voiced =
        before.is_some_and(|b| matches!(b, b'b' | b'd' | b'g' | b'l' | b'm' | b'n' | b'r' | b'v' | b'e'));
    between_vowels || (last && after_voiced)
}

fn silent_e(word: &[u8], at: usize, vowels_before: bool) -> bool {
    let tail = &word[at + 1..];
    let after_sibilant = at > 0 && matches!(word[at - 1], b's' | b'c' | b'z' | b'x' | b'g');
    let after_stop = at > 0 && matches!(word[at - 1], b't' | b'd');
    vowels_before && (tail.is_empty() || (tail == b"s" && !after_sibilant) || (tail == b"d" && !after_stop))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_irregular_words_are_sorted() {
        assert!(IRREGULAR.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn letters_are_said_by_their_names() {
        assert_eq!(letters_of("API's"), "ApiIz");
        assert_eq!(letters_of("É"), "i");
    }

    #[test]
    fn common_spellings_sound_right() {
        assert_eq!(phonemes_of("cat"), "kæt");
        assert_eq!(phonemes_of("make"), "mAk");
        assert_eq!(phonemes_of("night"), "nIt");
        assert_eq!(phonemes_of("station"), "stæʃən");
        assert_eq!(phonemes_of("happy"), "hæpi");
        assert_eq!(phonemes_of("dogs"), "dɑɡz");
        assert_eq!(phonemes_of("know"), "nW");
        assert_eq!(phonemes_of("played"), "plAd");
        assert_eq!(phonemes_of("API"), "ApiI");
        assert_eq!(phonemes_of("über"), "ʌbɜɹ");
        assert_eq!(phonemes_of("東京"), "ə");
        assert_eq!(phonemes_of("…"), "");
    }

    #[test]
    fn every_short_string_of_letters_is_handled() {
        for a in b'a'..=b'z' {
            for b in b'a'..=b'z' {
                for c in b'a'..=b'z' {
                    let word = String::from_utf8_lossy(&[a, b, c]).into_owned();
                    let _ = phonemes_of(&word);
                }
            }
        }
    }
}
