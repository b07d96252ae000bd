//! Sums in a sentence: "what is 12 times 7 plus 1", "subtract three from ten". Pure.

use super::quantity::{joined_at, pieces_of, plain, quantity_at};

/// More than this many numbers are no sum that somebody says.
const MOST_TERMS: usize = 32;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Token {
    Number(f64),
    Sign(char),
}

/// Finds a sum in the text and says it with its result.
pub(super) fn result_of(text: &str) -> Option<String> {
    let pieces = pieces_of(text);
    let tokens = word_problem(&pieces).or_else(|| longest_sum(&tokens_of(&pieces)))?;
    let written: Vec<String> = tokens
        .iter()
        .map(|token| match token {
            Token::Number(number) => plain(*number),
            Token::Sign('%') => "percent of".to_owned(),
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

/// Words that sound like a number, and are one where a number must stand: a recogniser writes what is usual elsewhere.
fn sounding(word: &str) -> Option<f64> {
    match word {
        "won" => Some(1.0),
        "to" | "too" => Some(2.0),
        "free" | "tree" => Some(3.0),
        "for" | "fore" => Some(4.0),
        "ate" => Some(8.0),
        _ => None,
    }
}

/// The number that must stand here, and how many pieces it has.
fn number_at(pieces: &[String]) -> Option<(f64, usize)> {
    quantity_at(pieces).or_else(|| Some((sounding(pieces.first()?)?, 1)))
}

/// Numbers and signs; anything else becomes `None`, which ends a sum.
fn tokens_of(pieces: &[String]) -> Vec<Option<Token>> {
    let asks =
        pieces.iter().any(|word| matches!(word.as_str(), "what" | "what's" | "whats" | "how" | "calculate"));
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < pieces.len() {
        let after_sign = matches!(tokens.last(), Some(Some(Token::Sign(_))));
        if let Some((value, used)) = joined_at(&pieces[at..]) {
            tokens.push(Some(Token::Number(value)));
            at += used;
            continue;
        }
        let next = pieces.get(at + 1).map_or("", String::as_str);
        let (token, used) = match (pieces[at].as_str(), next) {
            ("+" | "plus", _) => (Some(Token::Sign('+')), 1),
            ("−" | "minus", _) => (Some(Token::Sign('−')), 1),
            ("multiplied" | "times", "by") => (Some(Token::Sign('×')), 2),
            ("*" | "×" | "x" | "times" | "multiplied", _) => (Some(Token::Sign('×')), 1),
            ("divided", "by") => (Some(Token::Sign('÷')), 2),
            ("/" | "÷" | "divided" | "over", _) => (Some(Token::Sign('÷')), 1),
            ("%" | "percent", "of") => (Some(Token::Sign('%')), 2),
            // The small word is easily lost; who asks, means it.
            ("%" | "percent", "on" | "or" | "a") if asks => (Some(Token::Sign('%')), 2),
            ("%" | "percent", _) if asks && quantity_at(&pieces[at + 1..]).is_some() => {
                (Some(Token::Sign('%')), 1)
            }
            (word, _) if after_sign => (sounding(word).map(Token::Number), 1),
            _ => (None, 1),
        };
        tokens.push(token);
        at += used;
    }
    tokens
}

/// "Add three and four", "subtract three from ten", "the product of six and seven".
fn word_problem(pieces: &[String]) -> Option<Vec<Token>> {
    let (at, sign) = pieces.iter().enumerate().find_map(|(at, word)| {
        let of = pieces.get(at + 1).is_some_and(|next| next == "of");
        let between = pieces.get(at + 1).is_some_and(|next| next == "between");
        let sign = match word.as_str() {
            "add" => '+',
            "subtract" => '−',
            "multiply" => '×',
            "divide" => '÷',
            "sum" if of => '+',
            "product" if of => '×',
            "difference" if between => '−',
            _ => return None,
        };
        Some((if of || between { at + 2 } else { at + 1 }, sign))
    })?;
    let (first, used) = number_at(pieces.get(at..)?)?;
    let connector = pieces.get(at + used)?;
    let (second, _) = number_at(pieces.get(at + used + 1..)?)?;
    let (first, second) = match connector.as_str() {
        "from" if sign == '−' => (second, first),
        "and" | "to" | "with" | "by" | "from" => (first, second),
        _ => return None,
    };
    Some(vec![Token::Number(first), Token::Sign(sign), Token::Number(second)])
}

/// The first stretch of number, sign, number, … with at least one sign.
fn longest_sum(tokens: &[Option<Token>]) -> Option<Vec<Token>> {
    tokens.split(Option::is_none).find_map(|stretch| {
        let mut sum = Vec::new();
        let mut stretch = stretch.iter().flatten().take(MOST_TERMS * 2).peekable();
        while let Some(token) = stretch.next() {
            match (token, sum.len() % 2, stretch.peek()) {
                (Token::Number(_), 0, _) | (Token::Sign(_), 1, _) => sum.push(*token),
                (Token::Sign('−'), 0, Some(Token::Number(number))) => {
                    sum.push(Token::Number(-number));
                    stretch.next();
                }
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
                '%' => term *= number / 100.0,
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
            ("what is seventeen times four", "17 × 4 = 68."),
            ("how much is twenty-five plus a hundred and five", "25 + 105 = 130."),
            ("What's 3.5 x 2?", "3.5 × 2 = 7."),
            ("what is fifteen percent of two hundred", "15 percent of 200 = 30."),
            ("What is 20% of 50?", "20 percent of 50 = 10."),
            ("two plus to", "2 + 2 = 4."),
            ("nine minus ate", "9 − 8 = 1."),
            ("Subtract free from 11.", "11 − 3 = 8."),
            ("multiply seven by for", "7 × 4 = 28."),
            ("What is 20% 50?", "20 percent of 50 = 10."),
            ("How much is ten percent on 30?", "10 percent of 30 = 3."),
            ("minus five plus three", "-5 + 3 = -2."),
            ("subtract three from ten", "10 − 3 = 7."),
            ("Add forty two and eight.", "42 + 8 = 50."),
            ("What is 100 and 20 divided by 5?", "120 ÷ 5 = 24."),
            ("Add 100 and 20", "100 + 20 = 120."),
            ("multiply six by seven", "6 × 7 = 42."),
            ("what's the sum of nine and eleven", "9 + 11 = 20."),
        ];
        for (text, result) in cases {
            assert_eq!(result_of(text).as_deref(), Some(result), "{text}");
        }
    }

    #[test]
    fn words_are_not_sums() {
        for text in [
            "",
            "I have two cats and one dog",
            "well-known",
            "on 2026-",
            "+",
            "times square",
            "5",
            "add milk and two eggs to the list",
            "I have been there two times",
            "it fell by 20% 5 days ago",
            "What is 20% off 50 called?",
            "add to the list",
            "the tree from which I ate",
            "subtract free samples from the bill",
        ] {
            assert_eq!(result_of(text), None, "{text}");
        }
    }
}
