//! How many words of a question were heard wrongly.

use speech::numbers::cardinal;

/// The words that were said, and how many must be changed, left out or put in to make of them what was heard.
pub(crate) fn compared(said: &str, heard: &str) -> (usize, usize) {
    let (said, heard) = (words_of(said), words_of(heard));
    let mut row: Vec<usize> = (0..=heard.len()).collect();
    for (n, word) in said.iter().enumerate() {
        let mut before = std::mem::replace(&mut row[0], n + 1);
        for (m, other) in heard.iter().enumerate() {
            let changed = before + usize::from(word != other);
            before = row[m + 1];
            row[m + 1] = changed.min(before + 1).min(row[m] + 1);
        }
    }
    (said.len(), row[heard.len()])
}

/// Lower-case words; numbers as words, however they were written.
fn words_of(text: &str) -> Vec<String> {
    let plain: String = text
        .to_lowercase()
        .replace('%', " percent ")
        .chars()
        .filter(|letter| !matches!(letter, '\'' | '’'))
        .map(|letter| if letter.is_alphanumeric() { letter } else { ' ' })
        .collect();
    plain
        .split_whitespace()
        .flat_map(|word| match word.parse::<u64>() {
            Ok(number) => cardinal(number),
            Err(_) => vec![word.to_owned()],
        })
        .filter(|word| word != "and")
        .collect()
}
