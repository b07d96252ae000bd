//! The voice and the recogniser of a server: loaded once, when they are first needed, and shared by all sessions.
//!
//! Which of them there are is known at once, by their files. Loading blocks and happens in the jobs of `compute_pool`; one
//! that can't be loaded is said in the log and counts as absent from then on.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use speech::{Files, Prosody, Recogniser, Spoken, Transcript, Voice};

/// Says sentences. Blocks while it computes.
pub trait TextToSpeech: Send + Sync {
    /// The sentence as sound at 24 kHz; `None` when it fails.
    fn speak(&self, sentence: &str, prosody: Prosody) -> Option<Spoken>;
}

/// Hears words. Blocks while it computes.
pub trait SpeechToText: Send + Sync {
    /// The words in samples at 16 kHz; `None` when it fails or `stop` was set.
    fn transcribe(&self, samples: &[i16], stop: &AtomicBool) -> Option<Transcript>;

    /// The same for a turn that goes on and is heard again: quicker, where that can be had.
    fn draft(&self, samples: &[i16], stop: &AtomicBool) -> Option<Transcript> {
        self.transcribe(samples, stop)
    }
}

impl TextToSpeech for Voice {
    fn speak(&self, sentence: &str, prosody: Prosody) -> Option<Spoken> {
        match Voice::speak(self, sentence, prosody) {
            Ok(spoken) => Some(spoken),
            Err(error) => {
                tracing::warn!(%error, "a sentence is said by the formant voice instead");
                None
            }
        }
    }
}

impl SpeechToText for Recogniser {
    fn transcribe(&self, samples: &[i16], stop: &AtomicBool) -> Option<Transcript> {
        heard(Recogniser::transcribe(self, samples, stop))
    }

    fn draft(&self, samples: &[i16], stop: &AtomicBool) -> Option<Transcript> {
        heard(Recogniser::draft(self, samples, stop))
    }
}

fn heard(result: Result<Transcript, speech::TranscribeError>) -> Option<Transcript> {
    result.inspect_err(|error| tracing::debug!(%error, "a turn was not heard")).ok()
}

/// What a server speaks and hears with. Cheap to clone; all clones share what is loaded.
#[derive(Clone, Default)]
pub struct SpeechModels {
    voice: Option<Arc<Lazy<dyn TextToSpeech>>>,
    recogniser: Option<Arc<Lazy<dyn SpeechToText>>>,
}

/// Something that is loaded when it is first asked for.
struct Lazy<T: ?Sized> {
    loaded: OnceLock<Option<Arc<T>>>,
    load: Box<dyn Fn() -> Option<Arc<T>> + Send + Sync>,
}

impl<T: ?Sized> Lazy<T> {
    fn new(load: impl Fn() -> Option<Arc<T>> + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { loaded: OnceLock::new(), load: Box::new(load) })
    }

    fn get(&self) -> Option<Arc<T>> {
        self.loaded.get_or_init(|| (self.load)()).clone()
    }

    /// Whether it can be had, as far as is known.
    fn is_available(&self) -> bool {
        self.loaded.get().is_none_or(Option::is_some)
    }
}

impl SpeechModels {
    /// Neither: the formant voice speaks, and what is said to it is played back.
    pub fn none() -> Self {
        Self::default()
    }

    /// Those whose files are given.
    pub fn of_files(voice: Option<Files>, recogniser: Option<PathBuf>) -> Self {
        let voice = voice.map(|files| Lazy::new(move || loaded("voice", Voice::load(&files))));
        let recogniser =
            recogniser.map(|path| Lazy::new(move || loaded("recogniser", Recogniser::load(&path))));
        Self {
            voice: voice.map(|lazy| {
                Lazy::new(move || lazy.get().map(|voice: Arc<Voice>| voice as Arc<dyn TextToSpeech>))
            }),
            recogniser: recogniser.map(|lazy| {
                Lazy::new(move || {
                    lazy.get().map(|recogniser: Arc<Recogniser>| recogniser as Arc<dyn SpeechToText>)
                })
            }),
        }
    }

    /// Those that lie in this folder, under the names that they were published with; the English recogniser.
    pub fn in_folder(folder: &Path) -> Self {
        Self::in_folder_with(folder, &[ENGLISH])
    }

    /// The same with the recogniser for 99 languages, or the English one until that is there.
    pub fn multilingual_in_folder(folder: &Path) -> Self {
        Self::in_folder_with(folder, &[MULTILINGUAL, ENGLISH])
    }

    fn in_folder_with(folder: &Path, recognisers: &[&str]) -> Self {
        let files = Files::in_folder(folder);
        let recogniser = recognisers.iter().map(|name| folder.join(name)).find(|path| path.is_file());
        Self::of_files(Some(files).filter(|files| files.all().iter().all(|path| path.is_file())), recogniser)
    }

    /// These, for tests.
    pub fn of(voice: Option<Arc<dyn TextToSpeech>>, recogniser: Option<Arc<dyn SpeechToText>>) -> Self {
        Self {
            voice: voice.map(|voice| Lazy::new(move || Some(Arc::clone(&voice)))),
            recogniser: recogniser.map(|recogniser| Lazy::new(move || Some(Arc::clone(&recogniser)))),
        }
    }

    /// Whether sentences are spoken by a real voice.
    pub fn has_voice(&self) -> bool {
        self.voice.as_ref().is_some_and(|voice| voice.is_available())
    }

    /// Whether spoken words are understood.
    pub fn has_recogniser(&self) -> bool {
        self.recogniser.as_ref().is_some_and(|recogniser| recogniser.is_available())
    }

    /// The voice; blocks while it is loaded.
    pub(crate) fn voice(&self) -> Option<Arc<dyn TextToSpeech>> {
        self.voice.as_ref()?.get()
    }

    /// The recogniser; blocks while it is loaded.
    pub(crate) fn recogniser(&self) -> Option<Arc<dyn SpeechToText>> {
        self.recogniser.as_ref()?.get()
    }
}

/// The English recogniser's file.
const ENGLISH: &str = "ggml-tiny.en-q5_1.bin";
/// The file of the one for 99 languages.
const MULTILINGUAL: &str = "ggml-base-q5_1.bin";

fn loaded<T>(what: &str, result: Result<T, speech::LoadError>) -> Option<Arc<T>> {
    result.map(Arc::new).inspect_err(|error| tracing::warn!(%error, "the {what} can't be loaded")).ok()
}

impl fmt::Debug for SpeechModels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpeechModels")
            .field("voice", &self.has_voice())
            .field("recogniser", &self.has_recogniser())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_folder_has_neither() {
        let folder = tempfile::tempdir().expect("a folder");
        let models = SpeechModels::in_folder(folder.path());
        assert!(!models.has_voice() && !models.has_recogniser());
    }

    #[test]
    fn the_english_recogniser_hears_until_the_other_one_is_there() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(MULTILINGUAL), b"no model").expect("written");
        assert!(!SpeechModels::in_folder(folder.path()).has_recogniser(), "it was not chosen");
        assert!(SpeechModels::multilingual_in_folder(folder.path()).has_recogniser());
        std::fs::rename(folder.path().join(MULTILINGUAL), folder.path().join(ENGLISH)).expect("renamed");
        assert!(SpeechModels::multilingual_in_folder(folder.path()).has_recogniser());
    }

    #[test]
    fn what_cannot_be_loaded_is_absent_from_then_on() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(ENGLISH), b"no model").expect("written");
        let models = SpeechModels::in_folder(folder.path());
        assert!(models.has_recogniser());
        assert!(models.recogniser().is_none());
        assert!(!models.has_recogniser() && !models.clone().has_recogniser());
    }
}
