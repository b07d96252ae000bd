//! The far end, and the place where near and far end meet: 48 kHz, 10 ms, on the audio thread.
//!
//! The far end is what the output callback really wrote, silence, fades and volume included. An echo canceller is a
//! [`NearEndStage`]; until one is there, [`Open`] lets the microphone through.

use std::collections::VecDeque;

use rtrb::Consumer;

use crate::meter::Meter;
use crate::reblock::Reblock;
use crate::resample::Resampler;

/// The rate at which near and far end are compared, in Hz.
pub(crate) const FRAME_RATE: u32 = 48_000;

/// Samples in 10 ms at [`FRAME_RATE`].
pub(crate) const FRAME_SAMPLES: usize = 480;

/// Far-end frames that wait for a near-end frame; beyond it the oldest go (the microphone stands still).
const FAR_FRAMES: usize = 20;

/// 10 ms of one channel at 48 kHz.
pub(crate) type Frame = [f32; FRAME_SAMPLES];

/// A stage between microphone and wire that may use what the speaker plays.
pub(crate) trait NearEndStage: Send {
    /// Changes `near_end` in place. `far_end` is what was written to the speaker in the same 10 ms.
    fn process(&mut self, far_end: &Frame, near_end: &mut Frame);
}

/// Lets the microphone through as it is.
pub(crate) struct Open;

impl NearEndStage for Open {
    fn process(&mut self, _far_end: &Frame, _near_end: &mut Frame) {}
}

/// Collects what the output callback wrote into frames.
pub(crate) struct FarEnd {
    tap: Consumer<f32>,
    to_frames: Resampler,
    blocks: Reblock,
    frames: VecDeque<Frame>,
    raw: Vec<f32>,
    resampled: Vec<f32>,
}

impl FarEnd {
    /// From the tap of a speaker of the rate that `to_frames` takes.
    pub(crate) fn new(tap: Consumer<f32>, to_frames: Resampler) -> Self {
        let (blocks, frames) = (Reblock::new(FRAME_SAMPLES), VecDeque::with_capacity(FAR_FRAMES));
        Self { tap, to_frames, blocks, frames, raw: Vec::new(), resampled: Vec::new() }
    }

    /// Takes everything out of the tap; `meter` listens to it.
    pub(crate) fn drain(&mut self, meter: &mut Meter) {
        let waiting = self.tap.slots();
        self.raw.resize(waiting, 0.0);
        let (read, _) = self.tap.pop_partial_slice(&mut self.raw);
        meter.feed(read);
        self.resampled.clear();
        self.to_frames.push(read, &mut self.resampled);
        let frames = &mut self.frames;
        self.blocks.push(&self.resampled, |block| {
            if frames.len() == FAR_FRAMES {
                frames.pop_front();
            }
            let mut frame = [0.0; FRAME_SAMPLES];
            frame.copy_from_slice(block);
            frames.push_back(frame);
        });
    }

    /// The oldest frame not yet taken, or silence.
    pub(crate) fn next(&mut self) -> Frame {
        self.frames.pop_front().unwrap_or([0.0; FRAME_SAMPLES])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meter::Level;
    use rtrb::RingBuffer;

    #[test]
    fn the_far_end_is_what_was_tapped_and_is_metered() {
        let (mut tap_in, tap) = RingBuffer::new(2_000);
        let mut far_end = FarEnd::new(tap, Resampler::new(48_000, FRAME_RATE).expect("rates"));
        let mut meter = Meter::default();
        tap_in.push_entire_slice(&[0.5; 700]).expect("room");
        far_end.drain(&mut meter);
        tap_in.push_entire_slice(&[0.25; 260]).expect("room");
        far_end.drain(&mut meter);
        assert_eq!(far_end.next(), [0.5; FRAME_SAMPLES]);
        let second = far_end.next();
        assert_eq!((second[219], second[220]), (0.5, 0.25));
        assert_eq!(far_end.next(), [0.0; FRAME_SAMPLES], "then silence");
        assert!(meter.read().peak > Level::SILENCE.peak);
    }

    #[test]
    fn a_standing_microphone_does_not_let_the_far_end_pile_up() {
        let (mut tap_in, tap) = RingBuffer::new(48_000);
        let mut far_end = FarEnd::new(tap, Resampler::new(48_000, FRAME_RATE).expect("rates"));
        tap_in.push_entire_slice(&vec![0.1; 48_000]).expect("room");
        far_end.drain(&mut Meter::default());
        assert_eq!(far_end.frames.len(), FAR_FRAMES);
    }
}
