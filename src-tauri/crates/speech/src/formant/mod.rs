//! The formant voice: a synthesiser that needs no files, and a pitch shifter that plays a recording back in another voice.
//!
//! Arithmetic on samples, deterministic, without devices, files or threads.

mod character;
mod noise;
mod phones;
mod playback;
mod synthesis;

pub use character::Character;
pub use playback::PlayedBack;
pub use synthesis::{FormantSpeech, SpokenWord};

/// The rate of what the voice says and of what is played back, in Hz.
pub const OUTPUT_RATE: u32 = 24_000;
/// The rate of a recording that is played back, in Hz.
pub const INPUT_RATE: u32 = 16_000;
