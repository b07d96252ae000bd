//! A gain that changes without a click.

use super::{FRAME_SAMPLES, Frame};

/// Fades a signal out, or down, and back in.
#[derive(Debug, Default)]
pub(crate) struct Fader {
    /// The gain after the last frame. `None` before the first, which starts at the gain it asks for.
    gain: Option<f32>,
    /// The gain while closed.
    closed: f32,
}

impl Fader {
    /// Creates a fader that only attenuates, to this gain.
    pub(crate) fn attenuating(closed: f32) -> Self {
        Self { gain: None, closed }
    }

    /// Moves the gain within one frame to 1.0 if `open`, else to the closed gain.
    pub(crate) fn apply(&mut self, open: bool, near_end: &mut Frame) {
        let target = if open { 1.0 } else { self.closed };
        let mut gain = self.gain.replace(target).unwrap_or(target);
        let step = (target - gain) / FRAME_SAMPLES as f32;
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
    fn it_closes_and_opens_without_a_click() {
        let (mut fader, mut out) = (Fader::default(), Vec::new());
        for n in 0..30 {
            let mut frame = [0.5; FRAME_SAMPLES];
            fader.apply(n % 10 < 5, &mut frame);
            out.extend_from_slice(&frame);
        }
        let frame = |n: usize| &out[n * FRAME_SAMPLES..(n + 1) * FRAME_SAMPLES];
        assert!((0..30).filter(|n| n % 10 != 0 && n % 10 < 5).all(|n| frame(n).iter().all(|s| *s == 0.5)));
        assert!((0..30).filter(|n| n % 10 > 5).all(|n| frame(n).iter().all(|s| s.abs() < 1e-6)));
        assert!(out.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 0.01));
    }

    #[test]
    fn an_attenuating_fader_leaves_its_share() {
        let mut fader = Fader::attenuating(0.25);
        let mut frame = [0.5; FRAME_SAMPLES];
        fader.apply(false, &mut frame);
        assert!(frame.iter().all(|sample| *sample == 0.125));
    }

    #[test]
    fn it_starts_at_the_gain_it_asks_for() {
        let mut frame = [0.5; FRAME_SAMPLES];
        Fader::default().apply(false, &mut frame);
        assert!(frame.iter().all(|sample| *sample == 0.0));
    }
}
