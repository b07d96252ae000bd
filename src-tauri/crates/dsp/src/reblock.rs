//! Collects pieces of any size into blocks of a fixed size.

/// Collects samples and passes them on in blocks of a fixed size.
///
/// A device callback may carry one frame or hundreds. Every stage behind it works on fixed blocks, so that the output
/// does not depend on how the input was split.
///
/// ```
/// let (mut blocks, mut sizes) = (dsp::reblock::Reblock::new(160), Vec::new());
/// blocks.push(&[0.0; 400], |block| sizes.push(block.len()));
/// assert_eq!(sizes, [160, 160]);
/// assert_eq!(blocks.missing(), 80);
/// ```
#[derive(Debug)]
pub struct Reblock {
    size: usize,
    pending: Vec<f32>,
}

impl Reblock {
    /// Creates a collector of blocks of `size` samples (at least one).
    pub fn new(size: usize) -> Self {
        let size = size.max(1);
        Self { size, pending: Vec::with_capacity(size) }
    }

    /// Takes `input` and calls `each` for every block that is now complete.
    pub fn push(&mut self, mut input: &[f32], mut each: impl FnMut(&[f32])) {
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

    /// Returns how many samples a block has.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Returns how many samples are missing until the next block is complete.
    pub fn missing(&self) -> usize {
        self.size - self.pending.len()
    }

    /// Drops the samples of an incomplete block.
    pub fn clear(&mut self) {
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
