//! One channel from one rate to another (rubato's synchronous FFT resampler). Pure; runs on the audio thread.

use audioadapter_buffers::direct::SequentialSlice;
use rubato::{Fft, FixedSync, Resampler as _};

use crate::reblock::Reblock;

/// Resamples a stream of mono samples and knows where the stream begins and ends.
///
/// The delay of the filter (5 ms for 10 ms blocks) is cut off at the beginning and made up for by
/// [`Resampler::finish`], so that a reply of N samples comes out as exactly N · out ÷ in samples.
pub(crate) struct Resampler {
    rates: (u64, u64),
    inner: Option<Inner>,
    /// The filter's delay stays in.
    live: bool,
    /// Samples taken and given since the stream began.
    taken: u64,
    given: u64,
}

struct Inner {
    fft: Fft<f32>,
    blocks: Reblock,
    block: usize,
    /// Output samples of filter delay still to be cut off.
    skip: usize,
    scratch: Vec<f32>,
}

impl Resampler {
    /// From `from` Hz to `to` Hz in blocks of 10 ms. Fails only for a rate of zero, or one too high to be a rate.
    pub(crate) fn new(from: u32, to: u32) -> Result<Self, rubato::ResamplerConstructionError> {
        let rates = (u64::from(from), u64::from(to));
        if from == to && from > 0 {
            return Ok(Self { rates, inner: None, live: false, taken: 0, given: 0 });
        }
        let block = (from as usize / 100).max(1);
        let fft = Fft::<f32>::new(from as usize, to as usize, block, 1, FixedSync::Input)?;
        let scratch = vec![0.0; fft.output_frames_max()];
        let skip = fft.output_delay();
        let inner = Inner { fft, blocks: Reblock::new(block), block, skip, scratch };
        Ok(Self { rates, inner: Some(inner), live: false, taken: 0, given: 0 })
    }

    /// The same for a stream that never ends: the delay stays in, so that 10 ms come out for every 10 ms that go in. Cut
    /// off, it would leave half a block waiting for the next one, and 5 ms more for every sample.
    pub(crate) fn live(from: u32, to: u32) -> Result<Self, rubato::ResamplerConstructionError> {
        let mut resampler = Self { live: true, ..Self::new(from, to)? };
        resampler.reset();
        Ok(resampler)
    }

    /// Takes `input` and appends what comes out of it to `output`.
    pub(crate) fn push(&mut self, input: &[f32], output: &mut Vec<f32>) {
        let before = output.len();
        match &mut self.inner {
            None => output.extend_from_slice(input),
            Some(inner) => inner.push(input, output),
        }
        self.taken += input.len() as u64;
        self.given += (output.len() - before) as u64;
    }

    /// Ends the stream: appends what is still inside, and begins anew.
    pub(crate) fn finish(&mut self, output: &mut Vec<f32>) {
        let whole = (self.taken * self.rates.1).div_ceil(self.rates.0);
        if let Some(inner) = &mut self.inner {
            let begun = output.len();
            let missing = whole.saturating_sub(self.given) as usize;
            let silence = vec![0.0; inner.block];
            while output.len() - begun < missing {
                inner.push(&silence, output);
            }
            output.truncate(begun + missing);
        }
        self.reset();
    }

    /// Forgets everything: the next sample is the first of a new stream.
    pub(crate) fn reset(&mut self) {
        (self.taken, self.given) = (0, 0);
        if let Some(inner) = &mut self.inner {
            inner.fft.reset();
            inner.blocks.clear();
            inner.skip = if self.live { 0 } else { inner.fft.output_delay() };
        }
    }

    /// True between the first sample of a stream and its end.
    pub(crate) fn holds_stream(&self) -> bool {
        self.taken > 0
    }
}

impl Inner {
    fn push(&mut self, input: &[f32], output: &mut Vec<f32>) {
        let Self { fft, blocks, skip, scratch, .. } = self;
        blocks.push(input, |block| {
            let frames = scratch.len();
            let (Ok(from), Ok(mut to)) = (
                SequentialSlice::new(block, 1, block.len()),
                SequentialSlice::new_mut(&mut scratch[..], 1, frames),
            ) else {
                return;
            };
            // It can fail only by a wrong buffer size, and both are sized by the resampler's own words.
            let Ok((_, made)) = fft.process_into_buffer(&from, &mut to, None) else { return };
            let cut = made.min(*skip);
            *skip -= cut;
            output.extend_from_slice(&scratch[cut..made]);
        });
    }
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
    fn a_stream_comes_out_in_its_exact_length() {
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
    fn the_signal_is_the_same_and_not_late() {
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
    fn after_the_end_a_new_stream_begins() {
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
