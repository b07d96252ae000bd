//! A voice and a recogniser on this computer: English text to 24 kHz sound, 16 kHz sound to text, without a network.
//!
//! The nets, the lexicons and their alphabets are files of others (crate `assets`); the reading of text, the lookup and
//! the vocoder are ours, the recogniser is whisper.cpp. Everything computes and blocks, a [`Voice`] for about a fiftieth
//! of the time that the sound lasts and a [`Recogniser`] for a tenth: call it off the async threads. Both are loaded once and
//! shared.

mod asr;
pub mod formant;
mod g2p;
mod text;
mod tts;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rten::{RunOptions, ThreadPool};
use thiserror::Error;

pub use asr::{ASR_RATE, Recogniser, TranscribeError, Transcript};
pub use text::numbers;

use g2p::Reader;
use tts::{Net, Vocoder};

/// Samples a second of everything that is spoken.
pub const RATE: u32 = tts::RATE;

/// Where the files of a voice are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// The acoustic net (ONNX).
    pub net: PathBuf,
    /// The phonemes that it reads, with their numbers (JSON).
    pub alphabet: PathBuf,
    /// The lexicon that is trusted (gzipped JSON).
    pub lexicon: PathBuf,
    /// The lexicon that is asked next.
    pub lexicon_more: PathBuf,
    /// The tagger's weights (gzipped JSON).
    pub tagger: PathBuf,
    /// The net for words that no lexicon has (ONNX).
    pub spelling: PathBuf,
    /// Its alphabets (JSON).
    pub spelling_alphabet: PathBuf,
}

impl Files {
    /// All of them.
    pub fn all(&self) -> [&Path; 7] {
        [
            &self.net,
            &self.alphabet,
            &self.lexicon,
            &self.lexicon_more,
            &self.tagger,
            &self.spelling,
            &self.spelling_alphabet,
        ]
    }

    /// All in one folder, under the names that they were published with.
    pub fn in_folder(folder: &Path) -> Self {
        Self {
            net: folder.join("hibari.onnx"),
            alphabet: folder.join("vocab.json"),
            lexicon: folder.join("lexicon_us_gold.json.gz"),
            lexicon_more: folder.join("lexicon_us_silver.json.gz"),
            tagger: folder.join("tagger.json.gz"),
            spelling: folder.join("oov.onnx"),
            spelling_alphabet: folder.join("oov.json"),
        }
    }
}

/// How something is said. All are factors; 1 is the voice's own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prosody {
    /// Of the pitch: 0.5 is an octave lower.
    pub pitch: f32,
    /// Of the resonances: below 1 is a longer throat.
    pub throat: f32,
    /// Of the speed.
    pub speed: f32,
}

impl Default for Prosody {
    fn default() -> Self {
        Self { pitch: 1.0, throat: 1.0, speed: 1.0 }
    }
}

/// A sentence as sound.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spoken {
    /// Mono samples at [`RATE`].
    pub pcm: Vec<i16>,
    /// Each written word and the sample at which it begins, estimated from its share of the phonemes.
    pub words: Vec<(String, usize)>,
}

/// Why a voice could not be loaded.
#[derive(Debug, Error)]
pub enum LoadError {
    /// A file could not be read.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file is no JSON of the expected form.
    #[error("{}: {source}", path.display())]
    Json {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A net is no ONNX, or another than it should be.
    #[error("{}: {reason}", path.display())]
    Net {
        /// Which.
        path: PathBuf,
        /// In the words of the runtime.
        reason: String,
    },
}

impl LoadError {
    pub(crate) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }

    pub(crate) fn net(path: &Path, error: &dyn std::error::Error) -> Self {
        Self::Net { path: path.to_owned(), reason: error.to_string() }
    }
}

/// Why a sentence could not be spoken.
#[derive(Debug, Error)]
pub enum SpeakError {
    /// The net failed.
    #[error("the voice's net failed: {0}")]
    Net(String),
}

/// A voice, ready to speak. Many may speak with it at once.
pub struct Voice {
    reader: Reader,
    net: Net,
    vocoder: Vocoder,
    options: RunOptions,
}

impl Voice {
    /// Loads everything: about half a second, and some 60 MB as long as it lives.
    ///
    /// # Errors
    /// Whichever file is missing or is not what it should be.
    pub fn load(files: &Files) -> Result<Self, LoadError> {
        // One thread for each caller: many who speak at once are served better than by threads that wait for each other.
        let pool = Arc::new(ThreadPool::with_num_threads(1));
        Ok(Self {
            reader: Reader::load(files)?,
            net: Net::load(&files.net, &files.alphabet)?,
            vocoder: Vocoder::new(),
            options: RunOptions::default().with_thread_pool(Some(pool)),
        })
    }

    /// Says one sentence (see [`sentences`]). The same sentence sounds the same every time.
    ///
    /// # Errors
    /// When the net fails, which it does not with the files that it was made for.
    pub fn speak(&self, sentence: &str, prosody: Prosody) -> Result<Spoken, SpeakError> {
        let words = self.reader.read(sentence, &self.options);
        let phonemes: String = words.iter().map(|word| word.phonemes.as_str()).collect();
        let speed = if prosody.speed.is_finite() { prosody.speed.clamp(0.5, 2.0) } else { 1.0 };
        let plan = self.net.plan(phonemes.trim_end(), speed, &self.options)?;
        let sound = self.vocoder.sound(&plan, prosody, hash(&phonemes));
        let total = phonemes.chars().count().max(1);
        let mut before = 0;
        let words = words
            .into_iter()
            .map(|word| {
                let at = sound.len() * before / total;
                before += word.phonemes.chars().count();
                (word.text, at)
            })
            .collect();
        let pcm = sound.iter().map(|&sample| (limited(sample) * 32_767.0) as i16).collect();
        Ok(Spoken { pcm, words })
    }

    /// The phonemes of a sentence, for those who want to know why it sounds as it does.
    pub fn phonemes(&self, sentence: &str) -> String {
        let words = self.reader.read(sentence, &self.options);
        words.iter().map(|word| word.phonemes.as_str()).collect::<String>().trim_end().to_owned()
    }
}

/// Leaves most of the range as it is and bends what would clip.
fn limited(sample: f32) -> f32 {
    const KNEE: f32 = 0.7;
    let size = sample.abs();
    if size <= KNEE {
        return sample;
    }
    let above = (size - KNEE) / (1.0 - KNEE);
    (KNEE + (1.0 - KNEE) * above.tanh()).copysign(sample)
}

/// FNV-1a: so that a sentence's noise is its own and the same each time.
fn hash(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Cuts a text into the sentences that are spoken one by one. Joined by single spaces they are the text again.
pub fn sentences(text: &str) -> Vec<String> {
    text::sentences(text)
}
