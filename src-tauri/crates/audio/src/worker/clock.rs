//! Real-time pacing for what has no device clock: a file as the microphone, a virtual speaker.

use std::time::{Duration, Instant};

/// How far a virtual device catches up at once. What a stalled machine missed beyond that is skipped.
const CATCH_UP: Duration = Duration::from_millis(200);

/// Counts how many frames a device of `rate` Hz would have wanted by now.
#[derive(Debug)]
pub(crate) struct Pace {
    rate: u32,
    begun: Instant,
    given: u64,
}

impl Pace {
    /// Creates a pace for a device that starts at `begun`.
    pub(crate) fn new(rate: u32, begun: Instant) -> Self {
        Self { rate, begun, given: 0 }
    }

    /// Returns the frames due at `now` that were not returned before.
    pub(crate) fn due(&mut self, now: Instant) -> usize {
        let wanted = frames(now.saturating_duration_since(self.begun), self.rate);
        let due = wanted.saturating_sub(self.given);
        self.given = wanted.max(self.given);
        due.min(frames(CATCH_UP, self.rate)) as usize
    }
}

/// Returns how many frames of `rate` Hz fit into `time`.
pub(crate) fn frames(time: Duration, rate: u32) -> u64 {
    (time.as_nanos() * u128::from(rate) / 1_000_000_000) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_irregular_ticks_add_up_to_real_time() {
        let begun = Instant::now();
        let mut pace = Pace::new(44_100, begun);
        let given: usize =
            (0..=1000).step_by(7).chain([1000]).map(|ms| pace.due(begun + Duration::from_millis(ms))).sum();
        assert_eq!(given, 44_100);
    }

    #[test]
    fn a_stall_is_skipped() {
        let begun = Instant::now();
        let mut pace = Pace::new(48_000, begun);
        assert_eq!(pace.due(begun + Duration::from_hours(1)), 9_600);
        assert_eq!(pace.due(begun + Duration::from_hours(1)), 0);
    }
}
