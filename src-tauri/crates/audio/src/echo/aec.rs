//! WebRTC's AEC3 in its Rust port (sonora), called block by block with the delay of the echo.
//!
//! Left to itself it searches for the delay with five matched filters all the time, which is more than half of its
//! work.

use dsp::reblock::Reblock;
use sonora_aec3::block::Block;
use sonora_aec3::block_processor::BlockProcessor;
use sonora_aec3::common::BLOCK_SIZE;
use sonora_aec3::config::EchoCanceller3Config;

use super::{FRAME_RATE, FRAME_SAMPLES, Frame};

/// AEC3 computes with samples at the scale of 16 bits.
const SCALE: f32 = 32_768.0;
/// A sample from here on was clipped.
const CLIPPED: f32 = 32_700.0 / SCALE;
/// Where in its filter of 52 ms the echo is placed, in ms. A weaker path that is shorter than the strongest fits before
/// it.
const LEAD_MS: u32 = 4;
/// Where the echo may lie in the filter before it is placed again, in ms: after that the filter must adapt anew.
const ALLOWED_MS: std::ops::RangeInclusive<u32> = 2..=16;
/// The largest delay: AEC3 remembers 668 ms of far end, filter included, and a device may report anything.
const MAX_DELAY_MS: u32 = 580;

/// Removes the far end from the near end.
pub(crate) struct Aec {
    processor: BlockProcessor,
    far: Reblock,
    near: Reblock,
    block: Block,
    /// Processed samples that were not returned yet.
    done: Vec<f32>,
    /// The far end's delay in AEC3, in ms; `None` before the first.
    applied_ms: Option<u32>,
    delay_changed: bool,
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
            // A frame may need a block that ends in the next frame.
            done: vec![0.0; BLOCK_SIZE],
            applied_ms: None,
            delay_changed: false,
        }
    }

    /// Sets how many ms after the far end the echo comes.
    pub(crate) fn set_delay(&mut self, ms: u32) {
        let in_filter = self.applied_ms.and_then(|applied| ms.checked_sub(applied));
        if in_filter.is_some_and(|at| ALLOWED_MS.contains(&at)) {
            return;
        }
        let applied = ms.saturating_sub(LEAD_MS).min(MAX_DELAY_MS);
        self.delay_changed = self.applied_ms.replace(applied).is_some_and(|before| before != applied);
        self.processor.set_audio_buffer_delay(applied.cast_signed());
    }

    /// Changes `near_end` in place; the output is [`super::bypass::DELAY`] samples late.
    pub(crate) fn process(&mut self, far_end: &Frame, near_end: &mut Frame) {
        let Self { processor, far, near, block, done, delay_changed, .. } = self;
        let clipped = near_end.iter().any(|sample| sample.abs() >= CLIPPED);
        far.push(far_end, |samples| {
            load(block, samples);
            processor.buffer_render(block);
        });
        near.push(near_end, |samples| {
            load(block, samples);
            processor.process_capture(std::mem::take(delay_changed), clipped, None, block);
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
    fn the_delay_changes_only_when_the_filter_cannot_cover_it() {
        let mut aec = Aec::new();
        for (ms, applied) in
            [(80, 76), (78, 76), (92, 76), (93, 89), (90, 86), (3, 0), (0, 0), (2_000, 580), (u32::MAX, 580)]
        {
            aec.set_delay(ms);
            assert_eq!(aec.applied_ms, Some(applied), "{ms} ms");
        }
    }

    #[test]
    fn any_delay_a_device_reports_is_harmless() {
        let mut aec = Aec::new();
        for ms in [0, 100, 579, 584, 2_000, 0, u32::MAX] {
            for n in 0..300 {
                aec.set_delay(ms);
                let mut frame = [0.1 * (n % 7) as f32; FRAME_SAMPLES];
                aec.process(&[0.1 * (n % 5) as f32; FRAME_SAMPLES], &mut frame);
                assert!(frame.iter().all(|sample| sample.is_finite()));
            }
        }
    }

    #[test]
    fn without_a_far_end_the_input_is_only_delayed() {
        let mut aec = Aec::new();
        aec.set_delay(80);
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
