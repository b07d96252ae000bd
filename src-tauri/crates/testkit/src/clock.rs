//! A manual clock.

use std::cell::Cell;
use std::time::Duration;

use live_proto::Millis;

/// A clock for a state machine: starts at 0 ms and advances only on request.
#[derive(Debug, Default)]
pub struct ManualClock {
    ms: Cell<u64>,
}

impl ManualClock {
    /// Creates a clock at 0 ms.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the time.
    pub fn now(&self) -> Millis {
        Millis(self.ms.get())
    }

    /// Advances by whole milliseconds and returns the new time.
    pub fn advance(&self, by: Duration) -> Millis {
        let by = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.ms.set(self.ms.get().saturating_add(by));
        self.now()
    }

    /// Advances to `time`.
    ///
    /// # Panics
    /// When `time` is in the past.
    #[track_caller]
    pub fn advance_to(&self, time: Millis) -> Millis {
        assert!(
            time.0 >= self.ms.get(),
            "the clock shows {} ms and cannot go back to {} ms",
            self.ms.get(),
            time.0
        );
        self.ms.set(time.0);
        time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_when_told() {
        let clock = ManualClock::new();
        assert_eq!(clock.now().0, 0);
        clock.advance(Duration::from_secs(2));
        assert_eq!(clock.advance_to(Millis(2500)).0, 2500);
        assert_eq!(clock.now().0, 2500);
    }

    #[test]
    #[should_panic(expected = "cannot go back")]
    fn never_goes_backwards() {
        let clock = ManualClock::new();
        clock.advance(Duration::from_millis(5));
        clock.advance_to(Millis(4));
    }
}
