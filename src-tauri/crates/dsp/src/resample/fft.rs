//! A streaming resampler for sound devices (rubato's synchronous FFT). 2 µs for 10 ms.

use rubato::{Fft, FixedSync};

use super::UnsupportedRate;
use super::blocks::Blocks;

/// Resamples a stream of mono `f32` samples between two fixed rates, in blocks of 10 ms.
///
/// The filter delays by half a block (5 ms). A stream that ends ([`Resampler::new`]) has the delay cut off at its
/// beginning and made up for by [`Resampler::finish`], so that N samples come out as exactly N · to ÷ from. The output
/// does not depend on how the input was split.
///
/// ```
/// use dsp::resample::Resampler;
///
/// let mut resampler = Resampler::new(24_000, 48_000)?;
/// let mut out = Vec::new();
/// resampler.push(&[0.0; 1_000], &mut out);
/// resampler.finish(&mut out);
/// assert_eq!(out.len(), 2_000);
/// # Ok::<(), dsp::resample::UnsupportedRate>(())
/// ```
pub struct Resampler {
    from: u64,
    to: u64,
    /// `None` between equal rates.
    inner: Option<Blocks<Fft<f32>>>,
    /// Whether the filter's delay stays in.
    live: bool,
    /// Samples taken and given since the stream began.
    taken: u64,
    given: u64,
}

impl Resampler {
    /// Creates a resampler from `from` Hz to `to` Hz for streams that end.
    ///
    /// Rates without a large common divisor make large transforms and a long delay; see [`super::PcmResampler`].
    ///
    /// # Errors
    /// If a rate is zero, or too high to be a rate.
    pub fn new(from: u32, to: u32) -> Result<Self, UnsupportedRate> {
        let equal = from == to && from > 0;
        let inner = if equal { None } else { Some(filter(from, to)?) };
        Ok(Self { from: u64::from(from), to: u64::from(to), inner, live: false, taken: 0, given: 0 })
    }

    /// Creates a resampler for a stream that never ends. The delay stays in, so that every 10 ms of input give 10 ms of
    /// output at once. Cut off, it would leave half a block waiting for the next one, 5 ms more for every sample.
    ///
    /// # Errors
    /// As [`Resampler::new`].
    pub fn live(from: u32, to: u32) -> Result<Self, UnsupportedRate> {
        let mut resampler = Self { live: true, ..Self::new(from, to)? };
        resampler.reset();
        Ok(resampler)
    }

    /// Takes `input` and appends the samples that are now complete to `output`.
    pub fn push(&mut self, input: &[f32], output: &mut Vec<f32>) {
        let before = output.len();
        match &mut self.inner {
            None => output.extend_from_slice(input),
            Some(inner) => inner.push(input, |samples| output.extend_from_slice(samples)),
        }
        self.taken += input.len() as u64;
        self.given += (output.len() - before) as u64;
    }

    /// Ends the stream: appends what is still inside, and starts afresh.
    pub fn finish(&mut self, output: &mut Vec<f32>) {
        let whole = (self.taken * self.to).div_ceil(self.from);
        if let Some(inner) = &mut self.inner {
            let begun = output.len();
            let missing = whole.saturating_sub(self.given) as usize;
            let silence = vec![0.0; inner.size()];
            while output.len() - begun < missing {
                inner.push(&silence, |samples| output.extend_from_slice(samples));
            }
            output.truncate(begun + missing);
        }
        self.reset();
    }

    /// Drops what is still inside: the next sample begins a new stream.
    pub fn reset(&mut self) {
        (self.taken, self.given) = (0, 0);
        if let Some(inner) = &mut self.inner {
            inner.reset(self.live);
        }
    }

    /// Returns true between a stream's first sample and its end.
    pub fn holds_stream(&self) -> bool {
        self.taken > 0
    }
}

fn filter(from: u32, to: u32) -> Result<Blocks<Fft<f32>>, UnsupportedRate> {
    let block = (from as usize / 100).max(1);
    let fft = Fft::<f32>::new(from as usize, to as usize, block, 1, FixedSync::Input)
        .map_err(|source| UnsupportedRate { from, to, source: Some(source) })?;
    Ok(Blocks::new(fft, block))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tone(rate: u32, hz: f32, samples: usize) -> Vec<f32> {
        (0..samples).map(|n| (std::f32::consts::TAU * hz * n as f32 / rate as f32).sin() * 0.5).collect()
    }

    fn whole(from: u32, to: u32, input: &[f32]) -> Vec<f32> {
        let mut resampler = Resampler::new(from, to).expect("rates");
        let mut out = Vec::new();
        resampler.push(input, &mut out);
        resampler.finish(&mut out);
        out
    }

    #[test]
    fn a_finished_stream_has_its_exact_length() {
        for (from, to, given) in [
            (24_000, 48_000, 1_111),
            (24_000, 44_100, 24_000),
            (44_100, 48_000, 4_410),
            (48_000, 16_000, 961),
        ] {
            let expected = (given * to as usize).div_ceil(from as usize);
            assert_eq!(whole(from, to, &tone(from, 440.0, given)).len(), expected, "{from} to {to}");
        }
    }

    #[test]
    fn the_signal_is_unchanged_and_not_late() {
        for (from, to) in [(24_000, 48_000), (44_100, 48_000), (48_000, 16_000), (22_050, 48_000)] {
            let out = whole(from, to, &tone(from, 440.0, from as usize));
            let ideal = tone(to, 440.0, to as usize);
            let edge = to as usize / 20;
            let worst = out[edge..out.len() - edge].iter().zip(&ideal[edge..]).map(|(a, b)| (a - b).abs());
            // A filter of an odd length has its middle between two samples: half an input sample is allowed.
            let half_a_sample = 0.5 * std::f32::consts::TAU * 440.0 * 0.5 / from as f32;
            let worst = worst.fold(0.0_f32, f32::max);
            assert!(worst < half_a_sample + 5e-4, "{from} to {to}: {worst}");
        }
    }

    #[test]
    fn a_new_stream_begins_after_the_end() {
        let input = tone(24_000, 440.0, 3_333);
        let mut resampler = Resampler::new(24_000, 48_000).expect("rates");
        let (mut first, mut second) = (Vec::new(), Vec::new());
        resampler.push(&input, &mut first);
        resampler.finish(&mut first);
        assert!(!resampler.holds_stream());
        resampler.push(&input, &mut second);
        resampler.finish(&mut second);
        assert_eq!(first, second);
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same_samples(cuts in proptest::collection::vec(1_usize..700, 1..12)) {
            let input = tone(24_000, 300.0, cuts.iter().sum());
            let mut resampler = Resampler::new(24_000, 44_100).expect("rates");
            let mut out = Vec::new();
            let mut rest = &input[..];
            for cut in cuts {
                let (now, later) = rest.split_at(cut);
                resampler.push(now, &mut out);
                rest = later;
            }
            resampler.finish(&mut out);
            prop_assert_eq!(out, whole(24_000, 44_100, &input));
        }
    }
}
