//! Estimates the ERLE (echo return loss enhancement) from the loudness of three signals in every 10 ms.
//!
//! An echo follows the far end's loudness some frames later; a voice does not. Once in every second of reply, the
//! loudness of the microphone before and after the canceller is fitted to the far end's at every delay up to 600 ms.
//! The delay with the best fit is the echo's, and the two slopes there are the echo's power before and after the
//! canceller.

use std::collections::VecDeque;

/// Frames of 10 ms in one measurement.
const SECOND: usize = 100;
/// The longest delay that is tried, in frames.
const DELAYS: usize = 60;
/// How many frames of a second must sound.
const SOUNDING: usize = 60;
/// A mean square above this is sound: −50 dBFS.
const SOUNDS: f32 = 1e-5;
/// The microphone must correlate with the far end at least this well for an echo to be assumed.
const CORRELATED: f32 = 0.6;
/// Two measurements in a row must find the same delay, within this many frames: chance finds another every time.
const SAME_DELAY: usize = 2;
/// An echo below −65 dBFS is not measured.
const AUDIBLE: f32 = 3e-7;
/// A higher ERLE can't be told from a perfect one, in dB.
const BEST_DB: f32 = 60.0;

/// What was measured in one second of reply.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct EchoMeasurement {
    /// The echo before the canceller against what is left after it, in dB, at most 60.
    pub(crate) erle_db: f32,
    /// The echo in the microphone against the far end, in dB.
    pub(crate) echo_db: f32,
    /// The correlation of the residue with the far end: 1 is perfect, 0 none.
    pub(crate) residue_correlation: f32,
    /// From far end to echo in ms, to the nearest 10.
    pub(crate) delay_ms: u32,
}

/// The mean squares of one frame.
#[derive(Clone, Copy, Debug, Default)]
struct Powers {
    far: f32,
    before: f32,
    after: f32,
}

/// Collects frames and measures once in every second of reply.
#[derive(Debug, Default)]
pub(crate) struct ErleEstimator {
    frames: VecDeque<Powers>,
    sounding: usize,
    fresh: usize,
    far_end_ms: u64,
    /// The delay that the last measurement found, in frames.
    delay: Option<usize>,
}

impl ErleEstimator {
    /// Takes the mean squares of one frame: of the far end, and of the microphone before and after the canceller.
    /// Returns a measurement once in every second of reply in which an echo was audible.
    pub(crate) fn update(&mut self, far: f32, before: f32, after: f32) -> Option<EchoMeasurement> {
        if self.frames.len() == SECOND + DELAYS {
            self.frames.pop_front();
        }
        self.frames.push_back(Powers { far, before, after });
        self.fresh += 1;
        if far > SOUNDS {
            self.sounding += 1;
            self.far_end_ms += 10;
        }
        if self.fresh < SECOND {
            return None;
        }
        let sounded = std::mem::take(&mut self.sounding) >= SOUNDING;
        self.fresh = 0;
        if sounded && self.frames.len() == SECOND + DELAYS { self.measure() } else { None }
    }

    /// Returns true if a frame with this mean square is not silent.
    pub(crate) fn sounds(far: f32) -> bool {
        far > SOUNDS
    }

    /// Returns how long the far end has sounded so far, in ms.
    pub(crate) fn far_end_ms(&self) -> u64 {
        self.far_end_ms
    }

    fn measure(&mut self) -> Option<EchoMeasurement> {
        let smooth = |pick: fn(&Powers) -> f32| -> Vec<f32> {
            let raw: Vec<f32> = self.frames.iter().map(pick).collect();
            // Three frames: a room smears over more than that anyway.
            let around = |n: usize| &raw[n.saturating_sub(1)..(n + 2).min(raw.len())];
            (0..raw.len()).map(|n| around(n).iter().sum::<f32>() / around(n).len() as f32).collect()
        };
        let (far, before, after) = (smooth(|p| p.far), smooth(|p| p.before), smooth(|p| p.after));
        let (before, after) = (&before[DELAYS..], &after[DELAYS..]);
        let far_at = |delay: usize| &far[DELAYS - delay..DELAYS - delay + SECOND];
        let fits = (0..=DELAYS).map(|delay| (delay, Fit::of(far_at(delay), before)));
        let (delay, fit) = fits.max_by(|(_, a), (_, b)| a.correlation.total_cmp(&b.correlation))?;
        let mean_far = far_at(delay).iter().sum::<f32>() / SECOND as f32;
        if fit.correlation < CORRELATED || fit.slope * mean_far < AUDIBLE {
            return None;
        }
        if self.delay.replace(delay).is_none_or(|last| last.abs_diff(delay) > SAME_DELAY) {
            return None;
        }
        let residue = Fit::of(far_at(delay), after);
        let left = residue.slope.max(fit.slope * 10.0_f32.powf(-BEST_DB / 10.0));
        Some(EchoMeasurement {
            erle_db: 10.0 * (fit.slope / left).log10(),
            echo_db: 10.0 * fit.slope.log10(),
            residue_correlation: residue.correlation,
            delay_ms: delay as u32 * 10,
        })
    }
}

/// A linear regression of one loudness over another.
#[derive(Clone, Copy, Debug)]
struct Fit {
    slope: f32,
    /// Pearson's correlation coefficient.
    correlation: f32,
}

impl Fit {
    fn of(far: &[f32], near: &[f32]) -> Self {
        let count = far.len().max(1) as f32;
        let (mean_far, mean_near) = (far.iter().sum::<f32>() / count, near.iter().sum::<f32>() / count);
        let (mut both, mut far_squares, mut near_squares) = (0.0, 0.0, 0.0);
        for (f, n) in far.iter().zip(near) {
            let (f, n) = (f - mean_far, n - mean_near);
            both += f * n;
            far_squares += f * f;
            near_squares += n * n;
        }
        if far_squares <= 0.0 || near_squares <= 0.0 {
            return Self { slope: 0.0, correlation: 0.0 };
        }
        Self { slope: both / far_squares, correlation: both / (far_squares * near_squares).sqrt() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Roughly the loudness of speech: syllables of changing strength.
    fn syllables(seed: u32) -> impl Fn(usize) -> f32 {
        move |frame| {
            let syllable = (frame / 18) as u32;
            let strength = (syllable.wrapping_mul(2_654_435_761) ^ seed).wrapping_mul(0x9e37_79b1) >> 24;
            let shape = (std::f32::consts::PI * (frame % 18) as f32 / 18.0).sin();
            1e-2 * (strength as f32 / 255.0 + 0.05) * shape * shape + 1e-6
        }
    }

    fn run(seconds: usize, mut near: impl FnMut(usize, f32) -> (f32, f32)) -> Vec<EchoMeasurement> {
        let (far, mut erle) = (syllables(7), ErleEstimator::default());
        let frames = 0..seconds * SECOND;
        frames
            .filter_map(|n| {
                let (before, after) = near(n, if n < 8 { 0.0 } else { far(n - 8) });
                erle.update(far(n), before, after)
            })
            .collect()
    }

    #[test]
    fn an_echo_and_its_residue_are_measured() {
        let measured = run(12, |_, echo| (0.1 * echo + 1e-8, 0.1 * echo * 1e-3 + 1e-8));
        assert!(measured.len() >= 9, "{}", measured.len());
        for second in measured {
            assert!((second.erle_db - 30.0).abs() < 1.0, "{second:?}");
            assert!((second.echo_db + 10.0).abs() < 0.5, "{second:?}");
            assert_eq!(second.delay_ms, 80);
        }
    }

    #[test]
    fn a_voice_over_the_echo_changes_little() {
        let voice = syllables(99);
        let measured = run(20, |n, echo| {
            let voice = 0.03 * voice(n + 5);
            (0.1 * echo + voice, 0.1 * echo * 1e-3 + voice)
        });
        assert!(measured.len() > 8);
        let bad = measured.iter().filter(|second| second.erle_db < 15.0 && second.residue_correlation >= 0.5);
        assert_eq!(bad.count(), 0, "{measured:?}");
    }

    #[test]
    fn without_an_echo_nothing_is_measured() {
        let voice = syllables(3);
        let measured = run(20, |n, _| (0.5 * voice(n * 7 / 5 + 11), 0.5 * voice(n * 7 / 5 + 11)));
        assert!(measured.len() < 6, "chance finds something now and then: {}", measured.len());
        assert_eq!(run(10, |_, _| (1e-9, 1e-9)), []);
    }

    #[test]
    fn silence_is_not_measured() {
        let mut erle = ErleEstimator::default();
        assert!((0..1_000).all(|_| erle.update(0.0, 0.0, 0.0).is_none()));
        assert_eq!(erle.far_end_ms(), 0);
    }
}
