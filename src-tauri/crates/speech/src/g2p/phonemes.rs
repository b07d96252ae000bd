//! A sentence to phonemes: each word by the lexicon, an ending, its letters or the spelling net, from right to left since
//! some words sound as the next one wants.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use flate2::read::GzDecoder;
use rten::RunOptions;

use super::lexicon::{Lexicon, Next, is_vowel, past, plural};
use super::spelling::Spelling;
use super::table::Table;
use super::tagger::Tagger;
use crate::text::{Piece, read};
use crate::{Files, LoadError};

/// Longer words are spelled, whatever they are.
const LONGEST_WORD: usize = 40;
const CONTRACTIONS: [&str; 7] = ["n't", "'s", "'re", "'ve", "'ll", "'d", "'m"];

/// A written word and its phonemes, the space or mark behind it included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sounding {
    pub(crate) text: String,
    pub(crate) phonemes: String,
}

/// Everything that reads text.
pub(crate) struct Reader {
    lexicon: Lexicon,
    tagger: Tagger,
    spelling: Spelling,
}

impl Reader {
    pub(crate) fn load(files: &Files) -> Result<Self, LoadError> {
        let lexicon = Lexicon::new(table(&files.lexicon)?, table(&files.lexicon_more)?);
        let tagger = Tagger::of_json(unpacked(&files.tagger)?)
            .map_err(|source| LoadError::Json { path: files.tagger.clone(), source })?;
        let spelling = Spelling::load(&files.spelling, &files.spelling_alphabet)?;
        Ok(Self { lexicon, tagger, spelling })
    }

    /// The sentence's written words with their phonemes.
    pub(crate) fn read(&self, sentence: &str, options: &RunOptions) -> Vec<Sounding> {
        let written = read(sentence);
        let pieces: Vec<&Piece> = written.iter().flat_map(|word| &word.pieces).collect();
        let tags = self.tags(&pieces);
        let mut sounds = vec![String::new(); pieces.len()];
        let mut next = Next::Pause;
        let mut to_follows = false;
        for at in (0..pieces.len()).rev() {
            sounds[at] = match pieces[at] {
                Piece::Mark(mark) => mark.to_string(),
                Piece::Letters(letters) => self.letters(letters),
                Piece::Word(word) => self.word(word, &tags[at], next, to_follows, options),
            };
            match pieces[at] {
                // A bracket or a quotation mark is no pause.
                Piece::Mark('(' | ')' | '“' | '”') => {}
                Piece::Mark(_) => next = Next::Pause,
                _ => {
                    let first = sounds[at].chars().find(|&c| c.is_alphabetic() && c != 'ˈ' && c != 'ˌ');
                    next = match first {
                        Some(first) if is_vowel(first) => Next::Vowel,
                        Some(_) => Next::Consonant,
                        None => next,
                    };
                }
            }
            to_follows = matches!(pieces[at], Piece::Word(word) if word.eq_ignore_ascii_case("to"));
        }
        let mut left = pieces.iter().zip(sounds);
        let mut all: Vec<Sounding> = Vec::with_capacity(written.len());
        for word in &written {
            let own = left.by_ref().take(word.pieces.len());
            all.push(Sounding { text: word.text.clone(), phonemes: joined(own) });
        }
        all
    }

    /// A tag for each piece. The tagger is asked only when a word's sound depends on it.
    fn tags(&self, pieces: &[&Piece]) -> Vec<String> {
        let depends =
            |piece: &&&Piece| matches!(piece, Piece::Word(word) if self.lexicon.depends_on_tag(word));
        if !pieces.iter().any(|piece| depends(&piece)) {
            return vec![String::new(); pieces.len()];
        }
        let (mut tokens, mut first) = (Vec::new(), Vec::new());
        let marks: Vec<String> = pieces
            .iter()
            .map(|piece| if let Piece::Mark(mark) = piece { mark.to_string() } else { String::new() })
            .collect();
        for (piece, mark) in pieces.iter().zip(&marks) {
            first.push(tokens.len());
            match piece {
                Piece::Mark(_) => tokens.push(mark.as_str()),
                Piece::Letters(letters) => tokens.push(letters),
                Piece::Word(word) => {
                    let (stem, ending) = split_contraction(word);
                    tokens.push(stem);
                    tokens.extend(Some(ending).filter(|ending| !ending.is_empty()));
                }
            }
        }
        let tags = self.tagger.tags(&tokens);
        first.into_iter().map(|at| tags[at].to_owned()).collect()
    }

    fn word(&self, word: &str, tag: &str, next: Next, to_follows: bool, options: &RunOptions) -> String {
        if let Some(sound) = weak(word, tag, next) {
            return sound.to_owned();
        }
        // "Used to" is not the past of using.
        let tag = if to_follows && word.eq_ignore_ascii_case("used") { "VBD" } else { tag };
        let spelled_out = word.chars().count() > LONGEST_WORD;
        let capitals = word.chars().count() > 1 && word.chars().all(char::is_uppercase);
        if spelled_out || (capitals && !self.lexicon.has(word) && self.is_initialism(word)) {
            return self.letters(&word.chars().take(LONGEST_WORD).collect::<String>());
        }
        let known = self
            .lexicon
            .find(word, tag, next)
            .or_else(|| self.contracted(word, tag, options))
            .or_else(|| self.lexicon.with_ending(word, tag));
        let sound = known.unwrap_or_else(|| self.spelling.read(word, options));
        // The voice has one sign for the tap and none for the stop in the throat.
        sound.replace('ɾ', "T").replace('ʔ', "t")
    }

    /// Capitals that nobody says as a word: no lexicon has them, or they have no vowel.
    fn is_initialism(&self, word: &str) -> bool {
        let lower = word.to_lowercase();
        !lower.contains(['a', 'e', 'i', 'o', 'u', 'y'])
            || (word.len() <= 5
                && !self.lexicon.has(&lower)
                && self.lexicon.with_ending(&lower, "").is_none())
    }

    /// "Anna's", "there'll": the word and its short tail.
    fn contracted(&self, word: &str, tag: &str, options: &RunOptions) -> Option<String> {
        let (stem, ending) = split_contraction(word);
        if ending.is_empty() || stem.is_empty() {
            return None;
        }
        let sound =
            self.lexicon.find(stem, tag, Next::Consonant).or_else(|| self.lexicon.with_ending(stem, tag));
        let sound = sound.unwrap_or_else(|| self.spelling.read(stem, options));
        let after_vowel = sound.chars().last().is_some_and(is_vowel);
        Some(match ending.to_ascii_lowercase().as_str() {
            "'s" => plural(&sound),
            "'d" => past(&sound),
            "n't" => format!("{sound}ᵊnt"),
            "'re" => format!("{sound}{}", if after_vowel { "ɹ" } else { "əɹ" }),
            "'ve" => format!("{sound}{}", if after_vowel { "v" } else { "əv" }),
            "'ll" => format!("{sound}{}", if after_vowel { "l" } else { "əl" }),
            _ => format!("{sound}m"),
        })
    }

    /// Each letter by its name, the stress on the last.
    fn letters(&self, letters: &str) -> String {
        let (letters, is_plural) = letters.strip_suffix("'s").map_or((letters, false), |stem| (stem, true));
        let names: Vec<String> = letters
            .chars()
            .filter_map(|letter| self.lexicon.find(&letter.to_uppercase().to_string(), "NN", Next::Consonant))
            .collect();
        let count = names.len();
        let stressed = |(n, name): (usize, String)| {
            let plain = name.replace(['ˈ', 'ˌ'], "");
            let mark = if n + 1 == count { 'ˈ' } else { 'ˌ' };
            // A stress stands before its vowel.
            match plain.find(is_vowel) {
                Some(at) if n + 1 == count || n == 0 => format!("{}{mark}{}", &plain[..at], &plain[at..]),
                _ => plain,
            }
        };
        let sound: String = names.into_iter().enumerate().map(stressed).collect();
        if is_plural { plural(&sound) } else { sound }
    }
}

/// Words that are hardly ever said as they stand in a lexicon.
fn weak(word: &str, tag: &str, next: Next) -> Option<&'static str> {
    Some(match (word, next) {
        ("a" | "A", Next::Pause) => "ˈA",
        ("A", _) if tag.starts_with("NN") => "ˈA",
        ("a" | "A", _) => "ɐ",
        ("an" | "An", _) => "ɐn",
        ("I", _) => "ˌI",
        ("the" | "The", Next::Vowel) => "ði",
        ("the" | "The", _) => "ðə",
        ("to" | "To", Next::Vowel) => "tʊ",
        ("to" | "To", Next::Consonant) => "tə",
        ("in" | "In", Next::Pause) => "ˈɪn",
        ("in" | "In", _) => "ɪn",
        ("am", Next::Vowel | Next::Consonant) => "ɐm",
        _ => return None,
    })
}

fn split_contraction(word: &str) -> (&str, &str) {
    let ends = |ending: &&&str| {
        let at = word.len().checked_sub(ending.len()).filter(|&at| at > 0);
        at.and_then(|at| word.get(at..)).is_some_and(|tail| tail.eq_ignore_ascii_case(ending))
    };
    let length = CONTRACTIONS.iter().find(ends).map_or(0, |ending| ending.len());
    word.split_at(word.len() - length)
}

/// Words with spaces behind them, marks where they belong: behind a word, or before it if they open something.
fn joined<'a>(pieces: impl Iterator<Item = (&'a &'a Piece, String)>) -> String {
    let mut text = String::new();
    for (piece, sound) in pieces {
        match piece {
            Piece::Mark('(' | '“') => text.push_str(&sound),
            Piece::Mark(_) => {
                text.truncate(text.trim_end().len());
                text.push_str(&sound);
                text.push(' ');
            }
            _ if sound.is_empty() => {}
            _ => {
                text.push_str(&sound);
                text.push(' ');
            }
        }
    }
    text
}

fn unpacked(path: &Path) -> Result<BufReader<GzDecoder<File>>, LoadError> {
    let file = File::open(path).map_err(LoadError::file(path))?;
    Ok(BufReader::new(GzDecoder::new(file)))
}

fn table(path: &Path) -> Result<Table, LoadError> {
    Table::of_json(unpacked(path)?).map_err(|source| LoadError::Json { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contractions_are_cut_where_they_join() {
        assert_eq!(split_contraction("don't"), ("do", "n't"));
        assert_eq!(split_contraction("WE'LL"), ("WE", "'LL"));
        assert_eq!(split_contraction("'s"), ("'s", ""));
        assert_eq!(split_contraction("über's"), ("über", "'s"));
        assert_eq!(split_contraction("x"), ("x", ""));
    }

    #[test]
    fn marks_stand_where_they_belong() {
        let word = |text: &str| Piece::Word(text.to_owned());
        let all =
            [Piece::Mark('“'), word("a"), Piece::Mark(','), Piece::Mark('”'), word("b"), Piece::Mark('.')];
        let references: Vec<&Piece> = all.iter().collect();
        let sound = |piece: &Piece| match piece {
            Piece::Mark(mark) => mark.to_string(),
            Piece::Word(word) | Piece::Letters(word) => word.clone(),
        };
        assert_eq!(joined(references.iter().map(|piece| (piece, sound(piece)))), "“a,” b. ");
    }
}
