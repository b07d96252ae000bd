//! A word of a page as it is said: without emphasis, tags, addresses and emoji. Pure.

use super::latex;

/// What of the following words belongs to this one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Rest {
    Nothing,
    /// Words are left out up to this sign.
    UpTo(char),
}

/// Tags of a page, whose attributes may be several words.
const TAGS: [&str; 16] = [
    "a", "img", "span", "div", "p", "font", "table", "td", "th", "tr", "code", "pre", "iframe", "video",
    "audio", "ul",
];

/// Marks that are said as a word where they stand alone.
const SIGNS: [(&str, &str); 18] = [
    ("*", "times"),
    ("=", "equals"),
    ("==", "equals"),
    ("!=", "is not"),
    ("≠", "is not"),
    ("+", "plus"),
    ("&", "and"),
    ("&amp;", "and"),
    ("->", "to"),
    ("=>", "to"),
    ("→", "to"),
    ("⇒", "to"),
    (">=", "is at least"),
    ("<=", "is at most"),
    ("≥", "is at least"),
    ("≤", "is at most"),
    ("≈", "is about"),
    ("~", "about"),
];

/// Characters of a page that are written as words.
const ENTITIES: [(&str, &str); 8] = [
    ("&nbsp;", " "),
    ("&amp;", " and "),
    ("&lt;", " less than "),
    ("&gt;", " more than "),
    ("&quot;", "\""),
    ("&#39;", "'"),
    ("&apos;", "'"),
    ("&deg;", "°"),
];

/// Returns whether a mark closes what stands before it.
pub(super) fn is_closing(letter: char) -> bool {
    ".,;:!?…)]”".contains(letter)
}

/// Returns what is said of a word, and what of the next ones belongs to it.
pub(super) fn cleaned(word: &str) -> (String, Rest) {
    if let Some((_, said)) = SIGNS.iter().find(|(sign, _)| *sign == word) {
        return ((*said).to_owned(), Rest::Nothing);
    }
    let is_short_code = word.len() > 2
        && word.starts_with(':')
        && word.ends_with(':')
        && word[1..word.len() - 1]
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || b"0123456789_+-".contains(&byte));
    if is_short_code {
        return (String::new(), Rest::Nothing);
    }
    let formula = latex::plain(word);
    let is_formula = formula.is_some();
    let mut text = formula.unwrap_or_else(|| word.to_owned());
    for (entity, said) in ENTITIES {
        if text.contains(entity) {
            text = text.replace(entity, said);
        }
    }
    let (text, link) = without_links(&text);
    let (text, tag) = without_tags(&text);
    let text = without_references(&text);
    let parts = text.split(' ').map(|part| match SIGNS.iter().find(|(sign, _)| *sign == part) {
        Some((_, said)) if is_formula => (*said).to_owned(),
        _ => without_emphasis(&without_address(part), is_formula),
    });
    let text = parts.collect::<Vec<_>>().join(" ");
    let rest = if link == Rest::Nothing { tag } else { link };
    (without_emoji(&text), rest)
}

/// `[text](address)` and `![text](address)`, or as much of it as is in this word.
fn without_links(word: &str) -> (String, Rest) {
    let mut out = String::new();
    let mut rest = word;
    while let Some((before, after)) = rest.split_once("](") {
        out.push_str(before);
        match after.split_once(')') {
            Some((_, behind)) => rest = behind,
            None => return (out, Rest::UpTo(')')),
        }
    }
    out.push_str(rest);
    (out, Rest::Nothing)
}

/// `<br>`, `</b>`, `<a href="…">`; not `a < b`, and not `<https://…>`, which is an address.
fn without_tags(word: &str) -> (String, Rest) {
    let mut out = String::new();
    let mut rest = word;
    while let Some(at) = rest.find('<') {
        let inside = &rest[at + 1..];
        let name = inside.strip_prefix('/').unwrap_or(inside);
        let length = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
        let (name, after) = name.split_at(length);
        let is_tag = name.starts_with(|c: char| c.is_ascii_alphabetic()) && !after.starts_with("://");
        match inside.split_once('>') {
            Some((_, behind)) if is_tag => {
                out.push_str(&rest[..at]);
                out.push(' ');
                rest = behind;
            }
            None if after.is_empty() && TAGS.contains(&name) => {
                out.push_str(&rest[..at]);
                return (out, Rest::UpTo('>'));
            }
            _ => {
                out.push_str(&rest[..=at]);
                rest = inside;
            }
        }
    }
    out.push_str(rest);
    (out, Rest::Nothing)
}

/// `[1]`, `[2,` and `3]`, `[^note]`, `【4†source】`: where something was read. Other brackets keep what is in them.
fn without_references(word: &str) -> String {
    let word = word.replace("![", "");
    let mut out = String::new();
    let mut rest = &*word;
    while let Some((before, inside)) = rest.split_once('【') {
        out.push_str(before);
        rest = inside.split_once('】').map_or("", |(_, behind)| behind);
    }
    out.push_str(rest);
    if let Some((before, inside)) = out.split_once('[') {
        let (inside, behind) = inside.split_once(']').unwrap_or((inside, ""));
        let is_number = !inside.is_empty() && inside.chars().all(|c| c.is_ascii_digit() || ",-–".contains(c));
        if is_number || inside.starts_with('^') {
            return format!("{before}{behind}");
        }
    } else if let Some((inside, behind)) = out.split_once(']')
        && !inside.is_empty()
        && inside.chars().all(|c| c.is_ascii_digit() || ",-–".contains(c))
    {
        return behind.to_owned();
    }
    out.replace(['[', ']'], "")
}

/// An address of the web is said by its host.
fn without_address(word: &str) -> String {
    let Some(at) = ["https://", "http://", "www."].iter().filter_map(|begin| word.find(begin)).min() else {
        return word.to_owned();
    };
    let (before, address) = word.split_at(at);
    let end = address.trim_end_matches(|c: char| is_closing(c) || "\"'>*_`".contains(c)).len();
    let (address, behind) = address.split_at(end);
    let address = address.split_once("://").map_or(address, |(_, address)| address);
    let host = address.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or(host);
    let before = before.trim_end_matches('<');
    let behind = behind.replace('>', "");
    format!("{before}{}{behind}", host.strip_prefix("www.").unwrap_or(host))
}

/// Without the signs of emphasis and of code, and with what the others mean.
fn without_emphasis(word: &str, is_formula: bool) -> String {
    let letters: Vec<char> = word.chars().collect();
    let is_digit = |at: Option<usize>| at.and_then(|at| letters.get(at)).is_some_and(char::is_ascii_digit);
    let is_alphanumeric =
        |at: Option<usize>| at.and_then(|at| letters.get(at)).is_some_and(|c| c.is_alphanumeric());
    let mut out = String::new();
    let mut skip = 0;
    for (at, letter) in letters.iter().enumerate() {
        if skip > 0 {
            skip -= 1;
            continue;
        }
        let (before, after) = (at.checked_sub(1), Some(at + 1));
        match letter {
            '*' if is_digit(before) && is_digit(after) => out.push_str(" times "),
            '~' if is_digit(after) && !is_alphanumeric(before) => out.push_str("about "),
            '_' if is_alphanumeric(before) && is_alphanumeric(after) => out.push(' '),
            '*' | '`' | '|' | '~' | '_' | '\\' => {}
            '#' if is_digit(after) && before.is_none() => out.push_str("number "),
            '#' if before.is_none() && is_alphanumeric(after) => {}
            '^' if is_alphanumeric(before) || is_formula => {
                skip = usize::from(
                    matches!(letters.get(at + 1), Some('2' | '3')) && !is_alphanumeric(Some(at + 2)),
                );
                out.push_str(match (skip, letters.get(at + 1)) {
                    (1, Some('2')) => " squared",
                    (1, _) => " cubed",
                    _ => " to the power of ",
                });
            }
            // The sign of a formula, unless it is money.
            '$' if !is_digit(after) => {}
            '=' if is_formula => out.push_str(" equals "),
            letter => out.push(*letter),
        }
    }
    out
}

fn without_emoji(text: &str) -> String {
    text.chars().filter(|letter| !is_emoji(*letter)).collect()
}

fn is_emoji(letter: char) -> bool {
    matches!(u32::from(letter),
        0x1f000..=0x1faff | 0x2600..=0x27bf | 0x2b00..=0x2bff | 0x231a..=0x23ff | 0x25a0..=0x25ff
        | 0xfe00..=0xfe0f | 0x200d | 0x20e3 | 0xe0020..=0xe007f)
}
