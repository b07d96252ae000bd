//! How words sound: the lexicons, the endings that they take, the tagger behind words that are written alike, and the
//! net for words that no lexicon has. Phonemes are in the alphabet of the voice (misaki's).

mod lexicon;
mod phonemes;
mod spelling;
mod table;
mod tagger;

pub(crate) use phonemes::Reader;
