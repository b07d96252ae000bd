//! A text made readable: words without marks, quantities, sentences and what kind they are, and lists as they are said. Pure.

mod misheard;
mod quantity;
mod sentence;
mod spoken;
mod words;

pub(super) use misheard::meant;
pub(super) use quantity::{joined_at, pieces_of, plain, quantity_at};
pub(super) use sentence::{Act, COMMANDS, Sentence, ends_with_mark, sentences_of};
pub(super) use spoken::{grouped, listed, number_said, pick};
pub(super) use words::{Words, bare, sound_of, sounds_like, stem, words_of_name};
