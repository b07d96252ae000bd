//! Changes the rate of one channel, with rubato.
//!
//! [`Resampler`] is for sound devices: FFT-based, of the highest quality, best between rates with a large common
//! divisor. [`PcmResampler`] is for 16-bit speech from a peer that may name any rate: its memory, its delay and its
//! cost do not depend on how the two rates divide.

mod blocks;
mod fft;
mod sinc;

pub use fft::Resampler;
pub use sinc::PcmResampler;

/// No resampler can be made between these two rates.
#[derive(Debug, thiserror::Error)]
#[error("no resampler from {from} Hz to {to} Hz")]
pub struct UnsupportedRate {
    /// The input's rate in Hz.
    pub from: u32,
    /// The output's rate in Hz.
    pub to: u32,
    source: Option<rubato::ResamplerConstructionError>,
}
