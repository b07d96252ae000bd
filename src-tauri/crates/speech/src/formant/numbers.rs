//! Written tokens to words that can be said: numbers, times, signs.
//!
//! Pure functions.

use crate::numbers::{cardinal, digits};

/// The words said for one written token, such as `12.5%` or `14:05` or `don't`.
pub(super) fn words_of(token: &str) -> Vec<String> {
    let mut words = Vec::new();
    let chars: Vec<char> = token.chars().collect();
    let mut at = 0;
    while at < chars.len() {
        let here = chars[at];
        let next_is_digit = chars.get(at + 1).is_some_and(char::is_ascii_digit);
        if here.is_ascii_digit() {
            at = number(&chars, at, &mut words);
        } else if here.is_alphanumeric() {
            let end = (at..chars.len()).find(|&end| !in_word(chars[end])).unwrap_or(chars.len());
            words.push(chars[at..end].iter().filter(|&&c| c != '\'' && c != '’').collect());
            at = end;
        } else {
            words.extend(sign(here, next_is_digit).map(str::to_owned));
            at += 1;
        }
    }
    words
}

fn in_word(letter: char) -> bool {
    letter.is_alphabetic() || matches!(letter, '\'' | '’')
}

fn sign(sign: char, before_digit: bool) -> Option<&'static str> {
    Some(match sign {
        '%' => "percent",
        '+' => "plus",
        '=' => "equals",
        '&' => "and",
        '°' => "degrees",
        '×' => "times",
        '÷' => "divided by",
        '-' | '−' if before_digit => "minus",
        '@' => "at",
        _ => return None,
    })
}

/// Says the number that begins at `at`; returns where it ends.
fn number(chars: &[char], at: usize, words: &mut Vec<String>) -> usize {
    let digits_end =
        |from: usize| (from..chars.len()).find(|&end| !chars[end].is_ascii_digit()).unwrap_or(chars.len());
    let mut end = digits_end(at);
    let mut whole: String = chars[at..end].iter().collect();
    // Thousands in groups: 1,234,567.
    while chars.get(end) == Some(&',') && digits_end(end + 1) == end + 4 {
        whole.extend(&chars[end + 1..end + 4]);
        end += 4;
    }
    match whole.parse::<u64>() {
        Ok(value) if whole.len() <= 15 => words.extend(cardinal(value)),
        _ => words.extend(digits(&whole)),
    }
    let tail = digits_end((end + 1).min(chars.len()));
    if tail <= end + 1 {
        return end;
    }
    let rest: String = chars[end + 1..tail].iter().collect();
    match chars[end] {
        '.' => {
            words.push("point".to_owned());
            words.extend(digits(&rest));
        }
        ':' if rest == "00" => words.push("o'clock".replace('\'', "")),
        ':' if rest.len() == 2 => {
            if rest.starts_with('0') {
                words.push("oh".to_owned());
            }
            words.extend(cardinal(rest.parse().unwrap_or_default()));
        }
        _ => return end,
    }
    tail
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(token: &str) -> String {
        words_of(token).join(" ")
    }

    #[test]
    fn numbers_are_said_as_people_say_them() {
        assert_eq!(said("0"), "zero");
        assert_eq!(said("1.8"), "one point eight");
        assert_eq!(said("(512×384)."), "five hundred twelve times three hundred eighty four");
        assert_eq!(
            said("1,234,567"),
            "one million two hundred thirty four thousand five hundred sixty seven"
        );
        assert_eq!(said("14:05"), "fourteen oh five");
        assert_eq!(said("9:00,"), "nine oclock");
        assert_eq!(said("-3°C"), "minus three degrees C");
        assert_eq!(said("2026"), "two thousand twenty six");
        assert_eq!(said("99999999999999999999"), ["nine"; 20].join(" "));
    }

    #[test]
    fn words_keep_their_letters() {
        assert_eq!(said("don't!"), "dont");
        assert_eq!(said("well-known"), "well known");
        assert_eq!(said("—"), "");
        assert_eq!(said("a1b"), "a one b");
    }
}
