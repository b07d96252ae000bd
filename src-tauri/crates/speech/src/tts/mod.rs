//! Phonemes to sound: the net that plans each 12.5 ms, and the vocoder that makes a waveform of the plan.

mod net;
mod noise;
mod vocoder;

pub(crate) use net::Net;
pub(crate) use vocoder::Vocoder;

/// Samples a second.
pub(crate) const RATE: u32 = 24_000;
/// Samples in a step of the plan.
pub(crate) const HOP: usize = 300;
/// Bins of the plan's spectra, 20 Hz apart.
pub(crate) const BINS: usize = 601;

/// What the net plans: for each step and bin how the voice, the noise and the rest are to sound.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    pub(crate) steps: usize,
    /// Log magnitude of the harmonics; bins × steps, as all that follow.
    pub(crate) voice: Vec<f32>,
    /// The phase that the throat adds to them, before tanh and π.
    pub(crate) turn: Vec<f32>,
    /// Log magnitude of the noise.
    pub(crate) noise: Vec<f32>,
    /// Log magnitude of what is neither.
    pub(crate) rest: Vec<f32>,
    /// Its phase in radians.
    pub(crate) phase: Vec<f32>,
    /// Pitch in Hz for each step; below 40 there is no voice.
    pub(crate) pitch: Vec<f32>,
}
