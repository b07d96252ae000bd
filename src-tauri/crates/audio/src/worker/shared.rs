//! What the engine and the audio thread share. The locks are held for microseconds, and no callback touches them.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::capture::meter::Meter;
use crate::config::{Floor, Microphone, SpeakerChoice};
use crate::device::callback::Health;
use crate::echo::EchoReport;
use crate::playback::player::Playback;

/// Peaks and sums since the last reading.
#[derive(Default)]
pub(crate) struct Meters {
    pub(crate) microphone: Meter,
    pub(crate) speaker: Meter,
}

/// A choice that the audio thread has not yet looked at.
#[derive(Default)]
pub(crate) struct Choices {
    pub(crate) microphone: Option<Microphone>,
    pub(crate) speaker: Option<SpeakerChoice>,
}

/// The names of what runs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    pub(crate) microphone: Option<String>,
    pub(crate) speaker: Option<String>,
}

/// What the engine and the audio thread share.
pub(crate) struct Shared {
    playback: Mutex<Playback>,
    meters: Mutex<Meters>,
    echo: Mutex<EchoReport>,
    choices: Mutex<Choices>,
    names: Mutex<Names>,
    pub(crate) muted: AtomicBool,
    pub(crate) speaking: AtomicBool,
    /// The microphone is a file, and all of it was given.
    pub(crate) is_over: AtomicBool,
    floor: AtomicU8,
    pub(crate) lowered: AtomicU64,
    pub(crate) lowered_in_vain: AtomicU64,
    /// Chunks given to the session.
    pub(crate) chunks: AtomicU64,
    /// Devices opened again.
    pub(crate) reopened: AtomicU64,
    /// How often the list of devices was another one.
    pub(crate) device_lists: AtomicU64,
    /// For how long the microphone has given zeros, in ms.
    pub(crate) zeros_ms: AtomicU64,
    pub(crate) microphone: Tally,
    pub(crate) speaker: Tally,
    epoch: Instant,
}

impl Shared {
    /// For the streams that count in `microphone` and `speaker`.
    pub(crate) fn new(
        playback: Playback,
        microphone: Arc<Health>,
        speaker: Arc<Health>,
        epoch: Instant,
    ) -> Self {
        Self {
            playback: Mutex::new(playback),
            meters: Mutex::default(),
            echo: Mutex::default(),
            choices: Mutex::default(),
            names: Mutex::default(),
            muted: AtomicBool::new(false),
            speaking: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
            floor: AtomicU8::new(Floor::ByVoice as u8),
            lowered: AtomicU64::new(0),
            lowered_in_vain: AtomicU64::new(0),
            chunks: AtomicU64::new(0),
            reopened: AtomicU64::new(0),
            device_lists: AtomicU64::new(0),
            zeros_ms: AtomicU64::new(0),
            microphone: Tally::new(microphone),
            speaker: Tally::new(speaker),
            epoch,
        }
    }

    pub(crate) fn playback(&self) -> MutexGuard<'_, Playback> {
        lock(&self.playback)
    }

    pub(crate) fn meters(&self) -> MutexGuard<'_, Meters> {
        lock(&self.meters)
    }

    pub(crate) fn choices(&self) -> MutexGuard<'_, Choices> {
        lock(&self.choices)
    }

    pub(crate) fn names(&self) -> MutexGuard<'_, Names> {
        lock(&self.names)
    }

    pub(crate) fn set_floor(&self, floor: Floor) {
        self.floor.store(floor as u8, Ordering::Relaxed);
    }

    pub(crate) fn floor(&self) -> Floor {
        const KEY_UP: u8 = Floor::KeyUp as u8;
        const KEY_DOWN: u8 = Floor::KeyDown as u8;
        match self.floor.load(Ordering::Relaxed) {
            KEY_UP => Floor::KeyUp,
            KEY_DOWN => Floor::KeyDown,
            _ => Floor::ByVoice,
        }
    }

    /// What was last known of the echo.
    pub(crate) fn echo(&self) -> EchoReport {
        *lock(&self.echo)
    }

    pub(crate) fn set_echo(&self, report: EchoReport) {
        *lock(&self.echo) = report;
    }

    /// From the speaker's callback to the air, and from the air to the microphone's, by the streams' time stamps.
    pub(crate) fn latency_ms(&self) -> u32 {
        let both = self.speaker.sums().latency + self.microphone.sums().latency;
        u32::try_from(both.as_millis()).unwrap_or(u32::MAX)
    }

    /// Buffers that the devices missed so far.
    pub(crate) fn xruns(&self) -> u64 {
        self.speaker.sums().xruns + self.microphone.sums().xruns
    }

    /// The engine's clock in ns.
    pub(crate) fn now_ns(&self) -> i64 {
        self.epoch.elapsed().as_nanos() as i64
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the callbacks of one side counted, over all streams that this side had.
pub(crate) struct Tally(Mutex<(Arc<Health>, Sums)>);

/// Sums over streams; see [`Health`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) errors: u64,
    pub(crate) xruns: u64,
    pub(crate) overrun_frames: u64,
    /// Of the newest stream alone.
    pub(crate) latency: Duration,
}

impl Tally {
    fn new(first: Arc<Health>) -> Self {
        Self(Mutex::new((first, Sums::default())))
    }

    /// Goes on counting with the next stream.
    pub(crate) fn follow(&self, next: &Arc<Health>) {
        let so_far = self.sums();
        *lock(&self.0) = (Arc::clone(next), so_far);
    }

    /// Where the stream of now counts.
    pub(crate) fn health(&self) -> Arc<Health> {
        Arc::clone(&lock(&self.0).0)
    }

    pub(crate) fn sums(&self) -> Sums {
        let inner = lock(&self.0);
        let (now, before) = (&inner.0, &inner.1);
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Sums {
            errors: before.errors + read(&now.errors),
            xruns: before.xruns + read(&now.xruns),
            overrun_frames: before.overrun_frames + read(&now.overrun_frames),
            latency: Duration::from_micros(u64::from(now.latency_us.load(Ordering::Relaxed))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_stays_when_a_device_is_opened_again() {
        let first = Arc::new(Health::default());
        let tally = Tally::new(Arc::clone(&first));
        first.overrun_frames.store(7, Ordering::Relaxed);
        first.latency_us.store(9_000, Ordering::Relaxed);
        let second = Arc::new(Health::default());
        tally.follow(&second);
        second.overrun_frames.store(2, Ordering::Relaxed);
        assert_eq!(tally.sums(), Sums { overrun_frames: 9, ..Sums::default() });
    }
}
