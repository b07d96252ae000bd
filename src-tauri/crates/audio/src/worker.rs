//! The audio thread: opens the devices, moves everything between rings, queue and session, and watches the devices.
//!
//! It wakes every few milliseconds (a callback must not wake anyone), does what has come up and sleeps again; a burst
//! to play wakes it at once. It may block only while it opens and closes devices.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rtrb::Consumer;
use tokio::sync::mpsc::Sender;

use crate::barge_in::{BargeIn, Situation};
use crate::callback::{Health, Playout, PlayoutBody};
use crate::capture::Capture;
use crate::clock::Pace;
use crate::devices;
use crate::echo::{EchoCanceller, EchoReport, FRAME_RATE, FarEnd, NearEndStage, Open as AsItIs};
use crate::engine::{EngineConfig, Microphone, Processing, SpeakerChoice, Trouble};
use crate::error::{AudioError, Fault, Side};
use crate::file_mic::FileMic;
use crate::meter::Meter;
use crate::mic_queue::MicSender;
use crate::playback::Playback;
use crate::playback_queue::PLAYBACK_CAPACITY_BYTES;
use crate::resample::Resampler;
use crate::stream::{self, Open, SpeakerEnds};
use crate::watch::Watch;

/// How long the thread sleeps when nobody wakes it.
const TICK: Duration = Duration::from_millis(5);
/// How often the devices are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long a started device may take to give its first sound.
const FIRST_DATA: Duration = Duration::from_secs(3);
/// The rate of a speaker that is nobody.
const VIRTUAL_RATE: u32 = 48_000;

/// Peaks and sums since the last reading.
#[derive(Default)]
pub(crate) struct Meters {
    pub(crate) microphone: Meter,
    pub(crate) speaker: Meter,
}

/// What the engine and the audio thread share; no callback touches these locks.
pub(crate) struct Shared {
    playback: Mutex<Playback>,
    meters: Mutex<Meters>,
    echo: Mutex<EchoReport>,
    pub(crate) muted: AtomicBool,
    pub(crate) speaking: AtomicBool,
    pub(crate) lowered: AtomicU64,
    pub(crate) lowered_in_vain: AtomicU64,
    /// Chunks given to the session.
    pub(crate) chunks: AtomicU64,
    pub(crate) microphone_health: Arc<Health>,
    pub(crate) speaker_health: Arc<Health>,
    epoch: Instant,
}

impl Shared {
    pub(crate) fn playback(&self) -> MutexGuard<'_, Playback> {
        self.playback.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn meters(&self) -> MutexGuard<'_, Meters> {
        self.meters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was last known of the echo.
    pub(crate) fn echo(&self) -> EchoReport {
        *self.echo.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From the speaker's callback to the air, and from the air to the microphone's, by the streams' time stamps.
    fn latency_ms(&self) -> u32 {
        let of = |health: &Health| health.latency_us.load(Ordering::Relaxed);
        of(&self.speaker_health).saturating_add(of(&self.microphone_health)) / 1_000
    }

    /// The engine's clock in ns.
    pub(crate) fn now_ns(&self) -> i64 {
        self.epoch.elapsed().as_nanos() as i64
    }
}

/// What the thread tells once everything runs.
pub(crate) struct Started {
    pub(crate) shared: Arc<Shared>,
    pub(crate) microphone: Option<String>,
    pub(crate) speaker: Option<String>,
}

enum Mic {
    Device { open: Open, ring: Consumer<f32>, watch: Watch },
    File { file: FileMic, pace: Pace },
    None,
}

enum Speaker {
    Device {
        open: Open,
        watch: Watch,
    },
    /// Nobody listens: the callback's body is run by the clock.
    Virtual {
        body: Box<PlayoutBody>,
        pace: Pace,
    },
}

/// The audio thread's state.
pub(crate) struct Worker {
    shared: Arc<Shared>,
    mic: Mic,
    speaker: Speaker,
    capture: Option<Capture>,
    far_end: FarEnd,
    chunks: MicSender,
    troubles: Sender<Trouble>,
    scratch: Vec<f32>,
    next_look: Instant,
    told_of_echo: bool,
    barge_in: Option<BargeIn>,
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
        std::thread::park_timeout(TICK);
    }
}

impl Worker {
    fn open(config: &EngineConfig, chunks: MicSender, troubles: Sender<Trouble>) -> Result<Self, AudioError> {
        let epoch = Instant::now();
        let (microphone_health, speaker_health) = (Arc::new(Health::default()), Arc::new(Health::default()));
        let playout = Arc::new(Playout::default());
        let (speaker, ends, rate) = open_speaker(&config.speaker, &playout, &speaker_health, epoch)?;
        let (mic, format) = open_microphone(&config.microphone, &microphone_health)?;
        let stage = near_end_stage(&mic, config.processing);
        let capture = format.map(|format| capture(format, stage)).transpose()?;
        let far_end = FarEnd::new(ends.tap, to_frames(rate)?);
        let far_end = if matches!(speaker, Speaker::Device { .. }) { far_end } else { far_end.unheard() };
        let playback = Playback::new(ends.ring, rate, playout, PLAYBACK_CAPACITY_BYTES);
        let shared = Shared {
            playback: Mutex::new(playback),
            meters: Mutex::default(),
            echo: Mutex::default(),
            muted: AtomicBool::new(false),
            speaking: AtomicBool::new(false),
            lowered: AtomicU64::new(0),
            lowered_in_vain: AtomicU64::new(0),
            chunks: AtomicU64::new(0),
            microphone_health,
            speaker_health,
            epoch,
        };
        Ok(Self {
            shared: Arc::new(shared),
            mic,
            speaker,
            capture,
            far_end,
            chunks,
            troubles,
            scratch: Vec::new(),
            next_look: epoch,
            told_of_echo: false,
            barge_in: config.processing.lower_replies.then(BargeIn::default),
        })
    }

    fn introduce(&self) -> Started {
        let microphone = match &self.mic {
            Mic::Device { open, .. } => Some(open.name.clone()),
            Mic::File { file, .. } => Some(file.name().to_owned()),
            Mic::None => None,
        };
        let speaker = match &self.speaker {
            Speaker::Device { open, .. } => Some(open.name.clone()),
            Speaker::Virtual { .. } => None,
        };
        Started { shared: Arc::clone(&self.shared), microphone, speaker }
    }

    /// A started stream is not yet a running one: waits until each device has called.
    fn wait_for_first_data(&mut self, stop: &AtomicBool) -> Result<(), AudioError> {
        let begun = Instant::now();
        while let Some((side, open)) = self.silent_device() {
            let lost = open.is_dead() || begun.elapsed() > FIRST_DATA || stop.load(Ordering::Relaxed);
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
            (Mic::Device { open, .. }, _) if open.callbacks() == 0 => Some((Side::Microphone, open)),
            (_, Speaker::Device { open, .. }) if open.callbacks() == 0 => Some((Side::Speaker, open)),
            _ => None,
        }
    }

    fn tick(&mut self, now: Instant) {
        self.move_sound(now);
        self.lower_or_raise(now);
        if now >= self.next_look {
            self.next_look = now + LOOK_EVERY;
            self.look_after_microphone(now);
            self.look_after_speaker(now);
            self.look_after_echo();
        }
    }

    /// Makes a reply quieter while someone speaks over it.
    fn lower_or_raise(&mut self, now: Instant) {
        let shared = &self.shared;
        let speaking = self.capture.as_ref().is_some_and(Capture::is_speaking);
        shared.speaking.store(speaking, Ordering::Relaxed);
        let Some(barge_in) = &mut self.barge_in else { return };
        let mut playback = shared.playback();
        let playing = playback.is_playing(shared.now_ns());
        let volume = barge_in.volume(Situation { speaking, playing, flushes: playback.flushes() }, now);
        playback.set_duck(volume);
        shared.lowered.store(barge_in.lowered(), Ordering::Relaxed);
        shared.lowered_in_vain.store(barge_in.taken_back(), Ordering::Relaxed);
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
        *self.shared.echo.lock().unwrap_or_else(PoisonError::into_inner) = report;
        if !report.half_duplex || std::mem::replace(&mut self.told_of_echo, true) {
            return;
        }
        tracing::warn!(?report, "the echo can't be cancelled");
        if let Speaker::Device { open, .. } = &self.speaker {
            self.tell(Trouble::EchoRemains { speaker: open.name.clone() });
        }
    }

    /// Queue → ring → (virtual speaker) → far end → near end → session.
    fn move_sound(&mut self, now: Instant) {
        self.shared.playback().pump();
        if let Speaker::Virtual { body, pace } = &mut self.speaker {
            self.scratch.resize(pace.due(now), 0.0);
            body.give(&mut self.scratch, self.shared.now_ns(), 0);
        }
        let shared = &self.shared;
        let mut meters = shared.meters();
        let Meters { microphone, speaker } = &mut *meters;
        self.far_end.drain(speaker);
        let Some(capture) = &mut self.capture else { return };
        let heard: &[f32] = match &mut self.mic {
            Mic::Device { ring, .. } => {
                self.scratch.resize(ring.slots(), 0.0);
                ring.pop_partial_slice(&mut self.scratch).0
            }
            Mic::File { file, pace } => file.read(pace.due(now)),
            Mic::None => &[],
        };
        let muted = shared.muted.load(Ordering::Relaxed);
        capture.push(heard, (&mut self.far_end, shared.latency_ms()), microphone, muted, |chunk| {
            shared.chunks.fetch_add(1, Ordering::Relaxed);
            self.chunks.send(chunk);
        });
    }

    fn look_after_microphone(&mut self, now: Instant) {
        let Mic::Device { open, watch, .. } = &mut self.mic else { return };
        let Some(loss) = watch.look(open.callbacks(), open.is_dead(), now) else { return };
        let name = open.name.clone();
        tracing::warn!(name, ?loss, "the microphone is lost");
        self.mic = Mic::None;
        self.tell(Trouble::MicrophoneLost { name, loss });
    }

    /// Without its device the playback goes on by the clock, so that captions and turns keep their time.
    fn look_after_speaker(&mut self, now: Instant) {
        let Speaker::Device { open, watch } = &mut self.speaker else { return };
        let Some(loss) = watch.look(open.callbacks(), open.is_dead(), now) else { return };
        let (name, rate) = (open.name.clone(), open.rate);
        tracing::warn!(name, ?loss, "the speaker is lost");
        match to_frames(rate) {
            Ok(to_frames) => self.go_on_without_speaker(rate, to_frames, now),
            Err(error) => tracing::warn!(%error, "the playback stands still"),
        }
        self.tell(Trouble::SpeakerLost { name, loss });
    }

    fn go_on_without_speaker(&mut self, rate: u32, to_frames: Resampler, now: Instant) {
        let playout = Arc::new(Playout::default());
        let (speaker, ends) = virtual_speaker(rate, &playout, &self.shared.speaker_health, now);
        // The old stream ends here, and with it the callback that shared the old ring.
        self.speaker = speaker;
        self.far_end = FarEnd::new(ends.tap, to_frames).unheard();
        self.shared.playback().attach(ends.ring, rate, playout, self.shared.now_ns());
    }

    fn tell(&self, trouble: Trouble) {
        if self.troubles.try_send(trouble).is_err() {
            tracing::debug!("nobody hears of the trouble");
        }
    }
}

fn open_microphone(
    choice: &Microphone,
    health: &Arc<Health>,
) -> Result<(Mic, Option<(u32, usize)>), AudioError> {
    let wanted = match choice {
        Microphone::None => return Ok((Mic::None, None)),
        Microphone::File(path) => {
            let file = FileMic::open(path)?;
            let format = file.format();
            return Ok((Mic::File { file, pace: Pace::new(format.0, Instant::now()) }, Some(format)));
        }
        Microphone::Default => None,
        Microphone::Named(name) => Some(name.as_str()),
    };
    let device = devices::find(Side::Microphone, wanted)?;
    let (open, ring) = stream::open_microphone(&device, health)?;
    let format = (open.rate, open.channels);
    Ok((Mic::Device { open, ring, watch: Watch::new(Instant::now()) }, Some(format)))
}

fn open_speaker(
    choice: &SpeakerChoice,
    playout: &Arc<Playout>,
    health: &Arc<Health>,
    epoch: Instant,
) -> Result<(Speaker, SpeakerEnds, u32), AudioError> {
    let wanted = match choice {
        SpeakerChoice::None => {
            let (speaker, ends) = virtual_speaker(VIRTUAL_RATE, playout, health, epoch);
            return Ok((speaker, ends, VIRTUAL_RATE));
        }
        SpeakerChoice::Default => None,
        SpeakerChoice::Named(name) => Some(name.as_str()),
    };
    let device = devices::find(Side::Speaker, wanted)?;
    let (open, ends) = stream::open_speaker(&device, playout, health, epoch)?;
    let rate = open.rate;
    Ok((Speaker::Device { open, watch: Watch::new(epoch) }, ends, rate))
}

fn virtual_speaker(
    rate: u32,
    playout: &Arc<Playout>,
    health: &Arc<Health>,
    now: Instant,
) -> (Speaker, SpeakerEnds) {
    let (body, ends) = stream::playout_body(playout, health, (rate, 1));
    (Speaker::Virtual { body: Box::new(body), pace: Pace::new(rate, now) }, ends)
}

/// A file hears no speaker, so it goes through as it is.
fn near_end_stage(mic: &Mic, processing: Processing) -> Box<dyn NearEndStage> {
    match mic {
        Mic::Device { .. } if processing.cancel_echo => {
            Box::new(EchoCanceller::new(processing.suppress_noise))
        }
        _ => Box::new(AsItIs),
    }
}

fn capture(format: (u32, usize), stage: Box<dyn NearEndStage>) -> Result<Capture, AudioError> {
    Capture::new(format, stage).map_err(|error| impossible_rate(Side::Microphone, error))
}

fn to_frames(rate: u32) -> Result<Resampler, AudioError> {
    Resampler::new(rate, FRAME_RATE).map_err(|error| impossible_rate(Side::Speaker, error))
}

fn impossible_rate(side: Side, error: rubato::ResamplerConstructionError) -> AudioError {
    AudioError::Device { side, fault: Fault::Format, name: None, source: Some(Box::new(error)) }
}
