//! Sums in a sentence: "what is 12 times 7 plus 1", "subtract three from ten", "the square root of 81". Pure.

use crate::intents::text::{grouped, joined_at, pieces_of, quantity_at};

/// More than this many numbers are no sum that somebody says.
const MOST_TERMS: usize = 32;
/// Larger results have no names that help.
const LARGEST: f64 = 1e15;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Token {
    Number(f64),
    Sign(char),
}

/// A sum that was asked for.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::intents) struct Sum {
    /// It and its result, as a sentence.
    pub(in crate::intents) said: String,
    /// The result, for a sum that goes on with it.
    pub(in crate::intents) value: Option<f64>,
}

/// Finds a sum in the text; one that begins with a sign goes on with `before`.
pub(in crate::intents) fn sum_in(text: &str, before: Option<f64>) -> Option<Sum> {
    let pieces = pieces_of(text);
    if let Some(sum) = special(&pieces, before) {
        return Some(sum);
    }
    let tokens =
        told(&pieces).or_else(|| longest_sum(&tokens_of(&pieces))).or_else(|| continued(&pieces, before?))?;
    let written: Vec<String> = tokens.iter().map(|token| written(*token)).collect();
    let written = written.join(" ");
    let value = evaluate(&tokens);
    let said = match value {
        Some(result) if result.abs() >= LARGEST => format!("{written} is more than I can count."),
        Some(result) => format!("{written} is {}.", grouped(result)),
        None => format!("{written} has no answer: nobody can divide by zero."),
    };
    Some(Sum { said, value: value.filter(|value| value.abs() < LARGEST) })
}

fn written(token: Token) -> String {
    match token {
        Token::Number(number) => grouped(number),
        Token::Sign('%') => "percent of".to_owned(),
        Token::Sign('−') => "minus".to_owned(),
        Token::Sign('×') => "times".to_owned(),
        Token::Sign('÷') => "divided by".to_owned(),
        Token::Sign('^') => "to the power of".to_owned(),
        Token::Sign(_) => "plus".to_owned(),
    }
}

/// "Plus 10" after a sum.
fn continued(pieces: &[String], before: f64) -> Option<Vec<Token>> {
    let signs = ["+", "plus", "−", "minus", "*", "×", "times", "÷", "/", "divided", "multiplied"];
    let at = pieces.iter().take(3).position(|piece| signs.contains(&piece.as_str()))?;
    let mut tokens = vec![Some(Token::Number(before))];
    tokens.extend(tokens_of(&pieces[at..]));
    longest_sum(&tokens)
}

/// How many of this part make a whole.
fn parts_of(part: &str) -> f64 {
    match part {
        "half" => 2.0,
        "third" => 3.0,
        "quarter" => 4.0,
        "fifth" => 5.0,
        _ => 10.0,
    }
}

/// Sums with words of their own.
fn special(pieces: &[String], before: Option<f64>) -> Option<Sum> {
    let word = |at: usize| pieces.get(at).map_or("", String::as_str);
    let number = |at: usize| quantity_at(pieces.get(at..).unwrap_or_default());
    let sum = |said: String, value: f64| {
        let known = value.is_finite() && value.abs() < LARGEST;
        let said = if known {
            format!("{said} is {}.", grouped(value))
        } else {
            format!("{said} is more than I can count.")
        };
        Some(Sum { said, value: known.then_some(value) })
    };
    let asks = pieces
        .iter()
        .any(|word| matches!(word.as_str(), "what" | "what's" | "whats" | "how" | "calculate" | "is"));
    for at in 0..pieces.len() {
        let (this, next, then) = (word(at), word(at + 1), word(at + 2));
        match (this, next, then) {
            ("square" | "cube", "root", "of") => {
                let (value, _) = number(at + 3)?;
                let root = if this == "square" { value.sqrt() } else { value.cbrt() };
                if root.is_nan() {
                    return Some(Sum {
                        said: format!("{} has no real square root.", grouped(value)),
                        value: None,
                    });
                }
                return sum(format!("The {this} root of {}", grouped(value)), (root * 1e9).round() / 1e9);
            }
            ("half" | "third" | "quarter" | "fifth" | "tenth", "of", _) if asks || at <= 1 => {
                let that = matches!(then, "that" | "it").then_some(before).flatten().map(|value| (value, 1));
                let Some((value, _)) = number(at + 2).or(that) else { continue };
                // "Half of ten minutes" is no sum.
                let parts = parts_of(this);
                let lead = if this == "half" { "Half" } else { &format!("A {this}") };
                return sum(format!("{lead} of {}", grouped(value)), value / parts);
            }
            ("double" | "twice" | "triple", _, _) if asks || at == 0 => {
                let Some((value, _)) = number(at + 1) else { continue };
                let factor = if this == "triple" { 3.0 } else { 2.0 };
                return sum(
                    format!("{} {}", if this == "triple" { "Triple" } else { "Double" }, grouped(value)),
                    value * factor,
                );
            }
            ("split" | "share" | "divide", _, _) if at <= 2 => {
                if let Some((whole, count)) = shared_out(pieces, at + 1).filter(|(_, count)| *count > 0.0) {
                    let said = format!("{} divided by {}", grouped(whole), grouped(count));
                    return sum(said, whole / count);
                }
            }
            ("add" | "sum" | "total", _, _) => {
                let all = in_a_row(pieces, if next == "of" || next == "up" { at + 2 } else { at + 1 });
                if all.len() > 2 {
                    let written: Vec<String> = all.iter().map(|number| grouped(*number)).collect();
                    return sum(written.join(" plus "), all.iter().sum());
                }
            }
            ("factorial", "of", _) => {
                let (value, _) = number(at + 2)?;
                return sum(format!("The factorial of {}", grouped(value)), factorial(value)?);
            }
            _ => {}
        }
        let single = quantity_at(pieces.get(at..=at).unwrap_or_default());
        if let Some((count, _)) = single.filter(|_| next == "dozen" && asks && word(at + 2).is_empty()) {
            return sum(format!("{} dozen", grouped(count)), count * 12.0);
        }
        let Some((value, used)) = number(at) else { continue };
        let (next, then) = (word(at + used), word(at + used + 1));
        match (next, then) {
            ("squared", _) => return sum(format!("{} squared", grouped(value)), value * value),
            ("cubed", _) => return sum(format!("{} cubed", grouped(value)), value.powi(3)),
            ("factorial", _) => {
                return sum(format!("The factorial of {}", grouped(value)), factorial(value)?);
            }
            ("%" | "percent", "off") => {
                let Some((price, end)) = number(at + used + 2) else { continue };
                // What is asked must be the price.
                if word(at + used + 2 + end) == "called" {
                    return None;
                }
                return sum(
                    format!("{} percent off {}", grouped(value), grouped(price)),
                    price * (1.0 - value / 100.0),
                );
            }
            ("%" | "percent", "tip") => {
                let Some((price, _)) = (at + used + 2..pieces.len()).find_map(number) else { continue };
                return sum(
                    format!("A {} percent tip on {}", grouped(value), grouped(price)),
                    price * value / 100.0,
                );
            }
            _ => {}
        }
    }
    None
}

/// "Split 180 by 4 people", "share the bill of 90 euros among three": what is shared, and by how many.
fn shared_out(pieces: &[String], from: usize) -> Option<(f64, f64)> {
    let word = |at: usize| pieces.get(at).map_or("", String::as_str);
    let (at, (whole, used)) =
        (from..pieces.len().min(from + 6)).find_map(|at| Some((at, quantity_at(&pieces[at..])?)))?;
    let (by, (count, more)) = (at + used..pieces.len().min(at + used + 4))
        .find_map(|at| Some((at, quantity_at(&pieces[at..])?)))?;
    let led = matches!(word(by.checked_sub(1)?), "by" | "among" | "amongst" | "between" | "into" | "in");
    let behind =
        matches!(word(by + more), "people" | "ways" | "friends" | "persons" | "of" | "kids" | "children");
    (led || behind).then_some((whole, count))
}

/// Numbers in a row, with nothing between them but "and".
fn in_a_row(pieces: &[String], from: usize) -> Vec<f64> {
    let (mut all, mut at) = (Vec::new(), from);
    while let Some((value, used)) = pieces.get(at..).and_then(quantity_at) {
        if all.len() == MOST_TERMS {
            return Vec::new();
        }
        all.push(value);
        at += used;
        if pieces.get(at).is_some_and(|word| word == "and" || word == "plus") {
            at += 1;
        }
    }
    // "Add 2 eggs and 3 apples" is no sum.
    let ends = pieces.get(at).is_none_or(|word| matches!(word.as_str(), "together" | "up" | "please"));
    if ends { all } else { Vec::new() }
}

fn factorial(value: f64) -> Option<f64> {
    let whole = (0.0..=170.0).contains(&value) && value.fract() == 0.0;
    whole.then(|| (1..=value as u32).map(f64::from).product())
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
            ("to", "the") if pieces.get(at + 2).is_some_and(|word| word == "power") => (
                Some(Token::Sign('^')),
                if pieces.get(at + 3).is_some_and(|word| word == "of") { 4 } else { 3 },
            ),
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
fn told(pieces: &[String]) -> Option<Vec<Token>> {
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
                '^' => term = f64::powf(term, number),
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
    Some(total + term).filter(|sum| !sum.is_nan())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result_of(text: &str) -> Option<String> {
        sum_in(text, None).map(|sum| sum.said)
    }

    #[test]
    fn sums_are_found_and_done() {
        let cases = [
            ("What is 12 times 7?", "12 times 7 is 84."),
            ("2+3*4", "2 plus 3 times 4 is 14."),
            ("ten minus twelve", "10 minus 12 is -2."),
            ("Please divide: 10 divided by 4!", "10 divided by 4 is 2.5."),
            ("1,000 + 0.5", "1000 plus 0.5 is 1000.5."),
            ("7 over 0", "7 divided by 0 has no answer: nobody can divide by zero."),
            ("what is seventeen times four", "17 times 4 is 68."),
            ("how much is twenty-five plus a hundred and five", "25 plus 105 is 130."),
            ("What's 3.5 x 2?", "3.5 times 2 is 7."),
            ("what is fifteen percent of two hundred", "15 percent of 200 is 30."),
            ("What is 20% of 50?", "20 percent of 50 is 10."),
            ("two plus to", "2 plus 2 is 4."),
            ("nine minus ate", "9 minus 8 is 1."),
            ("Subtract free from 11.", "11 minus 3 is 8."),
            ("multiply seven by for", "7 times 4 is 28."),
            ("What is 20% 50?", "20 percent of 50 is 10."),
            ("How much is ten percent on 30?", "10 percent of 30 is 3."),
            ("minus five plus three", "-5 plus 3 is -2."),
            ("subtract three from ten", "10 minus 3 is 7."),
            ("Add forty two and eight.", "42 plus 8 is 50."),
            ("What is 100 and 20 divided by 5?", "120 divided by 5 is 24."),
            ("Add 100 and 20", "100 plus 20 is 120."),
            ("multiply six by seven", "6 times 7 is 42."),
            ("what's the sum of nine and eleven", "9 plus 11 is 20."),
            ("What is the square root of 81?", "The square root of 81 is 9."),
            ("7 squared", "7 squared is 49."),
            ("two to the power of ten", "2 to the power of 10 is 1024."),
            ("what is a third of 27", "A third of 27 is 9."),
            ("20% off 50", "20 percent off 50 is 40."),
            ("a 15 percent tip on 60", "A 15 percent tip on 60 is 9."),
            ("what is 5 factorial", "The factorial of 5 is 120."),
        ];
        for (text, result) in cases {
            assert_eq!(result_of(text).as_deref(), Some(result), "{text}");
        }
        assert!(
            result_of("999999999999 * 999999999999")
                .is_some_and(|said| said.ends_with("is more than I can count."))
        );
    }

    #[test]
    fn a_sum_may_go_on_with_the_last_one() {
        let on = |text: &str| sum_in(text, Some(84.0)).map(|sum| sum.said);
        assert_eq!(on("plus 10").as_deref(), Some("84 plus 10 is 94."));
        assert_eq!(on("times two").as_deref(), Some("84 times 2 is 168."));
        assert_eq!(on("half of that").as_deref(), Some("Half of 84 is 42."));
        assert_eq!((on("hello"), on("divided")), (None, None));
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
            "turn it to half",
        ] {
            assert_eq!(result_of(text), None, "{text}");
        }
    }
}
