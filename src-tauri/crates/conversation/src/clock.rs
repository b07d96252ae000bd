//! The two clocks of a conversation: one for people, one for what is measured. Pure but for [`Clock::now`].

use std::time::{SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// One moment by both clocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Milliseconds since 1970, for what a person reads. It jumps when somebody sets the system's clock.
    pub(crate) wall: u64,
    /// Milliseconds since the conversation was started, for spans and limits. It never jumps.
    pub(crate) steady: u64,
}

/// Reads both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    begun: Instant,
}

impl Clock {
    /// Its steady time is zero now.
    pub(crate) fn start() -> Self {
        Self { begun: Instant::now() }
    }

    /// Now.
    pub(crate) fn now(self) -> Moment {
        Moment {
            wall: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64),
            steady: u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    }
}
