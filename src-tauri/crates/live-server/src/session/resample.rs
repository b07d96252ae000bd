//! Brings a client's audio to 16 kHz, whatever rate its mimeType names.
//!
//! Owns the filter's state between chunks of one session. Runs inline in the session's task and never blocks.

use crate::agent::INPUT_RATE;

/// Steps between two neighbouring input samples that the filter table knows; values between are interpolated.
const PHASES: usize = 128;
/// Zero crossings of the sinc on each side: enough for speech, short enough for a few microseconds per chunk.
const CROSSINGS: f32 = 8.0;

/// A streaming windowed-sinc resampler from one fixed rate to 16 kHz.
///
/// Any split of the input gives the same samples out.
pub(crate) struct Resampler {
    rate: u32,
    /// Input samples per output sample.
    step: f64,
    /// Where the next output sample lies, in samples from the start of `held`.
    position: f64,
    held: Vec<f32>,
    half: usize,
    /// `PHASES + 1` rows of `2 * half` weights.
    table: Vec<f32>,
}

impl Resampler {
    /// A resampler from `rate` Hz.
    pub(crate) fn new(rate: u32) -> Self {
        let cutoff = (INPUT_RATE as f32 / rate as f32).min(1.0);
        let half = (CROSSINGS / cutoff).ceil() as usize;
        let mut table = Vec::with_capacity((PHASES + 1) * half * 2);
        for phase in 0..=PHASES {
            let fraction = phase as f32 / PHASES as f32;
            let row = table.len();
            for tap in 0..half * 2 {
                let distance = tap as f32 - (half as f32 - 1.0) - fraction;
                table.push(windowed_sinc(distance, cutoff, half as f32));
            }
            // Each row sums to one, so a constant stays that constant at every phase.
            let sum: f32 = table[row..].iter().sum();
            table[row..].iter_mut().for_each(|weight| *weight /= sum);
        }
        Self {
            rate,
            step: f64::from(rate) / f64::from(INPUT_RATE),
            position: (half - 1) as f64,
            held: vec![0.0; half - 1],
            half,
            table,
        }
    }

    /// The rate this one was made for, in Hz.
    pub(crate) fn rate(&self) -> u32 {
        self.rate
    }

    /// Takes samples at the input rate and appends those at 16 kHz that are now complete.
    pub(crate) fn push(&mut self, samples: &[i16], out: &mut Vec<i16>) {
        self.held.extend(samples.iter().map(|&sample| f32::from(sample)));
        while self.position as usize + self.half < self.held.len() {
            let whole = self.position as usize;
            let scaled = (self.position - whole as f64) as f32 * PHASES as f32;
            let phase = (scaled as usize).min(PHASES - 1);
            let blend = scaled - phase as f32;
            let width = self.half * 2;
            let low = &self.table[phase * width..(phase + 1) * width];
            let high = &self.table[(phase + 1) * width..(phase + 2) * width];
            let window = &self.held[whole + 1 - self.half..whole + 1 + self.half];
            let sum: f32 = window
                .iter()
                .zip(low.iter().zip(high))
                .map(|(sample, (&low, &high))| sample * (low + (high - low) * blend))
                .sum();
            out.push(sum.clamp(-32768.0, 32767.0) as i16);
            self.position += self.step;
        }
        let done = (self.position as usize).saturating_sub(self.half).min(self.held.len());
        self.held.drain(..done);
        self.position -= done as f64;
    }
}

fn windowed_sinc(distance: f32, cutoff: f32, half: f32) -> f32 {
    let edge = distance / half;
    if edge.abs() >= 1.0 {
        return 0.0;
    }
    let angle = std::f32::consts::PI * distance * cutoff;
    let sinc = if angle.abs() < 1e-5 { 1.0 } else { angle.sin() / angle };
    let window = 0.5 + 0.5 * (std::f32::consts::PI * edge).cos();
    sinc * window * cutoff
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(rate: u32, hz: f32, seconds: f32) -> Vec<i16> {
        (0..(rate as f32 * seconds) as usize)
            .map(|n| ((n as f32 / rate as f32 * hz * std::f32::consts::TAU).sin() * 10_000.0) as i16)
            .collect()
    }

    fn loudness(samples: &[i16]) -> f32 {
        let sum: f32 = samples.iter().map(|&sample| f32::from(sample).powi(2)).sum();
        (sum / samples.len() as f32).sqrt()
    }

    #[test]
    fn keeps_duration_and_level_in_the_band() {
        for rate in [8_000, 22_050, 24_000, 44_100, 48_000] {
            let mut out = Vec::new();
            Resampler::new(rate).push(&sine(rate, 440.0, 1.0), &mut out);
            assert!((15_900..=16_000).contains(&out.len()), "{rate} Hz gave {}", out.len());
            let level = loudness(&out[500..15_000]);
            assert!((6_900.0..7_200.0).contains(&level), "{rate} Hz gave {level}");
        }
    }

    #[test]
    fn removes_what_16_khz_cannot_hold() {
        let mut out = Vec::new();
        Resampler::new(48_000).push(&sine(48_000, 12_000.0, 0.5), &mut out);
        assert!(loudness(&out[500..7_000]) < 100.0);
    }

    #[test]
    fn any_split_gives_the_same_samples() {
        let input = sine(44_100, 300.0, 0.3);
        let mut whole = Vec::new();
        Resampler::new(44_100).push(&input, &mut whole);
        for size in [1, 7, 441, 1000] {
            let (mut split, mut resampler) = (Vec::new(), Resampler::new(44_100));
            input.chunks(size).for_each(|chunk| resampler.push(chunk, &mut split));
            assert_eq!(split, whole, "in chunks of {size}");
        }
    }
}
