//! The audio thread: moves everything between rings, queue and session. Watching over the devices is in `rebuild`.
//!
//! It wakes every few milliseconds (a callback must not wake anyone), does what has come up and sleeps again; a burst
//! to play wakes it at once, and so does a microphone whose thread is our own. It blocks only before the first sound, while it opens devices.

mod clock;
mod endpoints;
mod rebuild;
pub(crate) mod shared;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::thread::ScopedJoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::Sender;

use endpoints::{Mic, Speaker};
use shared::{Meters, Shared};

use crate::capture::chain::Capture;
use crate::capture::queue::MicSender;
use crate::config::{EngineConfig, Floor, Processing};
use crate::device::callback::{Health, Playout};
use crate::device::mic_health::News;
use crate::device::opener::Installer;
use crate::device::recovery::Supervisor;
use crate::device::stream::Open;
use crate::device::watchdog::Watch;
use crate::echo::{EchoCanceller, EchoReport, FarEnd, Learnt, NearEndStage, Open as AsItIs};
use crate::error::{AudioError, Fault, Side};
use crate::event::Trouble;
use crate::playback::ducking::{BargeIn, Situation};
use crate::playback::player::Playback;
use crate::playback::queue::PLAYBACK_CAPACITY_BYTES;

/// How long the thread sleeps when nobody wakes it.
const TICK: Duration = Duration::from_millis(5);
/// The same beside a microphone that wakes it, twice as long as that takes at most. Should it stop, the ring to the speaker
/// lasts much longer.
const LONG_TICK: Duration = Duration::from_millis(40);
/// How often the devices are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long a started device may take to give its first sound.
const FIRST_DATA: Duration = Duration::from_secs(3);

/// The canceller needs so much of a reply until what it leaves is no longer taken for a voice, in ms.
const ECHO_KNOWN_MS: u64 = 1_500;

/// What the thread tells once everything runs.
pub(crate) struct Started {
    pub(crate) shared: Arc<Shared>,
    pub(crate) microphone: Option<String>,
    pub(crate) speaker: Option<String>,
}

/// The audio thread's state.
pub(crate) struct Worker {
    shared: Arc<Shared>,
    mic: Mic,
    speaker: Speaker,
    capture: Option<Capture>,
    far_end: FarEnd,
    processing: Processing,
    barge_in: Option<BargeIn>,
    chunks: MicSender,
    troubles: Sender<Trouble>,
    installer: Installer,
    microphone_supervisor: Option<Supervisor>,
    speaker_supervisor: Option<Supervisor>,
    scratch: Vec<f32>,
    next_look: Instant,
    told_of_echo: bool,
    /// What sounds like a voice over a reply is one, not the reply itself.
    knows_echo: bool,
    /// Buffers that the devices had missed when it last looked.
    xruns: u64,
}

/// The whole life of the audio thread. `started` hears once, when the first sound of every device has come or why not.
pub(crate) fn run(
    config: &EngineConfig,
    chunks: MicSender,
    troubles: Sender<Trouble>,
    started: &SyncSender<Result<Started, AudioError>>,
    stop: &AtomicBool,
) {
    let begun = Worker::open(config, chunks, troubles).and_then(|mut worker| {
        worker.wait_for_first_data(stop)?;
        Ok(worker)
    });
    let mut worker = match begun {
        Ok(worker) => worker,
        Err(error) => {
            // Whoever started may have given up; then there is nobody to tell.
            _ = started.send(Err(error));
            return;
        }
    };
    if started.send(Ok(worker.introduce())).is_err() {
        return;
    }
    while !stop.load(Ordering::Relaxed) {
        worker.tick(Instant::now());
        std::thread::park_timeout(worker.patience());
    }
}

impl Worker {
    fn open(config: &EngineConfig, chunks: MicSender, troubles: Sender<Trouble>) -> Result<Self, AudioError> {
        let epoch = Instant::now();
        let (microphone_health, speaker_health) = (Arc::new(Health::default()), Arc::new(Health::default()));
        let playout = Arc::new(Playout::default());
        // Side by side: each takes as long as the sound server likes.
        let taker = &std::thread::current();
        let (microphone, speaker) = std::thread::scope(|scope| {
            let microphone = threads::spawn_scoped(scope, "audio-opening", || {
                endpoints::open_microphone(&config.microphone, &microphone_health, taker)
            });
            let speaker = endpoints::open_speaker(&config.speaker, &playout, &speaker_health, epoch);
            (microphone.map(ScopedJoinHandle::join), speaker)
        });
        let (speaker, ends, rate) = speaker?;
        let microphone = microphone.map_err(|error| AudioError::Stuck(Some(error)))?;
        let (mic, format) = microphone.ok().flatten().ok_or(AudioError::Stuck(None))??;
        let stage = near_end_stage(&mic, config.processing, Learnt::default());
        let capture = format.map(|format| capture(format, stage)).transpose()?;
        let far_end = endpoints::far_end(ends.tap, rate)?;
        let far_end = if matches!(speaker, Speaker::Device { .. }) { far_end } else { far_end.unheard() };
        let playback = Playback::new(ends.ring, rate, playout, PLAYBACK_CAPACITY_BYTES);
        let wishes = (
            endpoints::wish_for_microphone(&config.microphone),
            endpoints::wish_for_speaker(&config.speaker),
        );
        Ok(Self {
            shared: Arc::new(Shared::new(playback, microphone_health, speaker_health, epoch)),
            microphone_supervisor: match &mic {
                Mic::Device { open, .. } => Some(Supervisor::new(open.opened())),
                Mic::File { .. } | Mic::None => None,
            },
            speaker_supervisor: match &speaker {
                Speaker::Device { open, .. } => Some(Supervisor::new(open.opened())),
                Speaker::Pause | Speaker::Virtual { .. } => None,
            },
            mic,
            speaker,
            capture,
            far_end,
            processing: config.processing,
            barge_in: config.processing.lower_replies.then(BargeIn::default),
            chunks,
            troubles,
            installer: Installer::start(wishes.0, wishes.1, epoch)?,
            scratch: Vec::new(),
            next_look: epoch,
            told_of_echo: false,
            knows_echo: false,
            xruns: 0,
        })
    }

    fn introduce(&self) -> Started {
        self.show_names();
        let names = self.shared.names().clone();
        Started { shared: Arc::clone(&self.shared), microphone: names.microphone, speaker: names.speaker }
    }

    fn show_names(&self) {
        let mut names = self.shared.names();
        (names.microphone, names.speaker) = (self.mic.name(), self.speaker.name());
    }

    /// A started stream is not yet a running one: waits until each device has called.
    fn wait_for_first_data(&mut self, stop: &AtomicBool) -> Result<(), AudioError> {
        let begun = Instant::now();
        while let Some((side, open)) = self.silent_device() {
            let lost = open.pulse().dead || begun.elapsed() > FIRST_DATA || stop.load(Ordering::Relaxed);
            if lost {
                let name = Some(open.name.clone());
                return Err(AudioError::Device { side, fault: Fault::Lost, name, source: None });
            }
            self.move_sound(Instant::now());
            std::thread::park_timeout(TICK / 2);
        }
        let now = Instant::now();
        if let Mic::Device { watch, .. } = &mut self.mic {
            *watch = Watch::new(now);
        }
        if let Speaker::Device { watch, .. } = &mut self.speaker {
            *watch = Watch::new(now);
        }
        Ok(())
    }

    fn silent_device(&self) -> Option<(Side, &Open)> {
        match (&self.mic, &self.speaker) {
            (Mic::Device { open, .. }, _) if open.pulse().callbacks == 0 => Some((Side::Microphone, open)),
            (_, Speaker::Device { open, .. }) if open.pulse().callbacks == 0 => Some((Side::Speaker, open)),
            _ => None,
        }
    }

    fn patience(&self) -> Duration {
        match &self.mic {
            Mic::Device { open, .. } if open.wakes() => LONG_TICK,
            _ => TICK,
        }
    }

    fn tick(&mut self, now: Instant) {
        threads::test_point("audio");
        self.move_sound(now);
        let playing = self.lower_or_raise(now);
        self.take_answers(now);
        self.wish_to_be_woken(playing);
        if now >= self.next_look {
            self.next_look = now + LOOK_EVERY;
            self.take_choices(now);
            self.look_after_devices(now);
            self.look_after_echo();
            self.look_after_microphone(now);
        }
    }

    /// Queue → ring → (virtual speaker) → far end → near end → session.
    fn move_sound(&mut self, now: Instant) {
        if !matches!(self.speaker, Speaker::Pause) {
            self.shared.playback().pump(self.shared.now_ns());
        }
        if let Speaker::Virtual { body, pace } = &mut self.speaker {
            self.scratch.resize(pace.due(now), 0.0);
            body.give(&mut self.scratch, self.shared.now_ns(), 0);
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
            capture.disturb();
        }
        let heard: &[f32] = match &mut self.mic {
            Mic::Device { ring, condition, .. } => {
                self.scratch.resize(ring.slots(), 0.0);
                let heard = ring.pop_partial_slice(&mut self.scratch).0;
                condition.hear(heard, now);
                heard
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
        capture.push(heard, (&mut self.far_end, latency_ms), microphone, muted, |chunk| {
            shared.chunks.fetch_add(1, Ordering::Relaxed);
            self.chunks.send(chunk);
        });
    }

    /// While a reply sounds, every buffer may hold the voice that lowers it; else nothing comes of a sound before its chunk is
    /// whole.
    fn wish_to_be_woken(&self, playing: bool) {
        if let (Mic::Device { open, .. }, Some(capture)) = (&self.mic, &self.capture) {
            let wanted = if playing { 0 } else { capture.frames_until_chunk() };
            open.health.wanted_frames.store(wanted, Ordering::Relaxed);
        }
    }

    /// Makes a reply quieter while someone speaks over it. True while one sounds.
    fn lower_or_raise(&mut self, now: Instant) -> bool {
        let shared = &self.shared;
        let speaking = self.capture.as_ref().is_some_and(Capture::is_speaking);
        shared.speaking.store(speaking, Ordering::Relaxed);
        let mut playback = shared.playback();
        let sounds = playback.is_playing(shared.now_ns());
        let Some(barge_in) = &mut self.barge_in else { return sounds };
        let (speaking, playing) = match shared.floor() {
            Floor::ByVoice => (speaking, sounds && self.knows_echo),
            Floor::KeyUp => (false, sounds),
            Floor::KeyDown => (true, sounds),
        };
        let volume = barge_in.volume(Situation { speaking, playing, flushes: playback.flushes() }, now);
        playback.set_duck(volume);
        shared.lowered.store(barge_in.lowered(), Ordering::Relaxed);
        shared.lowered_in_vain.store(barge_in.taken_back(), Ordering::Relaxed);
        sounds
    }

    fn look_after_echo(&mut self) {
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
        self.knows_echo = !is_cancelled || report.far_end_ms >= ECHO_KNOWN_MS;
        if std::mem::replace(&mut self.told_of_echo, report.half_duplex) == report.half_duplex {
            return;
        }
        tracing::info!(?report, "the microphone is shut or opened while replies sound");
        self.tell(if report.half_duplex {
            Trouble::EchoRemains { speaker: self.speaker.name().unwrap_or_default() }
        } else {
            Trouble::EchoHeld
        });
    }

    /// A muted microphone is not complained of: whoever muted it knows.
    fn look_after_microphone(&mut self, now: Instant) {
        let (Mic::Device { open, condition, .. }, Some(capture)) = (&mut self.mic, &mut self.capture) else {
            return;
        };
        if self.shared.muted.load(Ordering::Relaxed) {
            return;
        }
        let name = &open.name;
        for news in condition.look(capture.voiced(), now) {
            tracing::info!(name, ?news, "the microphone");
            let trouble = match news {
                News::Bad(complaint) => Trouble::Complaint { name: name.clone(), complaint },
                News::Good(complaint) => Trouble::ComplaintOver { complaint },
            };
            if self.troubles.try_send(trouble).is_err() {
                tracing::debug!("nobody hears of the microphone");
            }
        }
    }

    fn tell(&self, trouble: Trouble) {
        if self.troubles.try_send(trouble).is_err() {
            tracing::debug!("nobody hears of the trouble");
        }
    }
}

/// A file hears no speaker, so it goes through as it is.
fn near_end_stage(mic: &Mic, processing: Processing, learnt: Learnt) -> Box<dyn NearEndStage> {
    match mic {
        Mic::Device { .. } if processing.cancel_echo => {
            Box::new(EchoCanceller::new(processing.suppress_noise).following(learnt))
        }
        _ => Box::new(AsItIs),
    }
}

fn capture(format: (u32, usize), stage: Box<dyn NearEndStage>) -> Result<Capture, AudioError> {
    Capture::new(format, stage).map_err(|error| AudioError::unsupported_rate(Side::Microphone, error))
}
