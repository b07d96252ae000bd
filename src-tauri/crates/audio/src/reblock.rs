//! Blocks of a fixed size out of pieces of any size. Pure.

/// Collects samples and hands them out in blocks of `size`.
///
/// Device callbacks may carry 1 to 12 frames or hundreds; every stage behind them works on fixed blocks, so that any
/// split of the same input gives the same output.
#[derive(Debug)]
pub(crate) struct Reblock {
    size: usize,
    pending: Vec<f32>,
}

impl Reblock {
    /// Blocks of `size` samples (at least one).
    pub(crate) fn new(size: usize) -> Self {
        let size = size.max(1);
        Self { size, pending: Vec::with_capacity(size) }
    }

    /// Takes `input` and calls `each` for every block that is now whole.
    pub(crate) fn push(&mut self, mut input: &[f32], mut each: impl FnMut(&[f32])) {
        if !self.pending.is_empty() {
            let missing = (self.size - self.pending.len()).min(input.len());
            self.pending.extend_from_slice(&input[..missing]);
            input = &input[missing..];
            if self.pending.len() < self.size {
                return;
            }
            each(&self.pending);
            self.pending.clear();
        }
        let mut blocks = input.chunks_exact(self.size);
        for block in &mut blocks {
            each(block);
        }
        self.pending.extend_from_slice(blocks.remainder());
    }

    /// Samples of a block.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Samples until the next block is whole.
    pub(crate) fn missing(&self) -> usize {
        self.size - self.pending.len()
    }

    /// Forgets a block that is not yet whole.
    pub(crate) fn clear(&mut self) {
        self.pending.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_split_gives_the_same_blocks(pieces in proptest::collection::vec(0_usize..50, 0..40), size in 1_usize..30) {
            let whole: Vec<f32> = (0..pieces.iter().sum::<usize>()).map(|n| n as f32).collect();
            let mut reblock = Reblock::new(size);
            let mut out = Vec::new();
            let mut rest = &whole[..];
            for piece in pieces {
                let (now, later) = rest.split_at(piece);
                reblock.push(now, |block| {
                    assert_eq!(block.len(), size);
                    out.extend_from_slice(block);
                });
                rest = later;
            }
            prop_assert_eq!(&out[..], &whole[..whole.len() / size * size]);
        }
    }
}
