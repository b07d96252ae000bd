//! What the engine and the audio thread share. The locks are held for microseconds, and no callback touches them.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::capture::meter::Meter;
use crate::config::{DuckTrigger, Microphone, SpeakerChoice};
use crate::device::callback::StreamStats;
use crate::echo::EchoReport;
use crate::playback::player::Player;

/// The meters of both directions.
#[derive(Default)]
pub(crate) struct Meters {
    pub(crate) microphone: Meter,
    pub(crate) speaker: Meter,
}

/// Choices that the audio thread has not handled yet.
#[derive(Default)]
pub(crate) struct Choices {
    pub(crate) microphone: Option<Microphone>,
    pub(crate) speaker: Option<SpeakerChoice>,
}

/// The names of the devices in use.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    pub(crate) microphone: Option<String>,
    pub(crate) speaker: Option<String>,
}

/// What the engine and the audio thread share.
pub(crate) struct Shared {
    playback: Mutex<Player>,
    meters: Mutex<Meters>,
    echo: Mutex<EchoReport>,
    choices: Mutex<Choices>,
    names: Mutex<Names>,
    pub(crate) muted: AtomicBool,
    pub(crate) speaking: AtomicBool,
    /// The microphone is a file that was played to its end.
    pub(crate) is_over: AtomicBool,
    duck_trigger: AtomicU8,
    pub(crate) ducked: AtomicU64,
    pub(crate) ducks_reverted: AtomicU64,
    /// Chunks given to the session.
    pub(crate) chunks: AtomicU64,
    /// Devices that were opened again.
    pub(crate) reopened: AtomicU64,
    /// How often the list of devices changed.
    pub(crate) device_list_version: AtomicU64,
    /// How long the microphone has given only zeros, in ms.
    pub(crate) zeros_ms: AtomicU64,
    pub(crate) microphone: StreamCounters,
    pub(crate) speaker: StreamCounters,
    epoch: Instant,
}

impl Shared {
    /// Creates the state for streams that count in `microphone` and `speaker`.
    pub(crate) fn new(
        playback: Player,
        microphone: Arc<StreamStats>,
        speaker: Arc<StreamStats>,
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
            duck_trigger: AtomicU8::new(DuckTrigger::Speech as u8),
            ducked: AtomicU64::new(0),
            ducks_reverted: AtomicU64::new(0),
            chunks: AtomicU64::new(0),
            reopened: AtomicU64::new(0),
            device_list_version: AtomicU64::new(0),
            zeros_ms: AtomicU64::new(0),
            microphone: StreamCounters::new(microphone),
            speaker: StreamCounters::new(speaker),
            epoch,
        }
    }

    pub(crate) fn playback(&self) -> MutexGuard<'_, Player> {
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

    pub(crate) fn set_duck_trigger(&self, duck_trigger: DuckTrigger) {
        self.duck_trigger.store(duck_trigger as u8, Ordering::Relaxed);
    }

    pub(crate) fn duck_trigger(&self) -> DuckTrigger {
        const KEY_RELEASED: u8 = DuckTrigger::KeyReleased as u8;
        const KEY_HELD: u8 = DuckTrigger::KeyHeld as u8;
        match self.duck_trigger.load(Ordering::Relaxed) {
            KEY_RELEASED => DuckTrigger::KeyReleased,
            KEY_HELD => DuckTrigger::KeyHeld,
            _ => DuckTrigger::Speech,
        }
    }

    /// Returns the last report.
    pub(crate) fn echo(&self) -> EchoReport {
        *lock(&self.echo)
    }

    pub(crate) fn set_echo(&self, report: EchoReport) {
        *lock(&self.echo) = report;
    }

    /// Returns the latency of both devices, by the time stamps of their streams.
    pub(crate) fn latency_ms(&self) -> u32 {
        let both = self.speaker.totals().latency + self.microphone.totals().latency;
        u32::try_from(both.as_millis()).unwrap_or(u32::MAX)
    }

    /// Returns how many buffers the devices have missed so far.
    pub(crate) fn xruns(&self) -> u64 {
        self.speaker.totals().xruns + self.microphone.totals().xruns
    }

    /// Returns the engine's clock in ns.
    pub(crate) fn now_ns(&self) -> i64 {
        self.epoch.elapsed().as_nanos() as i64
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the callbacks of one side counted, over all streams of that side.
pub(crate) struct StreamCounters(Mutex<(Arc<StreamStats>, StreamTotals)>);

/// Totals over streams; see [`StreamStats`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct StreamTotals {
    pub(crate) errors: u64,
    pub(crate) xruns: u64,
    pub(crate) overrun_frames: u64,
    /// Of the newest stream only.
    pub(crate) latency: Duration,
}

impl StreamCounters {
    fn new(first: Arc<StreamStats>) -> Self {
        Self(Mutex::new((first, StreamTotals::default())))
    }

    /// Continues with the next stream.
    pub(crate) fn follow(&self, next: &Arc<StreamStats>) {
        let so_far = self.totals();
        *lock(&self.0) = (Arc::clone(next), so_far);
    }

    /// Returns the counters of the current stream.
    pub(crate) fn stats(&self) -> Arc<StreamStats> {
        Arc::clone(&lock(&self.0).0)
    }

    pub(crate) fn totals(&self) -> StreamTotals {
        let inner = lock(&self.0);
        let (now, before) = (&inner.0, &inner.1);
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        StreamTotals {
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
    fn counts_continue_when_a_device_is_opened_again() {
        let first = Arc::new(StreamStats::default());
        let counters = StreamCounters::new(Arc::clone(&first));
        first.overrun_frames.store(7, Ordering::Relaxed);
        first.latency_us.store(9_000, Ordering::Relaxed);
        let second = Arc::new(StreamStats::default());
        counters.follow(&second);
        second.overrun_frames.store(2, Ordering::Relaxed);
        assert_eq!(counters.totals(), StreamTotals { overrun_frames: 9, ..StreamTotals::default() });
    }
}
