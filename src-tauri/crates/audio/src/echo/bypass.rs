//! When the canceller may rest: where nothing was played for a while, there is no echo. Pure; runs on the audio thread.
//!
//! A conversation is mostly listening, and cancelling is most of what listening costs. Both ends are kept from the canceller for
//! as long, so that it finds them as they were against each other.

use super::{FRAME_SAMPLES, Frame};

/// How late the canceller gives out what it was given, in samples: its blocks, and the overlap of its filters.
pub(crate) const DELAY: usize = 128;

/// Frames without a sound after which no echo is left: 2 s, for the buffers of both devices and a long room.
const SILENCE: u32 = 200;

/// Frames in which an awakened canceller still gives out what it heard before it rested.
const STALE: u32 = 1;

/// Which part of a frame the canceller gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Nothing: it rests.
    None,
    /// Less and less of it.
    Falling,
    /// It works, but what it gives is stale.
    Stale,
    /// More and more of it.
    Rising,
    /// Everything.
    Whole,
}

impl Part {
    /// Mixes what the canceller gave, in `given`, with what would have come without it.
    pub(crate) fn mix(self, given: &mut Frame, without: &Frame) {
        let share: fn(f32) -> f32 = match self {
            Self::Whole => return,
            Self::None | Self::Stale => |_| 0.0,
            Self::Falling => |at| 1.0 - at,
            Self::Rising => |at| at,
        };
        for (n, (sample, without)) in given.iter_mut().zip(without).enumerate() {
            *sample = without + (*sample - without) * share((n as f32 + 0.5) / FRAME_SAMPLES as f32);
        }
    }
}

/// Says frame by frame whether the canceller is needed.
#[derive(Debug)]
pub(crate) struct Rest {
    /// Frames without a sound, up to and with the newest.
    silent: u32,
    /// Frames since it was awakened.
    awake: u32,
    /// The newest [`DELAY`] samples.
    line: [f32; DELAY],
}

impl Default for Rest {
    /// Nothing was played yet: it rests until something is.
    fn default() -> Self {
        Self { silent: SILENCE + 1, awake: 0, line: [0.0; DELAY] }
    }
}

impl Rest {
    /// Which part of the next frame the canceller shall give, and `heard` as late as it would come from there.
    pub(crate) fn next(&mut self, far_end: &Frame, heard: &Frame) -> (Part, Frame) {
        let mut late = [0.0; FRAME_SAMPLES];
        late[..DELAY].copy_from_slice(&self.line);
        late[DELAY..].copy_from_slice(&heard[..FRAME_SAMPLES - DELAY]);
        self.line.copy_from_slice(&heard[FRAME_SAMPLES - DELAY..]);
        (self.part(far_end.iter().all(|sample| *sample == 0.0)), late)
    }

    fn part(&mut self, is_silent: bool) -> Part {
        let before = self.silent;
        self.silent = if is_silent { before.saturating_add(1) } else { 0 };
        match (before, self.silent) {
            (_, SILENCE) => return Part::Falling,
            (_, silent) if silent > SILENCE => return Part::None,
            // What it gave fell to nothing, and it has missed nothing.
            (SILENCE, _) => self.awake = STALE,
            (before, _) if before > SILENCE => self.awake = 0,
            _ => self.awake = self.awake.saturating_add(1),
        }
        match self.awake {
            awake if awake < STALE => Part::Stale,
            STALE => Part::Rising,
            _ => Part::Whole,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SOUND: Frame = [0.1; FRAME_SAMPLES];
    const NOTHING: Frame = [0.0; FRAME_SAMPLES];

    fn parts(far_ends: impl IntoIterator<Item = bool>) -> Vec<Part> {
        let mut rest = Rest::default();
        far_ends
            .into_iter()
            .map(|sounds| rest.next(if sounds { &SOUND } else { &NOTHING }, &NOTHING).0)
            .collect()
    }

    #[test]
    fn it_rests_two_seconds_after_a_sound_and_wakes_with_the_next() {
        let sounds = |n: usize| n < 50 || (300..310).contains(&n);
        let parts = parts((0..600).map(sounds));
        let at = |part: Part| (0..600).filter(|n| parts[*n] == part).collect::<Vec<_>>();
        assert_eq!(at(Part::Falling), [249, 509]);
        assert_eq!(at(Part::None), (250..300).chain(510..600).collect::<Vec<_>>());
        assert_eq!((at(Part::Stale), at(Part::Rising)), (vec![0, 300], vec![1, 301]));
    }

    #[test]
    fn a_sound_in_the_moment_of_falling_asleep_is_faded_in() {
        let parts = parts((0..204).map(|n| !(2..202).contains(&n)));
        assert_eq!(parts[200..], [Part::Whole, Part::Falling, Part::Rising, Part::Whole]);
    }

    #[test]
    fn what_comes_without_the_canceller_is_as_late_as_with_it() {
        let mut rest = Rest::default();
        let heard: Vec<f32> = (0..FRAME_SAMPLES * 4).map(|n| n as f32 + 1.0).collect();
        let late: Vec<f32> = heard
            .as_chunks::<FRAME_SAMPLES>()
            .0
            .iter()
            .flat_map(|frame| rest.next(&NOTHING, frame).1)
            .collect();
        assert!(late[..DELAY].iter().all(|sample| *sample == 0.0));
        assert_eq!(late[DELAY..], heard[..heard.len() - DELAY]);
    }

    proptest! {
        #[test]
        fn the_canceller_is_never_cut_off_nor_switched_on(spans in proptest::collection::vec((any::<bool>(), 1_usize..450), 1..12)) {
            let parts = parts(spans.iter().flat_map(|(sounds, frames)| std::iter::repeat_n(*sounds, *frames)));
            for pair in parts.windows(2) {
                let allowed: &[Part] = match pair[0] {
                    Part::Whole => &[Part::Whole, Part::Falling],
                    Part::Falling => &[Part::None, Part::Rising],
                    Part::None => &[Part::None, Part::Stale],
                    Part::Stale => &[Part::Rising],
                    Part::Rising => &[Part::Whole],
                };
                prop_assert!(allowed.contains(&pair[1]), "{pair:?}");
            }
        }
    }
}
