//! Shuts, or lowers, and opens the microphone without a step. Pure; on the audio thread.

use super::{FRAME_SAMPLES, Frame};

/// What is left of the microphone after the last frame; before the first it is as it is wanted then.
#[derive(Debug, Default)]
pub(crate) struct Shutter {
    gain: Option<f32>,
    /// What it lets through when it is shut.
    shut: f32,
}

impl Shutter {
    /// One that only lowers, by this factor.
    pub(crate) fn lowering(shut: f32) -> Self {
        Self { gain: None, shut }
    }

    /// Takes 10 ms from how it was to `open` or shut.
    pub(crate) fn apply(&mut self, open: bool, near_end: &mut Frame) {
        let wanted = if open { 1.0 } else { self.shut };
        let mut gain = self.gain.replace(wanted).unwrap_or(wanted);
        let step = (wanted - gain) / FRAME_SAMPLES as f32;
        if open && step == 0.0 {
            return;
        }
        for sample in near_end.iter_mut() {
            gain += step;
            *sample *= gain;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_shuts_and_opens_without_a_step_and_passes_what_is_open() {
        let (mut shutter, mut heard) = (Shutter::default(), Vec::new());
        for n in 0..30 {
            let mut frame = [0.5; FRAME_SAMPLES];
            shutter.apply(n % 10 < 5, &mut frame);
            heard.extend_from_slice(&frame);
        }
        let frame = |n: usize| &heard[n * FRAME_SAMPLES..(n + 1) * FRAME_SAMPLES];
        assert!((0..30).filter(|n| n % 10 != 0 && n % 10 < 5).all(|n| frame(n).iter().all(|s| *s == 0.5)));
        assert!((0..30).filter(|n| n % 10 > 5).all(|n| frame(n).iter().all(|s| s.abs() < 1e-6)));
        assert!(heard.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 0.01));
    }

    #[test]
    fn one_that_lowers_leaves_its_part() {
        let mut shutter = Shutter::lowering(0.25);
        let mut frame = [0.5; FRAME_SAMPLES];
        shutter.apply(false, &mut frame);
        assert!(frame.iter().all(|sample| *sample == 0.125));
    }

    #[test]
    fn it_begins_as_it_is_wanted() {
        let mut frame = [0.5; FRAME_SAMPLES];
        Shutter::default().apply(false, &mut frame);
        assert!(frame.iter().all(|sample| *sample == 0.0));
    }
}
