//! Speech to words.

mod clean;
mod time_stretch;
mod whisper;

pub use whisper::Recogniser;

use thiserror::Error;

/// Samples a second that are listened to.
pub const ASR_RATE: u32 = 16_000;

/// What was heard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transcript {
    /// The words.
    pub text: String,
    /// Their language, as ISO 639-1 or another code of BCP-47; `None` where the recogniser knows only one, or heard nothing.
    pub language: Option<&'static str>,
}

impl From<String> for Transcript {
    fn from(text: String) -> Self {
        Self { text, language: None }
    }
}

/// Why nothing was heard.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum TranscribeError {
    /// The caller asked to stop.
    #[error("cancelled")]
    Cancelled,
    /// Whisper failed.
    #[error("the recogniser failed: {0}")]
    Failed(String),
}
