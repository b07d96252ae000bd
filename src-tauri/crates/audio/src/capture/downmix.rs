//! Mixes the channels that carry a signal to mono.

/// One step of a 16-bit sample. A channel that never exceeds it is not connected.
const DEAD_PEAK: f32 = 1.0 / 32768.0;

/// A channel is dead after this many silent blocks of 10 ms.
const DEAD_BLOCKS: u32 = 100;

/// Downmixes interleaved blocks to the mean of the live channels.
///
/// Many headsets and interfaces announce two or more channels and use only one; the mean of all would cost 6 dB or
/// more. A channel counts from its first sample above one 16-bit step on. The weights move linearly over one block, so
/// that a channel that starts or stops makes no click. They stay as they are while no channel is live.
#[derive(Debug)]
pub(crate) struct Downmix {
    quiet_blocks: Vec<u32>,
    weights: Vec<f32>,
    targets: Vec<f32>,
}

impl Downmix {
    /// Returns the number of channels.
    pub(crate) fn channels(&self) -> usize {
        self.weights.len()
    }

    /// Creates a downmix of `channels` channels (at least one).
    pub(crate) fn new(channels: usize) -> Self {
        let channels = channels.max(1);
        let mean = vec![1.0 / channels as f32; channels];
        Self { quiet_blocks: vec![DEAD_BLOCKS; channels], weights: mean.clone(), targets: mean }
    }

    /// Appends one mono sample to `mono` for each frame of `block`.
    pub(crate) fn block(&mut self, block: &[f32], mono: &mut Vec<f32>) {
        let channels = self.weights.len();
        if channels == 1 {
            mono.extend_from_slice(block);
            return;
        }
        self.look(block);
        let frames = block.len() / channels;
        for (n, frame) in block.chunks_exact(channels).enumerate() {
            let along = (n + 1) as f32 / frames as f32;
            let sum = frame.iter().zip(&self.weights).zip(&self.targets);
            mono.push(sum.map(|((sample, from), to)| sample * (from + (to - from) * along)).sum());
        }
        self.weights.copy_from_slice(&self.targets);
    }

    /// Finds the live channels and sets the weights to move to.
    fn look(&mut self, block: &[f32]) {
        let channels = self.weights.len();
        let first_sound = self.quiet_blocks.iter().all(|quiet| *quiet >= DEAD_BLOCKS);
        for (channel, quiet) in self.quiet_blocks.iter_mut().enumerate() {
            let peak =
                block.iter().skip(channel).step_by(channels).fold(0.0_f32, |peak, s| peak.max(s.abs()));
            *quiet = if peak > DEAD_PEAK { 0 } else { quiet.saturating_add(1) };
        }
        let live = self.quiet_blocks.iter().filter(|quiet| **quiet < DEAD_BLOCKS).count();
        if live == 0 {
            return;
        }
        for (target, quiet) in self.targets.iter_mut().zip(&self.quiet_blocks) {
            *target = if *quiet < DEAD_BLOCKS { 1.0 / live as f32 } else { 0.0 };
        }
        if first_sound {
            // After silence nothing can click, and the first syllable gets its full level.
            self.weights.copy_from_slice(&self.targets);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mono(downmix: &mut Downmix, block: &[f32]) -> Vec<f32> {
        let mut out = Vec::new();
        downmix.block(block, &mut out);
        out
    }

    #[test]
    fn live_channels_are_averaged() {
        assert_eq!(mono(&mut Downmix::new(2), &[0.2, 0.4, -0.5, 0.5]), [0.3, 0.0]);
    }

    #[test]
    fn a_dead_channel_does_not_halve_the_voice() {
        assert_eq!(mono(&mut Downmix::new(2), &[0.5, 0.0, -0.5, 0.0]), [0.5, -0.5]);
    }

    #[test]
    fn a_channel_that_starts_joins_without_a_click() {
        let mut downmix = Downmix::new(2);
        mono(&mut downmix, &[0.5, 0.0].repeat(10));
        let joined = mono(&mut downmix, &[0.5, 0.1].repeat(10));
        assert!(joined.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 0.03), "{joined:?}");
        assert!((joined[9] - 0.3).abs() < 1e-6);
    }

    #[test]
    fn silence_keeps_the_weights() {
        let mut downmix = Downmix::new(2);
        mono(&mut downmix, &[0.5, 0.0]);
        for _ in 0..300 {
            mono(&mut downmix, &[0.0, 0.0]);
        }
        assert_eq!(mono(&mut downmix, &[0.5, 0.0]), [0.5]);
    }

    #[test]
    fn a_single_channel_is_unchanged() {
        assert_eq!(mono(&mut Downmix::new(1), &[0.1, 0.2]), [0.1, 0.2]);
    }
}
