//! The crate's entry point: starts and ends the sound of one conversation.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::capture::meter::LevelReading;
use crate::capture::queue::{Losses, MicReceiver, mic_queue};
use crate::config::{DuckTrigger, EngineConfig, Microphone, SpeakerChoice};
use crate::echo::EchoReport;
use crate::error::AudioError;
use crate::event::{EVENTS, EventReceiver};
use crate::playback::player::Heard;
use crate::playback::queue::PlaybackFull;
use crate::recording::recorder::Recorder;
use crate::worker::shared::Shared;
use crate::worker::{self, Started};

/// How long `start` waits for devices that do not answer.
const START_LIMIT: Duration = Duration::from_secs(8);
/// How long `drop` waits for devices that do not close.
const STOP_LIMIT: Duration = Duration::from_secs(2);

/// Counts since the engine started, see [`Engine::counters`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Chunks of 20 ms given to the session.
    pub chunks: u64,
    /// Chunks dropped because the session did not take them in time.
    pub chunks_dropped: u64,
    /// Frames of microphone lost because the audio thread stalled.
    pub overrun_frames: u64,
    /// Gaps in a reply because the next part of it was late.
    pub underruns: u64,
    /// Replies ducked because somebody spoke over them.
    pub ducked: u64,
    /// Ducked replies that came back after 700 ms, since nobody flushed them.
    pub ducks_reverted: u64,
    /// Buffer under- and overruns that the devices reported, of both directions.
    pub device_xruns: u64,
    /// Error callbacks, of both directions.
    pub device_errors: u64,
    /// Devices opened again while the engine ran.
    pub reopened: u64,
    /// How long the microphone has given nothing but zeros. Two seconds of that are not a quiet room but a closed
    /// shutter, a missing permission or a dead cable.
    pub microphone_zeros: Duration,
    /// From the sound in the air to the callback, by the time stamps of the microphone.
    pub microphone_latency: Duration,
    /// From the callback to the sound in the air, by the time stamps of the speaker.
    pub speaker_latency: Duration,
}

/// The running sound of one conversation. Dropping it closes the devices.
///
/// Every method but [`Engine::start`] and `drop` returns at once.
///
/// ```
/// use audio::{Engine, EngineConfig, Microphone, SpeakerChoice};
///
/// // Without devices. `EngineConfig::default()` opens the system's microphone and speaker.
/// let config = EngineConfig {
///     microphone: Microphone::None,
///     speaker: SpeakerChoice::None,
///     ..EngineConfig::default()
/// };
/// let (engine, _chunks, _events) = Engine::start(config)?;
///
/// // Five seconds of a reply, 24 kHz, as generation 1.
/// engine.play(&[0; 240_000], 24_000, 1)?;
/// engine.end_of_reply(1);
/// assert!(engine.is_playing());
///
/// // Somebody speaks over it: stop, and learn how much of it was heard.
/// let heard = engine.flush();
/// assert!(heard.ms < 5_000);
/// assert!(!engine.is_playing());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Engine {
    shared: Arc<Shared>,
    microphone: Option<String>,
    speaker: Option<String>,
    losses: Losses,
    recorder: Option<Recorder>,
    thread: AudioThread,
}

impl Engine {
    /// Opens the devices and returns when each has delivered or taken its first sound. Blocks meanwhile, for some
    /// seconds at most.
    ///
    /// # Errors
    /// [`AudioError::Device`] if a device can't be opened or gives no sound, [`AudioError::File`] if a file can't be
    /// used as the microphone, [`AudioError::Save`] if the recording can't be created, [`AudioError::Stuck`] if the
    /// sound system does not answer.
    pub fn start(config: EngineConfig) -> Result<(Engine, MicReceiver, EventReceiver), AudioError> {
        let (chunks, receiver) = mic_queue();
        let losses = chunks.losses();
        let (events, events_out) = mpsc::channel(EVENTS);
        let recorder = match &config.save {
            Some(path) => Some(Recorder::create(path, events.clone())?),
            None => None,
        };
        let (started, answer) = sync_channel::<Result<Started, AudioError>>(1);
        let thread = AudioThread::spawn(move |stop| worker::run(&config, chunks, events, &started, stop))?;
        // On an error or a timeout the thread is dropped here, which ends it.
        let Started { shared, microphone, speaker } =
            answer.recv_timeout(START_LIMIT).map_err(|_| AudioError::Stuck(None))??;
        let engine = Engine { shared, microphone, speaker, losses, recorder, thread };
        Ok((engine, receiver, EventReceiver(events_out)))
    }

    /// Queues a part of a reply: signed 16-bit little-endian mono at `rate` Hz, of any size. A new generation ends the
    /// reply before it.
    ///
    /// # Errors
    /// [`PlaybackFull`] if the queue holds ten minutes already; then nothing of the part was taken.
    pub fn play(&self, pcm_s16le: &[u8], rate: u32, generation: u32) -> Result<(), PlaybackFull> {
        self.shared.playback().play(pcm_s16le, rate, generation)?;
        if let Some(recorder) = &self.recorder {
            recorder.burst(pcm_s16le, rate);
        }
        self.thread.wake();
        Ok(())
    }

    /// Ends the reply `generation`: it may start even if it is short, and running dry is no underrun.
    pub fn end_of_reply(&self, generation: u32) {
        self.shared.playback().end(generation);
        if let Some(recorder) = &self.recorder {
            recorder.end();
        }
        self.thread.wake();
    }

    /// Discards everything that is queued or in the ring and returns how much of the current reply was heard. The
    /// callback fades out within 10 ms; what the device already holds is still heard.
    pub fn flush(&self) -> Heard {
        self.shared.playback().flush(self.shared.now_ns())
    }

    /// Returns how much of the current (or the last) reply was heard so far.
    pub fn heard(&self) -> Heard {
        self.shared.playback().heard(self.shared.now_ns())
    }

    /// Returns true while a reply is queued or still sounds.
    pub fn is_playing(&self) -> bool {
        self.shared.playback().is_playing(self.shared.now_ns())
    }

    /// Sets the volume of replies, 0.0 to 1.0. It is reached within 10 ms.
    pub fn set_volume(&self, volume: f32) {
        self.shared.playback().set_volume(volume.clamp(0.0, 1.0));
    }

    /// Mutes the microphone: no chunk comes and the meter reads silence, but the device stays open.
    pub fn set_muted(&self, muted: bool) {
        self.shared.muted.store(muted, Ordering::Relaxed);
    }

    /// Sets what ducks a reply from now on.
    pub fn set_duck_trigger(&self, duck_trigger: DuckTrigger) {
        self.shared.set_duck_trigger(duck_trigger);
        self.thread.wake();
    }

    /// Returns true while somebody speaks into the microphone, as far as the sound alone tells.
    pub fn is_speaking(&self) -> bool {
        self.shared.speaking.load(Ordering::Relaxed)
    }

    /// Returns true once a file that stands in for the microphone was played to its end.
    pub fn microphone_file_ended(&self) -> bool {
        self.shared.is_over.load(Ordering::Relaxed)
    }

    /// Returns peak and RMS of both directions since the last call.
    pub fn levels(&self) -> LevelReading {
        let mut meters = self.shared.meters();
        LevelReading { microphone: meters.microphone.read(), speaker: meters.speaker.read() }
    }

    /// Returns how well the speaker is kept out of the microphone; updated ten times a second.
    pub fn echo(&self) -> EchoReport {
        self.shared.echo()
    }

    /// Switches to another microphone while replies and recording go on. Returns at once; the old one stays in use
    /// until the new one runs. A failure is reported as [`crate::AudioEvent::NotOpened`].
    pub fn choose_microphone(&self, choice: Microphone) {
        self.shared.choices().microphone = Some(choice);
    }

    /// Switches to another speaker, as [`Engine::choose_microphone`] does.
    pub fn choose_speaker(&self, choice: SpeakerChoice) {
        self.shared.choices().speaker = Some(choice);
    }

    /// Returns the name of the microphone in use, if any.
    pub fn current_microphone(&self) -> Option<String> {
        self.shared.names().microphone.clone()
    }

    /// Returns the name of the speaker in use, if any.
    pub fn current_speaker(&self) -> Option<String> {
        self.shared.names().speaker.clone()
    }

    /// Returns a number that grows whenever [`crate::devices()`] would give another answer: a device came or went, or
    /// the system's default changed. It is 0 until devices were first listed.
    pub fn device_list_version(&self) -> u64 {
        self.shared.device_list_version.load(Ordering::Relaxed)
    }

    /// Returns the name of the first microphone; `None` without one.
    pub fn microphone_name(&self) -> Option<&str> {
        self.microphone.as_deref()
    }

    /// Returns the name of the first speaker; `None` without one.
    pub fn speaker_name(&self) -> Option<&str> {
        self.speaker.as_deref()
    }

    /// Returns the counts since the start.
    pub fn counters(&self) -> Counters {
        let (microphone, speaker) = (self.shared.microphone.totals(), self.shared.speaker.totals());
        Counters {
            chunks: self.shared.chunks.load(Ordering::Relaxed),
            chunks_dropped: self.losses.count(),
            overrun_frames: microphone.overrun_frames,
            underruns: self.shared.playback().underruns(),
            ducked: self.shared.ducked.load(Ordering::Relaxed),
            ducks_reverted: self.shared.ducks_reverted.load(Ordering::Relaxed),
            device_xruns: microphone.xruns + speaker.xruns,
            device_errors: microphone.errors + speaker.errors,
            reopened: self.shared.reopened.load(Ordering::Relaxed),
            microphone_zeros: Duration::from_millis(self.shared.zeros_ms.load(Ordering::Relaxed)),
            microphone_latency: microphone.latency,
            speaker_latency: speaker.latency,
        }
    }
}

/// The audio thread, and what ends it.
struct AudioThread {
    stop: Arc<AtomicBool>,
    /// Disconnected when the thread has released everything.
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
        // A sound server that hangs must not hang the app; the thread is left to end by itself.
        if self.gone.recv_timeout(STOP_LIMIT) == Err(RecvTimeoutError::Timeout) {
            tracing::warn!("the sound devices do not close");
            return;
        }
        // A panic in it was reported to its owner.
        _ = self.thread.take().map(JoinHandle::join);
    }
}

#[cfg(test)]
mod tests;
