//! What the rehearsal partner sounds like: a sketched voice of its own, and the user's words in a changed voice.
//!
//! Everything here is arithmetic on samples, deterministic, without devices, files or threads.

mod character;
mod filter;
mod letters;
mod lexicon;
mod numbers;
mod phones;
mod shift;
mod sketch;

pub(crate) use character::{Character, of as character_of};
pub(crate) use shift::PlayedBack;
pub(crate) use sketch::Speech;

/// The rate of every reply, in Hz (PROTOCOL.md §4).
pub(crate) const OUTPUT_RATE: u32 = 24_000;

/// Speech as a microphone would bring it, for tests.
#[cfg(test)]
pub(crate) fn spoken_at_16_khz(text: &str) -> Vec<i16> {
    let pcm: Vec<i16> = Speech::new(text, character_of("Charon")).flat_map(|word| word.pcm).collect();
    let mut out = Vec::new();
    crate::resample::Resampler::new(OUTPUT_RATE).push(&pcm, &mut out);
    out
}
