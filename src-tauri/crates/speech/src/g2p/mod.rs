//! How words sound: the lexicons, the endings that they take, the tagger behind words that are written alike, and the
//! net for words that no lexicon has; and, without any of these, rules of spelling. Phonemes are in the alphabet of the
//! voice (misaki's).

mod builtin;
mod lexicon;
mod phonemes;
mod rules;
mod spelling;
mod table;
mod tagger;

pub(crate) use phonemes::Reader;
pub(crate) use rules::{letters_of, phonemes_of};
