//! Written numbers, orders and years as words. Pure.

use crate::numbers::{cardinal, digits};

/// More digits than this are read one by one.
const LONGEST: usize = 18;

/// "twenty third".
pub(super) fn ordinal(value: u64) -> Vec<String> {
    let mut words = cardinal(value);
    if let Some(last) = words.last_mut() {
        *last = match last.as_str() {
            "one" => "first".to_owned(),
            "two" => "second".to_owned(),
            "three" => "third".to_owned(),
            "five" => "fifth".to_owned(),
            "eight" => "eighth".to_owned(),
            "nine" => "ninth".to_owned(),
            "twelve" => "twelfth".to_owned(),
            tens if tens.ends_with('y') => format!("{}ieth", &tens[..tens.len() - 1]),
            other => format!("{other}th"),
        };
    }
    words
}

/// "twenty twenty six", "nineteen oh five", "two thousand four".
pub(super) fn year(value: u64) -> Vec<String> {
    let (century, rest) = (value / 100, value % 100);
    if !(11..100).contains(&century) || (century % 10 == 0 && rest < 10) {
        return cardinal(value);
    }
    let mut words = cardinal(century);
    match rest {
        0 => words.push("hundred".to_owned()),
        1..=9 => {
            words.push("oh".to_owned());
            words.extend(cardinal(rest));
        }
        _ => words.extend(cardinal(rest)),
    }
    words
}

/// A plain number: digits, perhaps in groups of three, perhaps with decimals and a sign.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Number {
    pub(super) negative: bool,
    /// Digits before the point, without commas.
    pub(super) whole: String,
    pub(super) decimals: Option<String>,
    /// Whether it was written with commas between groups.
    pub(super) grouped: bool,
}

impl Number {
    /// The number that `text` begins with, and the rest of the text.
    pub(super) fn at_start(text: &str) -> Option<(Self, &str)> {
        let unsigned = text.strip_prefix(['-', '−']);
        let (negative, mut rest) = (unsigned.is_some(), unsigned.unwrap_or(text));
        let run = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let mut whole = rest[..run(rest)].to_owned();
        rest = &rest[whole.len()..];
        let mut grouped = false;
        while let Some(after) = rest.strip_prefix(',').filter(|after| run(after) == 3 && whole.len() < 30) {
            whole.push_str(&after[..3]);
            rest = &after[3..];
            grouped = true;
        }
        let mut decimals = None;
        if let Some(after) = rest.strip_prefix('.').filter(|after| run(after) > 0) {
            let count = run(after);
            decimals = Some(after[..count].to_owned());
            rest = &after[count..];
        }
        if whole.is_empty() && decimals.is_none() {
            return None;
        }
        Some((Self { negative, whole, decimals, grouped }, rest))
    }

    /// Its value when it is a whole number that can be counted.
    pub(super) fn value(&self) -> Option<u64> {
        let counts = self.decimals.is_none() && self.whole.len() <= LONGEST;
        self.whole.parse().ok().filter(|_| counts)
    }

    /// Whether one thing is meant, for what is counted by it.
    pub(super) fn is_one(&self) -> bool {
        self.value() == Some(1)
    }

    /// "minus three point one four".
    pub(super) fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        if self.negative {
            words.push("minus".to_owned());
        }
        let leads_with_zero = self.whole.len() > 1 && self.whole.starts_with('0') && self.decimals.is_none();
        match self.whole.parse() {
            Ok(value) if self.whole.len() <= LONGEST && !leads_with_zero => words.extend(cardinal(value)),
            _ if self.whole.is_empty() => {}
            _ => words.extend(digits(&self.whole)),
        }
        if let Some(decimals) = &self.decimals {
            words.push("point".to_owned());
            words.extend(digits(decimals));
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        let (number, rest) = Number::at_start(text).expect("a number");
        assert_eq!(rest, "", "{text}");
        number.words().join(" ")
    }

    #[test]
    fn counts() {
        assert_eq!(said("0"), "zero");
        assert_eq!(said("305"), "three hundred five");
        assert_eq!(
            said("1,234,567"),
            "one million two hundred thirty four thousand five hundred sixty seven"
        );
        assert_eq!(said("-3.14"), "minus three point one four");
        assert_eq!(said(".5"), "point five");
        assert_eq!(said("007"), "zero zero seven");
        assert_eq!(said(&"9".repeat(25)), ["nine"; 25].join(" "));
    }

    #[test]
    fn orders_and_years() {
        let text = |words: Vec<String>| words.join(" ");
        assert_eq!(text(ordinal(1)), "first");
        assert_eq!(text(ordinal(22)), "twenty second");
        assert_eq!(text(ordinal(30)), "thirtieth");
        assert_eq!(text(ordinal(112)), "one hundred twelfth");
        assert_eq!(text(year(2026)), "twenty twenty six");
        assert_eq!(text(year(2004)), "two thousand four");
        assert_eq!(text(year(1905)), "nineteen oh five");
        assert_eq!(text(year(1900)), "nineteen hundred");
        assert_eq!(text(year(987)), "nine hundred eighty seven");
    }

    #[test]
    fn what_follows_is_left() {
        assert_eq!(Number::at_start("12km").map(|(_, rest)| rest), Some("km"));
        assert_eq!(
            Number::at_start("1,23").map(|(number, rest)| (number.whole, rest)),
            Some(("1".into(), ",23"))
        );
        assert_eq!(Number::at_start("5.").map(|(_, rest)| rest), Some("."));
        assert_eq!(Number::at_start("x"), None);
    }
}
