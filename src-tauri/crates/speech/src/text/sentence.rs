//! Where one sentence ends and the next begins. Pure.

/// The longest sentence, in characters; a longer one is cut at a comma, or at any word.
const LONGEST: usize = 240;
/// Before this many characters a comma is no place to cut.
const SHORT: usize = 60;

/// A full stop behind these ends no sentence.
const ABBREVIATED: &[&str] = &[
    "mr", "mrs", "ms", "dr", "prof", "st", "mt", "gen", "sen", "rep", "gov", "capt", "lt", "col", "sgt",
    "rev", "hon", "vs", "e.g", "i.e", "approx", "fig", "vol", "jan", "feb", "mar", "apr", "jun", "jul",
    "aug", "sep", "sept", "oct", "nov", "dec",
];

/// The text's sentences, each with the spaces behind it left out. Joined by single spaces they are the text again.
pub(crate) fn sentences(text: &str) -> Vec<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (mut all, mut current) = (Vec::new(), String::new());
    let mut length = 0;
    for (n, word) in words.iter().enumerate() {
        if !current.is_empty() {
            current.push(' ');
        }
        current.push_str(word);
        length += word.chars().count() + 1;
        let pause = word.ends_with([',', ';', ':', '—', '–']);
        if ends(word, words.get(n + 1)) || (pause && length > LONGEST / 2) || length > LONGEST {
            all.push(std::mem::take(&mut current));
            length = 0;
        } else if pause && length > SHORT && all.is_empty() {
            // The first is cut early: somebody waits for it.
            all.push(std::mem::take(&mut current));
            length = 0;
        }
    }
    if !current.is_empty() {
        all.push(current);
    }
    all
}

fn ends(word: &str, next: Option<&&str>) -> bool {
    let bare = word.trim_end_matches(['"', '\'', '”', '’', ')', ']']);
    if bare.ends_with(['!', '?', '…']) {
        return true;
    }
    let Some(stem) = bare.strip_suffix('.') else { return false };
    let stem = stem.trim_start_matches(|c: char| !c.is_alphanumeric());
    let initial = stem.chars().count() == 1 && stem.chars().all(char::is_uppercase);
    let abbreviated = ABBREVIATED.contains(&stem.to_lowercase().as_str());
    let goes_on = next.is_some_and(|next| next.starts_with(char::is_lowercase));
    let number = stem.eq_ignore_ascii_case("no")
        && next.is_some_and(|next| next.starts_with(|c: char| c.is_ascii_digit()));
    !(number || initial || abbreviated || goes_on)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_where_people_end_them() {
        let text = "Hello there! It is 3.5 km to Dr. Brown's, e.g. by bus. Shall we? Yes.";
        assert_eq!(
            sentences(text),
            ["Hello there!", "It is 3.5 km to Dr. Brown's, e.g. by bus.", "Shall we?", "Yes."]
        );
        assert_eq!(sentences("J. K. said \"no.\" Then left"), ["J. K. said \"no.\"", "Then left"]);
        assert!(sentences(" \n ").is_empty());
    }

    #[test]
    fn nothing_is_lost_and_nothing_is_endless() {
        let text =
            "word, ".repeat(400) + &"x".repeat(1_000) + " and more without any stop".repeat(30).as_str();
        let all = sentences(&text);
        assert_eq!(all.join(" "), text.split_whitespace().collect::<Vec<_>>().join(" "));
        assert!(all.iter().all(|one| one.len() < 1_300));
        assert!(all[0].len() < 100);
    }
}
