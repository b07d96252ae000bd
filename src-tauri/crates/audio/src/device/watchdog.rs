//! Notices a device that is gone, from nothing but counters. Pure: time is handed in.

use std::time::{Duration, Instant};

/// A stream that calls nobody for this long is dead.
const NO_DATA: Duration = Duration::from_millis(500);
/// A new stream may take this long to call for the first time: a Bluetooth headset wakes up.
const FIRST_DATA: Duration = Duration::from_secs(2);
/// In a stream's first moments errors say nothing: ALSA over a sound server begins with a storm of them.
const STORM: Duration = Duration::from_millis(500);

/// How a device was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The system said that the device or the sound server is gone.
    Gone,
    /// No callback came for 500 ms.
    Stalled,
}

/// What a stream's callbacks have counted so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pulse {
    /// Data callbacks.
    pub(crate) callbacks: u64,
    /// Error callbacks.
    pub(crate) errors: u64,
    /// The device said that the stream is over.
    pub(crate) dead: bool,
}

/// Watches one stream; ask it every 100 ms.
#[derive(Debug)]
pub(crate) struct Watch {
    last: Pulse,
    begun: Instant,
    since: Instant,
}

impl Watch {
    /// A stream that begins at `now`.
    pub(crate) fn new(now: Instant) -> Self {
        Self { last: Pulse::default(), begun: now, since: now }
    }

    /// Looks at the stream.
    pub(crate) fn look(&mut self, pulse: Pulse, now: Instant) -> Option<Loss> {
        let last = std::mem::replace(&mut self.last, pulse);
        if pulse.dead {
            return Some(Loss::Gone);
        }
        if pulse.callbacks != last.callbacks {
            self.since = now;
            return None;
        }
        if pulse.errors != last.errors && now.saturating_duration_since(self.begun) >= STORM {
            return Some(Loss::Gone);
        }
        let patience = if pulse.callbacks == 0 { FIRST_DATA } else { NO_DATA };
        (now.saturating_duration_since(self.since) >= patience).then_some(Loss::Stalled)
    }
}

/// How long a microphone has given nothing but zeros: a closed shutter, a refusal that looks like silence, a dead cable.
#[derive(Debug)]
pub(crate) struct Zeros {
    since: Instant,
}

impl Zeros {
    /// A microphone that begins at `now`.
    pub(crate) fn new(now: Instant) -> Self {
        Self { since: now }
    }

    /// Takes what came; an empty slice says nothing.
    pub(crate) fn hear(&mut self, samples: &[f32], now: Instant) {
        if samples.iter().any(|sample| *sample != 0.0) {
            self.since = now;
        }
    }

    /// For how long there were only zeros.
    pub(crate) fn lasted(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pulse(callbacks: u64, errors: u64) -> Pulse {
        Pulse { callbacks, errors, dead: false }
    }

    #[test]
    fn data_keeps_a_stream_alive_and_half_a_second_without_ends_it() {
        let begun = Instant::now();
        let at = |ms| begun + Duration::from_millis(ms);
        let mut watch = Watch::new(begun);
        for tick in 1..20 {
            assert_eq!(watch.look(pulse(tick, 0), at(tick * 100)), None);
        }
        assert_eq!(watch.look(pulse(19, 0), at(2_300)), None);
        assert_eq!(watch.look(pulse(19, 0), at(2_400)), Some(Loss::Stalled));
    }

    #[test]
    fn a_dead_flag_is_enough() {
        let begun = Instant::now();
        let dead = Pulse { dead: true, ..pulse(5, 0) };
        assert_eq!(Watch::new(begun).look(dead, begun), Some(Loss::Gone));
    }

    #[test]
    fn errors_without_data_end_a_stream_but_not_in_its_first_moments() {
        let begun = Instant::now();
        let at = |ms| begun + Duration::from_millis(ms);
        let mut watch = Watch::new(begun);
        assert_eq!(watch.look(pulse(0, 20_000), at(100)), None);
        assert_eq!(watch.look(pulse(3, 90_000), at(600)), None, "there is data");
        assert_eq!(watch.look(pulse(3, 90_000), at(700)), None, "there was no error");
        assert_eq!(watch.look(pulse(3, 110_000), at(800)), Some(Loss::Gone));
    }

    #[test]
    fn a_new_stream_may_take_its_time() {
        let begun = Instant::now();
        let at = |ms| begun + Duration::from_millis(ms);
        let mut watch = Watch::new(begun);
        assert_eq!(watch.look(pulse(0, 0), at(1_900)), None);
        assert_eq!(watch.look(pulse(0, 0), at(2_000)), Some(Loss::Stalled));
    }

    #[test]
    fn zeros_are_counted_from_the_last_sound() {
        let begun = Instant::now();
        let at = |ms| begun + Duration::from_millis(ms);
        let mut zeros = Zeros::new(begun);
        zeros.hear(&[0.0, 1e-5], at(500));
        zeros.hear(&[0.0; 10], at(2_400));
        zeros.hear(&[], at(2_500));
        assert_eq!(zeros.lasted(at(2_500)), Duration::from_secs(2));
    }
}
