//! Speech to words.

mod clean;
mod time_stretch;
mod whisper;

pub use whisper::Recogniser;

use thiserror::Error;

/// Samples a second that are listened to.
pub const ASR_RATE: u32 = 16_000;

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
