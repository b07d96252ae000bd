//! WebRTC's AEC3, as sonora has it in Rust: taken block by block, and told where the echo lies. Runs on the audio thread.
//!
//! Left to itself it looks for the echo with five matched filters all the time, which is more than half of its work.

use sonora_aec3::block::Block;
use sonora_aec3::block_processor::BlockProcessor;
use sonora_aec3::common::BLOCK_SIZE;
use sonora_aec3::config::EchoCanceller3Config;

use super::{FRAME_RATE, FRAME_SAMPLES, Frame};
use dsp::reblock::Reblock;

/// Its samples are those of 16 bits.
const SCALE: f32 = 32_768.0;
/// A sample from here on was cut off.
const CUT_OFF: f32 = 32_700.0 / SCALE;
/// Where in its filter of 52 ms the echo shall lie, in ms: a weaker way that is shorter than the strongest has room before it.
const LEAD: u32 = 4;
/// Where it may lie before it is moved: what moves has to be learnt anew.
const ALLOWED: std::ops::RangeInclusive<u32> = 2..=16;
/// It remembers the far end for 668 ms, with the filter; a device may say anything.
const LATEST: u32 = 580;

/// Takes the far end out of the near end.
pub(crate) struct Aec {
    processor: BlockProcessor,
    far: Reblock,
    near: Reblock,
    block: Block,
    /// What is done and not given yet.
    done: Vec<f32>,
    /// How much later than the far end the near end is read, in ms; `None` before it was told.
    applied: Option<u32>,
    moved: bool,
}

impl Aec {
    pub(crate) fn new() -> Self {
        let mut config = EchoCanceller3Config::default();
        config.delay.use_external_delay_estimator = true;
        Self {
            processor: BlockProcessor::new(&config, FRAME_RATE as usize, 1, 1),
            far: Reblock::new(BLOCK_SIZE),
            near: Reblock::new(BLOCK_SIZE),
            block: Block::new(1, 1),
            // A frame may need a block that ends in the next one.
            done: vec![0.0; BLOCK_SIZE],
            applied: None,
            moved: false,
        }
    }

    /// The echo comes so many ms after the far end.
    pub(crate) fn locate(&mut self, ms: u32) {
        if self
            .applied
            .is_some_and(|applied| ms.checked_sub(applied).is_some_and(|lies| ALLOWED.contains(&lies)))
        {
            return;
        }
        let applied = ms.saturating_sub(LEAD).min(LATEST);
        self.moved = self.applied.replace(applied).is_some_and(|before| before != applied);
        self.processor.set_audio_buffer_delay(applied.cast_signed());
    }

    /// Changes `near_end` in place; what comes out is [`super::bypass::DELAY`] samples late.
    pub(crate) fn process(&mut self, far_end: &Frame, near_end: &mut Frame) {
        let Self { processor, far, near, block, done, moved, .. } = self;
        let cut_off = near_end.iter().any(|sample| sample.abs() >= CUT_OFF);
        far.push(far_end, |samples| {
            load(block, samples);
            processor.buffer_render(block);
        });
        near.push(near_end, |samples| {
            load(block, samples);
            processor.process_capture(std::mem::take(moved), cut_off, None, block);
            done.extend(block.view(0, 0).iter().map(|sample| sample / SCALE));
        });
        near_end.copy_from_slice(&done[..FRAME_SAMPLES]);
        done.drain(..FRAME_SAMPLES);
    }
}

fn load(block: &mut Block, samples: &[f32]) {
    for (to, from) in block.view_mut(0, 0).iter_mut().zip(samples) {
        *to = from * SCALE;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_moves_only_when_the_echo_would_lie_outside_its_filter() {
        let mut aec = Aec::new();
        for (ms, applied) in
            [(80, 76), (78, 76), (92, 76), (93, 89), (90, 86), (3, 0), (0, 0), (2_000, 580), (u32::MAX, 580)]
        {
            aec.locate(ms);
            assert_eq!(aec.applied, Some(applied), "{ms} ms");
        }
    }

    #[test]
    fn any_delay_that_a_device_says_is_harmless() {
        let mut aec = Aec::new();
        for ms in [0, 100, 579, 584, 2_000, 0, u32::MAX] {
            for n in 0..300 {
                aec.locate(ms);
                let mut frame = [0.1 * (n % 7) as f32; FRAME_SAMPLES];
                aec.process(&[0.1 * (n % 5) as f32; FRAME_SAMPLES], &mut frame);
                assert!(frame.iter().all(|sample| sample.is_finite()));
            }
        }
    }

    #[test]
    fn what_goes_in_without_a_far_end_comes_out_later() {
        let mut aec = Aec::new();
        aec.locate(80);
        let sample = |n: usize| (std::f32::consts::TAU * 440.0 * n as f32 / FRAME_RATE as f32).sin() * 0.3;
        let mut out = Vec::new();
        for n in 0..300 {
            let mut frame: Frame = std::array::from_fn(|k| sample(n * FRAME_SAMPLES + k));
            aec.process(&[0.0; FRAME_SAMPLES], &mut frame);
            out.extend_from_slice(&frame);
        }
        let late = crate::echo::bypass::DELAY;
        for (n, out) in out.iter().enumerate().skip(30_000) {
            assert!((out - sample(n - late)).abs() < 0.01, "{n}: {out}");
        }
    }
}
