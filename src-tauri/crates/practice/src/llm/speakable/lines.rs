//! What a line begins with on a page: a heading's sign, an entry of a list, a quote, a row of a table, code. Pure.

/// How a line begins, by its first word.
#[derive(Debug, PartialEq)]
pub(super) enum Begins<'w> {
    /// Lines of code; `true` when they end in this word.
    Code(bool),
    /// An entry of a list.
    Entry,
    /// A numbered entry, by its number as it is written.
    Number(String),
    /// A sign that is not said.
    Sign,
    /// A row of a table.
    Row,
    /// Words, the sign before them left out.
    Words(&'w str),
}

/// Returns how a line begins. In an entry of a list a box to tick may follow.
pub(super) fn begins(word: &str, in_entry: bool) -> Begins<'_> {
    if let Some(code) = word.strip_prefix("```") {
        return Begins::Code(code.contains("```"));
    }
    if in_entry && matches!(word, "[" | "]" | "[]" | "[x]" | "[X]") {
        return Begins::Sign;
    }
    if is_rule(word) && word.len() > 2 && !word.contains('|') {
        return Begins::Sign;
    }
    if matches!(word, "-" | "*" | "+" | "•" | "–" | "◦" | "▪" | "‣" | "·") {
        return Begins::Entry;
    }
    if word.starts_with('|') {
        return Begins::Row;
    }
    if word.chars().all(|letter| letter == '#') || word.chars().all(|letter| letter == '>') {
        return Begins::Sign;
    }
    let number = word.strip_suffix(['.', ')']).filter(|digits| (1..=2).contains(&digits.len()));
    if number.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit())) {
        return Begins::Number(word.to_owned());
    }
    let words = word.trim_start_matches('>');
    Begins::Words(words.strip_prefix("##").map_or(words, |words| words.trim_start_matches('#')))
}

/// Returns whether a word is a line that is drawn: `---`, `***`, `|:---|`.
pub(super) fn is_rule(word: &str) -> bool {
    word.chars().all(|letter| "-*_=:|".contains(letter)) && word.len() > 1
}

/// Returns how the number of a list's entry is said.
pub(super) fn ordinal(number: &str) -> String {
    const ORDINALS: [&str; 10] =
        ["First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth", "Tenth"];
    let digits = number.trim_end_matches(['.', ')']);
    let position = digits.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
    let word = position
        .and_then(|n| ORDINALS.get(n))
        .map_or_else(|| format!("Number {digits}"), |&word| word.to_owned());
    word + ","
}
