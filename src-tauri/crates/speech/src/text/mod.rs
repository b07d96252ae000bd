//! Written English to what is said: sentences, then words without digits, signs and abbreviations. Pure; knows no
//! phonemes.

mod dates;
mod normal;
pub mod numbers;
mod sentence;
mod signs;

pub(crate) use normal::{Piece, Written, read};
pub(crate) use sentence::sentences;
