//! The backend's part for samples of voices: imitated by the practice partner's voice, or recorded from the model once and
//! kept. One at a time, and none while a conversation or the speaker check has the devices. What blocks runs elsewhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use audio::SpeakerChoice;
use conversation::{Command, Config, Conversation, Event, TurnSounds};
use live_proto::SetupOptions;
use live_proto::catalogue::Catalogue;
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::timeout;
use tools::Registry;

use super::outcome::{Outcome, SampleNews};
use super::{Task, in_background};
use crate::config::endpoint::{self, ChosenEndpoint};
use crate::config::voice_samples::{LONGEST, SampleKey, VoiceSamples};
use crate::config::{profile, secrets};
use crate::contract::{Partner, SampleSource, Text, UiError, UiEvent, VoiceSample};
use crate::messages;

/// How long the model may take to say a sentence.
const PATIENCE: Duration = Duration::from_secs(20);
/// The rate of the practice partner's voice, in Hz.
const IMITATION_RATE: u32 = 24_000;

/// Signed 16-bit little-endian mono, and its rate in Hz.
type Sound = (Vec<u8>, u32);

/// A sample that is being made or played. Dropping it stops it.
pub(super) struct Sampling {
    voice: String,
    source: SampleSource,
    /// Tells its news from those of an older one.
    round: u64,
    stop: Arc<Stop>,
}

#[derive(Default)]
struct Stop {
    is_set: AtomicBool,
    /// For what waits for the network.
    set: Notify,
}

impl Drop for Sampling {
    fn drop(&mut self) {
        self.stop.is_set.store(true, Ordering::Relaxed);
        self.stop.set.notify_one();
    }
}

/// Whoever says the sentence, and where it is kept.
enum Speaking {
    Imitation(practice::SpeechModels),
    Recording(Box<Recording>),
}

struct Recording {
    key: SampleKey,
    kept: VoiceSamples,
    catalogue: Arc<Catalogue>,
    endpoint: ChosenEndpoint,
}

impl Task {
    /// Plays the sample of a voice; one that plays stops. Nothing happens while other things have the devices.
    pub(super) fn play_voice_sample(&mut self, voice: String) {
        if self.talk.is_some() || self.checking.is_some() {
            return;
        }
        (self.sampling, self.sample_next) = (None, None);
        let speaking = match self.speaking(&voice) {
            Ok(Some(speaking)) => speaking,
            Ok(None) => {
                // Whether there is a key decides who says it.
                self.sample_next = Some(voice.clone());
                return self.tell_sample(VoiceSample::Preparing { voice, source: SampleSource::Recording });
            }
            Err(error) => return self.tell_sample(VoiceSample::Failed { voice, error: Box::new(error) }),
        };
        let source = match &speaking {
            Speaking::Imitation(_) => SampleSource::Imitation,
            Speaking::Recording(_) => SampleSource::Recording,
        };
        self.sample_round += 1;
        let (round, stop) = (self.sample_round, Arc::new(Stop::default()));
        self.sampling = Some(Sampling { voice: voice.clone(), source, round, stop: Arc::clone(&stop) });
        self.tell_sample(VoiceSample::Preparing { voice: voice.clone(), source });
        let (_, speaker) = profile::sound(&self.state.settings);
        let volume = profile::volume(self.state.settings.volume);
        let outcomes = self.outcomes.0.clone();
        threads::task("voice-sample", async move {
            let result = match sound(speaking, voice, &stop).await {
                Ok(Some(sound)) => play(sound, (speaker, volume), &stop, round, outcomes.clone()).await,
                Ok(None) => Ok(()),
                Err(error) => Err(error),
            };
            let _ = outcomes.send(Outcome::VoiceSample(round, SampleNews::Over(result))).await;
        });
    }

    /// Stops it, and takes away what was said of one that failed.
    pub(super) fn stop_voice_sample(&mut self) {
        (self.sampling, self.sample_next) = (None, None);
        if self.state.voice_sample != VoiceSample::Idle {
            self.tell_sample(VoiceSample::Idle);
        }
    }

    /// The keys are known now: one that waited for them is played.
    pub(super) fn sample_if_waiting(&mut self) {
        if let Some(voice) = self.sample_next.take() {
            self.play_voice_sample(voice);
        }
    }

    pub(super) fn take_sample_news(&mut self, round: u64, news: SampleNews) {
        let Some(sampling) = self.sampling.as_ref().filter(|sampling| sampling.round == round) else {
            return;
        };
        let (voice, source) = (sampling.voice.clone(), sampling.source);
        match news {
            SampleNews::Begun => self.tell_sample(VoiceSample::Playing { voice, source }),
            SampleNews::Over(result) => {
                self.sampling = None;
                self.tell_sample(match result {
                    Ok(()) => VoiceSample::Idle,
                    Err(error) => VoiceSample::Failed { voice, error: Box::new(error) },
                });
            }
        }
    }

    fn tell_sample(&mut self, sample: VoiceSample) {
        self.emit(UiEvent::VoiceSample { sample });
    }

    /// Who says it: the partner that Start would call. `None` while the keys are not known.
    fn speaking(&self, voice: &str) -> Result<Option<Speaking>, UiError> {
        let settings = &self.state.settings;
        let are_needed = secrets::are_needed(settings);
        let secrets = self.secrets.clone().or_else(|| (!are_needed).then(secrets::of_environment));
        let Some(secrets) = secrets else { return Ok(None) };
        let model = profile::model(settings, &self.catalogue);
        let endpoint = endpoint::choose(settings, &model, &secrets, &self.models)?;
        let partner = match endpoint.partner {
            Partner::Practice => return Ok(Some(Speaking::Imitation(self.models.clone()))),
            Partner::Gemini => "gemini".to_owned(),
            Partner::Custom => settings.endpoint.clone().unwrap_or_default(),
        };
        let recording = Recording {
            key: SampleKey { partner, model, voice: voice.to_owned() },
            kept: self.voice_samples.clone(),
            catalogue: Arc::clone(&self.catalogue),
            endpoint,
        };
        Ok(Some(Speaking::Recording(Box::new(recording))))
    }
}

/// The sample's sound; `None` when it was stopped.
async fn sound(speaking: Speaking, voice: String, stop: &Arc<Stop>) -> Result<Option<Sound>, UiError> {
    match speaking {
        Speaking::Imitation(models) => {
            let stop = Arc::clone(stop);
            let words = sentence(&voice);
            let imitated = in_background(move || practice::imitate(&models, &voice, &words, &stop.is_set));
            let pcm = imitated.await.flatten();
            Ok(pcm.map(|pcm| (pcm.into_iter().flat_map(i16::to_le_bytes).collect(), IMITATION_RATE)))
        }
        Speaking::Recording(recording) => {
            let (kept, key) = (recording.kept.clone(), recording.key.clone());
            if let Some(sound) = in_background(move || kept.load(&key)).await.flatten() {
                return Ok(Some(sound));
            }
            let (kept, key) = (recording.kept.clone(), recording.key.clone());
            let (pcm, rate) = tokio::select! {
                recorded = record(*recording) => recorded?,
                () = stop.set.notified() => return Ok(None),
            };
            let saved = in_background(move || {
                kept.save(&key, &pcm, rate);
                (pcm, rate)
            });
            Ok(saved.await)
        }
    }
}

/// What a voice says of itself.
fn sentence(voice: &str) -> String {
    Text::new("voice-sample").with("voice", voice).words()
}

/// Has the model say the sentence, in a conversation of its own without devices.
async fn record(Recording { key, catalogue, endpoint, .. }: Recording) -> Result<Sound, UiError> {
    let words = sentence(&key.voice);
    let setup = SetupOptions {
        model: endpoint.model,
        voice: Some(key.voice),
        instructions: Some(messages::text("voice-sample-instructions")),
        compression: false,
        ..SetupOptions::default()
    };
    let (sounds, kept) = watch::channel(TurnSounds::default());
    let config = Config { catalogue, sounds, ..Config::without_devices(setup) };
    let nothing = Arc::new(Registry::new(Vec::new()));
    let (talk, events) = Conversation::start(config, endpoint.dialer, nothing);
    talk.send(Command::Text(words)).await;
    let heard = timeout(PATIENCE, spoken(events)).await;
    drop(talk);
    heard.unwrap_or_else(|_| Err(messages::voice_sample_silent()))?;
    let reply = kept.borrow().last().ok_or_else(messages::voice_sample_silent)?;
    let most = LONGEST.as_millis() as usize * reply.rate as usize / 1_000 * 2;
    Ok((reply.pcm[..reply.pcm.len().min(most)].to_vec(), reply.rate))
}

/// Waits until the model has said it, or something went wrong.
async fn spoken(mut events: mpsc::Receiver<Event>) -> Result<(), UiError> {
    let mut trouble = None;
    while let Some(event) = events.recv().await {
        match event {
            Event::Spoken(_) => return Ok(()),
            Event::Trouble(what) => trouble = Some(messages::ui_error(&what)),
            _ => {}
        }
    }
    Err(trouble.unwrap_or_else(messages::voice_sample_silent))
}

async fn play(
    (pcm, rate): Sound,
    (speaker, volume): (SpeakerChoice, f32),
    stop: &Arc<Stop>,
    round: u64,
    outcomes: mpsc::Sender<Outcome>,
) -> Result<(), UiError> {
    let stop = Arc::clone(stop);
    let played = in_background(move || {
        let begun = || _ = outcomes.blocking_send(Outcome::VoiceSample(round, SampleNews::Begun));
        audio::play_sound(speaker, volume, &pcm, rate, &stop.is_set, begun)
    });
    match played.await {
        Some(Err(error)) => Err(messages::ui_error(&conversation::of_audio(&error))),
        Some(Ok(())) | None => Ok(()),
    }
}
