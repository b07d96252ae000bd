//! The net that reads words which no lexicon has: letters in, phonemes out. A word takes about two milliseconds.

use std::collections::HashMap;
use std::path::Path;

use rten::{Model, RunOptions};
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;
use serde::Deserialize;

use crate::LoadError;

/// The net's alphabets. A number stands for a letter's place in them, counted from one; zero is no phoneme.
#[derive(Deserialize)]
struct Alphabets {
    r#in: Vec<char>,
    out: Vec<char>,
    maxlen: usize,
}

/// The net, loaded.
pub(super) struct Spelling {
    model: Model,
    letters: HashMap<char, i32>,
    phonemes: Vec<char>,
    longest: usize,
}

impl Spelling {
    pub(super) fn load(net: &Path, alphabets: &Path) -> Result<Self, LoadError> {
        let file = std::fs::File::open(alphabets).map_err(LoadError::file(alphabets))?;
        let alphabets: Alphabets = serde_json::from_reader(std::io::BufReader::new(file))
            .map_err(|source| LoadError::Json { path: alphabets.to_owned(), source })?;
        let model = Model::load_file(net).map_err(|error| LoadError::net(net, &error))?;
        Ok(Self {
            model,
            letters: alphabets.r#in.into_iter().zip(1..).collect(),
            phonemes: alphabets.out,
            longest: alphabets.maxlen,
        })
    }

    /// The phonemes of a word; nothing when it has no letter that the net knows, or the net fails.
    pub(super) fn read(&self, word: &str, options: &RunOptions) -> String {
        let ids: Vec<i32> =
            word.chars().filter_map(|letter| self.letters.get(&letter).copied()).take(self.longest).collect();
        if ids.is_empty() {
            return String::new();
        }
        let input = NdTensor::from_data([1, ids.len()], ids);
        let Ok(output) = self.model.run_one(input.view().into(), Some(options.clone())) else {
            return String::new();
        };
        let Ok(output): Result<NdTensor<i32, 2>, _> = output.try_into() else { return String::new() };
        let mut last = 0;
        let mut phonemes = String::new();
        // A phoneme lasts for several steps; a zero between two stands for the same one twice.
        for &step in output.iter() {
            if step != last {
                let place = usize::try_from(step).ok().and_then(|step| step.checked_sub(1));
                phonemes.extend(place.and_then(|place| self.phonemes.get(place)));
            }
            last = step;
        }
        phonemes
    }
}
