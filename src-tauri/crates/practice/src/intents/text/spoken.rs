//! Lists and numbers as they are said. Pure.

use super::quantity::plain;

/// "a, b and c".
pub(in crate::intents) fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// A number with commas between its thousands, and at most four places.
pub(in crate::intents) fn grouped(number: f64) -> String {
    let text = plain(number);
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
    let (whole, places) = digits.split_once('.').map_or((digits, ""), |(whole, places)| (whole, places));
    if whole.len() <= 4 {
        return text;
    }
    let mut all = String::from(sign);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            all.push(',');
        }
        all.push(digit);
    }
    if !places.is_empty() {
        all.push('.');
        all.push_str(places);
    }
    all
}

/// A number as a person rounds it: no more places than can be heard.
pub(in crate::intents) fn number_said(number: f64) -> String {
    let places = if number.abs() >= 1_000.0 { 0 } else { 2 };
    let scale = 10_f64.powi(places);
    grouped((number * scale).round() / scale)
}

/// One of these, another at each turn.
pub(in crate::intents) fn pick<'a>(all: &[&'a str], turn: usize) -> &'a str {
    all.get(turn % all.len().max(1)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_lists_are_said_as_people_say_them() {
        assert_eq!(grouped(1_234_567.5), "1,234,567.5");
        assert_eq!((grouped(-12_345.0), grouped(2_026.0)), ("-12,345".to_owned(), "2026".to_owned()));
        assert_eq!((number_said(231.4567), number_said(98_765.4)), ("231.46".into(), "98,765".into()));
        let all = |items: &[&str]| listed(&items.iter().map(|&item| item.to_owned()).collect::<Vec<_>>());
        assert_eq!((all(&[]).as_str(), all(&["a"]).as_str()), ("", "a"));
        assert_eq!(all(&["a", "b", "c"]), "a, b and c");
        assert_eq!((pick(&["a", "b"], 3), pick(&[], 1)), ("b", ""));
    }
}
