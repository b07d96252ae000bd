//! A plan to a waveform: band-limited pulses at the planned pitch go through the planned spectrum, shaped noise and a
//! free part are added, and one inverse short-time Fourier transform (1200 points, hop 300, Hann) makes it sound.
//!
//! Since pitch and spectrum are apart, a voice can be made higher or lower without its vowels changing, and its throat
//! longer or shorter without its pitch changing.

use std::f32::consts::{PI, TAU};
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

use super::noise::Noise;
use super::{BINS, HOP, Plan, RATE};
use crate::Prosody;

const SIZE: usize = 1_200;
const OVERLAP: usize = SIZE / HOP;
/// Lower is no pitch.
const LEAST_PITCH: f32 = 40.0;
/// Harmonics end here, in Hz, so that none folds back.
const HIGHEST: f32 = 11_000.0;
/// No bin is louder than e to this.
const LOUDEST: f32 = 7.0;

/// The transforms, made once.
pub(crate) struct Vocoder {
    forward: Arc<dyn RealToComplex<f32>>,
    backward: Arc<dyn ComplexToReal<f32>>,
    window: Vec<f32>,
}

impl Vocoder {
    pub(crate) fn new() -> Self {
        let mut planner = RealFftPlanner::new();
        let window = (0..SIZE).map(|n| 0.5 - 0.5 * (TAU * n as f32 / SIZE as f32).cos()).collect();
        Self { forward: planner.plan_fft_forward(SIZE), backward: planner.plan_fft_inverse(SIZE), window }
    }

    /// The waveform, `plan.steps * HOP` samples around ±1. The noise depends on the seed alone.
    pub(crate) fn sound(&self, plan: &Plan, prosody: Prosody, seed: u64) -> Vec<f32> {
        let steps = plan.steps;
        if steps == 0 {
            return Vec::new();
        }
        let pulses = pulses(&plan.pitch, prosody.pitch);
        let half = SIZE / 2;
        let mut out = vec![0.0_f32; (steps + OVERLAP) * HOP];
        let mut weight = vec![0.0_f32; out.len()];
        let mut noise = Noise::new(seed);
        let mut frame = self.forward.make_input_vec();
        let mut spectrum = self.forward.make_output_vec();
        let (mut forth, mut back) = (self.forward.make_scratch_vec(), self.backward.make_scratch_vec());
        // With this a cosine of size one has magnitude one in its bin.
        let scale = 4.0 / SIZE as f32;
        for step in 0..steps {
            for (n, sample) in frame.iter_mut().enumerate() {
                let at = (step * HOP + n).cast_signed() - half.cast_signed();
                *sample = mirrored(&pulses, at) * self.window[n] * scale;
            }
            // Neither direction fails with buffers of its own making.
            let _ = self.forward.process_with_scratch(&mut frame, &mut spectrum, &mut forth);
            shape(plan, step, prosody.throat, &mut spectrum, &mut noise);
            // The inverse of a real signal has no imaginary part at its ends.
            spectrum[0].im = 0.0;
            spectrum[BINS - 1].im = 0.0;
            let _ = self.backward.process_with_scratch(&mut spectrum, &mut frame, &mut back);
            let place = step * HOP;
            for n in 0..SIZE {
                let window = self.window[n];
                out[place + n] += frame[n] * window / SIZE as f32;
                weight[place + n] += window * window;
            }
        }
        (half..half + steps * HOP).map(|at| out[at] / weight[at].max(1e-8)).collect()
    }
}

/// Turns the pulses' spectrum at one step into the voice's.
fn shape(plan: &Plan, step: usize, throat: f32, spectrum: &mut [Complex<f32>], noise: &mut Noise) {
    let steps = plan.steps;
    for (bin, value) in spectrum.iter_mut().enumerate() {
        // A throat twice as short would have every resonance twice as high.
        let from = (bin as f32 / throat).min((BINS - 1) as f32);
        let (low, part) = (from as usize, from.fract());
        let high = (low + 1).min(BINS - 1);
        let between = |data: &[f32]| {
            let (a, b) = (data[low * steps + step], data[high * steps + step]);
            a + (b - a) * part
        };
        let magnitude = |log: f32| log.min(LOUDEST).exp();
        let turned = Complex::from_polar(magnitude(between(&plan.voice)), PI * between(&plan.turn).tanh());
        let (re, im) = noise.pair();
        let breath = Complex::new(re, im) * magnitude(between(&plan.noise));
        let rest = Complex::from_polar(magnitude(between(&plan.rest)), plan.phase[low * steps + step]);
        *value = *value * turned + breath + rest;
    }
}

/// A sample, with the signal mirrored at its ends.
fn mirrored(signal: &[f32], at: isize) -> f32 {
    let last = signal.len().cast_signed() - 1;
    let at = if at < 0 { -at } else { at };
    let at = if at > last { 2 * last - at } else { at };
    usize::try_from(at).ok().and_then(|at| signal.get(at)).copied().unwrap_or(0.0)
}

/// All harmonics of the pitch below [`HIGHEST`], each of size one: their sum in closed form (Dirichlet's kernel).
fn pulses(pitch: &[f32], factor: f32) -> Vec<f32> {
    let mut out = Vec::with_capacity(pitch.len() * HOP);
    let mut cycle = 0.0_f64;
    for step in 0..pitch.len() {
        for n in 0..HOP {
            // A step's value holds in its middle.
            let position = (n as f32 + 0.5) / HOP as f32 - 0.5;
            let beside =
                if position < 0.0 { step.saturating_sub(1) } else { (step + 1).min(pitch.len() - 1) };
            let planned = pitch[step] + (pitch[beside] - pitch[step]) * position.abs();
            let hz = (planned * factor).max(LEAST_PITCH);
            cycle = (cycle + f64::from(hz) / f64::from(RATE)).fract();
            if planned <= LEAST_PITCH {
                out.push(0.0);
                continue;
            }
            let angle = TAU * cycle as f32;
            let count = (HIGHEST / hz).floor() + 0.5;
            let bottom = 2.0 * (angle * 0.5).sin();
            // Where the sum is 0 / 0 its limit is the number of terms.
            let sum = if bottom.abs() < 2e-3 { count } else { (count * angle).sin() / bottom };
            out.push(sum - 0.5);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const SILENT: f32 = -30.0;

    fn hum(steps: usize, hz: f32) -> Plan {
        let flat = |value: f32| vec![value; steps * BINS];
        Plan {
            steps,
            voice: (0..steps * BINS).map(|n| -((n / steps) as f32) / 40.0 - 3.0).collect(),
            turn: flat(0.0),
            noise: flat(SILENT),
            rest: flat(SILENT),
            phase: flat(0.0),
            pitch: vec![hz; steps],
        }
    }

    fn sound(plan: &Plan, pitch: f32) -> Vec<f32> {
        Vocoder::new().sound(plan, Prosody { pitch, throat: 1.0, speed: 1.0 }, 1)
    }

    /// The least lag at which the sound is as like itself as at any.
    fn period(samples: &[f32]) -> usize {
        let middle = &samples[3_000..9_000];
        let likeness = |lag: usize| -> f32 { (0..4_000).map(|n| middle[n] * middle[n + lag]).sum() };
        let most = (60..600).map(likeness).fold(0.0, f32::max);
        (60..600).find(|&lag| likeness(lag) > 0.97 * most).expect("one of them")
    }

    #[test]
    fn the_pitch_is_as_planned_and_as_asked_for() {
        let plan = hum(40, 200.0);
        assert_eq!(sound(&plan, 1.0).len(), 40 * HOP);
        for (factor, lag) in [(1.0, 120), (0.5, 240), (1.25, 96)] {
            assert!(period(&sound(&plan, factor)).abs_diff(lag) <= 2, "at {factor}");
        }
    }

    #[test]
    fn a_harmonic_is_as_loud_as_planned() {
        // One harmonic alone: everything but the bins around 200 Hz is silent. Full scale is a magnitude of 300.
        let mut plan = hum(40, 200.0);
        for bin in 0..BINS {
            let level = if (8..13).contains(&bin) { 300.0_f32.ln() } else { SILENT };
            plan.voice[bin * 40..(bin + 1) * 40].fill(level);
        }
        let samples = sound(&plan, 1.0);
        let peak = samples[4_000..8_000].iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        assert!((peak - 1.0).abs() < 0.05, "{peak}");
    }

    #[test]
    fn without_a_voice_the_same_noise_is_heard_each_time() {
        let mut plan = hum(30, 0.0);
        assert!(sound(&plan, 1.0).iter().all(|sample| sample.abs() < 1e-6));
        plan.noise.fill(-2.0);
        let samples = sound(&plan, 1.0);
        assert!(samples.iter().any(|sample| sample.abs() > 0.01));
        assert_eq!(samples, sound(&plan, 1.0));
    }

    #[test]
    fn nothing_is_nothing() {
        assert!(sound(&Plan::default(), 1.0).is_empty());
        assert_eq!(sound(&hum(1, 100.0), 1.0).len(), HOP);
    }
}
