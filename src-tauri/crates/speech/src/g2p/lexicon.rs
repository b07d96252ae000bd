//! Looks words up, in the form they have and without the endings they may take. Pure once loaded.

use super::table::Table;

/// The two lexicons: the first is trusted more.
pub(super) struct Lexicon {
    first: Table,
    second: Table,
}

/// What follows a word: some words are said differently before a vowel, or when nothing follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Vowel,
    Consonant,
    Pause,
}

const VOWELS: &str = "AIOQWYaiuæɑɒɔəɛɜɪʊʌᵻᵊɐ";
const HISSING: &str = "szʃʒʧʤ";
const VOICELESS: &str = "pktfθʃsʧ";

pub(super) fn is_vowel(phoneme: char) -> bool {
    VOWELS.contains(phoneme)
}

impl Lexicon {
    pub(super) fn new(first: Table, second: Table) -> Self {
        Self { first, second }
    }

    /// A word as it is written, else in small letters, else with a capital; by its tag where that matters.
    pub(super) fn find(&self, word: &str, tag: &str, next: Next) -> Option<String> {
        let exact = self.first.get(word).or_else(|| self.second.get(word));
        let found = exact.or_else(|| {
            let lower = word.to_lowercase();
            let mut letters = lower.chars();
            let capital = letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>());
            let either = |table| -> Option<&str> {
                Table::get(table, &lower).or_else(|| table.get(capital.as_deref()?))
            };
            either(&self.first).or_else(|| either(&self.second))
        })?;
        Some(chosen(found, tag, next).to_owned()).filter(|phonemes| !phonemes.is_empty())
    }

    /// Whether the word stands in a lexicon exactly as it is written.
    pub(super) fn has(&self, word: &str) -> bool {
        self.first.get(word).or_else(|| self.second.get(word)).is_some()
    }

    /// Whether its sound depends on its part of speech.
    pub(super) fn depends_on_tag(&self, word: &str) -> bool {
        let lower = word.to_lowercase();
        [word, &lower].iter().any(|word| self.first.get(word).is_some_and(|found| found.contains('=')))
    }

    /// A word with an ending that English puts on: its stem looked up, the ending as it sounds there.
    pub(super) fn with_ending(&self, word: &str, tag: &str) -> Option<String> {
        let lower = word.to_lowercase();
        let stem = |stem: &str| self.find(stem, tag, Next::Consonant).filter(|_| stem.chars().count() > 1);
        if let Some(base) = lower.strip_suffix("'s").or_else(|| lower.strip_suffix("s'")) {
            return stem(base).map(|sound| plural(&sound));
        }
        if let Some(base) = lower.strip_suffix('s').filter(|base| !base.ends_with('s')) {
            let ies = || base.strip_suffix("ie").map(|base| format!("{base}y")).and_then(|base| stem(&base));
            let es = || base.strip_suffix('e').and_then(stem);
            return stem(base).or_else(ies).or_else(es).map(|sound| plural(&sound));
        }
        if let Some(base) = lower.strip_suffix("ed") {
            let ied = || base.strip_suffix('i').map(|base| format!("{base}y")).and_then(|base| stem(&base));
            return silent_e(base, &stem)
                .or_else(|| doubled(base, &stem))
                .or_else(ied)
                .map(|sound| past(&sound));
        }
        if let Some(base) = lower.strip_suffix("ing") {
            return silent_e(base, &stem)
                .or_else(|| doubled(base, &stem))
                .map(|sound| format!("{}ɪŋ", tapped(&sound)));
        }
        if let Some(base) = lower.strip_suffix("ly") {
            return stem(base).map(|sound| format!("{sound}li"));
        }
        None
    }
}

/// Of several ways to say a word, the one for this tag and place.
fn chosen<'a>(found: &'a str, tag: &str, next: Next) -> &'a str {
    if !found.contains('=') {
        return found;
    }
    let of = |wanted: &str| {
        found
            .lines()
            .find_map(|line| line.split_once('=').filter(|(own, _)| *own == wanted))
            .map(|(_, sound)| sound)
    };
    let kind = match tag {
        _ if tag.starts_with("VB") => "VERB",
        _ if tag.starts_with("NN") => "NOUN",
        _ if tag.starts_with("RB") => "ADV",
        _ if tag.starts_with("JJ") => "ADJ",
        other => other,
    };
    let alone = of("None").filter(|_| next == Next::Pause);
    alone.or_else(|| of(tag)).or_else(|| of(kind)).or_else(|| of("DEFAULT")).unwrap_or_default()
}

/// A stem that lost its silent e, or lost nothing: "hoped", "walked".
fn silent_e(base: &str, stem: &impl Fn(&str) -> Option<String>) -> Option<String> {
    let with_e = format!("{base}e");
    // A short vowel before one consonant would have doubled it: "hoping" is of hope.
    let last_two: Vec<char> = base.chars().rev().take(2).collect();
    let e_first = matches!(last_two[..], [last, before] if !is_letter_vowel(last) && is_letter_vowel(before));
    if e_first { stem(&with_e).or_else(|| stem(base)) } else { stem(base).or_else(|| stem(&with_e)) }
}

/// A stem whose last consonant was doubled: "stopped".
fn doubled(base: &str, stem: &impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut letters = base.chars().rev();
    let (last, before) = (letters.next()?, letters.next()?);
    if last != before {
        return None;
    }
    stem(&base[..base.len() - last.len_utf8()])
}

fn is_letter_vowel(letter: char) -> bool {
    "aeiouy".contains(letter)
}

/// -s: a syllable after a hiss, voiceless after a voiceless sound.
pub(super) fn plural(stem: &str) -> String {
    match stem.chars().last() {
        Some(last) if HISSING.contains(last) => format!("{stem}ᵻz"),
        Some(last) if VOICELESS.contains(last) => format!("{stem}s"),
        _ => format!("{stem}z"),
    }
}

/// -ed: a syllable after t and d.
pub(super) fn past(stem: &str) -> String {
    match stem.chars().last() {
        Some('t' | 'd') => format!("{}ᵻd", tapped(stem)),
        Some(last) if VOICELESS.contains(last) => format!("{stem}t"),
        _ => format!("{stem}d"),
    }
}

/// American: a t between vowels becomes a tap when a vowel follows.
fn tapped(stem: &str) -> String {
    let mut letters = stem.chars().rev();
    match (letters.next(), letters.next()) {
        (Some('t'), Some(before)) if is_vowel(before) || before == 'ɹ' => {
            format!("{}T", stem.strip_suffix('t').unwrap_or(stem))
        }
        _ => stem.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lexicon() -> Lexicon {
        let first = r#"{"hope":"hˈOp","hop":"hˈɑp","walk":"wˈɔk","want":"wˈɑnt","try":"tɹˈI","fix":"fˈɪks","Monday":"mˈʌndA",
            "read":{"DEFAULT":"ɹˈid","VBD":"ɹˈɛd"},"my":{"DEFAULT":"mI","None":"mˈI"},"visit":"vˈɪzɪt","use":{"DEFAULT":"jˈuz","NOUN":"jˈus"}}"#;
        let second = r#"{"slow":"slˈO"}"#;
        let table = |json: &str| Table::of_json(json.as_bytes()).expect("read");
        Lexicon::new(table(first), table(second))
    }

    #[test]
    fn the_form_the_tag_and_the_place_decide() {
        let lexicon = lexicon();
        let find = |word, tag, next| lexicon.find(word, tag, next).unwrap_or_default();
        assert_eq!(find("MONDAY", "NNP", Next::Consonant), "mˈʌndA");
        assert_eq!(find("Walk", "VB", Next::Consonant), "wˈɔk");
        assert_eq!(find("read", "VBD", Next::Consonant), "ɹˈɛd");
        assert_eq!(find("read", "VB", Next::Consonant), "ɹˈid");
        assert_eq!(find("use", "NN", Next::Consonant), "jˈus");
        assert_eq!(
            (find("my", "PRP$", Next::Pause), find("my", "PRP$", Next::Vowel)),
            ("mˈI".into(), "mI".into())
        );
        assert_eq!(lexicon.find("walkk", "NN", Next::Pause), None);
    }

    #[test]
    fn endings_sound_as_they_do() {
        let lexicon = lexicon();
        for (word, sound) in [
            ("walks", "wˈɔks"),
            ("fixes", "fˈɪksᵻz"),
            ("tries", "tɹˈIz"),
            ("Monday's", "mˈʌndAz"),
            ("walked", "wˈɔkt"),
            ("wanted", "wˈɑntᵻd"),
            ("hoping", "hˈOpɪŋ"),
            ("hopping", "hˈɑpɪŋ"),
            ("tried", "tɹˈId"),
            ("visited", "vˈɪzɪTᵻd"),
            ("slowly", "slˈOli"),
        ] {
            assert_eq!(lexicon.with_ending(word, "NN").as_deref(), Some(sound), "{word}");
        }
        assert_eq!(lexicon.with_ending("glass", "NN"), None);
    }
}
