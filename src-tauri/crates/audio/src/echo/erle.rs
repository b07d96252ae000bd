//! Measures what the canceller achieves, from nothing but how loud the three signals are in every 10 ms. Pure.
//!
//! An echo follows the far end's loudness some frames later, and a voice does not. So once in a second of reply the
//! loudness of the microphone, before and after the canceller, is laid over the far end's at every delay up to 600 ms:
//! the delay that fits best is the echo's, and the two slopes there are how loud it is before and after.

use std::collections::VecDeque;

/// Frames of 10 ms that are measured at once.
const SECOND: usize = 100;
/// The longest delay that is looked for, in frames.
const DELAYS: usize = 60;
/// So much of a second must sound.
const SOUNDING: usize = 60;
/// Mean squares above this sound: −50 dBFS.
const SOUNDS: f32 = 1e-5;
/// The far end must be followed at least this well (1 is perfectly) for there to be an echo.
const FOLLOWS: f32 = 0.6;
/// Two seconds in a row must find the same delay, within so many frames: chance finds another every time.
const SAME_DELAY: usize = 2;
/// An echo below −65 dBFS troubles nobody.
const AUDIBLE: f32 = 3e-7;
/// More than this can't be told from perfect, in dB.
const BEST_DB: f32 = 60.0;

/// What one second of reply told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Second {
    /// Echo before against echo after the canceller, in dB, at most 60.
    pub(crate) erle_db: f32,
    /// Echo in the microphone against the far end, in dB.
    pub(crate) echo_db: f32,
    /// How well what is left follows the far end: 1 is perfectly, 0 not at all.
    pub(crate) residue_follows: f32,
    /// From far end to echo, in ms, to the nearest 10.
    pub(crate) delay_ms: u32,
}

/// The mean squares of one frame.
#[derive(Clone, Copy, Debug, Default)]
struct Powers {
    far: f32,
    before: f32,
    after: f32,
}

/// Collects frames until a second of reply is whole.
#[derive(Debug, Default)]
pub(crate) struct Gauge {
    frames: VecDeque<Powers>,
    sounding: usize,
    fresh: usize,
    far_end_ms: u64,
    /// The delay that the last second of reply found.
    delay: Option<usize>,
}

impl Gauge {
    /// Takes the mean squares of one frame: far end, microphone before and after the canceller. Answers once in a
    /// second of reply in which an echo was heard.
    pub(crate) fn note(&mut self, far: f32, before: f32, after: f32) -> Option<Second> {
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

    /// True for a mean square that is not silence.
    pub(crate) fn sounds(far: f32) -> bool {
        far > SOUNDS
    }

    /// How long the far end sounded so far, in ms.
    pub(crate) fn far_end_ms(&self) -> u64 {
        self.far_end_ms
    }

    fn measure(&mut self) -> Option<Second> {
        let smooth = |pick: fn(&Powers) -> f32| -> Vec<f32> {
            let raw: Vec<f32> = self.frames.iter().map(pick).collect();
            // Three frames: two thirds of what the room smears anyway.
            let around = |n: usize| &raw[n.saturating_sub(1)..(n + 2).min(raw.len())];
            (0..raw.len()).map(|n| around(n).iter().sum::<f32>() / around(n).len() as f32).collect()
        };
        let (far, before, after) = (smooth(|p| p.far), smooth(|p| p.before), smooth(|p| p.after));
        let (before, after) = (&before[DELAYS..], &after[DELAYS..]);
        let far_at = |delay: usize| &far[DELAYS - delay..DELAYS - delay + SECOND];
        let fits = (0..=DELAYS).map(|delay| (delay, Fit::of(far_at(delay), before)));
        let (delay, fit) = fits.max_by(|(_, a), (_, b)| a.follows.total_cmp(&b.follows))?;
        let mean_far = far_at(delay).iter().sum::<f32>() / SECOND as f32;
        if fit.follows < FOLLOWS || fit.slope * mean_far < AUDIBLE {
            return None;
        }
        if self.delay.replace(delay).is_none_or(|last| last.abs_diff(delay) > SAME_DELAY) {
            return None;
        }
        let residue = Fit::of(far_at(delay), after);
        let left = residue.slope.max(fit.slope * 10.0_f32.powf(-BEST_DB / 10.0));
        Some(Second {
            erle_db: 10.0 * (fit.slope / left).log10(),
            echo_db: 10.0 * fit.slope.log10(),
            residue_follows: residue.follows,
            delay_ms: delay as u32 * 10,
        })
    }
}

/// A straight line through one loudness over another.
#[derive(Clone, Copy, Debug)]
struct Fit {
    slope: f32,
    /// Pearson's correlation.
    follows: f32,
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
            return Self { slope: 0.0, follows: 0.0 };
        }
        Self { slope: both / far_squares, follows: both / (far_squares * near_squares).sqrt() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The loudness of speech, roughly: syllables of changing strength.
    fn syllables(seed: u32) -> impl Fn(usize) -> f32 {
        move |frame| {
            let syllable = (frame / 18) as u32;
            let strength = (syllable.wrapping_mul(2_654_435_761) ^ seed).wrapping_mul(0x9e37_79b1) >> 24;
            let shape = (std::f32::consts::PI * (frame % 18) as f32 / 18.0).sin();
            1e-2 * (strength as f32 / 255.0 + 0.05) * shape * shape + 1e-6
        }
    }

    fn run(seconds: usize, mut near: impl FnMut(usize, f32) -> (f32, f32)) -> Vec<Second> {
        let (far, mut gauge) = (syllables(7), Gauge::default());
        let frames = 0..seconds * SECOND;
        frames
            .filter_map(|n| {
                let (before, after) = near(n, if n < 8 { 0.0 } else { far(n - 8) });
                gauge.note(far(n), before, after)
            })
            .collect()
    }

    #[test]
    fn an_echo_and_its_residue_are_measured() {
        let seconds = run(12, |_, echo| (0.1 * echo + 1e-8, 0.1 * echo * 1e-3 + 1e-8));
        assert!(seconds.len() >= 9, "{}", seconds.len());
        for second in seconds {
            assert!((second.erle_db - 30.0).abs() < 1.0, "{second:?}");
            assert!((second.echo_db + 10.0).abs() < 0.5, "{second:?}");
            assert_eq!(second.delay_ms, 80);
        }
    }

    #[test]
    fn a_voice_over_the_echo_changes_little() {
        let voice = syllables(99);
        let seconds = run(20, |n, echo| {
            let voice = 0.03 * voice(n + 5);
            (0.1 * echo + voice, 0.1 * echo * 1e-3 + voice)
        });
        assert!(seconds.len() > 8);
        let bad = seconds.iter().filter(|second| second.erle_db < 15.0 && second.residue_follows >= 0.5);
        assert_eq!(bad.count(), 0, "{seconds:?}");
    }

    #[test]
    fn without_an_echo_there_is_nothing_to_tell() {
        let voice = syllables(3);
        let seconds = run(20, |n, _| (0.5 * voice(n * 7 / 5 + 11), 0.5 * voice(n * 7 / 5 + 11)));
        assert!(seconds.len() < 6, "chance finds something now and then: {}", seconds.len());
        assert_eq!(run(10, |_, _| (1e-9, 1e-9)), []);
    }

    #[test]
    fn silence_is_not_measured() {
        let mut gauge = Gauge::default();
        assert!((0..1_000).all(|_| gauge.note(0.0, 0.0, 0.0).is_none()));
        assert_eq!(gauge.far_end_ms(), 0);
    }
}
