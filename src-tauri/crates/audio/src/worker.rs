//! The audio thread: moves samples between rings, queue and session. Replacing devices is in `devices`.
//!
//! It wakes every few milliseconds (a device callback must not wake anyone), does what is due and sleeps again. A reply
//! to play wakes it at once, and so does a microphone whose thread is ours. It blocks only while it opens devices
//! before the first sound.

mod clock;
mod devices;
mod endpoints;
pub(crate) mod shared;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::thread::ScopedJoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::Sender;

use endpoints::{Mic, SpeakerEndpoint};
use shared::{Meters, Shared};

use crate::capture::chain::Capture;
use crate::capture::queue::MicSender;
use crate::config::{DuckTrigger, EngineConfig, Processing};
use crate::device::callback::{PlayoutState, StreamStats};
use crate::device::mic_health::IssueChange;
use crate::device::opener::DeviceOpener;
use crate::device::recovery::DeviceRecovery;
use crate::device::stream::OpenStream;
use crate::device::watchdog::StallWatchdog;
use crate::echo::{AdaptedState, EchoCanceller, EchoReport, FarEnd, NearEndStage, PassThrough};
use crate::error::{AudioError, Fault, Side};
use crate::event::AudioEvent;
use crate::playback::ducking::{DuckInputs, Ducking};
use crate::playback::player::Player;
use crate::playback::queue::PLAYBACK_CAPACITY_BYTES;

/// How long the thread sleeps.
const TICK: Duration = Duration::from_millis(5);
/// How long it sleeps beside a microphone that wakes it: twice the longest wait for that. If that microphone stalls,
/// the ring to the speaker lasts much longer.
const LONG_TICK: Duration = Duration::from_millis(40);
/// How often the devices are checked.
const CHECK_INTERVAL: Duration = Duration::from_millis(100);
/// How long a started device may take to give its first sound.
const FIRST_DATA: Duration = Duration::from_secs(3);

/// The canceller needs this much of a reply until what it leaves is no longer detected as speech, in ms.
const ECHO_KNOWN_AFTER_MS: u64 = 1_500;

/// What the thread reports once everything runs.
pub(crate) struct Started {
    pub(crate) shared: Arc<Shared>,
    pub(crate) microphone: Option<String>,
    pub(crate) speaker: Option<String>,
}

/// The audio thread's state.
pub(crate) struct Worker {
    shared: Arc<Shared>,
    mic: Mic,
    speaker: SpeakerEndpoint,
    capture: Option<Capture>,
    far_end: FarEnd,
    processing: Processing,
    ducking: Option<Ducking>,
    chunks: MicSender,
    events: Sender<AudioEvent>,
    opener: DeviceOpener,
    microphone_recovery: Option<DeviceRecovery>,
    speaker_recovery: Option<DeviceRecovery>,
    scratch: Vec<f32>,
    next_check: Instant,
    reported_half_duplex: bool,
    /// Whether speech that is detected over a reply can be trusted not to be its echo.
    echo_is_known: bool,
    /// Buffers that the devices had missed at the last tick.
    xruns: u64,
}

/// Runs the audio thread. `started` gets one message: that every device has given its first sound, or why not.
pub(crate) fn run(
    config: &EngineConfig,
    chunks: MicSender,
    events: Sender<AudioEvent>,
    started: &SyncSender<Result<Started, AudioError>>,
    stop: &AtomicBool,
) {
    let begun = Worker::open(config, chunks, events).and_then(|mut worker| {
        worker.wait_for_first_data(stop)?;
        Ok(worker)
    });
    let mut worker = match begun {
        Ok(worker) => worker,
        Err(error) => {
            // The engine may have given up waiting.
            _ = started.send(Err(error));
            return;
        }
    };
    if started.send(Ok(worker.started())).is_err() {
        return;
    }
    while !stop.load(Ordering::Relaxed) {
        worker.tick(Instant::now());
        std::thread::park_timeout(worker.sleep_time());
    }
}

impl Worker {
    fn open(
        config: &EngineConfig,
        chunks: MicSender,
        events: Sender<AudioEvent>,
    ) -> Result<Self, AudioError> {
        let epoch = Instant::now();
        let (microphone_stats, speaker_stats) =
            (Arc::new(StreamStats::default()), Arc::new(StreamStats::default()));
        let playout = Arc::new(PlayoutState::default());
        // In parallel, since each may take long.
        let audio_thread = &std::thread::current();
        let (microphone, speaker) = std::thread::scope(|scope| {
            let microphone = threads::spawn_scoped(scope, "audio-opening", || {
                endpoints::open_microphone(&config.microphone, &microphone_stats, audio_thread)
            });
            let speaker = endpoints::open_speaker(&config.speaker, &playout, &speaker_stats, epoch);
            (microphone.map(ScopedJoinHandle::join), speaker)
        });
        let (speaker, rings, rate) = speaker?;
        let microphone = microphone.map_err(|error| AudioError::Stuck(Some(error)))?;
        let (mic, format) = microphone.ok().flatten().ok_or(AudioError::Stuck(None))??;
        let stage = near_end_stage(&mic, config.processing, AdaptedState::default());
        let capture = format.map(|format| capture(format, stage)).transpose()?;
        let far_end = endpoints::far_end(rings.tap, rate)?;
        let far_end =
            if matches!(speaker, SpeakerEndpoint::Device { .. }) { far_end } else { far_end.inaudible() };
        let playback = Player::new(rings.ring, rate, playout, PLAYBACK_CAPACITY_BYTES);
        let preferences = (
            endpoints::microphone_preference(&config.microphone),
            endpoints::speaker_preference(&config.speaker),
        );
        Ok(Self {
            shared: Arc::new(Shared::new(playback, microphone_stats, speaker_stats, epoch)),
            microphone_recovery: match &mic {
                Mic::Device { open, .. } => Some(DeviceRecovery::new(open.identity())),
                Mic::File { .. } | Mic::None => None,
            },
            speaker_recovery: match &speaker {
                SpeakerEndpoint::Device { open, .. } => Some(DeviceRecovery::new(open.identity())),
                SpeakerEndpoint::Pause | SpeakerEndpoint::Virtual { .. } => None,
            },
            mic,
            speaker,
            capture,
            far_end,
            processing: config.processing,
            ducking: config.processing.duck_replies.then(Ducking::default),
            chunks,
            events,
            opener: DeviceOpener::start(preferences.0, preferences.1, epoch)?,
            scratch: Vec::new(),
            next_check: epoch,
            reported_half_duplex: false,
            echo_is_known: false,
            xruns: 0,
        })
    }

    fn started(&self) -> Started {
        self.show_names();
        let names = self.shared.names().clone();
        Started { shared: Arc::clone(&self.shared), microphone: names.microphone, speaker: names.speaker }
    }

    fn show_names(&self) {
        let mut names = self.shared.names();
        (names.microphone, names.speaker) = (self.mic.name(), self.speaker.name());
    }

    /// Waits until each device's callback was called: a started stream does not always run.
    fn wait_for_first_data(&mut self, stop: &AtomicBool) -> Result<(), AudioError> {
        let begun = Instant::now();
        while let Some((side, open)) = self.silent_device() {
            let lost = open.activity().dead || begun.elapsed() > FIRST_DATA || stop.load(Ordering::Relaxed);
            if lost {
                let name = Some(open.name.clone());
                return Err(AudioError::Device { side, fault: Fault::Lost, name, source: None });
            }
            self.pump_audio(Instant::now());
            std::thread::park_timeout(TICK / 2);
        }
        let now = Instant::now();
        if let Mic::Device { watchdog, .. } = &mut self.mic {
            *watchdog = StallWatchdog::new(now);
        }
        if let SpeakerEndpoint::Device { watchdog, .. } = &mut self.speaker {
            *watchdog = StallWatchdog::new(now);
        }
        Ok(())
    }

    fn silent_device(&self) -> Option<(Side, &OpenStream)> {
        match (&self.mic, &self.speaker) {
            (Mic::Device { open, .. }, _) if open.activity().callbacks == 0 => Some((Side::Microphone, open)),
            (_, SpeakerEndpoint::Device { open, .. }) if open.activity().callbacks == 0 => {
                Some((Side::Speaker, open))
            }
            _ => None,
        }
    }

    fn sleep_time(&self) -> Duration {
        match &self.mic {
            Mic::Device { open, .. } if open.wakes() => LONG_TICK,
            _ => TICK,
        }
    }

    fn tick(&mut self, now: Instant) {
        threads::test_point("audio");
        self.pump_audio(now);
        let playing = self.update_ducking(now);
        self.handle_replies(now);
        self.request_wake_up(playing);
        if now >= self.next_check {
            self.next_check = now + CHECK_INTERVAL;
            self.handle_choices(now);
            self.check_devices(now);
            self.check_echo();
            self.check_microphone(now);
        }
    }

    /// Moves samples: queue → ring → (virtual speaker) → far end → near end → session.
    fn pump_audio(&mut self, now: Instant) {
        if !matches!(self.speaker, SpeakerEndpoint::Pause) {
            self.shared.playback().pump(self.shared.now_ns());
        }
        if let SpeakerEndpoint::Virtual { body, pace } = &mut self.speaker {
            self.scratch.resize(pace.due(now), 0.0);
            body.fill(&mut self.scratch, self.shared.now_ns(), 0);
        }
        let shared = &self.shared;
        let latency_ms = shared.latency_ms();
        let xruns = shared.xruns();
        let missed = std::mem::replace(&mut self.xruns, xruns) != xruns;
        let mut meters = shared.meters();
        let Meters { microphone, speaker } = &mut *meters;
        self.far_end.drain(|samples| speaker.feed(samples));
        let Some(capture) = &mut self.capture else { return };
        if missed {
            capture.on_path_change();
        }
        let captured: &[f32] = match &mut self.mic {
            Mic::Device { ring, health, .. } => {
                self.scratch.resize(ring.slots(), 0.0);
                let captured = ring.pop_partial_slice(&mut self.scratch).0;
                health.push(captured, now);
                captured
            }
            Mic::File { file, pace } => {
                let due = pace.due(now);
                _ = file.read(due);
                shared.is_over.store(file.is_over(), Ordering::Relaxed);
                file.frames()
            }
            Mic::None => &[],
        };
        let muted = shared.muted.load(Ordering::Relaxed);
        capture.push(captured, (&mut self.far_end, latency_ms), microphone, muted, |chunk| {
            shared.chunks.fetch_add(1, Ordering::Relaxed);
            self.chunks.send(chunk);
        });
    }

    /// While a reply sounds, every buffer may hold the speech that ducks it. Otherwise nothing happens before a chunk
    /// is complete.
    fn request_wake_up(&self, playing: bool) {
        if let (Mic::Device { open, .. }, Some(capture)) = (&self.mic, &self.capture) {
            let wanted = if playing { 0 } else { capture.frames_until_chunk() };
            open.stats.wanted_frames.store(wanted, Ordering::Relaxed);
        }
    }

    /// Ducks the reply while somebody speaks over it. Returns true while a reply sounds.
    fn update_ducking(&mut self, now: Instant) -> bool {
        let shared = &self.shared;
        let speaking = self.capture.as_ref().is_some_and(Capture::is_speaking);
        shared.speaking.store(speaking, Ordering::Relaxed);
        let mut playback = shared.playback();
        let sounds = playback.is_playing(shared.now_ns());
        let Some(ducking) = &mut self.ducking else { return sounds };
        let (speaking, playing) = match shared.duck_trigger() {
            DuckTrigger::Speech => (speaking, sounds && self.echo_is_known),
            DuckTrigger::KeyReleased => (false, sounds),
            DuckTrigger::KeyHeld => (true, sounds),
        };
        let gain = ducking.gain(DuckInputs { speaking, playing, flushes: playback.flushes() }, now);
        playback.set_duck(gain);
        shared.ducked.store(ducking.ducked(), Ordering::Relaxed);
        shared.ducks_reverted.store(ducking.reverted(), Ordering::Relaxed);
        sounds
    }

    fn check_echo(&mut self) {
        let Some(capture) = &self.capture else { return };
        let counts = self.far_end.counts();
        let report = EchoReport {
            reference_missing: counts.missing,
            reference_dropped: counts.dropped,
            reference_shifts: counts.shifts,
            ..capture.echo()
        };
        self.shared.set_echo(report);
        let is_cancelled = self.processing.cancel_echo && matches!(self.mic, Mic::Device { .. });
        self.echo_is_known = !is_cancelled || report.far_end_ms >= ECHO_KNOWN_AFTER_MS;
        if std::mem::replace(&mut self.reported_half_duplex, report.half_duplex) == report.half_duplex {
            return;
        }
        tracing::info!(?report, "half duplex was switched");
        self.emit(if report.half_duplex {
            AudioEvent::EchoRemains { speaker: self.speaker.name().unwrap_or_default() }
        } else {
            AudioEvent::EchoHeld
        });
    }

    /// A muted microphone is not checked.
    fn check_microphone(&mut self, now: Instant) {
        let (Mic::Device { open, health, .. }, Some(capture)) = (&mut self.mic, &mut self.capture) else {
            return;
        };
        if self.shared.muted.load(Ordering::Relaxed) {
            return;
        }
        let name = &open.name;
        for change in health.check(capture.speech_level(), now) {
            tracing::info!(name, ?change, "a microphone issue changed");
            let event = match change {
                IssueChange::Appeared(issue) => AudioEvent::MicIssue { name: name.clone(), issue },
                IssueChange::Resolved(issue) => AudioEvent::MicIssueResolved { issue },
            };
            if self.events.try_send(event).is_err() {
                tracing::debug!("event queue full; a microphone issue is dropped");
            }
        }
    }

    fn emit(&self, event: AudioEvent) {
        if self.events.try_send(event).is_err() {
            tracing::debug!("event queue full; the event is dropped");
        }
    }
}

/// Returns the stage for a microphone. A file hears no speaker, so it passes unchanged.
fn near_end_stage(mic: &Mic, processing: Processing, adapted_state: AdaptedState) -> Box<dyn NearEndStage> {
    match mic {
        Mic::Device { .. } if processing.cancel_echo => {
            Box::new(EchoCanceller::new(processing.suppress_noise).resuming(adapted_state))
        }
        _ => Box::new(PassThrough),
    }
}

fn capture(format: (u32, usize), stage: Box<dyn NearEndStage>) -> Result<Capture, AudioError> {
    Capture::new(format, stage).map_err(|error| AudioError::unsupported_rate(Side::Microphone, error))
}
