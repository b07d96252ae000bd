//! Signal processing on one channel of samples, shared by the microphone's side (`audio`) and the Live server's.
//!
//! Everything here is plain computation: no thread, clock, device or file. A type that keeps state between calls
//! belongs to one stream of samples.
//!
//! Units: rates are in Hz; `f32` samples lie in −1.0..=1.0 at full scale; `i16` samples are the wire's format, signed
//! and little-endian as bytes.
//!
//! ```
//! use dsp::{pcm, resample::Resampler};
//!
//! // 10 ms of 24 kHz PCM, as a reply carries it, for a sound device that runs at 48 kHz.
//! let bytes = vec![0_u8; 480];
//! let samples: Vec<f32> = pcm::samples(&bytes).map(pcm::to_f32).collect();
//! let (mut resampler, mut out) = (Resampler::new(24_000, 48_000)?, Vec::new());
//! resampler.push(&samples, &mut out);
//! resampler.finish(&mut out);
//! assert_eq!(out.len(), 480);
//! # Ok::<(), dsp::resample::UnsupportedRate>(())
//! ```

// Samples that must pass unchanged are compared exactly.
#![cfg_attr(test, allow(clippy::float_cmp))]

pub mod filters;
pub mod pcm;
pub mod reblock;
pub mod resample;
pub mod synthetic;
pub mod vad;
