//! The stall watchdog: notices lost devices from the counters of their callbacks. Time is passed in.

use std::time::{Duration, Instant};

/// A stream without callbacks for this long is dead.
const STALL_TIMEOUT: Duration = Duration::from_millis(500);
/// A new stream may take this long until its first callback: a Bluetooth headset has to wake up.
const START_TIMEOUT: Duration = Duration::from_secs(2);
/// Errors in the first moments of a stream mean nothing: ALSA over a sound server starts with thousands of them.
const ERROR_GRACE: Duration = Duration::from_millis(500);

/// How a device was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The system reported that the device or the sound server is gone.
    Gone,
    /// No callback came for 500 ms.
    Stalled,
}

/// The counters of a stream's callbacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct StreamActivity {
    /// Data callbacks.
    pub(crate) callbacks: u64,
    /// Error callbacks.
    pub(crate) errors: u64,
    /// The device reported that the stream is over.
    pub(crate) dead: bool,
}

/// Watches one stream.
#[derive(Debug)]
pub(crate) struct StallWatchdog {
    last: StreamActivity,
    begun: Instant,
    since: Instant,
}

impl StallWatchdog {
    /// Creates a watchdog for a stream that starts at `now`.
    pub(crate) fn new(now: Instant) -> Self {
        Self { last: StreamActivity::default(), begun: now, since: now }
    }

    /// Checks the stream; called every 100 ms.
    pub(crate) fn check(&mut self, activity: StreamActivity, now: Instant) -> Option<Loss> {
        let last = std::mem::replace(&mut self.last, activity);
        if activity.dead {
            return Some(Loss::Gone);
        }
        if activity.callbacks != last.callbacks {
            self.since = now;
            return None;
        }
        if activity.errors != last.errors && now.saturating_duration_since(self.begun) >= ERROR_GRACE {
            return Some(Loss::Gone);
        }
        let timeout = if activity.callbacks == 0 { START_TIMEOUT } else { STALL_TIMEOUT };
        (now.saturating_duration_since(self.since) >= timeout).then_some(Loss::Stalled)
    }
}

/// Measures how long a microphone has given nothing but zeros: a closed shutter, a silent denial of access, a dead
/// cable.
#[derive(Debug)]
pub(crate) struct ZeroTimer {
    since: Instant,
}

impl ZeroTimer {
    /// Creates a timer for a microphone that starts at `now`.
    pub(crate) fn new(now: Instant) -> Self {
        Self { since: now }
    }

    /// Takes samples; an empty slice changes nothing.
    pub(crate) fn push(&mut self, samples: &[f32], now: Instant) {
        if samples.iter().any(|sample| *sample != 0.0) {
            self.since = now;
        }
    }

    /// Returns how long there were only zeros.
    pub(crate) fn elapsed(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn activity(callbacks: u64, errors: u64) -> StreamActivity {
        StreamActivity { callbacks, errors, dead: false }
    }

    #[test]
    fn half_a_second_without_callbacks_is_a_stall() {
        let begun = Instant::now();
        let at = |ms| begun + Duration::from_millis(ms);
        let mut watchdog = StallWatchdog::new(begun);
        for tick in 1..20 {
            assert_eq!(watchdog.check(activity(tick, 0), at(tick * 100)), None);
        }
        assert_eq!(watchdog.check(activity(19, 0), at(2_300)), None);
        assert_eq!(watchdog.check(activity(19, 0), at(2_400)), Some(Loss::Stalled));
    }

    #[test]
    fn a_dead_flag_is_enough() {
        let begun = Instant::now();
        let dead = StreamActivity { dead: true, ..activity(5, 0) };
        assert_eq!(StallWatchdog::new(begun).check(dead, begun), Some(Loss::Gone));
    }

    #[test]
    fn errors_without_data_end_a_stream_after_its_start() {
        let begun = Instant::now();
        let at = |ms| begun + Duration::from_millis(ms);
        let mut watchdog = StallWatchdog::new(begun);
        assert_eq!(watchdog.check(activity(0, 20_000), at(100)), None);
        assert_eq!(watchdog.check(activity(3, 90_000), at(600)), None, "there is data");
        assert_eq!(watchdog.check(activity(3, 90_000), at(700)), None, "there was no error");
        assert_eq!(watchdog.check(activity(3, 110_000), at(800)), Some(Loss::Gone));
    }

    #[test]
    fn a_new_stream_has_two_seconds() {
        let begun = Instant::now();
        let at = |ms| begun + Duration::from_millis(ms);
        let mut watchdog = StallWatchdog::new(begun);
        assert_eq!(watchdog.check(activity(0, 0), at(1_900)), None);
        assert_eq!(watchdog.check(activity(0, 0), at(2_000)), Some(Loss::Stalled));
    }

    #[test]
    fn zeros_are_counted_from_the_last_sound() {
        let begun = Instant::now();
        let at = |ms| begun + Duration::from_millis(ms);
        let mut zeros = ZeroTimer::new(begun);
        zeros.push(&[0.0, 1e-5], at(500));
        zeros.push(&[0.0; 10], at(2_400));
        zeros.push(&[], at(2_500));
        assert_eq!(zeros.elapsed(at(2_500)), Duration::from_secs(2));
    }
}
