//! Takes out what lies below speech: hum, steps, and the wind of a fan. Pure; runs on the audio thread, 1 µs for 10 ms.

use super::Frame;

/// Numerators and denominators of its three sections: WebRTC's figures for this rate, an elliptic filter that passes 90 Hz and more within
/// half a dB and leaves 80 dB less of what lies below 45 Hz. WebRTC's canceller was tuned behind it: with a gentler one the second
/// second of an echo was taken for a voice.
const SECTIONS: [([f64; 3], [f64; 2]); 3] = [
    ([0.877_353_942, -1.754_683_921, 0.877_353_942], [-1.881_687_318, 0.888_058_464]),
    ([1.0, -1.999_810_143, 1.0], [-1.976_035_417, 0.977_970_864]),
    ([1.0, -1.999_669_231, 1.0], [-1.994_265_768, 0.995_486_160]),
];
/// What is left in a section this small is nothing; kept on, it would become a number that processors are slow with.
const NOTHING: f64 = 1e-20;

/// A high-pass of the sixth order for one channel at the rate of the frames.
pub(crate) struct HighPass {
    sections: [Section; 3],
}

impl HighPass {
    /// Has heard silence so far.
    pub(crate) fn new() -> Self {
        Self { sections: SECTIONS.map(|(forward, back)| Section { forward, back, kept: [0.0; 2] }) }
    }

    /// Filters 10 ms in place. A sample that is no number would stay in it for ever.
    pub(crate) fn process(&mut self, frame: &mut Frame) {
        for sample in frame.iter_mut() {
            let heard = f64::from(*sample);
            *sample = self.sections.iter_mut().fold(heard, |heard, section| section.pass(heard)) as f32;
        }
        for section in &mut self.sections {
            section.settle();
        }
    }
}

/// A second-order section in transposed direct form II. In double precision: so far below the rate, rounding is heard in single.
struct Section {
    forward: [f64; 3],
    back: [f64; 2],
    kept: [f64; 2],
}

impl Section {
    fn pass(&mut self, heard: f64) -> f64 {
        let Self { forward, back, kept } = self;
        let out = forward[0] * heard + kept[0];
        kept[0] = forward[1] * heard - back[0] * out + kept[1];
        kept[1] = forward[2] * heard - back[1] * out;
        out
    }

    fn settle(&mut self) {
        for kept in self.kept.iter_mut().filter(|kept| kept.abs() < NOTHING) {
            *kept = 0.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::echo::{FRAME_RATE, FRAME_SAMPLES, power};

    /// What is left of a tone after a second, in dB.
    fn left_db(hz: f64) -> f32 {
        let (mut filter, mut came, mut left) = (HighPass::new(), 0.0, 0.0);
        for n in 0..200 {
            let sample = |k: usize| {
                let at = (n * FRAME_SAMPLES + k) as f64 / f64::from(FRAME_RATE);
                (std::f64::consts::TAU * hz * at).cos() as f32 * 0.5
            };
            let mut frame: Frame = std::array::from_fn(sample);
            let before = power(&frame);
            filter.process(&mut frame);
            if n >= 100 {
                came += before;
                left += power(&frame);
            }
        }
        10.0 * (left / came + 1e-20_f32).log10()
    }

    #[test]
    fn speech_passes_and_what_lies_below_does_not() {
        let wanted = [
            (0.0, -81.0, -79.0),
            (40.0, -90.0, -75.0),
            (60.0, -46.0, -43.0),
            (100.0, -0.6, 0.1),
            (300.0, -0.6, 0.1),
            (4_000.0, -0.6, 0.1),
        ];
        for (hz, least, most) in wanted {
            let left = left_db(hz);
            assert!((least..=most).contains(&left), "{left} dB of {hz} Hz are left");
        }
    }

    #[test]
    fn silence_leaves_nothing_in_it() {
        let mut filter = HighPass::new();
        filter.process(&mut [0.5; FRAME_SAMPLES]);
        for _ in 0..200 {
            filter.process(&mut [0.0; FRAME_SAMPLES]);
        }
        assert!(filter.sections.iter().all(|section| section.kept == [0.0; 2]));
    }
}
