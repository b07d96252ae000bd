//! Texts of others made fit to be spoken, and names of fields as words. Pure.

use jiff::civil::{Date, DateTime};

use crate::intents::dates::time_said;
use crate::intents::text::words_of_name;

/// A sentence with its mark at the end, short, without signs that nobody speaks.
pub(super) fn finished(sentence: &str, most: usize) -> String {
    let plain = speakable(sentence);
    let mut short: String = plain.chars().take(most).collect();
    if short.len() < plain.len() {
        // At the end of a word, if there is one near.
        let end = short.rfind(' ').filter(|end| *end > most / 2).unwrap_or(short.len());
        short.truncate(end);
    }
    let mut short = short.trim_end_matches([',', ';', ':', ' ', '-']).to_owned();
    if !short.ends_with(['.', '!', '?']) {
        short.push('.');
    }
    let mut letters = short.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A text without markup, brackets, addresses and times for machines.
pub(super) fn speakable(text: &str) -> String {
    let mut all: Vec<String> = Vec::new();
    for word in text.split_whitespace().take(400) {
        let (lead, core, tail) = marks_around(word);
        if core.contains("://") {
            continue;
        }
        let core = long_moment_said(core).unwrap_or_else(|| {
            if core.contains('_') { words_of_name(core).join(" ") } else { core.to_owned() }
        });
        let core: String = core
            .chars()
            .filter(|c| {
                !matches!(
                    c,
                    '*' | '#' | '`' | '{' | '}' | '[' | ']' | '<' | '>' | '|' | '\\' | '~' | '(' | ')'
                ) && !c.is_control()
            })
            .collect();
        if !core.is_empty() {
            all.push(format!("{lead}{core}{tail}"));
        }
    }
    let mut joined = all.join(" ");
    for (twice, once) in [
        ("..", "."),
        ("!!", "!"),
        ("??", "?"),
        (",,", ","),
        (" ,", ","),
        (" .", "."),
        (".,", ","),
        ("?.", "?"),
        ("!.", "!"),
        (",.", "."),
    ] {
        while joined.contains(twice) {
            joined = joined.replace(twice, once);
        }
    }
    joined.trim().to_owned()
}

/// Marks before and behind a word; of brackets and quotes none is kept.
fn marks_around(word: &str) -> (&str, &str, &str) {
    let is_mark =
        |c: char| !c.is_alphanumeric() && !matches!(c, '°' | '%' | '€' | '$' | '£' | '-' | '+' | '−' | '_');
    // "/tmp" is another folder than "tmp".
    let core = word.trim_start_matches(|c: char| is_mark(c) && c != '/').trim_end_matches(is_mark);
    let at = word.find(core).unwrap_or_default();
    let tail =
        word[at + core.len()..].trim_start_matches(|c: char| !matches!(c, '.' | ',' | '!' | '?' | ':' | ';'));
    let tail = tail.get(..tail.chars().next().map_or(0, char::len_utf8)).unwrap_or_default();
    ("", core, tail)
}

/// A date or a time as a value by itself: also "09:30", which in a sentence is fine as it is.
pub(super) fn moment_said(text: &str) -> Option<String> {
    let clock = text.len() == 5 && text.contains(':');
    let time = || clock.then(|| text.parse::<jiff::civil::Time>().ok())?;
    long_moment_said(text).or_else(|| time().map(time_said))
}

/// A date or a time for machines as it is said: "2026-11-27T09:30:00Z".
fn long_moment_said(text: &str) -> Option<String> {
    let digits = text.starts_with(|c: char| c.is_ascii_digit());
    if !digits || text.len() > 40 {
        return None;
    }
    let local = text
        .get(..19)
        .filter(|_| text.contains('T'))
        .or_else(|| text.get(..16).filter(|_| text.contains('T')));
    if let Some(moment) = local.and_then(|local| local.parse::<DateTime>().ok()) {
        return Some(format!("{} at {}", moment.strftime("%A, %-d %B"), time_said(moment.time())));
    }
    if text.len() == 10
        && let Ok(date) = text.parse::<Date>()
    {
        return Some(date.strftime("%A, %-d %B %Y").to_string());
    }
    let clock = text.len() == 8;
    let time = clock.then(|| text.parse::<jiff::civil::Time>().ok())?.filter(|_| text.contains(':'))?;
    Some(time_said(time))
}

/// A field's name as words, without what only says how it is counted.
pub(super) fn words_of_key(key: &str) -> String {
    let words = words_of_name(key);
    let units = [
        "c",
        "f",
        "celsius",
        "fahrenheit",
        "percent",
        "pct",
        "km",
        "kmh",
        "mph",
        "usd",
        "eur",
        "gbp",
        "kg",
        "ms",
        "minutes",
        "seconds",
        "hours",
        "mm",
        "cm",
        "m",
        "iso",
        "utc",
        "text",
        "str",
        "value",
        "degrees",
        "min",
        "sec",
        "current",
    ];
    let mut kept: Vec<&str> = words.iter().map(String::as_str).take(6).collect();
    while kept.len() > 1 && kept.last().is_some_and(|word| units.contains(word)) {
        kept.pop();
    }
    if kept.len() > 1 && kept[0] == "current" {
        kept.remove(0);
    }
    kept.join(" ").chars().take(40).collect()
}

/// The unit in a field's name: "temp_c" is in degrees.
pub(super) fn unit_of_key(key: &str) -> Option<&'static str> {
    let words = words_of_name(key);
    let last = words.last()?.as_str();
    Some(match last {
        "c" | "celsius" | "f" | "fahrenheit" | "degrees" => "degrees",
        "percent" | "pct" | "percentage" => "percent",
        "km" => "kilometres",
        "kmh" | "kph" => "kilometres an hour",
        "mph" => "miles an hour",
        "usd" => "dollars",
        "eur" => "euros",
        "gbp" => "pounds",
        "kg" => "kilograms",
        "ms" => "milliseconds",
        "minutes" | "min" => "minutes",
        "seconds" | "sec" => "seconds",
        "hours" => "hours",
        "days" => "days",
        "mm" => "millimetres",
        "cm" => "centimetres",
        "m" | "meters" | "metres" => "metres",
        "miles" => "miles",
        _ => return None,
    })
}

/// A unit as it is said, of a field that contains one.
pub(super) fn unit_said(unit: &str) -> String {
    match unit {
        "°C" | "°F" | "C" | "F" | "celsius" | "fahrenheit" | "°" => "degrees".to_owned(),
        "%" => "percent".to_owned(),
        "km/h" => "kilometres an hour".to_owned(),
        "mph" => "miles an hour".to_owned(),
        "m/s" => "metres a second".to_owned(),
        "USD" | "$" => "dollars".to_owned(),
        "EUR" | "€" => "euros".to_owned(),
        "GBP" | "£" => "pounds".to_owned(),
        "JPY" | "¥" => "yen".to_owned(),
        "km" => "kilometres".to_owned(),
        "kg" => "kilograms".to_owned(),
        other => speakable(&other.chars().take(20).collect::<String>()),
    }
}
