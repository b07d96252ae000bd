//! A streaming resampler for 16-bit speech, whatever the two rates (rubato's windowed sinc).

use rubato::{Async, FixedAsync, SincInterpolationParameters, WindowFunction, calculate_cutoff};

use super::UnsupportedRate;
use super::blocks::Blocks;
use crate::pcm::{to_f32, to_i16};

/// Length of the filter, in samples of the lower of the two rates.
const TAPS: usize = 48;
/// Steps between two samples for which the filter is tabulated; cubic interpolation fills in between them.
const OVERSAMPLING: usize = 64;
const WINDOW: WindowFunction = WindowFunction::Blackman;
/// Blocks of 2.5 ms: nothing waits longer than that for its block to be complete.
const BLOCKS_PER_SECOND: u32 = 400;
/// The rates that are taken, in Hz.
const RATES: std::ops::RangeInclusive<u32> = 1_000..=768_000;

/// Resamples a stream of mono 16-bit samples between two fixed rates.
///
/// The filter's delay is cut off at the beginning, so that output sample n · to ÷ from corresponds to input sample n.
/// Output follows its input within 2.5 ms and half the filter (1.5 ms at 16 kHz); [`PcmResampler::finish`] gives the
/// rest. The output does not depend on how the input was split.
///
/// ```
/// let mut resampler = dsp::resample::PcmResampler::new(44_100, 16_000)?;
/// let mut out = Vec::new();
/// for chunk in [[0_i16; 441]; 4] {
///     resampler.push(&chunk, &mut out);
/// }
/// resampler.finish(&mut out);
/// assert_eq!(out.len(), 640);
/// # Ok::<(), dsp::resample::UnsupportedRate>(())
/// ```
pub struct PcmResampler {
    from: u32,
    to: u32,
    /// `None` between equal rates.
    inner: Option<Blocks<Async<f32>>>,
    /// The input as floats.
    input: Vec<f32>,
    /// Samples taken and given since the stream began.
    taken: u64,
    given: u64,
}

impl PcmResampler {
    /// Creates a resampler from `from` Hz to `to` Hz.
    ///
    /// # Errors
    /// If one of the rates lies outside 1 kHz to 768 kHz.
    pub fn new(from: u32, to: u32) -> Result<Self, UnsupportedRate> {
        if !RATES.contains(&from) || !RATES.contains(&to) {
            return Err(UnsupportedRate { from, to, source: None });
        }
        let inner = if from == to { None } else { Some(filter(from, to)?) };
        Ok(Self { from, to, inner, input: Vec::new(), taken: 0, given: 0 })
    }

    /// Returns the input's rate in Hz.
    pub fn from_rate(&self) -> u32 {
        self.from
    }

    /// Takes samples at the input's rate and appends those at the output's rate that are now complete.
    pub fn push(&mut self, input: &[i16], output: &mut Vec<i16>) {
        let before = output.len();
        match &mut self.inner {
            None => output.extend_from_slice(input),
            Some(inner) => {
                self.input.clear();
                self.input.extend(input.iter().copied().map(to_f32));
                inner.push(&self.input, |samples| output.extend(samples.iter().copied().map(to_i16)));
            }
        }
        self.taken += input.len() as u64;
        self.given += (output.len() - before) as u64;
    }

    /// Ends the stream: appends what is still inside, so that the output is as long as the input, and starts afresh.
    pub fn finish(&mut self, output: &mut Vec<i16>) {
        if let Some(inner) = &mut self.inner {
            let whole = (self.taken * u64::from(self.to)).div_ceil(u64::from(self.from));
            let end = output.len() + whole.saturating_sub(self.given) as usize;
            let silence = vec![0.0; inner.size()];
            while output.len() < end {
                inner.push(&silence, |samples| output.extend(samples.iter().copied().map(to_i16)));
            }
            output.truncate(end);
        }
        self.reset();
    }

    /// Drops what is still inside: the next sample begins a new stream.
    pub fn reset(&mut self) {
        (self.taken, self.given) = (0, 0);
        if let Some(inner) = &mut self.inner {
            inner.reset(false);
        }
    }
}

fn filter(from: u32, to: u32) -> Result<Blocks<Async<f32>>, UnsupportedRate> {
    // Going down, the filter is as long in time as at the lower rate; rubato scales its cutoff by the same ratio.
    let taps = TAPS * from.div_ceil(to) as usize;
    let parameters = SincInterpolationParameters {
        f_cutoff: Some(calculate_cutoff(TAPS, WINDOW)),
        oversampling_factor: OVERSAMPLING,
        ..SincInterpolationParameters::new(taps, WINDOW)
    };
    let (ratio, block) = (f64::from(to) / f64::from(from), (from / BLOCKS_PER_SECOND).max(1) as usize);
    let sinc = Async::new_sinc(ratio, 1.0, &parameters, block, 1, FixedAsync::Input)
        .map_err(|source| UnsupportedRate { from, to, source: Some(source) })?;
    Ok(Blocks::new(sinc, block))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(rate: u32, hz: f32, seconds: f32) -> Vec<i16> {
        (0..(rate as f32 * seconds) as usize)
            .map(|n| ((n as f32 / rate as f32 * hz * std::f32::consts::TAU).sin() * 10_000.0) as i16)
            .collect()
    }

    fn rms(samples: &[i16]) -> f32 {
        let sum: f32 = samples.iter().map(|&sample| f32::from(sample).powi(2)).sum();
        (sum / samples.len() as f32).sqrt()
    }

    fn push(from: u32, input: &[i16]) -> Vec<i16> {
        let mut out = Vec::new();
        PcmResampler::new(from, 16_000).expect("rates").push(input, &mut out);
        out
    }

    #[test]
    fn duration_and_level_are_kept_in_the_band() {
        for rate in [4_000, 8_000, 22_050, 24_000, 44_100, 47_999, 48_000, 192_000] {
            let out = push(rate, &sine(rate, 440.0, 1.0));
            assert!((15_850..=16_000).contains(&out.len()), "{rate} Hz gave {}", out.len());
            let level = rms(&out[500..15_000]);
            assert!((6_900.0..7_200.0).contains(&level), "{rate} Hz gave {level}");
        }
    }

    #[test]
    fn the_output_is_aligned_with_the_input() {
        for rate in [8_000, 24_000, 44_100, 48_000] {
            let (out, ideal) = (push(rate, &sine(rate, 440.0, 0.5)), sine(16_000, 440.0, 0.5));
            let errors = out.iter().zip(&ideal).skip(500).map(|(a, b)| (f32::from(*a) - f32::from(*b)).abs());
            // Cutting off whole samples of the delay may leave one sample: 440 Hz moves by 1730 in it.
            let worst = errors.fold(0.0, f32::max);
            assert!(worst < 1_800.0, "{rate} Hz is off by {worst}");
        }
    }

    #[test]
    fn what_16_khz_cannot_hold_is_removed() {
        for (rate, hz) in [(48_000, 12_000.0), (48_000, 8_900.0), (192_000, 60_000.0)] {
            let level = rms(&push(rate, &sine(rate, hz, 0.5))[500..7_000]);
            assert!(level < 25.0, "{hz} Hz at {rate} Hz left {level}");
        }
    }

    #[test]
    fn any_split_gives_the_same_samples() {
        let input = sine(44_100, 300.0, 0.3);
        let whole = push(44_100, &input);
        for size in [1, 7, 441, 1000] {
            let (mut split, mut resampler) = (Vec::new(), PcmResampler::new(44_100, 16_000).expect("rates"));
            input.chunks(size).for_each(|chunk| resampler.push(chunk, &mut split));
            assert_eq!(split, whole, "in chunks of {size}");
        }
    }

    #[test]
    fn a_finished_stream_has_its_exact_length() {
        let mut resampler = PcmResampler::new(24_000, 16_000).expect("rates");
        for length in [1, 100, 1_111, 24_000] {
            let mut out = Vec::new();
            resampler.push(&sine(24_000, 440.0, 1.0)[..length], &mut out);
            resampler.finish(&mut out);
            assert_eq!(out.len(), (length * 2).div_ceil(3));
        }
    }

    #[test]
    fn impossible_rates_are_refused() {
        for (from, to) in [(0, 16_000), (16_000, 0), (999, 16_000), (u32::MAX, 16_000)] {
            assert!(PcmResampler::new(from, to).is_err(), "{from} to {to}");
        }
    }
}
