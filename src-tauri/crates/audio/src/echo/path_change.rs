//! When the canceller is not to be believed: just after the echo came at another time than before. Pure; on the audio thread.
//!
//! A buffer that a device missed moves the echo by 10 ms, and until the canceller has learnt that, what it leaves sounds like
//! someone speaking. Where the echo is can be heard sooner than it can be learnt. Meanwhile the microphone passes nothing that is
//! no louder than the echo must be; a voice that is louder passes.

use std::collections::VecDeque;

use super::Frame;
use super::delay::{Delay, SAME};
use super::fader::Shutter;

/// A delay that stands out like this is believed at once if it is not far from the last one: one in 200 was wrong, and hardly
/// any of those lay there.
const CLEAR: f32 = 11.0;
/// Not far, as quarters of a millisecond: 40 ms. A device that misses something misses a buffer or two.
const NOT_FAR: usize = 160;
/// One that stands out like this, and is not far, is believed when it was found so often.
const LIKELY: f32 = 9.0;
/// The same for a clear one that is far, if some of these finds have no sound in common. What is like itself some syllables later
/// is found there once or twice.
const FOUND: u32 = 3;
/// An echo that jumped is there for certain when it is found there again after so many estimates: they have no sound in common.
const AGAIN: u32 = 4;
/// While it is found at its old place like this, as a part of what the new one has, it has not moved: the room answers from more
/// places than one, and a voice is like itself one period later.
const STILL_THERE: f32 = 0.6;
/// The canceller has this long to follow, in frames in which the echo sounds: 2.5 s.
const LONGEST: u32 = 250;
/// It has followed when it took 15 dB out of 600 ms of those. One in which it did not counts against one and a half in which it did.
const HELD: u32 = 120;
const HELD_SHARE: f32 = 0.03;
const GOOD: u32 = 2;
const BAD: u32 = 3;
/// A single sound can be louder than the echo is on average, by 6 dB.
const LOUDER: f32 = 4.0;
/// The echo of one frame is heard a little earlier than it is found, since it may just have jumped, and the room answers for a
/// while: in frames.
const BEFORE: usize = 4;
const AFTER: usize = 10;
/// Frames of the far end that are remembered: the longest delay and the room.
const REMEMBERED: usize = 60 + AFTER + 1;
/// A far end below −60 dBFS makes no echo.
const SOUNDS: f32 = 1e-6;

/// Whether what the canceller leaves is believed.
pub(crate) struct Doubt {
    far: VecDeque<f32>,
    place: Option<usize>,
    /// The place that was found again after a while, and for how many estimates it has been the place.
    sure: Option<usize>,
    since: u32,
    rumour: Option<Rumour>,
    /// Frames of echo for which it is still in doubt.
    left: u32,
    held: u32,
    jumps: u64,
    shutter: Shutter,
    may_be_echo: bool,
}

/// A place that is not believed yet.
#[derive(Clone, Copy, Debug)]
struct Rumour {
    place: usize,
    /// How often it was found, and how many estimates ago first.
    found: u32,
    age: u32,
}

impl Default for Doubt {
    fn default() -> Self {
        let far = VecDeque::from(vec![0.0; REMEMBERED]);
        Self {
            far,
            place: None,
            sure: None,
            since: 0,
            rumour: None,
            left: 0,
            held: 0,
            jumps: 0,
            shutter: Shutter::default(),
            may_be_echo: false,
        }
    }
}

impl Doubt {
    /// Of a canceller that has to learn an echo which was at `place` before.
    pub(crate) fn after(place: Option<usize>) -> Self {
        let mut doubt = Self { place, sure: place, ..Self::default() };
        doubt.begin();
        doubt
    }

    /// The echo was found at `delay`.
    pub(crate) fn locate(&mut self, delay: Delay) {
        let Delay { quarters, clearness, clearness_there } = delay;
        let off = |place: usize| place.abs_diff(quarters);
        let Some(place) = self.place else {
            self.place = (clearness >= CLEAR).then_some(quarters);
            self.sure = self.place;
            return;
        };
        self.since = self.since.saturating_add(1);
        if let Some(rumour) = &mut self.rumour {
            rumour.age = rumour.age.saturating_add(1);
        }
        let (is_clear, is_near) = (clearness >= CLEAR, off(place) <= NOT_FAR);
        if off(place) <= SAME {
            // A drift is followed, not a guess.
            if is_clear {
                (self.place, self.rumour) = (Some(quarters), None);
                if self.since >= AGAIN {
                    self.sure = self.place;
                }
            }
        } else if clearness_there <= clearness * STILL_THERE && (is_clear || is_near && clearness >= LIKELY) {
            let rumour = self.hear_of(quarters);
            let is_confirmed = rumour.found >= FOUND && (is_near || rumour.age >= AGAIN);
            if is_confirmed || is_near && is_clear {
                self.jump(quarters);
            }
        }
    }

    fn hear_of(&mut self, place: usize) -> Rumour {
        let known = self.rumour.filter(|rumour| rumour.place.abs_diff(place) <= SAME);
        let rumour = known
            .map_or(Rumour { place, found: 1, age: 0 }, |known| Rumour { found: known.found + 1, ..known });
        self.rumour = Some(rumour);
        rumour
    }

    fn jump(&mut self, place: usize) {
        (self.place, self.rumour, self.since) = (Some(place), None, 0);
        self.jumps += 1;
        self.begin();
    }

    /// The canceller has to learn anew.
    pub(crate) fn begin(&mut self) {
        (self.left, self.held) = (LONGEST, 0);
    }

    /// True while the canceller is not believed.
    pub(crate) fn holds(&self) -> bool {
        self.left > 0
    }

    /// How much later than the far end its echo comes, once that was found.
    pub(crate) fn place_ms(&self) -> Option<u32> {
        self.sure.and_then(|quarters| u32::try_from(quarters / 4).ok())
    }

    /// Where the echo was found last, in quarters of a millisecond.
    pub(crate) fn place(&self) -> Option<usize> {
        self.place
    }

    /// How often the echo jumped.
    pub(crate) fn jumps(&self) -> u64 {
        self.jumps
    }

    /// Takes the mean squares of one frame: the far end's, and the microphone's before the canceller and after it. An echo is
    /// `loudness` as strong as the far end.
    pub(crate) fn note(&mut self, far: f32, (heard, left): (f32, f32), loudness: Option<f32>) {
        self.far.pop_back();
        self.far.push_front(far);
        // 40 quarters are a frame.
        let at = self.place.unwrap_or(0) / 40;
        let around = self.far.iter().take(at + AFTER + 1).skip(at.saturating_sub(BEFORE));
        let loudest = around.fold(0.0_f32, |most, far| most.max(*far));
        self.may_be_echo =
            loudest > SOUNDS && loudness.is_some_and(|loudness| heard <= LOUDER * loudness * loudest);
        if loudest < SOUNDS || self.left == 0 {
            return;
        }
        self.left -= 1;
        if left < heard * HELD_SHARE {
            self.held += GOOD;
            if self.held >= HELD {
                self.left = 0;
            }
        } else {
            self.held = self.held.saturating_sub(BAD);
        }
    }

    /// True if the last frame is no louder than the echo alone can be.
    pub(crate) fn may_be_echo(&self) -> bool {
        self.may_be_echo
    }

    /// Passes the last frame or not.
    pub(crate) fn apply(&mut self, near_end: &mut Frame) {
        self.shutter.apply(!(self.left > 0 && self.may_be_echo), near_end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::echo::FRAME_SAMPLES;

    const SOUND: f32 = 1e-2;
    /// 80 ms.
    const PLACE: usize = 320;
    /// −10 dB.
    const LOUDNESS: Option<f32> = Some(0.1);

    fn at(quarters: usize, clearness: f32) -> Delay {
        Delay { quarters, clearness, clearness_there: 0.0 }
    }

    fn settled() -> Doubt {
        let mut doubt = Doubt::default();
        doubt.locate(at(PLACE, 12.0));
        for _ in 0..100 {
            doubt.note(SOUND, (1e-3, 1e-6), LOUDNESS);
        }
        doubt
    }

    /// What comes of 10 ms with `heard` before the canceller and a tenth less after it.
    fn passes(doubt: &mut Doubt, heard: f32) -> bool {
        doubt.note(SOUND, (heard, heard * 0.1), LOUDNESS);
        let mut frame = [0.5; FRAME_SAMPLES];
        doubt.apply(&mut frame);
        frame[FRAME_SAMPLES - 1] > 0.49
    }

    #[test]
    fn an_echo_that_stays_or_drifts_is_no_jump() {
        let mut doubt = settled();
        for n in 0..100 {
            doubt.locate(at(PLACE + n / 2, 12.0));
            doubt.locate(at(PLACE + 1_000 + 7 * n, 10.0));
        }
        assert_eq!(doubt.jumps(), 0);
        assert!(passes(&mut doubt, 1e-3));
    }

    #[test]
    fn a_jump_is_believed_when_it_is_near_and_clear_or_found_again() {
        for (delays, jumps) in [
            (vec![at(PLACE + 40, 11.5)], 1),
            (vec![at(PLACE + 40, 9.5); 2], 0),
            (vec![at(PLACE + 40, 9.5); 3], 1),
            (vec![at(PLACE + 40, 8.5); 9], 0),
            (vec![at(PLACE + 400, 14.5); 4], 0),
            (vec![at(PLACE + 400, 11.5); 5], 1),
            (vec![at(PLACE + 400, 9.5); 9], 0),
            ([at(PLACE + 400, 11.5), at(PLACE + 440, 11.5)].repeat(5), 0),
            ([vec![at(PLACE + 400, 11.5); 4], vec![at(PLACE, 11.5)]].concat().repeat(3), 0),
        ] {
            let mut doubt = settled();
            for delay in &delays {
                doubt.locate(*delay);
            }
            assert_eq!(doubt.jumps(), jumps, "{delays:?}");
        }
    }

    #[test]
    fn an_echo_that_is_still_there_has_not_moved() {
        let mut doubt = settled();
        doubt.locate(Delay { clearness_there: 8.0, ..at(PLACE + 28, 12.0) });
        assert_eq!(doubt.jumps(), 0);
        doubt.locate(Delay { clearness_there: 5.0, ..at(PLACE + 28, 12.0) });
        assert_eq!(doubt.jumps(), 1);
    }

    #[test]
    fn the_canceller_is_told_of_a_place_that_was_found_again() {
        let mut doubt = settled();
        doubt.locate(at(PLACE + 40, 11.5));
        assert_eq!((doubt.place(), doubt.place_ms()), (Some(PLACE + 40), Some(80)));
        for _ in 0..4 {
            doubt.locate(at(PLACE + 40, 11.5));
        }
        assert_eq!(doubt.place_ms(), Some(90));
    }

    #[test]
    fn in_doubt_only_what_is_louder_than_the_echo_passes() {
        let mut doubt = settled();
        doubt.begin();
        assert!(!passes(&mut doubt, 1e-3));
        assert!(passes(&mut doubt, 1e-2), "a voice over it");
        assert!(!passes(&mut doubt, 1e-3));
    }

    #[test]
    fn it_ends_when_the_canceller_holds_and_at_the_latest_after_a_while() {
        let mut doubt = settled();
        doubt.begin();
        let held = (0..1_000).take_while(|_| {
            doubt.note(SOUND, (1e-3, 1e-6), LOUDNESS);
            let mut frame = [0.5; FRAME_SAMPLES];
            doubt.apply(&mut frame);
            frame[FRAME_SAMPLES - 1] < 0.49
        });
        assert_eq!(held.count(), 59);
        doubt.begin();
        assert_eq!((0..1_000).take_while(|_| !passes(&mut doubt, 1e-3)).count(), 249);
    }

    #[test]
    fn without_a_reply_or_an_echo_everything_passes() {
        let mut doubt = Doubt::default();
        doubt.begin();
        doubt.note(SOUND, (1e-3, 1e-3), None);
        assert!(!doubt.may_be_echo(), "a headset has none");
        let mut doubt = settled();
        doubt.begin();
        (0..100).for_each(|_| doubt.note(0.0, (1e-3, 1e-3), LOUDNESS));
        assert!(!doubt.may_be_echo());
    }
}
