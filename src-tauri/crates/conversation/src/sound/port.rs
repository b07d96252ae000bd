//! The sound as the session task sees it: being opened, open, or neither. Nothing here waits for a device: opening and
//! closing run on blocking threads, and what is wished for meanwhile is applied to what opens.

use std::sync::Arc;
use std::time::Duration;

use audio::{AudioEvent, DuckTrigger, LevelReading, MicChunk, Microphone, PlaybackFull, Side, SpeakerChoice};
use tokio::time::{Instant, sleep_until, timeout};

use super::events::of_sound;
use super::{Got, Sound, Wanted, open_blocking};
use crate::event::Event;
use crate::trouble::{Trouble, of_stuck_devices};

/// How long a conversation waits for its devices before it goes on without them.
const SLOW: Duration = Duration::from_secs(10);
/// How long the end waits for devices that are just being opened. They are released as soon as they are open.
const OPENING_GRACE: Duration = Duration::from_millis(500);
/// How long the end waits for devices to be released and the file of the replies to be written.
const CLOSING: Duration = Duration::from_secs(10);

/// Opens devices, on a blocking thread; another one in tests.
pub(crate) type Opener = Arc<dyn Fn(Wanted) -> Got + Send + Sync>;

/// What came of the sound.
#[derive(Debug)]
pub(crate) enum SoundEvent {
    /// 20 ms of your voice.
    Voice(MicChunk),
    /// An event of the audio engine.
    Engine(AudioEvent),
    /// The devices are open, or can't be had; what was missing is said.
    Opened(Vec<Trouble>),
    /// They take long; the conversation goes on without them until they are open.
    Slow,
    /// The sound stopped working for good.
    Died,
}

/// A burst of a reply that came before there was a speaker.
struct Burst {
    pcm: Vec<u8>,
    rate: u32,
    generation: u32,
}

struct Opening {
    running: threads::Blocking<Got>,
    /// When it is told that it takes long; `None`: it was told.
    slow_at: Option<Instant>,
}

/// Microphone and speaker, in whatever state.
pub(crate) struct SoundPort {
    opener: Opener,
    wanted: Wanted,
    opening: Option<Opening>,
    /// Other devices were chosen while these are being opened.
    chooses: bool,
    sound: Option<Sound>,
    is_muted: bool,
    duck_trigger: DuckTrigger,
    volume: f32,
    /// What was to be played while the speaker was being opened.
    early: Vec<Burst>,
    early_bytes: usize,
    ended: Option<u32>,
}

impl SoundPort {
    /// Begins to open `wanted`.
    pub(crate) fn open(wanted: Wanted, volume: f32) -> Self {
        Self::open_by(Arc::new(open_blocking), wanted, volume)
    }

    /// The same by another opener.
    pub(crate) fn open_by(opener: Opener, wanted: Wanted, volume: f32) -> Self {
        let mut port = Self {
            opener,
            wanted,
            opening: None,
            chooses: false,
            sound: None,
            is_muted: false,
            duck_trigger: DuckTrigger::default(),
            volume,
            early: Vec::new(),
            early_bytes: 0,
            ended: None,
        };
        port.begin();
        port
    }

    fn begin(&mut self) {
        let (opener, wanted) = (Arc::clone(&self.opener), self.wanted.clone());
        let running = threads::blocking("sound-opening", move || opener(wanted));
        self.opening = Some(Opening { running, slow_at: Some(Instant::now() + SLOW) });
    }

    /// What is open.
    pub(crate) fn sound(&mut self) -> Option<&mut Sound> {
        self.sound.as_mut()
    }

    /// Nothing is being opened that the conversation still waits for.
    pub(crate) fn is_settled(&self) -> bool {
        self.opening.as_ref().is_none_or(|opening| opening.slow_at.is_none())
    }

    /// There is a microphone.
    pub(crate) fn hears(&self) -> bool {
        self.sound.as_ref().is_some_and(Sound::hears)
    }

    /// What comes next; for ever when there is nothing and nothing is being opened. Cancel safe.
    pub(crate) async fn next(&mut self) -> SoundEvent {
        if let Some(opening) = &mut self.opening {
            let slow_at = opening.slow_at;
            tokio::select! {
                got = &mut opening.running => {
                    // A panic in it ends the conversation.
                    let got = got.unwrap_or_default();
                    return self.opened(got);
                }
                () = sleep_until(slow_at.unwrap_or_else(Instant::now)), if slow_at.is_some() => {
                    opening.slow_at = None;
                    return SoundEvent::Slow;
                }
            }
        }
        let Some(sound) = &mut self.sound else { return std::future::pending().await };
        // Its ends are closed only with the engine itself, unless a thread of it died.
        tokio::select! {
            event = sound.events.recv() => event.map_or(SoundEvent::Died, SoundEvent::Engine),
            chunk = sound.voice.recv() => chunk.map_or(SoundEvent::Died, SoundEvent::Voice),
        }
    }

    fn opened(&mut self, (sound, mut troubles): Got) -> SoundEvent {
        (self.opening, self.sound) = (None, sound);
        let early = std::mem::take(&mut self.early);
        self.early_bytes = 0;
        let chooses = std::mem::take(&mut self.chooses);
        let Some(sound) = &mut self.sound else { return SoundEvent::Opened(troubles) };
        sound.engine.set_muted(self.is_muted);
        sound.engine.set_volume(self.volume);
        sound.engine.set_duck_trigger(self.duck_trigger);
        if chooses {
            sound.choose(self.wanted.microphone.clone(), self.wanted.speaker.clone());
        }
        for Burst { pcm, rate, generation } in early {
            if let Err(full) = sound.engine.play(&pcm, rate, generation) {
                troubles.push(Trouble::new(crate::TroubleKind::Reply, full.to_string()));
            }
        }
        if let Some(generation) = self.ended.take() {
            sound.engine.end_of_reply(generation);
        }
        SoundEvent::Opened(troubles)
    }

    /// Takes other devices, where they are others, and says for which sides what was wrong is over.
    pub(crate) fn choose(&mut self, microphone: Microphone, speaker: SpeakerChoice) -> Vec<Side> {
        (self.wanted.microphone, self.wanted.speaker) = (microphone.clone(), speaker.clone());
        match &mut self.sound {
            Some(sound) => sound.choose(microphone, speaker),
            None if self.opening.is_some() => {
                self.chooses = true;
                Vec::new()
            }
            None => {
                // The sound system did not answer at all.
                self.wanted.save = None;
                self.begin();
                vec![Side::Microphone, Side::Speaker]
            }
        }
    }

    /// Forgets what the microphone heard and nobody took yet. It was heard before what is done now.
    pub(crate) fn forget_voice(&mut self) {
        if let Some(sound) = &mut self.sound {
            while sound.voice.try_recv().is_some() {}
        }
    }

    /// While muted no chunk comes.
    pub(crate) fn set_muted(&mut self, muted: bool) {
        self.is_muted = muted;
        if let Some(sound) = &self.sound {
            sound.engine.set_muted(muted);
        }
    }

    /// Sets what ducks a reply.
    pub(crate) fn set_duck_trigger(&mut self, duck_trigger: DuckTrigger) {
        self.duck_trigger = duck_trigger;
        if let Some(sound) = &self.sound {
            sound.engine.set_duck_trigger(duck_trigger);
        }
    }

    /// How loud the replies are, with this speaker and the next.
    pub(crate) fn set_volume(&mut self, volume: f32) {
        self.volume = volume;
        if let Some(sound) = &self.sound {
            sound.engine.set_volume(volume);
        }
    }

    /// Plays a burst of a reply, or keeps it until there is a speaker. False when it goes nowhere.
    ///
    /// # Errors
    /// [`PlaybackFull`] when the playback queue takes no more.
    pub(crate) fn play(&mut self, pcm: &[u8], rate: u32, generation: u32) -> Result<bool, PlaybackFull> {
        if let Some(sound) = &self.sound {
            return sound.engine.play(pcm, rate, generation).map(|()| true);
        }
        if self.opening.is_none() || self.early_bytes + pcm.len() > audio::PLAYBACK_CAPACITY_BYTES {
            return Ok(false);
        }
        self.early_bytes += pcm.len();
        self.early.push(Burst { pcm: pcm.to_vec(), rate, generation });
        Ok(true)
    }

    /// No more of this reply comes.
    pub(crate) fn end_of_reply(&mut self, generation: u32) {
        match &self.sound {
            Some(sound) => sound.engine.end_of_reply(generation),
            None => self.ended = Some(generation),
        }
    }

    /// Silences the reply; how much of it was heard, in ms.
    pub(crate) fn flush(&mut self) -> u64 {
        self.early.clear();
        self.early_bytes = 0;
        self.sound.as_ref().map_or(0, |sound| sound.engine.flush().ms)
    }

    /// A reply is being heard, or will be as soon as there is a speaker.
    pub(crate) fn is_playing(&self) -> bool {
        !self.early.is_empty() || self.sound.as_ref().is_some_and(|sound| sound.engine.is_playing())
    }

    /// What both meters read since the last call.
    pub(crate) fn levels(&self) -> Option<LevelReading> {
        self.sound.as_ref().map(|sound| sound.engine.levels())
    }

    /// Takes what is open or being opened out of it; nothing is left.
    pub(crate) fn take(&mut self) -> Self {
        Self {
            opener: Arc::clone(&self.opener),
            wanted: self.wanted.clone(),
            opening: self.opening.take(),
            chooses: false,
            sound: self.sound.take(),
            is_muted: true,
            duck_trigger: self.duck_trigger,
            volume: self.volume,
            early: Vec::new(),
            early_bytes: 0,
            ended: None,
        }
    }

    /// Releases the devices and completes the file of the replies, off this task; waits for that, but not for ever, and says
    /// what went wrong. What is just being opened is released by the thread that opens it.
    pub(crate) async fn close(self) -> Vec<Event> {
        self.close_with_missing().await.1
    }

    /// The same; what was missing of the devices that were just being opened comes first, for a conversation that never began.
    pub(crate) async fn close_with_missing(self) -> (Vec<Event>, Vec<Event>) {
        if let Some(Opening { running, .. }) = self.opening {
            // Who is not waited for drops what was opened on the thread that opened it.
            let Ok(Some((sound, missing))) = timeout(OPENING_GRACE, running).await else {
                return Default::default();
            };
            return (missing.into_iter().map(Event::Trouble).collect(), release(sound).await);
        }
        (Vec::new(), release(self.sound).await)
    }
}

/// A file may fail only when its last part is written.
async fn release(sound: Option<Sound>) -> Vec<Event> {
    let Some(Sound { engine, mut events, .. }) = sound else { return Vec::new() };
    let closing = threads::blocking("sound-closing", move || {
        drop(engine);
        let left = std::iter::from_fn(|| events.try_recv());
        left.filter(|event| matches!(event, AudioEvent::SaveFailed { .. })).collect::<Vec<_>>()
    });
    match timeout(CLOSING, closing).await {
        Ok(left) => left.unwrap_or_default().iter().flat_map(of_sound).collect(),
        Err(_) => vec![Event::Trouble(of_stuck_devices())],
    }
}
