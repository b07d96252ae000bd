//! Feeds one of rubato's filters in blocks of a fixed size and cuts off its delay.

use audioadapter_buffers::direct::SequentialSlice;
use rubato::Resampler;

use crate::reblock::Reblock;

/// A filter for one channel, with the samples that wait for a whole block.
pub(super) struct Blocks<F> {
    filter: F,
    reblock: Reblock,
    /// Output samples of filter delay still to be cut off.
    skip: usize,
    scratch: Vec<f32>,
}

impl<F: Resampler<f32>> Blocks<F> {
    /// Creates the blocks of a filter that takes `size` samples at once.
    pub(super) fn new(filter: F, size: usize) -> Self {
        let (scratch, skip) = (vec![0.0; filter.output_frames_max()], filter.output_delay());
        Self { filter, reblock: Reblock::new(size), skip, scratch }
    }

    /// Returns how many samples a block has.
    pub(super) fn size(&self) -> usize {
        self.reblock.size()
    }

    /// Takes `input` and passes on the output samples that are now complete.
    pub(super) fn push(&mut self, input: &[f32], mut each: impl FnMut(&[f32])) {
        let Self { filter, reblock, skip, scratch } = self;
        reblock.push(input, |block| {
            let frames = scratch.len();
            let (Ok(from), Ok(mut to)) = (
                SequentialSlice::new(block, 1, block.len()),
                SequentialSlice::new_mut(&mut scratch[..], 1, frames),
            ) else {
                return;
            };
            // It fails only for a buffer of a wrong size, and rubato itself named these sizes.
            let Ok((_, made)) = filter.process_into_buffer(&from, &mut to, None) else { return };
            let cut = made.min(*skip);
            *skip -= cut;
            each(&scratch[cut..made]);
        });
    }

    /// Drops all samples: the next one begins a stream. `keeps_delay` leaves the filter's delay in.
    pub(super) fn reset(&mut self, keeps_delay: bool) {
        self.filter.reset();
        self.reblock.clear();
        self.skip = if keeps_delay { 0 } else { self.filter.output_delay() };
    }
}
