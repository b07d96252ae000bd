//! What the rehearsal partner sounds like: a real voice where there is one, a sketched voice of its own, and the user's
//! words in a changed voice.
//!
//! Arithmetic on samples, deterministic, without devices, files or threads; only `voiced` has its work done elsewhere.

mod character;
mod filter;
mod letters;
mod lexicon;
mod numbers;
mod phones;
mod shift;
mod sketch;
mod streamed;
mod voiced;

pub(crate) use character::{Character, of as character_of};
pub(crate) use shift::PlayedBack;
#[cfg(test)]
pub(crate) use sketch::Speech;
pub(crate) use voiced::{Next, Prepared, Saying, Speaker};

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
