//! Voice activity detection: how speech-like each 16 ms is (the net of `earshot`), and whether somebody speaks.

mod detector;

use earshot::Detector;

pub use detector::SpeechDetector;

use crate::reblock::Reblock;

/// The rate that the net listens at, in Hz.
pub const RATE: u32 = 16_000;

/// The net's frame: 16 ms at [`RATE`].
pub const FRAME_SAMPLES: usize = 256;

/// Scores 16 kHz samples by frames of 16 ms: above 0.5 is rather speech, below rather not. 7 µs for a frame.
///
/// ```
/// use dsp::vad::{FRAME_SAMPLES, SpeechScorer};
///
/// let mut scorer = SpeechScorer::new();
/// let mut frames = 0;
/// scorer.push(&[0.0; 3 * FRAME_SAMPLES + 10], |score, _frame| {
///     assert!(score < 0.5);
///     frames += 1;
/// });
/// assert_eq!(frames, 3);
/// ```
pub struct SpeechScorer {
    net: Box<Detector>,
    frames: Reblock,
}

impl SpeechScorer {
    /// Creates a scorer that has heard nothing yet.
    pub fn new() -> Self {
        Self { net: Detector::default_boxed(), frames: Reblock::new(FRAME_SAMPLES) }
    }

    /// Takes `samples` (limited to −1.0..=1.0) and calls `each` with the score, 0 to 1, and the samples of every frame
    /// that is now complete.
    pub fn push(&mut self, samples: &[f32], mut each: impl FnMut(f32, &[f32; FRAME_SAMPLES])) {
        let Self { net, frames } = self;
        frames.push(samples, |block| {
            let mut frame = [0.0; FRAME_SAMPLES];
            for (sample, input) in frame.iter_mut().zip(block) {
                *sample = input.clamp(-1.0, 1.0);
            }
            each(net.predict_f32(&frame), &frame);
        });
    }

    /// Forgets what it heard, an incomplete frame included: the next sample begins another stream.
    pub fn reset(&mut self) {
        self.net.reset();
        self.frames.clear();
    }
}

impl Default for SpeechScorer {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{pcm, synthetic};

    #[test]
    fn sixteen_bit_samples_score_the_same_as_floats() {
        let speech: Vec<i16> =
            synthetic::speech(1, 140.0, 1.0).iter().step_by(3).map(|s| pcm::to_i16(*s)).collect();
        let floats: Vec<f32> = speech.iter().copied().map(pcm::to_f32).collect();
        let (mut net, mut tracker, mut scores) = (Detector::default_boxed(), SpeechScorer::new(), Vec::new());
        floats.chunks(100).for_each(|chunk| tracker.push(chunk, |score, _| scores.push(score)));
        let expected: Vec<f32> =
            speech.chunks_exact(FRAME_SAMPLES).map(|frame| net.predict_i16(frame)).collect();
        assert_eq!(scores, expected);
    }

    #[test]
    fn a_reset_scorer_is_like_a_new_one() {
        let speech: Vec<f32> = synthetic::speech(2, 160.0, 1.0).iter().step_by(3).copied().collect();
        let scores = |tracker: &mut SpeechScorer| {
            let mut scores = Vec::new();
            tracker.push(&speech, |score, _| scores.push(score));
            scores
        };
        let mut tracker = SpeechScorer::new();
        let first = scores(&mut tracker);
        tracker.reset();
        assert_eq!(scores(&mut tracker), first);
    }
}
