//! Tells parts of speech apart, for words that are written alike and said differently ("I read it" of yesterday and of
//! today). An averaged perceptron (Collins 2002): each feature of a word in its place votes for the tags.
//!
//! The names of the features are those that the weights were trained with.

use std::collections::HashMap;
use std::io::Read;

use serde::Deserialize;

use super::table::Table;

/// The file's form.
#[derive(Deserialize)]
struct File {
    tags: Vec<String>,
    tagdict: HashMap<String, String>,
    vocab: Vec<String>,
    weights: HashMap<String, HashMap<String, f32>>,
}

/// The tagger, ready to use.
pub(super) struct Tagger {
    tags: Vec<String>,
    /// Words that have one tag almost always.
    sure: Table,
    /// Words that are features by themselves; others are described by their shape.
    known: Table,
    /// Where a feature's votes begin and how many they are, as two numbers.
    features: Table,
    votes: Vec<(u8, f32)>,
}

impl Tagger {
    pub(super) fn of_json(json: impl Read) -> Result<Self, serde_json::Error> {
        let file: File = serde_json::from_reader(json)?;
        let (mut sure, mut known, mut features) = (Table::default(), Table::default(), Table::default());
        file.tagdict.iter().for_each(|(word, tag)| sure.add(word, tag));
        file.vocab.iter().for_each(|word| known.add(word, "+"));
        let number: HashMap<&str, u8> =
            file.tags.iter().zip(0..=u8::MAX).map(|(tag, number)| (tag.as_str(), number)).collect();
        let mut votes = Vec::with_capacity(file.weights.values().map(HashMap::len).sum());
        for (feature, weights) in &file.weights {
            let from = votes.len();
            votes.extend(
                weights.iter().filter_map(|(tag, weight)| Some((*number.get(tag.as_str())?, *weight))),
            );
            features.add(feature, &format!("{from} {}", votes.len()));
        }
        Ok(Self {
            sure: sure.finish(),
            known: known.finish(),
            features: features.finish(),
            votes,
            tags: file.tags,
        })
    }

    /// A tag (Penn Treebank's) for each token; punctuation and the parts of a contraction are tokens of their own.
    pub(super) fn tags(&self, tokens: &[&str]) -> Vec<&str> {
        let seen: Vec<String> = tokens.iter().map(|token| self.described(token)).collect();
        let around = |at: isize| match at {
            -2 => "-START2-",
            -1 => "-START-",
            _ => match seen.get(at.unsigned_abs()) {
                Some(word) => word,
                None if at.unsigned_abs() == seen.len() => "-END-",
                None => "-END2-",
            },
        };
        let mut tags: Vec<&str> = Vec::with_capacity(tokens.len());
        for (at, token) in tokens.iter().enumerate() {
            let tag = if let Some(tag) = self.sure.get(token) {
                tag
            } else {
                let back = |n: usize| at.checked_sub(n).map(|earlier| tags[earlier]);
                let (last, before) = (back(1).unwrap_or("-START-"), back(2));
                let before = before.unwrap_or(if at == 1 { "-START-" } else { "-START2-" });
                self.vote(token, at, last, before, &around)
            };
            tags.push(tag);
        }
        tags
    }

    fn vote<'b>(
        &self,
        token: &str,
        at: usize,
        last: &str,
        before: &str,
        around: &impl Fn(isize) -> &'b str,
    ) -> &str {
        let mut scores = vec![0.0_f32; self.tags.len()];
        let mut any = false;
        let mut count = |feature: String| {
            let Some((from, to)) = self.features.get(&feature).and_then(|place| place.split_once(' ')) else {
                return;
            };
            let range = from.parse().unwrap_or(0)..to.parse().unwrap_or(0);
            for &(tag, weight) in self.votes.get::<std::ops::Range<usize>>(range).unwrap_or_default() {
                scores[usize::from(tag)] += weight;
                any = true;
            }
        };
        let here = at.cast_signed();
        let first: String = token.chars().take(1).collect();
        count("b".to_owned());
        count(format!("s3={}", last_three(token)));
        count(format!("p1={first}"));
        count(format!("w={}", around(here)));
        count(format!("sh={}", shape(token)));
        count(if at == 0 { "i0" } else { "i+" }.to_owned());
        count(format!("t-1={last}"));
        count(format!("t-2={before}"));
        count(format!("t-12={last},{before}"));
        count(format!("w-1={}", around(here - 1)));
        count(format!("s3-1={}", last_three(around(here - 1))));
        count(format!("w-2={}", around(here - 2)));
        count(format!("w+1={}", around(here + 1)));
        count(format!("s3+1={}", last_three(around(here + 1))));
        count(format!("w+2={}", around(here + 2)));
        let best = scores.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
        best.filter(|_| any).map_or("NN", |(tag, _)| &self.tags[tag])
    }

    /// A word as a feature: numbers and hyphens by kind, a rare word by its shape.
    fn described(&self, token: &str) -> String {
        let digit = |c: char| c.is_ascii_digit();
        let plain = if token.contains('-') && !token.starts_with('-') {
            "!HYPHEN".to_owned()
        } else if token.len() == 4 && token.chars().all(digit) {
            "!YEAR".to_owned()
        } else if token.starts_with(digit) {
            "!DIGITS".to_owned()
        } else {
            token.to_lowercase()
        };
        if self.known.get(&plain).is_some() { plain } else { format!("<{}>", shape(token)) }
    }
}

fn last_three(word: &str) -> &str {
    word.char_indices().rev().nth(2).map_or(word, |(at, _)| &word[at..])
}

/// Which letters are large and small, or what stands in place of letters.
fn shape(word: &str) -> String {
    let count = word.chars().count();
    let all = |test: fn(char) -> bool| count > 0 && word.chars().all(test);
    if all(char::is_alphabetic) {
        let small_tail = word.chars().skip(1).all(char::is_lowercase);
        return match (all(char::is_lowercase), all(char::is_uppercase)) {
            (true, _) => "x",
            (_, true) if count > 1 => "XX",
            (_, true) => "X1",
            _ if small_tail => "Xx",
            _ => "xX",
        }
        .to_owned();
    }
    if all(char::is_numeric) {
        return "d".to_owned();
    }
    let kind = |c: char| match c {
        _ if c.is_numeric() => 'd',
        _ if c.is_alphabetic() => 'x',
        _ => c,
    };
    word.chars().take(4).map(kind).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn votes_decide_and_the_sure_are_not_asked() {
        let json = r#"{"tags":["NN","VB","DT"],"tagdict":{"the":"DT"},"vocab":["read","to"],
            "weights":{"t-1=DT":{"NN":2.0},"w-1=to":{"VB":3.5,"NN":-1.0},"b":{"NN":0.5}}}"#;
        let tagger = Tagger::of_json(json.as_bytes()).expect("read");
        assert_eq!(tagger.tags(&["the", "read"]), ["DT", "NN"]);
        assert_eq!(tagger.tags(&["to", "read"]), ["NN", "VB"]);
        assert!(tagger.tags(&[]).is_empty());
    }

    #[test]
    fn shapes() {
        let all: Vec<String> =
            ["word", "Word", "WORD", "I", "iPad", "1234", "don't", "a1"].iter().map(|w| shape(w)).collect();
        assert_eq!(all, ["x", "Xx", "XX", "X1", "xX", "d", "xxx'", "xd"]);
        assert_eq!((last_three("über"), last_three("a")), ("ber", "a"));
    }
}
