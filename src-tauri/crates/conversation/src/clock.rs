//! The two clocks of a conversation: wall time for people, steady time for measurements. Pure except [`Clock::now`].

use std::time::{SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// One moment by both clocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Milliseconds since 1970, for display. It jumps when the system's clock is set.
    pub(crate) wall: u64,
    /// Milliseconds since the conversation started, for durations and limits. It never jumps.
    pub(crate) steady: u64,
}

/// Reads both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    begun: Instant,
}

impl Clock {
    /// Starts the clock with a steady time of zero.
    pub(crate) fn start() -> Self {
        Self { begun: Instant::now() }
    }

    /// Returns the current time.
    pub(crate) fn now(self) -> Moment {
        Moment {
            wall: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64),
            steady: u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    }
}
