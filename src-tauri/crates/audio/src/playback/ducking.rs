//! Speaking over a reply, in two steps: your voice lowers it at once, and the server decides whether it ends. Pure: time is
//! handed in.
//!
//! The local ear is quick and sometimes wrong (a cough, a door, a word to somebody else), so it only lowers the reply. What
//! ends it is a flush, which comes with the server's `interrupted`. Without one the reply comes back.

use std::time::{Duration, Instant};

/// What is left of a lowered reply: −12 dB.
const LOWERED: f32 = 0.25;
/// How long the server may take to say `interrupted`.
const DECISION: Duration = Duration::from_millis(700);
/// A flush fades out within this; only then the volume goes up again, for the next reply.
const FADE_OUT: Duration = Duration::from_millis(40);

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum State {
    /// Nobody speaks over a reply.
    #[default]
    Idle,
    /// The reply is low until the server has decided.
    Lowered { since: Instant },
    /// The reply was ended and fades out.
    Flushed { at: Instant },
    /// The server let the reply go on; the same voice does not lower it a second time.
    Overruled,
}

/// What is heard and played now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Situation {
    /// Someone speaks.
    pub(crate) speaking: bool,
    /// A reply sounds.
    pub(crate) playing: bool,
    /// How often replies were flushed so far.
    pub(crate) flushes: u64,
}

/// Decides how loud a reply is while someone speaks over it.
#[derive(Debug, Default)]
pub(crate) struct BargeIn {
    state: State,
    flushes: u64,
    lowered: u64,
    taken_back: u64,
}

impl BargeIn {
    /// The factor for the volume from `now` on. Ask whenever something may have changed, at least every 10 ms.
    pub(crate) fn volume(&mut self, situation: Situation, now: Instant) -> f32 {
        let flushed = std::mem::replace(&mut self.flushes, situation.flushes) != situation.flushes;
        self.state = match self.state {
            State::Lowered { .. } if flushed => State::Flushed { at: now },
            State::Lowered { .. } if !situation.playing => State::Idle,
            State::Lowered { since } if now.saturating_duration_since(since) >= DECISION => {
                self.taken_back += 1;
                State::Overruled
            }
            State::Flushed { at } if now.saturating_duration_since(at) >= FADE_OUT => State::Overruled,
            State::Overruled if !situation.speaking => State::Idle,
            State::Idle if situation.speaking && situation.playing && !flushed => {
                self.lowered += 1;
                State::Lowered { since: now }
            }
            unchanged => unchanged,
        };
        match self.state {
            State::Lowered { .. } | State::Flushed { .. } => LOWERED,
            State::Idle | State::Overruled => 1.0,
        }
    }

    /// How often a reply was lowered.
    pub(crate) fn lowered(&self) -> u64 {
        self.lowered
    }

    /// How often it came back, since the server did not end it.
    pub(crate) fn taken_back(&self) -> u64 {
        self.taken_back
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct Talk {
        begun: Instant,
        barge_in: BargeIn,
        flushes: u64,
    }

    impl Talk {
        fn new() -> Self {
            Self { begun: Instant::now(), barge_in: BargeIn::default(), flushes: 0 }
        }

        fn at(&mut self, ms: u64, speaking: bool, playing: bool) -> f32 {
            let situation = Situation { speaking, playing, flushes: self.flushes };
            self.barge_in.volume(situation, self.begun + Duration::from_millis(ms))
        }
    }

    #[test]
    fn a_voice_lowers_a_reply_at_once_and_only_a_reply() {
        let mut talk = Talk::new();
        assert_eq!(talk.at(0, true, false), 1.0);
        assert_eq!(talk.at(10, false, true), 1.0);
        assert_eq!(talk.at(20, true, true), LOWERED);
    }

    #[test]
    fn without_a_decision_the_reply_comes_back_and_the_same_voice_lowers_it_no_more() {
        let mut talk = Talk::new();
        talk.at(0, true, true);
        assert_eq!(talk.at(699, false, true), LOWERED);
        assert_eq!(talk.at(700, true, true), 1.0);
        assert_eq!(talk.at(5_000, true, true), 1.0);
        talk.at(5_010, false, true);
        assert_eq!(talk.at(5_020, true, true), LOWERED, "another voice");
        assert_eq!((talk.barge_in.lowered(), talk.barge_in.taken_back()), (2, 1));
    }

    #[test]
    fn a_flush_ends_it_low_and_the_next_reply_is_as_loud_as_ever() {
        let mut talk = Talk::new();
        talk.at(0, true, true);
        talk.flushes += 1;
        assert_eq!(talk.at(300, true, false), LOWERED, "it fades out low");
        assert_eq!(talk.at(330, true, false), LOWERED);
        assert_eq!(talk.at(340, true, false), 1.0);
        assert_eq!(
            talk.at(900, true, true),
            1.0,
            "the voice that ended the last reply does not lower the next"
        );
        assert_eq!(talk.barge_in.taken_back(), 0);
    }

    #[test]
    fn a_reply_that_ends_by_itself_leaves_nothing_low() {
        let mut talk = Talk::new();
        talk.at(0, true, true);
        assert_eq!(talk.at(100, true, false), 1.0);
    }

    proptest! {
        #[test]
        fn nothing_stays_low_for_longer_than_the_decision(
            steps in proptest::collection::vec((1_u64..200, any::<bool>(), any::<bool>(), 0_u8..10), 1..60),
        ) {
            let (mut talk, mut ms, mut low_for) = (Talk::new(), 0, 0);
            for (wait, speaking, playing, chance) in steps {
                ms += wait;
                talk.flushes += u64::from(chance == 0);
                let low = talk.at(ms, speaking, playing) < 1.0;
                low_for = if low { low_for + wait } else { 0 };
                prop_assert!(low_for <= 1_200, "low for {low_for} ms");
            }
        }
    }
}
