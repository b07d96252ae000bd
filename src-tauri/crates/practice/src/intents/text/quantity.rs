//! Quantities in a text as a recogniser writes it: digits or number words, with or without hyphens. Pure.

use speech::numbers::counted;

/// The most pieces of a text that are looked at.
const MOST: usize = 4_000;
/// No number that somebody says has more words.
const LONGEST: usize = 24;

/// Lower-case words, numbers as written (without commas) and signs, each by itself: "2-minute" is `2` and `minute`.
pub(in crate::intents) fn pieces_of(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().take(16_000).collect();
    let digit = |at: Option<usize>| at.and_then(|at| letters.get(at)).is_some_and(char::is_ascii_digit);
    let mut pieces = vec![String::new()];
    for (at, &letter) in letters.iter().enumerate() {
        if pieces.len() > MOST {
            break;
        }
        let (before, after) = (at.checked_sub(1), Some(at + 1));
        let mut own = |piece: Option<char>| {
            pieces.extend(piece.map(String::from));
            pieces.push(String::new());
        };
        match letter {
            '.' if digit(before) && digit(after) => push(&mut pieces, '.'),
            // The comma of 1,000.
            ',' if digit(before) && digit(after) => {}
            '+' | '*' | '×' | '÷' | '/' | '%' => own(Some(letter)),
            '-' | '−' => {
                let word =
                    |at: Option<usize>| at.and_then(|at| letters.get(at)).is_some_and(|c| c.is_alphabetic());
                // A hyphen is a sign between digits or spaces, and not within words.
                own((!word(before) && !word(after)).then_some('−'));
            }
            '\'' | '’' => push(&mut pieces, '\''),
            letter if letter.is_alphanumeric() => letter.to_lowercase().for_each(|c| push(&mut pieces, c)),
            _ => own(None),
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

fn push(pieces: &mut [String], letter: char) {
    if let Some(last) = pieces.last_mut() {
        last.push(letter);
    }
}

/// The quantity that stands at the beginning of these pieces, and of how many it consists: "three point five", "2
/// million", "two and a half".
pub(in crate::intents) fn quantity_at(pieces: &[String]) -> Option<(f64, usize)> {
    let words: Vec<&str> = pieces.iter().take(LONGEST).map(String::as_str).collect();
    let word = |at: usize| words.get(at).copied().unwrap_or_default();
    let (mut value, mut used) = match word(0) {
        "half" | "quarter" => (if word(0) == "half" { 0.5 } else { 0.25 }, 1),
        "a" if matches!(word(1), "half" | "quarter") => (if word(1) == "half" { 0.5 } else { 0.25 }, 2),
        "a" if word(1) == "couple" => (2.0, 2),
        "a" if word(1) == "dozen" => (12.0, 2),
        first if first.starts_with(|c: char| c.is_ascii_digit()) => written(first, word(1))?,
        _ => {
            let (value, used) = counted(&words)?;
            (value as f64, used)
        }
    };
    if word(used) == "point" {
        let mut place = 0.1;
        let decimals = words[used + 1..].iter().map_while(|word| match counted(&[word]) {
            Some((digit @ 0..=9, 1)) => Some(digit),
            _ => word.parse().ok().filter(|digit| *digit <= 9_u64),
        });
        let mut count = 0;
        for digit in decimals.take(9) {
            value += digit as f64 * place;
            place /= 10.0;
            count += 1;
        }
        used += if count > 0 { count + 1 } else { 0 };
    }
    if word(used) == "and" && word(used + 1) == "a" {
        let part = match word(used + 2) {
            "half" => 0.5,
            "quarter" => 0.25,
            _ => return Some((value, used)),
        };
        return Some((value + part, used + 3));
    }
    Some((value, used))
}

/// The same, for a recogniser that writes "100 and 20": hundreds and what is below them are one quantity.
pub(in crate::intents) fn joined_at(pieces: &[String]) -> Option<(f64, usize)> {
    let (value, used) = quantity_at(pieces)?;
    let hundreds = value >= 100.0 && (value % 100.0).abs() < 1e-9 && value < 1e15;
    if hundreds
        && pieces.get(used).is_some_and(|word| word == "and")
        && let Some((more, further)) = quantity_at(pieces.get(used + 1..)?)
        && (1.0..100.0).contains(&more)
    {
        return Some((value + more, used + 1 + further));
    }
    Some((value, used))
}

fn written(first: &str, next: &str) -> Option<(f64, usize)> {
    let is_number = first.len() <= 15 && first.chars().all(|c| c.is_ascii_digit() || c == '.');
    let value: f64 = is_number.then(|| first.parse().ok()).flatten()?;
    Some(match next {
        "hundred" => (value * 1e2, 2),
        "thousand" => (value * 1e3, 2),
        "million" => (value * 1e6, 2),
        "billion" => (value * 1e9, 2),
        _ => (value, 1),
    })
}

/// At most four places, without zeros at the end.
pub(in crate::intents) fn plain(number: f64) -> String {
    let fixed = format!("{number:.4}");
    let short = fixed.trim_end_matches('0').trim_end_matches('.');
    if short == "-0" { "0".to_owned() } else { short.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(String, usize)> {
        quantity_at(&pieces_of(text)).map(|(value, used)| (plain(value), used))
    }

    #[test]
    fn a_text_falls_into_words_numbers_and_signs() {
        let pieces = |text: &str| pieces_of(text).join("|");
        assert_eq!(pieces("Set a 2-minute timer, please!"), "set|a|2|minute|timer|please");
        assert_eq!(pieces("1,000.5 + twenty-one=?"), "1000.5|+|twenty|one");
        assert_eq!(pieces("3-4 - 5% well-known"), "3|−|4|−|5|%|well|known");
        assert_eq!(pieces("What’s 7. "), "what's|7");
        assert!(pieces_of(&"a ".repeat(100_000)).len() <= MOST);
    }

    #[test]
    fn quantities_are_read_in_digits_and_in_words() {
        for (text, value, used) in [
            ("17 times", "17", 1),
            ("seventeen times", "17", 1),
            ("twenty-one", "21", 2),
            ("three point one four meters", "3.14", 4),
            ("two and a half minutes", "2.5", 4),
            ("2 million people", "2000000", 2),
            ("half an hour", "0.5", 1),
            ("a hundred and five", "105", 4),
            ("a couple of", "2", 2),
        ] {
            assert_eq!(read(text), Some((value.to_owned(), used)), "{text}");
        }
        for none in ["", "apples", "a dog", "1e5", "12345678901234567890", "5th"] {
            assert_eq!(read(none), None, "{none}");
        }
    }
}
