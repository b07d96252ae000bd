//! Finds how much later the microphone hears the far end, by the generalised cross-correlation of the last 200 ms (GCC, with its
//! spectrum partly whitened). Pure; runs on the audio thread, 20 times a second while a reply sounds.

use std::sync::Arc;

use dsp::resample::UnsupportedRate;
use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

use super::{FRAME_RATE, Frame, power};
use dsp::resample::Resampler;

/// The rate at which both are compared, in Hz: a voice is mostly below 2 kHz, and a quarter of a millisecond is exact enough.
const RATE: u32 = 4_000;
/// How much of the microphone is looked for in the far end: 200 ms.
const WINDOW: usize = 800;
/// The longest delay that is looked for: 600 ms.
const LONGEST: usize = 2_400;
/// Both in one transform without the end reaching round to the beginning.
const LENGTH: usize = 4_096;
/// Frames from one estimate to the next: 50 ms.
const HOP: u32 = 5;
/// A microphone below −65 dBFS and a far end below −60 dBFS tell nothing.
const HEARD: f32 = 3e-7;
const SOUNDS: f32 = 1e-6;
/// How much of every frequency's strength is taken out before comparing. All of it would weigh noise like sound; none of it
/// would find a voice again one of its own periods later.
const WHITENED: f32 = 0.7;

/// Two delays are the same within this: 0.5 ms, as quarters.
pub(crate) const SAME: usize = 2;

/// Where the far end was found in the microphone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Delay {
    /// How late it came, in steps of a quarter of a millisecond.
    pub(crate) quarters: usize,
    /// How far the best delay stands out of all others: its correlation against their root mean square.
    pub(crate) clearness: f32,
    /// The same of the place that was asked about; 0 without one.
    pub(crate) clearness_there: f32,
}

/// Listens to both ends.
pub(crate) struct DelayEstimator {
    ends: [End; 2],
    until_next: u32,
    forward: Arc<dyn RealToComplex<f32>>,
    back: Arc<dyn ComplexToReal<f32>>,
    scratch: Vec<Complex<f32>>,
    spectra: [Vec<Complex<f32>>; 2],
    waves: Vec<f32>,
}

/// What one end gave lately, at [`RATE`].
struct End {
    down: Resampler,
    fresh: Vec<f32>,
    kept: Vec<f32>,
}

impl End {
    fn new(length: usize) -> Result<Self, UnsupportedRate> {
        Ok(Self { down: Resampler::live(FRAME_RATE, RATE)?, fresh: Vec::new(), kept: vec![0.0; length] })
    }

    fn hear(&mut self, frame: &Frame) {
        self.fresh.clear();
        self.down.push(frame, &mut self.fresh);
        let new = self.fresh.len();
        let old = self.kept.len() - new;
        self.kept.copy_within(new.., 0);
        self.kept[old..].copy_from_slice(&self.fresh);
    }
}

impl DelayEstimator {
    /// Heard nothing yet. Fails only for a rate of zero, which it has not.
    pub(crate) fn new() -> Result<Self, UnsupportedRate> {
        let mut planner = RealFftPlanner::new();
        let (forward, back) = (planner.plan_fft_forward(LENGTH), planner.plan_fft_inverse(LENGTH));
        let scratch = forward.get_scratch_len().max(back.get_scratch_len());
        Ok(Self {
            ends: [End::new(LONGEST + WINDOW)?, End::new(WINDOW)?],
            until_next: HOP,
            scratch: vec![Complex::default(); scratch],
            spectra: [forward.make_output_vec(), forward.make_output_vec()],
            waves: vec![0.0; LENGTH],
            forward,
            back,
        })
    }

    /// Takes a frame of each; answers every fifth time, if both sounded lately. It is asked about `place`, too.
    pub(crate) fn note(&mut self, far_end: &Frame, near_end: &Frame, place: Option<usize>) -> Option<Delay> {
        self.ends[0].hear(far_end);
        self.ends[1].hear(near_end);
        self.until_next -= 1;
        if self.until_next > 0 {
            return None;
        }
        self.until_next = HOP;
        let [far, near] = &self.ends;
        if power(&far.kept[LONGEST / 2..]) < SOUNDS || power(&near.kept) < HEARD {
            return None;
        }
        self.correlate(place)
    }

    fn correlate(&mut self, place: Option<usize>) -> Option<Delay> {
        // The microphone's window lies beside the newest of the far end.
        for (end, at) in [(0, 0), (1, LONGEST)] {
            let kept = &self.ends[end].kept;
            self.waves.fill(0.0);
            self.waves[at..at + kept.len()].copy_from_slice(kept);
            let forward =
                self.forward.process_with_scratch(&mut self.waves, &mut self.spectra[end], &mut self.scratch);
            forward.ok()?;
        }
        let [far, near] = &mut self.spectra;
        for (far, near) in far.iter_mut().zip(near) {
            let product = *near * far.conj();
            *far = product * product.norm_sqr().max(f32::MIN_POSITIVE).powf(-0.5 * WHITENED);
        }
        // A real signal's first and last are real.
        for end in [0, LENGTH / 2] {
            far[end] = Complex::default();
        }
        self.back.process_with_scratch(far, &mut self.waves, &mut self.scratch).ok()?;
        let delays = &self.waves[..=LONGEST];
        let best = |best: (usize, f32), (n, at): (usize, &f32)| if *at > best.1 { (n, *at) } else { best };
        let (quarters, peak) = delays.iter().enumerate().fold((0, 0.0), best);
        let usual = power(delays).sqrt().max(f32::MIN_POSITIVE);
        let there =
            place.map_or(0..0, |place| place.saturating_sub(SAME)..(place + SAME + 1).min(delays.len()));
        let most_there = delays.get(there).into_iter().flatten().fold(0.0_f32, |most, at| most.max(*at));
        Some(Delay { quarters, clearness: peak / usual, clearness_there: most_there / usual })
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

    /// Every delay that was found while `far` came back through `path` and `near` was there, too.
    fn found(far: &[f32], path: &EchoPath, near: &[f32]) -> Vec<Delay> {
        let mut heard = path.carry(far, 0.0);
        heard.iter_mut().zip(near).for_each(|(echo, near)| *echo += near);
        let (far, heard) = (at_frame_rate(far), at_frame_rate(&heard));
        let (far, heard) = (far.as_chunks::<FRAME_SAMPLES>().0, heard.as_chunks::<FRAME_SAMPLES>().0);
        let mut estimator = DelayEstimator::new().expect("rates");
        far.iter().zip(heard).filter_map(|(far, heard)| estimator.note(far, heard, None)).collect()
    }

    #[test]
    fn an_echo_is_found_at_its_delay_even_under_a_voice() {
        let far = speech(1, 120.0, 20.0);
        for (delay_ms, voice_is, least) in [(80, 0.0, 0.7), (80, 0.3, 0.3), (250, 0.0, 0.7)] {
            let near: Vec<f32> = speech(7, 200.0, 20.0).iter().map(|sample| sample * voice_is).collect();
            let found = found(&far, &EchoPath::room(delay_ms, -10.0), &near);
            let clear: Vec<&Delay> = found.iter().filter(|delay| delay.clearness >= 11.0).collect();
            let wrong = clear.iter().filter(|delay| delay.quarters.abs_diff(delay_ms * 4) > 2).count();
            println!(
                "{delay_ms} ms, a voice of {voice_is}: {} estimates, {} clear, {wrong} of these wrong",
                found.len(),
                clear.len()
            );
            assert!(clear.len() as f32 > found.len() as f32 * least);
            assert!(wrong * 50 <= clear.len(), "{wrong} of {}", clear.len());
        }
    }

    #[test]
    fn where_there_is_no_echo_nothing_is_clear() {
        let nowhere = EchoPath { delay: 0, response: Vec::new() };
        let far = speech(1, 120.0, 20.0);
        let found = found(&far, &nowhere, &speech(7, 200.0, 20.0));
        assert!(!found.is_empty());
        let clear = found.iter().filter(|delay| delay.clearness >= 11.0).count();
        assert!(clear * 50 <= found.len(), "{clear} of {}", found.len());
    }

    #[test]
    fn silence_at_either_end_tells_nothing() {
        let sound = noise(1, -30.0, ROOM_RATE);
        let nowhere = EchoPath { delay: 0, response: Vec::new() };
        assert_eq!(found(&sound, &nowhere, &[]), []);
        assert_eq!(found(&vec![0.0; ROOM_RATE], &nowhere, &sound), []);
    }
}
