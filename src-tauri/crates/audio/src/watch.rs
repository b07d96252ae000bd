//! Notices a device that is gone, from nothing but counters. Pure: time is handed in.

use std::time::{Duration, Instant};

/// A stream that calls nobody for this long is dead.
const NO_DATA: Duration = Duration::from_millis(500);

/// How a device was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The system said that the device or the sound server is gone.
    Gone,
    /// No callback came for 500 ms.
    Stalled,
}

/// Watches one stream; ask it every 100 ms.
#[derive(Debug)]
pub(crate) struct Watch {
    callbacks: u64,
    since: Instant,
}

impl Watch {
    /// A stream that begins at `now`.
    pub(crate) fn new(now: Instant) -> Self {
        Self { callbacks: 0, since: now }
    }

    /// Looks at the stream's count of data callbacks and its dead flag.
    pub(crate) fn look(&mut self, callbacks: u64, dead: bool, now: Instant) -> Option<Loss> {
        if dead {
            return Some(Loss::Gone);
        }
        if callbacks != self.callbacks {
            (self.callbacks, self.since) = (callbacks, now);
        }
        (now.saturating_duration_since(self.since) >= NO_DATA).then_some(Loss::Stalled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_keeps_a_stream_alive_and_half_a_second_without_ends_it() {
        let begun = Instant::now();
        let at = |ms| begun + Duration::from_millis(ms);
        let mut watch = Watch::new(begun);
        for tick in 1..20 {
            assert_eq!(watch.look(tick, false, at(tick * 100)), None);
        }
        assert_eq!(watch.look(19, false, at(2_300)), None);
        assert_eq!(watch.look(19, false, at(2_400)), Some(Loss::Stalled));
    }

    #[test]
    fn a_dead_flag_is_enough() {
        let begun = Instant::now();
        assert_eq!(Watch::new(begun).look(5, true, begun), Some(Loss::Gone));
    }
}
