//! Cleans up what people paste and what servers say. Pure.

/// Longer explanations are cut.
const MAX_REASON_CHARS: usize = 300;

/// Returns `text` in one line without control characters, cut at 300 characters, to be shown to a person.
pub fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().filter(|c| !c.is_control()).take(MAX_REASON_CHARS).collect()
}

/// Returns a pasted word without the blanks and quotes around it that a copy or an environment file brings along, and
/// without zero-width characters and marks of direction.
pub fn tidy(text: &str) -> String {
    let visible: String = text.chars().filter(|c| !is_invisible(*c)).collect();
    visible.trim_matches(|c: char| c.is_whitespace() || QUOTES.contains(&c)).to_owned()
}

const QUOTES: [char; 12] = ['"', '\'', '`', '“', '”', '„', '‟', '‘', '’', '‚', '«', '»'];

fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    )
}
