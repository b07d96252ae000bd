//! What to start and how: devices, recording and processing.

use std::path::PathBuf;

/// Where the voice comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Microphone {
    /// The system's default.
    #[default]
    Default,
    /// The device with this id, or the best match of this text with names and ids, ignoring case.
    Named(String),
    /// A WAV or FLAC file, played in real time and followed by silence.
    File(PathBuf),
    /// Nothing: no chunk ever comes.
    None,
}

/// Where replies are played.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SpeakerChoice {
    /// The system's default.
    #[default]
    Default,
    /// The device with this id, or the best match of this text with names and ids, ignoring case.
    Named(String),
    /// Nowhere, but in real time: `heard` and `is_playing` work as with a device.
    None,
}

/// What [`crate::Engine::start`] opens.
#[derive(Clone, Debug, Default)]
pub struct EngineConfig {
    /// Where the voice comes from.
    pub microphone: Microphone,
    /// Where replies are played.
    pub speaker: SpeakerChoice,
    /// A file to record the replies in: 24 kHz, mono, 16 bit, FLAC if its name ends in `.flac`, else WAV. It appears
    /// under this name, complete, when the engine is dropped.
    pub save: Option<PathBuf>,
    /// How the microphone's sound is processed. A file is not processed.
    pub processing: Processing,
}

/// How the microphone's sound is processed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Processing {
    /// Removes what the speaker plays.
    pub cancel_echo: bool,
    /// Lowers steady noise by about 12 dB. Only together with `cancel_echo`.
    pub suppress_noise: bool,
    /// Ducks a reply by 12 dB as soon as somebody speaks over it, until [`crate::Engine::flush`] or for 700 ms.
    pub duck_replies: bool,
}

impl Default for Processing {
    fn default() -> Self {
        Self { cancel_echo: true, suppress_noise: false, duck_replies: true }
    }
}

/// What ducks a reply that is playing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DuckTrigger {
    /// Speech, as detected in the microphone.
    #[default]
    Speech,
    /// The push-to-talk key, which is up: nothing is ducked.
    KeyReleased,
    /// The push-to-talk key, which is held down.
    KeyHeld,
}
