//! From written English to phones: a few dozen spelling rules and the commonest words that break them.
//!
//! Pure functions. This is a sketch of English spelling, good enough to be followed, not a dictionary.

use super::lexicon::{GROUPS, IRREGULAR, LETTER_NAMES};
use super::phones::{Phone, phone};

/// The phones of one word. What is not a Latin letter is left out; a word of other letters becomes a plain syllable.
pub(super) fn phones_of(word: &str) -> Vec<&'static Phone> {
    let capitals = word.chars().filter(char::is_ascii_uppercase).count();
    let lower: String = word.chars().filter_map(plain_letter).collect();
    if lower.is_empty() {
        let any = word.chars().any(char::is_alphanumeric);
        return named(if any { "AX" } else { "" });
    }
    if let Ok(found) = IRREGULAR.binary_search_by(|(known, _)| (*known).cmp(&lower)) {
        return named(IRREGULAR[found].1);
    }
    let has_vowel = lower.contains(['a', 'e', 'i', 'o', 'u', 'y']);
    if !has_vowel || (capitals == lower.len() && (2..=4).contains(&lower.len())) {
        let names = lower.bytes().map(|letter| LETTER_NAMES[usize::from(letter - b'a')]);
        return names.flat_map(named).collect();
    }
    by_rules(lower.as_bytes())
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

fn named(names: &str) -> Vec<&'static Phone> {
    names.split_ascii_whitespace().filter_map(phone).collect()
}

fn by_rules(word: &[u8]) -> Vec<&'static Phone> {
    let mut phones = Vec::new();
    let mut at = 0;
    while at < word.len() {
        let rest = &word[at..];
        if at == 0 && (rest.starts_with(b"kn") || rest.starts_with(b"wr") || rest.starts_with(b"gn")) {
            at += 1;
            continue;
        }
        // A vowel, one consonant and a final e: the vowel says its name and the e nothing.
        if let Some(long) = long_before_silent_e(rest) {
            phones.extend(named(long));
            at += 1;
            continue;
        }
        if let Some((letters, names)) =
            GROUPS.iter().find(|(letters, _)| rest.starts_with(letters.as_bytes()))
        {
            phones.extend(named(names));
            at += letters.len();
            continue;
        }
        phones.extend(named(single(word, at)));
        // Doubled consonants sound once.
        let doubled = rest.len() > 1 && rest[0] == rest[1] && !is_vowel(rest[0]);
        at += if doubled { 2 } else { 1 };
    }
    phones
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
        b'a' => "EY",
        b'e' => "IY",
        b'i' | b'y' => "AY",
        b'o' => "OW",
        b'u' => "UW",
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
        b'a' if last => "AX",
        b'a' => "AE",
        b'b' => "B",
        b'c' | b'k' if word[at] == b'k' || !front_follows => "K",
        b'c' | b's' if word[at] == b'c' || !s_is_voiced(word, at) => "S",
        b's' | b'z' => "Z",
        b'd' => "D",
        b'e' if silent_e(word, at, vowels_before) => "",
        b'e' if last => "IY",
        b'e' => "EH",
        b'f' => "F",
        b'g' if front_follows && at > 0 => "JH",
        b'g' => "G",
        b'h' => "HH",
        b'i' if last => "IY",
        b'i' => "IH",
        b'j' => "JH",
        b'l' => "L",
        b'm' => "M",
        b'n' => "N",
        b'o' if last => "OW",
        b'o' => "AA",
        b'p' => "P",
        b'q' => "K",
        b'r' => "R",
        b't' => "T",
        b'u' => "AH",
        b'v' => "V",
        b'w' => "W",
        b'x' => "K S",
        b'y' if at == 0 => "Y",
        b'y' if last && !vowels_before => "AY",
        b'y' if last => "IY",
        _ => "IH",
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

    fn spelled(word: &str) -> String {
        phones_of(word).iter().map(|phone| phone.name).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_irregular_words_are_sorted_and_name_known_phones() {
        assert!(IRREGULAR.windows(2).all(|pair| pair[0].0 < pair[1].0));
        let all = IRREGULAR.iter().chain(GROUPS).map(|(_, names)| *names).chain(LETTER_NAMES);
        for name in all.flat_map(str::split_ascii_whitespace) {
            assert!(phone(name).is_some(), "{name} is no phone");
        }
    }

    #[test]
    fn common_spellings_sound_right() {
        assert_eq!(spelled("cat"), "K AE T");
        assert_eq!(spelled("make"), "M EY K");
        assert_eq!(spelled("night"), "N AY T");
        assert_eq!(spelled("station"), "S T AE SH AX N");
        assert_eq!(spelled("happy"), "HH AE P IY");
        assert_eq!(spelled("dogs"), "D AA G Z");
        assert_eq!(spelled("know"), "N AW");
        assert_eq!(spelled("played"), "P L EY D");
        assert_eq!(spelled("API"), "EY P IY AY");
        assert_eq!(spelled("über"), "AH B ER");
        assert_eq!(spelled("東京"), "AX");
        assert_eq!(spelled("…"), "");
    }

    #[test]
    fn every_short_string_of_letters_is_handled() {
        for a in b'a'..=b'z' {
            for b in b'a'..=b'z' {
                for c in b'a'..=b'z' {
                    let word = String::from_utf8_lossy(&[a, b, c]).into_owned();
                    let _ = phones_of(&word);
                }
            }
        }
    }
}
