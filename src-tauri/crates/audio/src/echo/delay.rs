//! Estimates the delay from far end to microphone by generalised cross-correlation (GCC) of the last 200 ms, with a
//! partly whitened spectrum. 20 times a second while a reply sounds.

use std::sync::Arc;

use dsp::resample::{Resampler, UnsupportedRate};
use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

use super::{FRAME_RATE, Frame, power};

/// The rate at which both are compared, in Hz: a voice is mostly below 2 kHz, and a quarter of a millisecond is exact
/// enough.
const RATE: u32 = 4_000;
/// How much of the microphone is searched for in the far end: 200 ms.
const WINDOW: usize = 800;
/// The longest delay that is searched: 600 ms.
const LONGEST: usize = 2_400;
/// The transform's length: both signals, without wrapping around.
const LENGTH: usize = 4_096;
/// Frames from one estimate to the next: 50 ms.
const HOP: u32 = 5;
/// A microphone below −65 dBFS is not compared…
const NEAR_FLOOR: f32 = 3e-7;
/// …nor a far end below −60 dBFS.
const FAR_FLOOR: f32 = 1e-6;
/// The exponent of the whitening. At 1 noise would weigh as much as sound; at 0 a voice would also be found one of its
/// own periods later.
const WHITENING: f32 = 0.7;

/// Two delays are the same within this: 0.5 ms, in quarters of a millisecond.
pub(crate) const SAME: usize = 2;

/// An estimated delay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Delay {
    /// The delay in quarters of a millisecond.
    pub(crate) quarters: usize,
    /// How far its correlation stands out: the peak against the root mean square over all delays.
    pub(crate) prominence: f32,
    /// The same at the delay that was expected; 0 without one.
    pub(crate) expected_prominence: f32,
}

/// Compares both ends.
pub(crate) struct DelayEstimator {
    far: History,
    near: History,
    until_next: u32,
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    scratch: Vec<Complex<f32>>,
    spectra: [Vec<Complex<f32>>; 2],
    samples: Vec<f32>,
}

/// The newest samples of one end, at [`RATE`].
struct History {
    resampler: Resampler,
    fresh: Vec<f32>,
    kept: Vec<f32>,
}

impl History {
    fn new(length: usize) -> Result<Self, UnsupportedRate> {
        let resampler = Resampler::live(FRAME_RATE, RATE)?;
        Ok(Self { resampler, fresh: Vec::new(), kept: vec![0.0; length] })
    }

    fn push(&mut self, frame: &Frame) {
        self.fresh.clear();
        self.resampler.push(frame, &mut self.fresh);
        let new = self.fresh.len();
        let old = self.kept.len() - new;
        self.kept.copy_within(new.., 0);
        self.kept[old..].copy_from_slice(&self.fresh);
    }
}

impl DelayEstimator {
    /// Creates an estimator that has heard silence.
    ///
    /// # Errors
    /// None in practice: both rates are constants that can be resampled.
    pub(crate) fn new() -> Result<Self, UnsupportedRate> {
        let mut planner = RealFftPlanner::new();
        let (forward, inverse) = (planner.plan_fft_forward(LENGTH), planner.plan_fft_inverse(LENGTH));
        let scratch = forward.get_scratch_len().max(inverse.get_scratch_len());
        Ok(Self {
            far: History::new(LONGEST + WINDOW)?,
            near: History::new(WINDOW)?,
            until_next: HOP,
            scratch: vec![Complex::default(); scratch],
            spectra: [forward.make_output_vec(), forward.make_output_vec()],
            samples: vec![0.0; LENGTH],
            forward,
            inverse,
        })
    }

    /// Takes a frame of each end. Returns an estimate every fifth time, if both sounded lately; it also says how
    /// prominent the `expected` delay is.
    pub(crate) fn push(
        &mut self,
        far_end: &Frame,
        near_end: &Frame,
        expected: Option<usize>,
    ) -> Option<Delay> {
        self.far.push(far_end);
        self.near.push(near_end);
        self.until_next -= 1;
        if self.until_next > 0 {
            return None;
        }
        self.until_next = HOP;
        if power(&self.far.kept[LONGEST / 2..]) < FAR_FLOOR || power(&self.near.kept) < NEAR_FLOOR {
            return None;
        }
        self.correlate(expected)
    }

    fn correlate(&mut self, expected: Option<usize>) -> Option<Delay> {
        // The microphone's window is aligned with the newest of the far end.
        for (end, at, kept) in [(0, 0, &self.far.kept), (1, LONGEST, &self.near.kept)] {
            self.samples.fill(0.0);
            self.samples[at..at + kept.len()].copy_from_slice(kept);
            let done = self.forward.process_with_scratch(
                &mut self.samples,
                &mut self.spectra[end],
                &mut self.scratch,
            );
            done.ok()?;
        }
        let [far, near] = &mut self.spectra;
        for (far, near) in far.iter_mut().zip(near) {
            let product = *near * far.conj();
            *far = product * product.norm_sqr().max(f32::MIN_POSITIVE).powf(-0.5 * WHITENING);
        }
        // The first and the last value of a real signal's spectrum must be real.
        for end in [0, LENGTH / 2] {
            far[end] = Complex::default();
        }
        self.inverse.process_with_scratch(far, &mut self.samples, &mut self.scratch).ok()?;
        let delays = &self.samples[..=LONGEST];
        let best = |best: (usize, f32), (n, at): (usize, &f32)| if *at > best.1 { (n, *at) } else { best };
        let (quarters, peak) = delays.iter().enumerate().fold((0, 0.0), best);
        let rms = power(delays).sqrt().max(f32::MIN_POSITIVE);
        let near_expected =
            expected.map_or(0..0, |at| at.saturating_sub(SAME)..(at + SAME + 1).min(delays.len()));
        let expected_peak =
            delays.get(near_expected).into_iter().flatten().fold(0.0_f32, |most, at| most.max(*at));
        Some(Delay { quarters, prominence: peak / rms, expected_prominence: expected_peak / rms })
    }
}

#[cfg(test)]
mod tests {
    use super::super::synthetic_room::EchoPath;
    use super::*;
    use crate::echo::FRAME_SAMPLES;
    use dsp::synthetic::{RATE as ROOM_RATE, noise, speech};

    fn at_frame_rate(samples: &[f32]) -> Vec<f32> {
        let mut out = Vec::new();
        Resampler::live(ROOM_RATE as u32, FRAME_RATE).expect("rates").push(samples, &mut out);
        out
    }

    /// Every estimate while `far` returns through `path` and `near` speaks.
    fn found(far: &[f32], path: &EchoPath, near: &[f32]) -> Vec<Delay> {
        let mut mixed = path.carry(far, 0.0);
        mixed.iter_mut().zip(near).for_each(|(echo, near)| *echo += near);
        let (far, near) = (at_frame_rate(far), at_frame_rate(&mixed));
        let (far, near) = (far.as_chunks::<FRAME_SAMPLES>().0, near.as_chunks::<FRAME_SAMPLES>().0);
        let mut estimator = DelayEstimator::new().expect("rates");
        far.iter().zip(near).filter_map(|(far, near)| estimator.push(far, near, None)).collect()
    }

    #[test]
    fn an_echo_is_found_at_its_delay_even_under_a_voice() {
        let far = speech(1, 120.0, 20.0);
        for (delay_ms, voice_gain, least) in [(80, 0.0, 0.7), (80, 0.3, 0.3), (250, 0.0, 0.7)] {
            let near: Vec<f32> = speech(7, 200.0, 20.0).iter().map(|sample| sample * voice_gain).collect();
            let found = found(&far, &EchoPath::room(delay_ms, -10.0), &near);
            let clear: Vec<&Delay> = found.iter().filter(|delay| delay.prominence >= 11.0).collect();
            let wrong = clear.iter().filter(|delay| delay.quarters.abs_diff(delay_ms * 4) > 2).count();
            println!(
                "{delay_ms} ms, a voice of {voice_gain}: {} estimates, {} clear, {wrong} of these wrong",
                found.len(),
                clear.len()
            );
            assert!(clear.len() as f32 > found.len() as f32 * least);
            assert!(wrong * 50 <= clear.len(), "{wrong} of {}", clear.len());
        }
    }

    #[test]
    fn without_an_echo_no_delay_is_prominent() {
        let nowhere = EchoPath { delay: 0, response: Vec::new() };
        let far = speech(1, 120.0, 20.0);
        let found = found(&far, &nowhere, &speech(7, 200.0, 20.0));
        assert!(!found.is_empty());
        let clear = found.iter().filter(|delay| delay.prominence >= 11.0).count();
        assert!(clear * 50 <= found.len(), "{clear} of {}", found.len());
    }

    #[test]
    fn silence_at_either_end_gives_no_estimate() {
        let sound = noise(1, -30.0, ROOM_RATE);
        let nowhere = EchoPath { delay: 0, response: Vec::new() };
        assert_eq!(found(&sound, &nowhere, &[]), []);
        assert_eq!(found(&vec![0.0; ROOM_RATE], &nowhere, &sound), []);
    }
}
