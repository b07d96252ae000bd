//! What a person chooses: which devices, and what is done to their sound.

use std::path::PathBuf;

/// Where the voice comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Microphone {
    /// The system's choice.
    #[default]
    Default,
    /// The device with this id, or with this in its name or id (upper and lower case alike).
    Named(String),
    /// A WAV or FLAC file, played in real time, then silence.
    File(PathBuf),
    /// Nothing: no chunk ever comes.
    None,
}

/// Where the replies go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SpeakerChoice {
    /// The system's choice.
    #[default]
    Default,
    /// The device with this id, or with this in its name or id (upper and lower case alike).
    Named(String),
    /// Nowhere, but in real time: `heard` and `is_playing` work as with a device.
    None,
}

/// What to start.
#[derive(Clone, Debug, Default)]
pub struct EngineConfig {
    /// Where the voice comes from.
    pub microphone: Microphone,
    /// Where the replies go.
    pub speaker: SpeakerChoice,
    /// A file for the replies as they came: 24 kHz, mono, 16 bit, FLAC when its name ends so, else WAV. It comes to its
    /// place when the engine is dropped.
    pub save: Option<PathBuf>,
    /// What is done to a microphone's sound; a file is taken as it is.
    pub processing: Processing,
}

/// What is done to the microphone's sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Processing {
    /// Takes out of it what the speaker plays.
    pub cancel_echo: bool,
    /// Makes steady noise quieter (by about 12 dB), where the echo is cancelled.
    pub suppress_noise: bool,
    /// Lowers a reply by 12 dB as soon as someone speaks over it, until [`Engine::flush`] or for 700 ms.
    pub lower_replies: bool,
}

impl Default for Processing {
    fn default() -> Self {
        Self { cancel_echo: true, suppress_noise: false, lower_replies: true }
    }
}

/// By what one takes the floor while a reply sounds, which lowers it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Floor {
    /// By speaking.
    #[default]
    ByVoice,
    /// By a key, which is up: speaking lowers nothing.
    KeyUp,
    /// By a key, which is held.
    KeyDown,
}
