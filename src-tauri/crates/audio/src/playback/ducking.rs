//! Ducks a reply while somebody speaks over it. Time is passed in.
//!
//! Interrupting takes two steps. Local speech detection is quick but sometimes wrong (a cough, a door, a word to
//! somebody else), so it only lowers the reply. What ends it is a flush, which follows the server's `interrupted`.
//! Without one, the reply comes back.

use std::time::{Duration, Instant};

/// The gain of a ducked reply: −12 dB.
const DUCKED_GAIN: f32 = 0.25;
/// How long the server may take to send `interrupted`.
const DECISION_TIMEOUT: Duration = Duration::from_millis(700);
/// A flush fades out within this time; only then the gain rises again, for the next reply.
const FADE_OUT: Duration = Duration::from_millis(40);

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum State {
    /// Nobody speaks over a reply.
    #[default]
    Idle,
    /// The reply is ducked until the server has decided.
    Ducked { since: Instant },
    /// The reply was flushed and fades out.
    Flushed { at: Instant },
    /// The server let the reply go on; the same utterance does not duck it again.
    Overruled,
}

/// What is captured and played now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DuckInputs {
    /// Whether somebody speaks.
    pub(crate) speaking: bool,
    /// Whether a reply sounds.
    pub(crate) playing: bool,
    /// How often replies were flushed so far.
    pub(crate) flushes: u64,
}

/// Decides how loud a reply is while somebody speaks over it.
#[derive(Debug, Default)]
pub(crate) struct Ducking {
    state: State,
    flushes: u64,
    ducked: u64,
    reverted: u64,
}

impl Ducking {
    /// Returns the gain from `now` on. Called at least every 10 ms.
    pub(crate) fn gain(&mut self, inputs: DuckInputs, now: Instant) -> f32 {
        let flushed = std::mem::replace(&mut self.flushes, inputs.flushes) != inputs.flushes;
        self.state = match self.state {
            State::Ducked { .. } if flushed => State::Flushed { at: now },
            State::Ducked { .. } if !inputs.playing => State::Idle,
            State::Ducked { since } if now.saturating_duration_since(since) >= DECISION_TIMEOUT => {
                self.reverted += 1;
                State::Overruled
            }
            State::Flushed { at } if now.saturating_duration_since(at) >= FADE_OUT => State::Overruled,
            State::Overruled if !inputs.speaking => State::Idle,
            State::Idle if inputs.speaking && inputs.playing && !flushed => {
                self.ducked += 1;
                State::Ducked { since: now }
            }
            unchanged => unchanged,
        };
        match self.state {
            State::Ducked { .. } | State::Flushed { .. } => DUCKED_GAIN,
            State::Idle | State::Overruled => 1.0,
        }
    }

    /// Returns how often a reply was ducked.
    pub(crate) fn ducked(&self) -> u64 {
        self.ducked
    }

    /// Returns how often it came back because the server did not end it.
    pub(crate) fn reverted(&self) -> u64 {
        self.reverted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct Talk {
        begun: Instant,
        ducking: Ducking,
        flushes: u64,
    }

    impl Talk {
        fn new() -> Self {
            Self { begun: Instant::now(), ducking: Ducking::default(), flushes: 0 }
        }

        fn at(&mut self, ms: u64, speaking: bool, playing: bool) -> f32 {
            let inputs = DuckInputs { speaking, playing, flushes: self.flushes };
            self.ducking.gain(inputs, self.begun + Duration::from_millis(ms))
        }
    }

    #[test]
    fn speech_ducks_a_reply_at_once() {
        let mut talk = Talk::new();
        assert_eq!(talk.at(0, true, false), 1.0);
        assert_eq!(talk.at(10, false, true), 1.0);
        assert_eq!(talk.at(20, true, true), DUCKED_GAIN);
    }

    #[test]
    fn without_a_flush_the_reply_comes_back_for_good() {
        let mut talk = Talk::new();
        talk.at(0, true, true);
        assert_eq!(talk.at(699, false, true), DUCKED_GAIN);
        assert_eq!(talk.at(700, true, true), 1.0);
        assert_eq!(talk.at(5_000, true, true), 1.0);
        talk.at(5_010, false, true);
        assert_eq!(talk.at(5_020, true, true), DUCKED_GAIN, "another voice");
        assert_eq!((talk.ducking.ducked(), talk.ducking.reverted()), (2, 1));
    }

    #[test]
    fn after_a_flush_the_next_reply_has_full_volume() {
        let mut talk = Talk::new();
        talk.at(0, true, true);
        talk.flushes += 1;
        assert_eq!(talk.at(300, true, false), DUCKED_GAIN, "it fades out low");
        assert_eq!(talk.at(330, true, false), DUCKED_GAIN);
        assert_eq!(talk.at(340, true, false), 1.0);
        assert_eq!(
            talk.at(900, true, true),
            1.0,
            "the voice that ended the last reply does not lower the next"
        );
        assert_eq!(talk.ducking.reverted(), 0);
    }

    #[test]
    fn a_reply_that_ends_by_itself_ends_the_ducking() {
        let mut talk = Talk::new();
        talk.at(0, true, true);
        assert_eq!(talk.at(100, true, false), 1.0);
    }

    proptest! {
        #[test]
        fn ducking_never_lasts_longer_than_the_decision(
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
