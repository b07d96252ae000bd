//! Normalises a sentence: each written word becomes spoken words, with the punctuation around them. Pure.

use super::numbers::{self, Number, cardinal};
use super::{dates, signs};

/// Longer tokens are cut: they are noise anyway.
const TOKEN_CAP: usize = 80;

/// A part of what is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// One word: letters and apostrophes.
    Word(String),
    /// Letters that are said by their names.
    Letters(String),
    /// A mark that is heard as a pause or a tune, before or behind a word.
    Mark(char),
}

/// A written word and how it is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    /// As it stands in the text.
    pub(crate) text: String,
    /// The spoken words; none if they were spoken with a neighbour.
    pub(crate) pieces: Vec<Piece>,
}

/// Reads one sentence.
pub(crate) fn read(sentence: &str) -> Vec<Written> {
    let tokens: Vec<Token<'_>> = sentence.split_whitespace().map(Token::of).collect();
    let mut all = Vec::new();
    let mut said_before = false;
    for at in 0..tokens.len() {
        let token = &tokens[at];
        let mut pieces: Vec<Piece> = token.before.chars().filter_map(mark).collect();
        let mut behind = token.after;
        if !std::mem::take(&mut said_before) {
            let before = at.checked_sub(1).map_or("", |before| tokens[before].core);
            // What stands behind a comma is no neighbour.
            let next = tokens.get(at + 1).filter(|_| matches!(token.after, "" | "."));
            let reading = core(token, before, next.map_or("", |next| next.core), &mut pieces);
            said_before = reading == Reading::WithNext;
            if reading == Reading::WithStop && at + 1 < tokens.len() {
                behind = behind.strip_prefix('.').unwrap_or(behind);
            }
        }
        pieces.extend(behind.chars().filter_map(mark));
        all.push(Written { text: token.text.to_owned(), pieces });
    }
    all
}

/// What was said besides the word itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    Alone,
    /// The full stop behind it belongs to an abbreviation.
    WithStop,
    /// The next word was said with it.
    WithNext,
}

impl Reading {
    fn with_next(yes: bool) -> Self {
        if yes { Self::WithNext } else { Self::Alone }
    }
}

/// A written word without the marks around it.
struct Token<'a> {
    text: &'a str,
    before: &'a str,
    core: &'a str,
    after: &'a str,
}

impl<'a> Token<'a> {
    fn of(text: &'a str) -> Self {
        let capped = text.char_indices().nth(TOKEN_CAP).map_or(text, |(end, _)| &text[..end]);
        let part_of_core =
            |c: char| c.is_alphanumeric() || (signs::sign(c).is_some() || signs::currency(c).is_some());
        let opens = |c: char| !part_of_core(c) && !matches!(c, '-' | '−' | '#' | '.' | '\'' | '’');
        let start = capped.find(|c: char| !opens(c)).unwrap_or(capped.len());
        let (before, rest) = capped.split_at(start);
        let end =
            rest.char_indices().rev().find(|&(_, c)| part_of_core(c)).map_or(0, |(at, c)| at + c.len_utf8());
        let (core, after) = rest.split_at(end);
        Self { text, before, core, after }
    }
}

/// The marks that a voice makes something of.
fn mark(written: char) -> Option<Piece> {
    Some(Piece::Mark(match written {
        ',' | '.' | '!' | '?' | ';' | ':' | '—' | '…' | '(' | ')' | '“' | '”' => written,
        '–' => '—',
        '[' => '(',
        ']' => ')',
        _ => return None,
    }))
}

/// Says one core.
fn core(token: &Token<'_>, before: &str, after: &str, out: &mut Vec<Piece>) -> Reading {
    let core = token.core;
    let stopped = token.after.starts_with('.');
    let abbreviation = || abbreviated(core, after).filter(|_| stopped);
    if let Some(full) = signs::always_abbreviated(core).or_else(abbreviation) {
        words(full, out);
        return Reading::WithStop;
    }
    if let Some(month) = dates::month(core).filter(|_| stopped || core.len() > 4) {
        out.push(Piece::Word(month.to_owned()));
        return if core == month { Reading::Alone } else { Reading::WithStop };
    }
    if let Some(half) = half_of_day(core) {
        out.push(Piece::Letters(half.to_owned()));
        return Reading::WithStop;
    }
    // Neither an amount nor a number takes what stands behind a full stop.
    let after = if stopped { "" } else { after };
    if let Some(said) = dates::time(core, half_of_day(after).is_some()).or_else(|| dates::date(core)) {
        out.extend(said.into_iter().map(Piece::Word));
        return Reading::Alone;
    }
    let sign = core.chars().next().filter(|&c| signs::currency(c).is_some());
    let amount = sign.and_then(|sign| money(sign, &core[sign.len_utf8()..], after, out));
    if let Some(with_next) = amount {
        return Reading::with_next(with_next);
    }
    if let Some((number, rest)) = Number::at_start(core) {
        return Reading::with_next(counted(&number, rest, before, after, out));
    }
    if plain(core, out) { Reading::WithStop } else { Reading::Alone }
}

/// A title or another abbreviation before a full stop.
fn abbreviated(stem: &str, after: &str) -> Option<&'static str> {
    match stem {
        "St" => Some(if after.starts_with(char::is_uppercase) { "saint" } else { "street" }),
        "No" | "no" => after.starts_with(|c: char| c.is_ascii_digit()).then_some("number"),
        _ => signs::abbreviation(stem),
    }
}

fn half_of_day(text: &str) -> Option<&'static str> {
    match text.to_ascii_lowercase().as_str() {
        "a.m" | "am" if text != "am" && text != "Am" => Some("AM"),
        "p.m" | "pm" => Some("PM"),
        _ => None,
    }
}

/// `$3.50`, `$3 million`. `None` when no number follows the sign.
fn money(sign: char, amount: &str, after: &str, out: &mut Vec<Piece>) -> Option<bool> {
    let names = signs::currency(sign)?;
    let (number, rest) = Number::at_start(amount).filter(|(_, rest)| rest.is_empty() || *rest == "k")?;
    let scaled = signs::is_scale(after);
    let cents =
        number.decimals.as_deref().filter(|decimals| decimals.len() == 2 && !scaled && !names[2].is_empty());
    let Some(cents) = cents else {
        out.extend(number.words().into_iter().map(Piece::Word));
        if rest == "k" {
            words("thousand", out);
        }
        if scaled {
            words(after, out);
        }
        words(if number.is_one() && !scaled { names[0] } else { names[1] }, out);
        return Some(scaled);
    };
    let whole = Number { decimals: None, ..number.clone() };
    if whole.value() != Some(0) || cents == "00" {
        out.extend(whole.words().into_iter().map(Piece::Word));
        words(if whole.is_one() { names[0] } else { names[1] }, out);
    }
    let cents: u64 = cents.parse().unwrap_or_default();
    if cents > 0 {
        if whole.value() != Some(0) {
            words("and", out);
        }
        out.extend(cardinal(cents).into_iter().map(Piece::Word));
        words(if cents == 1 { names[2] } else { names[3] }, out);
    }
    Some(false)
}

/// A number and what is attached to it. Returns whether the next token was said with it.
fn counted(number: &Number, rest: &str, before: &str, after: &str, out: &mut Vec<Piece>) -> bool {
    let say = |said: Vec<String>, out: &mut Vec<Piece>| out.extend(said.into_iter().map(Piece::Word));
    let day = number.value().filter(|day| (1..=31).contains(day) && number.whole.len() <= 2);
    if let Some(value) = number.value().filter(|_| matches!(rest, "st" | "nd" | "rd" | "th")) {
        say(numbers::ordinal(value), out);
        return false;
    }
    if rest.is_empty() {
        if let Some(day) = day.filter(|_| dates::month(before).is_some()) {
            say(numbers::ordinal(day), out);
            return false;
        }
        if let (Some(day), Some(month)) = (day, dates::month(after)) {
            words("the", out);
            say(numbers::ordinal(day), out);
            words("of", out);
            words(month, out);
            return true;
        }
        if let Some(value) = number.value().filter(|_| is_year(number, after)) {
            say(numbers::year(value), out);
            return false;
        }
        say(number.words(), out);
        if let Some(unit) = signs::unit(after, number.is_one()) {
            words(unit, out);
            return true;
        }
        return false;
    }
    let decade = rest.trim_start_matches(['\'', '’']) == "s"
        && number.whole.ends_with('0')
        && number.decimals.is_none();
    if let Some(unit) = signs::unit(rest, number.is_one()).filter(|_| !decade) {
        say(number.words(), out);
        words(unit, out);
        return false;
    }
    if let Some(half) = half_of_day(rest).or((rest == "am").then_some("AM")) {
        say(number.words(), out);
        out.push(Piece::Letters(half.to_owned()));
        return false;
    }
    // A range, a fraction, tens of years; everything else by its parts.
    let second = rest.chars().next().map(|sign| (sign, Number::at_start(&rest[sign.len_utf8()..])));
    match second {
        Some(('-' | '–', Some((to, "")))) if !to.negative => {
            say(number.words(), out);
            words("to", out);
            say(to.words(), out);
        }
        Some(('/', Some((of, "")))) => fraction(number, &of, out),
        _ if decade => {
            let mut said = number.value().map_or_else(|| number.words(), numbers::year);
            if let Some(last) = said.last_mut() {
                *last =
                    last.strip_suffix('y').map_or_else(|| format!("{last}s"), |stem| format!("{stem}ies"));
            }
            say(said, out);
        }
        _ => {
            say(number.words(), out);
            plain(rest, out);
        }
    }
    false
}

/// Four digits without a comma, in a range where years are: "in 2026", but not "2026 pixels".
fn is_year(number: &Number, after: &str) -> bool {
    let in_range = number.value().is_some_and(|value| (1100..2100).contains(&value));
    let counts_something = signs::unit(after, false).is_some() || (after.len() > 3 && after.ends_with('s'));
    in_range && !number.grouped && !number.negative && number.whole.len() == 4 && !counts_something
}

fn fraction(number: &Number, of: &Number, out: &mut Vec<Piece>) {
    let say = |said: Vec<String>, out: &mut Vec<Piece>| out.extend(said.into_iter().map(Piece::Word));
    let parts = (number.value(), of.value());
    say(number.words(), out);
    match parts {
        (Some(1), Some(2)) => words("half", out),
        (Some(_), Some(2)) => words("halves", out),
        (Some(count), Some(4)) => words(if count == 1 { "quarter" } else { "quarters" }, out),
        (Some(count), Some(whole @ 3..=20)) if count < whole => {
            let mut said = numbers::ordinal(whole);
            if let Some(last) = said.last_mut().filter(|_| count != 1) {
                last.push('s');
            }
            say(said, out);
        }
        _ => {
            words("over", out);
            say(of.words(), out);
        }
    }
}

fn words(text: &str, out: &mut Vec<Piece>) {
    out.extend(text.split(' ').map(|word| Piece::Word(word.to_owned())));
}

/// Letters, hyphens, signs, addresses: from left to right. Returns whether they were letters between points (`U.S`).
fn plain(text: &str, out: &mut Vec<Piece>) -> bool {
    let mut rest = text;
    // A point inside is said in an address and spells out what is letters and points alone (U.S.A).
    let dotted: Vec<&str> = rest.split('.').collect();
    if dotted.len() > 1
        && dotted.iter().all(|part| part.chars().count() == 1 && part.chars().all(char::is_alphabetic))
    {
        out.push(Piece::Letters(dotted.concat().to_uppercase()));
        return true;
    }
    let address = rest.contains("://") || rest.contains('@') || dotted.len() > 1;
    if let Some((_, behind)) = rest.split_once("://") {
        rest = behind;
    }
    while let Some(first) = rest.chars().next() {
        let in_word = |c: char| c.is_alphabetic() || matches!(c, '\'' | '’');
        if in_word(first) {
            let end = rest.find(|c: char| !in_word(c)).unwrap_or(rest.len());
            let word = rest[..end].replace('’', "'");
            split_case(word.trim_matches('\''), out);
            rest = &rest[end..];
        } else if let Some((number, behind)) = Number::at_start(rest).filter(|_| first != '-' && first != '.')
        {
            out.extend(number.words().into_iter().map(Piece::Word));
            rest = behind;
        } else {
            match first {
                '.' if address => words("dot", out),
                '/' if address => words("slash", out),
                '#' => words("number", out),
                _ => signs::sign(first).into_iter().for_each(|word| words(word, out)),
            }
            rest = &rest[first.len_utf8()..];
        }
    }
    false
}

/// `WebSocket` is two words, `APIs` letters and an ending; everything else is one word.
fn split_case(word: &str, out: &mut Vec<Piece>) {
    let letters: Vec<char> = word.chars().collect();
    let capitals = letters.iter().take_while(|c| c.is_uppercase()).count();
    if capitals >= 2 && letters.len() > capitals && matches!(letters[capitals..], ['s'] | ['\'', 's']) {
        let spelled: String = letters[..capitals].iter().collect();
        out.push(Piece::Letters(format!("{spelled}'s")));
        return;
    }
    let mut start = 0;
    for at in 1..letters.len() {
        if letters[at].is_uppercase() && letters[at - 1].is_lowercase() && at - start > 1 {
            out.push(Piece::Word(letters[start..at].iter().collect()));
            start = at;
        }
    }
    if start < letters.len() {
        out.push(Piece::Word(letters[start..].iter().collect()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(sentence: &str) -> String {
        let pieces = read(sentence).into_iter().flat_map(|written| written.pieces);
        let said: String = pieces
            .map(|piece| match piece {
                Piece::Mark(mark) => mark.to_string(),
                Piece::Word(word) => format!(" {word}"),
                Piece::Letters(letters) => format!(" <{letters}>"),
            })
            .collect();
        said.trim_start().to_owned()
    }

    #[test]
    fn numbers_with_what_belongs_to_them() {
        assert_eq!(said("12 × 7 = 84."), "twelve times seven equals eighty four.");
        assert_eq!(said("It is 12.5% of 3 km."), "It is twelve point five percent of three kilometers.");
        assert_eq!(said("1 km, 5km/h"), "one kilometer, five kilometers per hour");
        assert_eq!(said("-3°C"), "minus three degrees Celsius");
        assert_eq!(said("640 × 480 pixels"), "six hundred forty times four hundred eighty pixels");
        assert_eq!(
            said("$3.50, $1, $0.99 or $3 million"),
            "three dollars and fifty cents, one dollar, ninety nine cents or three million dollars"
        );
        assert_eq!(said("3-5 or 1/2 or 3/4"), "three to five or one half or three quarters");
        assert_eq!(said("the 3rd of 1,024"), "the third of one thousand twenty four");
    }

    #[test]
    fn times_and_dates() {
        assert_eq!(said("It is 14:05."), "It is fourteen oh five.");
        assert_eq!(said("9:00 p.m. or 9am"), "nine <PM> or nine <AM>");
        assert_eq!(
            said("Today is Sunday, 22 November 2026."),
            "Today is Sunday, the twenty second of November twenty twenty six."
        );
        assert_eq!(said("Nov. 5, 1999 and May 2"), "November fifth, nineteen ninety nine and May second");
        assert_eq!(said("in the 1980s"), "in the nineteen eighties");
        assert_eq!(said("2026 pixels"), "two thousand twenty six pixels");
    }

    #[test]
    fn abbreviations_letters_and_addresses() {
        assert_eq!(said("Dr. Brown, e.g. vs. Mr Smith"), "doctor Brown, for example versus mister Smith");
        assert_eq!(said("St. John in Main St."), "saint John in Main street.");
        assert_eq!(said("the U.S. and APIs"), "the <US> and <API's>");
        assert_eq!(said("WebSocket at example.com/a"), "Web Socket at example dot com slash a");
        assert_eq!(said("“Well-known,” (don’t) 'yes' #3"), "“ Well known,”( don't) yes number three");
        assert_eq!(said("a1b & c"), "a one b and c");
    }

    #[test]
    fn every_written_word_is_kept_and_nothing_panics() {
        for text in
            ["", "…", "— 東京 🙂 $", "$ 5 . : / 1/0 0/0 :: 1:2:3", "''' ’ -- -5- 1,,2", "\u{301}a ½ 3½"]
        {
            let kept: Vec<String> = read(text).into_iter().map(|written| written.text).collect();
            assert_eq!(kept, text.split_whitespace().collect::<Vec<_>>());
        }
        let long = "x1".repeat(10_000);
        assert!(read(&long)[0].pieces.len() <= TOKEN_CAP);
    }
}
