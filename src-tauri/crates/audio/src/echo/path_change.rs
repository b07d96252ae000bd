//! Notices that the echo path changed, and holds the canceller's output back until it has adapted.
//!
//! A buffer that a device missed moves the echo by 10 ms. Until the canceller has adapted, the remaining echo sounds like
//! speech. The new delay is found before the filter has adapted to it. Meanwhile each frame that is no louder than the
//! expected echo is muted; a louder voice passes.

use std::collections::VecDeque;

use super::Frame;
use super::delay::{Delay, SAME};
use super::fader::Fader;

/// A near delay with this prominence is accepted at once. One in 200 such estimates was wrong, and hardly any of the
/// wrong ones was near.
const CLEAR: f32 = 11.0;
/// Delays are near if they differ by at most this, in quarters of a millisecond: 40 ms. A device that misses something
/// misses one buffer or two.
const NEAR: usize = 160;
/// A near delay with this prominence is accepted when it was found [`CONFIRMATIONS`] times.
const LIKELY: f32 = 9.0;
/// How often a delay must be found. A distant one must also be [`INDEPENDENT`] estimates old: speech resembles itself
/// some syllables later, and is found there once or twice.
const CONFIRMATIONS: u32 = 3;
/// Estimates after which two have no sound in common. A delay found again after that many is certain.
const INDEPENDENT: u32 = 4;
/// While the old delay's prominence is more than this share of the new one's, the echo has not moved: a room reflects
/// from more places than one, and a voice resembles itself one period later.
const STILL_THERE: f32 = 0.6;
/// The canceller is given this many frames in which the echo sounds to adapt: 2.5 s.
const ADAPTATION_LIMIT: u32 = 250;
/// It has adapted when it removed 15 dB in 600 ms of those frames. A frame in which it did not counts against one and a
/// half in which it did.
const ADAPTED_SCORE: u32 = 120;
const ADAPTED_SHARE: f32 = 0.03;
const GOOD: u32 = 2;
const BAD: u32 = 3;
/// A single sound can be this much louder than the echo is on average: 6 dB, as a ratio of powers.
const HEADROOM: f32 = 4.0;
/// The echo of a frame is expected this many frames earlier than the delay says, since it may just have moved…
const BEFORE: usize = 4;
/// …and this many frames later, since the room reverberates.
const AFTER: usize = 10;
/// Frames of the far end that are remembered: the longest delay and the room.
const REMEMBERED: usize = 60 + AFTER + 1;
/// A far end below −60 dBFS makes no echo.
const SOUNDS: f32 = 1e-6;

/// Tracks the echo's delay and whether the canceller's output can be trusted.
pub(crate) struct PathChange {
    far: VecDeque<f32>,
    /// The last accepted delay, in quarters of a millisecond.
    delay: Option<usize>,
    /// The delay that was found again after a while.
    confirmed: Option<usize>,
    /// Estimates since the delay changed.
    since_change: u32,
    candidate: Option<DelayCandidate>,
    /// Frames of echo for which the output is still held back.
    frames_left: u32,
    adapted: u32,
    changes: u64,
    fader: Fader,
    may_be_echo: bool,
}

/// A delay that is not accepted yet.
#[derive(Clone, Copy, Debug)]
struct DelayCandidate {
    delay: usize,
    /// How often it was found.
    found: u32,
    /// How many estimates ago it was found first.
    age: u32,
}

impl Default for PathChange {
    fn default() -> Self {
        let far = VecDeque::from(vec![0.0; REMEMBERED]);
        Self {
            far,
            delay: None,
            confirmed: None,
            since_change: 0,
            candidate: None,
            frames_left: 0,
            adapted: 0,
            changes: 0,
            fader: Fader::default(),
            may_be_echo: false,
        }
    }
}

impl PathChange {
    /// Creates the state for a new canceller, whose predecessor found the echo at `delay` (quarters of a millisecond).
    pub(crate) fn resuming(delay: Option<usize>) -> Self {
        let mut state = Self { delay, confirmed: delay, ..Self::default() };
        state.begin();
        state
    }

    /// Takes a new estimate of the delay.
    pub(crate) fn on_estimate(&mut self, estimate: Delay) {
        let Delay { quarters, prominence, expected_prominence } = estimate;
        let distance = |delay: usize| delay.abs_diff(quarters);
        let Some(delay) = self.delay else {
            self.delay = (prominence >= CLEAR).then_some(quarters);
            self.confirmed = self.delay;
            return;
        };
        self.since_change = self.since_change.saturating_add(1);
        if let Some(candidate) = &mut self.candidate {
            candidate.age = candidate.age.saturating_add(1);
        }
        let (is_clear, is_near) = (prominence >= CLEAR, distance(delay) <= NEAR);
        if distance(delay) <= SAME {
            // A clear estimate is followed as it drifts.
            if is_clear {
                (self.delay, self.candidate) = (Some(quarters), None);
                if self.since_change >= INDEPENDENT {
                    self.confirmed = self.delay;
                }
            }
        } else if expected_prominence <= prominence * STILL_THERE
            && (is_clear || is_near && prominence >= LIKELY)
        {
            let candidate = self.note_candidate(quarters);
            let is_confirmed = candidate.found >= CONFIRMATIONS && (is_near || candidate.age >= INDEPENDENT);
            if is_confirmed || is_near && is_clear {
                self.accept(quarters);
            }
        }
    }

    fn note_candidate(&mut self, delay: usize) -> DelayCandidate {
        let known = self.candidate.filter(|candidate| candidate.delay.abs_diff(delay) <= SAME);
        let candidate = known.map_or(DelayCandidate { delay, found: 1, age: 0 }, |known| DelayCandidate {
            found: known.found + 1,
            ..known
        });
        self.candidate = Some(candidate);
        candidate
    }

    fn accept(&mut self, delay: usize) {
        (self.delay, self.candidate, self.since_change) = (Some(delay), None, 0);
        self.changes += 1;
        self.begin();
    }

    /// Holds the output back until the canceller has adapted.
    pub(crate) fn begin(&mut self) {
        (self.frames_left, self.adapted) = (ADAPTATION_LIMIT, 0);
    }

    /// Returns true while the output is held back.
    pub(crate) fn is_active(&self) -> bool {
        self.frames_left > 0
    }

    /// Returns the confirmed delay from the far end to its echo, in ms.
    pub(crate) fn confirmed_ms(&self) -> Option<u32> {
        self.confirmed.and_then(|quarters| u32::try_from(quarters / 4).ok())
    }

    /// Returns the last accepted delay, in quarters of a millisecond.
    pub(crate) fn delay(&self) -> Option<usize> {
        self.delay
    }

    /// Returns how often the delay changed.
    pub(crate) fn changes(&self) -> u64 {
        self.changes
    }

    /// Takes the mean squares of one frame: of the far end, and of the microphone `before` and `after` the canceller.
    /// `echo_gain` is how strong the echo is against the far end, as a ratio of powers.
    pub(crate) fn update(&mut self, far: f32, (before, after): (f32, f32), echo_gain: Option<f32>) {
        self.far.pop_back();
        self.far.push_front(far);
        // 40 quarters are a frame.
        let at = self.delay.unwrap_or(0) / 40;
        let around = self.far.iter().take(at + AFTER + 1).skip(at.saturating_sub(BEFORE));
        let loudest = around.fold(0.0_f32, |most, far| most.max(*far));
        self.may_be_echo =
            loudest > SOUNDS && echo_gain.is_some_and(|gain| before <= HEADROOM * gain * loudest);
        if loudest < SOUNDS || self.frames_left == 0 {
            return;
        }
        self.frames_left -= 1;
        if after < before * ADAPTED_SHARE {
            self.adapted += GOOD;
            if self.adapted >= ADAPTED_SCORE {
                self.frames_left = 0;
            }
        } else {
            self.adapted = self.adapted.saturating_sub(BAD);
        }
    }

    /// Returns true if the last frame is no louder than the echo alone can be.
    pub(crate) fn may_be_echo(&self) -> bool {
        self.may_be_echo
    }

    /// Passes or mutes the last frame.
    pub(crate) fn apply(&mut self, near_end: &mut Frame) {
        self.fader.apply(!(self.is_active() && self.may_be_echo), near_end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::echo::FRAME_SAMPLES;

    const SOUND: f32 = 1e-2;
    /// 80 ms.
    const DELAY: usize = 320;
    /// −10 dB.
    const GAIN: Option<f32> = Some(0.1);

    fn at(quarters: usize, prominence: f32) -> Delay {
        Delay { quarters, prominence, expected_prominence: 0.0 }
    }

    fn settled() -> PathChange {
        let mut path_change = PathChange::default();
        path_change.on_estimate(at(DELAY, 12.0));
        for _ in 0..100 {
            path_change.update(SOUND, (1e-3, 1e-6), GAIN);
        }
        path_change
    }

    /// Whether a frame passes that has `power` before the canceller and a tenth of it after.
    fn passes(path_change: &mut PathChange, power: f32) -> bool {
        path_change.update(SOUND, (power, power * 0.1), GAIN);
        let mut frame = [0.5; FRAME_SAMPLES];
        path_change.apply(&mut frame);
        frame[FRAME_SAMPLES - 1] > 0.49
    }

    #[test]
    fn a_drifting_delay_is_not_a_path_change() {
        let mut path_change = settled();
        for n in 0..100 {
            path_change.on_estimate(at(DELAY + n / 2, 12.0));
            path_change.on_estimate(at(DELAY + 1_000 + 7 * n, 10.0));
        }
        assert_eq!(path_change.changes(), 0);
        assert!(passes(&mut path_change, 1e-3));
    }

    #[test]
    fn a_new_delay_must_be_near_and_clear_or_found_again() {
        for (delays, changes) in [
            (vec![at(DELAY + 40, 11.5)], 1),
            (vec![at(DELAY + 40, 9.5); 2], 0),
            (vec![at(DELAY + 40, 9.5); 3], 1),
            (vec![at(DELAY + 40, 8.5); 9], 0),
            (vec![at(DELAY + 400, 14.5); 4], 0),
            (vec![at(DELAY + 400, 11.5); 5], 1),
            (vec![at(DELAY + 400, 9.5); 9], 0),
            ([at(DELAY + 400, 11.5), at(DELAY + 440, 11.5)].repeat(5), 0),
            ([vec![at(DELAY + 400, 11.5); 4], vec![at(DELAY, 11.5)]].concat().repeat(3), 0),
        ] {
            let mut path_change = settled();
            for delay in &delays {
                path_change.on_estimate(*delay);
            }
            assert_eq!(path_change.changes(), changes, "{delays:?}");
        }
    }

    #[test]
    fn an_echo_at_the_old_delay_is_not_a_path_change() {
        let mut path_change = settled();
        path_change.on_estimate(Delay { expected_prominence: 8.0, ..at(DELAY + 28, 12.0) });
        assert_eq!(path_change.changes(), 0);
        path_change.on_estimate(Delay { expected_prominence: 5.0, ..at(DELAY + 28, 12.0) });
        assert_eq!(path_change.changes(), 1);
    }

    #[test]
    fn only_a_delay_found_again_is_confirmed() {
        let mut path_change = settled();
        path_change.on_estimate(at(DELAY + 40, 11.5));
        assert_eq!((path_change.delay(), path_change.confirmed_ms()), (Some(DELAY + 40), Some(80)));
        for _ in 0..4 {
            path_change.on_estimate(at(DELAY + 40, 11.5));
        }
        assert_eq!(path_change.confirmed_ms(), Some(90));
    }

    #[test]
    fn only_what_is_louder_than_the_echo_passes() {
        let mut path_change = settled();
        path_change.begin();
        assert!(!passes(&mut path_change, 1e-3));
        assert!(passes(&mut path_change, 1e-2), "a voice over it");
        assert!(!passes(&mut path_change, 1e-3));
    }

    #[test]
    fn it_ends_with_adaptation_or_after_the_limit() {
        let mut path_change = settled();
        path_change.begin();
        let held_back = (0..1_000).take_while(|_| {
            path_change.update(SOUND, (1e-3, 1e-6), GAIN);
            let mut frame = [0.5; FRAME_SAMPLES];
            path_change.apply(&mut frame);
            frame[FRAME_SAMPLES - 1] < 0.49
        });
        assert_eq!(held_back.count(), 59);
        path_change.begin();
        assert_eq!((0..1_000).take_while(|_| !passes(&mut path_change, 1e-3)).count(), 249);
    }

    #[test]
    fn everything_passes_without_a_reply_or_an_echo() {
        let mut path_change = PathChange::default();
        path_change.begin();
        path_change.update(SOUND, (1e-3, 1e-3), None);
        assert!(!path_change.may_be_echo(), "a headset has none");
        let mut path_change = settled();
        path_change.begin();
        (0..100).for_each(|_| path_change.update(0.0, (1e-3, 1e-3), GAIN));
        assert!(!path_change.may_be_echo());
    }
}
