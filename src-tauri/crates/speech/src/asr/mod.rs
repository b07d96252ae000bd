//! Speech to words.

mod clean;
mod time_stretch;
mod whisper;

pub use whisper::Ear;

use thiserror::Error;

/// Samples a second that are listened to.
pub const EAR_RATE: u32 = 16_000;

/// Why nothing was heard.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum HearError {
    /// The caller asked to stop.
    #[error("cancelled")]
    Cancelled,
    /// Whisper failed.
    #[error("the recogniser failed: {0}")]
    Failed(String),
}
