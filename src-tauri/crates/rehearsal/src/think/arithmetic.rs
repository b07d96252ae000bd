//! Sums in a sentence: "what is 12 times 7 plus 1". Pure.

/// More than this many numbers are no sum that somebody says.
const MOST_TERMS: usize = 32;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Token {
    Number(f64),
    Sign(char),
}

/// Finds a sum in the text and says it with its result.
pub(super) fn result_of(text: &str) -> Option<String> {
    let tokens = longest_sum(&tokens_of(text))?;
    let written: Vec<String> = tokens
        .iter()
        .map(|token| match token {
            Token::Number(number) => plain(*number),
            Token::Sign(sign) => sign.to_string(),
        })
        .collect();
    let written = written.join(" ");
    match evaluate(&tokens) {
        Some(result) if result.abs() >= 1e15 => Some(format!("{written} is more than I can count.")),
        Some(result) => Some(format!("{written} = {}.", plain(result))),
        None => Some(format!("{written} has no answer: one cannot divide by zero.")),
    }
}

/// Numbers and signs; anything else becomes `None`, which ends a sum.
fn tokens_of(text: &str) -> Vec<Option<Token>> {
    let lower = text.to_lowercase().replace(',', "");
    let mut spaced = String::with_capacity(lower.len() + 16);
    for letter in lower.chars().take(16_000) {
        match letter {
            '+' | '*' | '×' | '÷' | '/' | '=' | '?' | '!' => spaced.extend([' ', letter, ' ']),
            // A hyphen is a sign between digits or spaces, and not within words.
            '-' | '−' => spaced.extend([' ', '-', ' ']),
            _ => spaced.push(letter),
        }
    }
    spaced
        .split_whitespace()
        .filter(|word| !matches!(*word, "by" | "and"))
        .map(|word| {
            Some(match word.trim_end_matches(['.', ':']) {
                "+" | "plus" => Token::Sign('+'),
                "-" | "minus" => Token::Sign('−'),
                "*" | "×" | "x" | "times" | "multiplied" => Token::Sign('×'),
                "/" | "÷" | "divided" | "over" => Token::Sign('÷'),
                word => Token::Number(number(word)?),
            })
        })
        .collect()
}

fn number(word: &str) -> Option<f64> {
    const WORDS: [&str; 13] = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
        "twelve",
    ];
    if let Some(value) = WORDS.iter().position(|known| *known == word) {
        return Some(value as f64);
    }
    if !word.starts_with(|c: char| c.is_ascii_digit()) || word.len() > 15 {
        return None;
    }
    word.parse().ok()
}

/// The first stretch of number, sign, number, … with at least one sign.
fn longest_sum(tokens: &[Option<Token>]) -> Option<Vec<Token>> {
    tokens.split(Option::is_none).find_map(|stretch| {
        let mut sum = Vec::new();
        for token in stretch.iter().flatten().take(MOST_TERMS * 2) {
            match (token, sum.len() % 2) {
                (Token::Number(_), 0) | (Token::Sign(_), 1) => sum.push(*token),
                _ => break,
            }
        }
        if sum.len() % 2 == 0 {
            sum.pop();
        }
        (sum.len() >= 3).then_some(sum)
    })
}

/// Products first, then sums; `None` for a division by zero.
fn evaluate(tokens: &[Token]) -> Option<f64> {
    let (mut total, mut term, mut sign) = (0.0, 0.0, '+');
    for token in tokens {
        match *token {
            Token::Sign(next) => sign = next,
            Token::Number(0.0) if sign == '÷' => return None,
            Token::Number(number) => match sign {
                '×' => term *= number,
                '÷' => term /= number,
                '−' => {
                    total += term;
                    term = -number;
                }
                _ => {
                    total += term;
                    term = number;
                }
            },
        }
    }
    Some(total + term)
}

/// At most four places, without zeros at the end.
fn plain(number: f64) -> String {
    let fixed = format!("{number:.4}");
    let short = fixed.trim_end_matches('0').trim_end_matches('.');
    if short == "-0" { "0".to_owned() } else { short.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_found_and_done() {
        let cases = [
            ("What is 12 times 7?", "12 × 7 = 84."),
            ("2+3*4", "2 + 3 × 4 = 14."),
            ("ten minus twelve", "10 − 12 = -2."),
            ("Please divide: 10 divided by 4!", "10 ÷ 4 = 2.5."),
            ("1,000 + 0.5", "1000 + 0.5 = 1000.5."),
            ("999999999999 * 999999999999", "999999999999 × 999999999999 is more than I can count."),
            ("7 over 0", "7 ÷ 0 has no answer: one cannot divide by zero."),
        ];
        for (text, result) in cases {
            assert_eq!(result_of(text).as_deref(), Some(result), "{text}");
        }
    }

    #[test]
    fn words_are_not_sums() {
        for text in ["", "I have two cats and one dog", "well-known", "on 2026-", "+", "times square", "5"] {
            assert_eq!(result_of(text), None, "{text}");
        }
    }
}
