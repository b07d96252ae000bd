//! A clock that stands still until it is told to move.

use std::cell::Cell;
use std::time::Duration;

use live_proto::Millis;

/// The time for a pure machine: starts at 0 ms and moves only when told.
#[derive(Debug, Default)]
pub struct ManualClock {
    ms: Cell<u64>,
}

impl ManualClock {
    /// A clock at 0 ms.
    pub fn new() -> Self {
        Self::default()
    }

    /// What it shows.
    pub fn now(&self) -> Millis {
        Millis(self.ms.get())
    }

    /// Moves it on, in whole milliseconds, and says what it shows then.
    pub fn advance(&self, by: Duration) -> Millis {
        let by = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.ms.set(self.ms.get().saturating_add(by));
        self.now()
    }

    /// Moves it to `time`.
    ///
    /// # Panics
    /// When that is in its past: no clock that a machine is given goes backwards.
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
