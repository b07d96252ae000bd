//! The door: starts and ends the sound of one conversation. Every method but `start` and `drop` returns at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::capture::meter::LevelReading;
use crate::capture::queue::{Losses, MicReceiver, mic_queue};
use crate::config::{EngineConfig, Floor, Microphone, SpeakerChoice};
use crate::echo::EchoReport;
use crate::error::AudioError;
use crate::event::{EVENTS, TroubleReceiver};
use crate::playback::player::Heard;
use crate::playback::queue::PlaybackFull;
use crate::recording::recorder::Recorder;
use crate::worker::shared::Shared;
use crate::worker::{self, Started};

/// How long `start` waits for devices that do not answer.
const START_LIMIT: Duration = Duration::from_secs(8);
/// How long `drop` waits for devices that do not let go.
const STOP_LIMIT: Duration = Duration::from_secs(2);

/// What the engine counted since it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Chunks of 20 ms given to the session.
    pub chunks: u64,
    /// Of these, dropped because the session did not take them in time.
    pub chunks_dropped: u64,
    /// Frames of microphone lost because the audio thread stalled.
    pub overrun_frames: u64,
    /// Replies that stopped for a moment because more of them was late.
    pub underruns: u64,
    /// Replies lowered because someone spoke over them.
    pub lowered: u64,
    /// Of these, how many came back after 700 ms, since nobody flushed them.
    pub lowered_in_vain: u64,
    /// Buffer under- and overruns the devices reported, both ways.
    pub device_xruns: u64,
    /// Error callbacks, both ways.
    pub device_errors: u64,
    /// Devices opened again while the engine ran.
    pub reopened: u64,
    /// For how long the microphone has given nothing but zeros: 2 s of it are no quiet room, but a closed shutter, a
    /// refusal that looks like silence, or a dead cable.
    pub microphone_zeros: Duration,
    /// From the air to the callback, by the microphone's time stamps.
    pub microphone_latency: Duration,
    /// From the callback to the air, by the speaker's time stamps.
    pub speaker_latency: Duration,
}

/// The running sound of one conversation. Dropping it releases the devices.
pub struct Engine {
    shared: Arc<Shared>,
    microphone: Option<String>,
    speaker: Option<String>,
    losses: Losses,
    recorder: Option<Recorder>,
    thread: AudioThread,
}

impl Engine {
    /// Opens the devices and returns when the first sound of each has come. Blocks, for up to some seconds.
    pub fn start(config: EngineConfig) -> Result<(Engine, MicReceiver, TroubleReceiver), AudioError> {
        let (chunks, receiver) = mic_queue();
        let losses = chunks.losses();
        let (troubles, troubles_out) = mpsc::channel(EVENTS);
        let recorder = match &config.save {
            Some(path) => Some(Recorder::create(path, troubles.clone())?),
            None => None,
        };
        let (started, answer) = sync_channel::<Result<Started, AudioError>>(1);
        let thread = AudioThread::spawn(move |stop| worker::run(&config, chunks, troubles, &started, stop))?;
        // On an error or a timeout the thread is dropped here, which ends it.
        let Started { shared, microphone, speaker } =
            answer.recv_timeout(START_LIMIT).map_err(|_| AudioError::Stuck(None))??;
        let engine = Engine { shared, microphone, speaker, losses, recorder, thread };
        Ok((engine, receiver, TroubleReceiver(troubles_out)))
    }

    /// Queues a burst of a reply: signed 16-bit little-endian mono of `rate` Hz, any size. A new generation ends the
    /// reply before it.
    pub fn play(&self, pcm_s16le: &[u8], rate: u32, generation: u32) -> Result<(), PlaybackFull> {
        self.shared.playback().play(pcm_s16le, rate, generation)?;
        if let Some(recorder) = &self.recorder {
            recorder.burst(pcm_s16le, rate);
        }
        self.thread.wake();
        Ok(())
    }

    /// Nothing more comes for `generation`: a short reply may start, and a dry queue is no underrun.
    pub fn end_of_reply(&self, generation: u32) {
        self.shared.playback().end(generation);
        if let Some(recorder) = &self.recorder {
            recorder.end();
        }
        self.thread.wake();
    }

    /// Silences and forgets everything that is queued or on its way; says what of the current reply was heard.
    /// The callback fades out within 8 ms; what is already in the device is still heard.
    pub fn flush(&self) -> Heard {
        self.shared.playback().flush(self.shared.now_ns())
    }

    /// How much of the current (or the last) reply was heard until now.
    pub fn heard(&self) -> Heard {
        self.shared.playback().heard(self.shared.now_ns())
    }

    /// True while something is queued, or on its way to the ear.
    pub fn is_playing(&self) -> bool {
        self.shared.playback().is_playing(self.shared.now_ns())
    }

    /// The volume of the replies, 0.0 to 1.0, reached within 10 ms.
    pub fn set_volume(&self, volume: f32) {
        self.shared.playback().set_volume(volume.clamp(0.0, 1.0));
    }

    /// While muted no chunk comes and the meter reads silence; the device stays open.
    pub fn set_muted(&self, muted: bool) {
        self.shared.muted.store(muted, Ordering::Relaxed);
    }

    /// By what a reply is lowered from now on.
    pub fn set_floor(&self, floor: Floor) {
        self.shared.set_floor(floor);
        self.thread.wake();
    }

    /// True while someone speaks into the microphone, as far as one can tell from the sound alone.
    pub fn is_speaking(&self) -> bool {
        self.shared.speaking.load(Ordering::Relaxed)
    }

    /// True once a file in the microphone's place was played to its end; silence follows.
    pub fn microphone_is_over(&self) -> bool {
        self.shared.is_over.load(Ordering::Relaxed)
    }

    /// Peak and RMS both ways since the last call.
    pub fn levels(&self) -> LevelReading {
        let mut meters = self.shared.meters();
        LevelReading { microphone: meters.microphone.read(), speaker: meters.speaker.read() }
    }

    /// How well the speaker is kept out of the microphone; brought up to date ten times a second.
    pub fn echo(&self) -> EchoReport {
        self.shared.echo()
    }

    /// Hears through another microphone, without a new engine: the replies play on and the file of them goes on. Returns at
    /// once; the old one stays until the new one runs.
    pub fn choose_microphone(&self, choice: Microphone) {
        self.shared.choices().microphone = Some(choice);
    }

    /// Plays through another speaker, without a new engine; as [`Engine::choose_microphone`].
    pub fn choose_speaker(&self, choice: SpeakerChoice) {
        self.shared.choices().speaker = Some(choice);
    }

    /// What the microphone in use is called; `None` while there is none.
    pub fn microphone_now(&self) -> Option<String> {
        self.shared.names().microphone.clone()
    }

    /// What the speaker in use is called; `None` while there is none.
    pub fn speaker_now(&self) -> Option<String> {
        self.shared.names().speaker.clone()
    }

    /// Grows whenever [`crate::devices()`] has another answer: devices came or went, or the system's choice is another one. 0
    /// until they were first listed.
    pub fn device_lists(&self) -> u64 {
        self.shared.device_lists.load(Ordering::Relaxed)
    }

    /// What the first microphone is called; `None` without one.
    pub fn microphone_name(&self) -> Option<&str> {
        self.microphone.as_deref()
    }

    /// What the first speaker is called; `None` without one.
    pub fn speaker_name(&self) -> Option<&str> {
        self.speaker.as_deref()
    }

    /// What was counted since the start.
    pub fn counters(&self) -> Counters {
        let (microphone, speaker) = (self.shared.microphone.sums(), self.shared.speaker.sums());
        Counters {
            chunks: self.shared.chunks.load(Ordering::Relaxed),
            chunks_dropped: self.losses.count(),
            overrun_frames: microphone.overrun_frames,
            underruns: self.shared.playback().underruns(),
            lowered: self.shared.lowered.load(Ordering::Relaxed),
            lowered_in_vain: self.shared.lowered_in_vain.load(Ordering::Relaxed),
            device_xruns: microphone.xruns + speaker.xruns,
            device_errors: microphone.errors + speaker.errors,
            reopened: self.shared.reopened.load(Ordering::Relaxed),
            microphone_zeros: Duration::from_millis(self.shared.zeros_ms.load(Ordering::Relaxed)),
            microphone_latency: microphone.latency,
            speaker_latency: speaker.latency,
        }
    }
}

/// The audio thread and the way to end it.
struct AudioThread {
    stop: Arc<AtomicBool>,
    /// Disconnected when the thread has let go of everything.
    gone: Receiver<()>,
    thread: Option<JoinHandle<Option<()>>>,
}

impl AudioThread {
    fn spawn(body: impl FnOnce(&AtomicBool) + Send + 'static) -> Result<Self, AudioError> {
        let stop = Arc::new(AtomicBool::new(false));
        let (alive, gone) = sync_channel::<()>(1);
        let asked = Arc::clone(&stop);
        let thread = threads::spawn("audio", move || {
            body(&asked);
            drop(alive);
        })
        .map_err(|error| AudioError::Stuck(Some(error)))?;
        Ok(Self { stop, gone, thread: Some(thread) })
    }

    fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

impl Drop for AudioThread {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.wake();
        // A sound server that hangs must not hang the app: then the thread is left to end by itself.
        if self.gone.recv_timeout(STOP_LIMIT) == Err(RecvTimeoutError::Timeout) {
            tracing::warn!("the sound devices do not let go");
            return;
        }
        // A panic in it was told to its owner.
        _ = self.thread.take().map(JoinHandle::join);
    }
}

#[cfg(test)]
mod tests;
