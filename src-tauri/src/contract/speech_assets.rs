//! The practice partner's speech models on this computer, and the state of their download. Plain data.

use serde::Serialize;
use ts_rs::TS;

use super::UiError;

/// The speech models of the practice partner.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SpeechAssets {
    /// The natural voice. Without it the partner speaks with the formant voice.
    pub voice: AssetState,
    /// The speech recogniser. Without it the partner understands typed text only.
    pub hearing: AssetState,
    /// The recogniser that was chosen. While it is missing, the English one hears, if that is installed.
    pub recogniser: AssetState,
    /// Size on disk of the missing models, in bytes.
    #[ts(type = "number")]
    pub missing_bytes: u64,
    /// State of the download.
    pub fetch: AssetsFetch,
}

/// Whether a model is installed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum AssetState {
    /// Not known yet.
    #[default]
    Unknown,
    /// It is installed.
    Ready,
    /// It can be downloaded.
    Missing,
}

/// The state of a download.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "is", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum AssetsFetch {
    /// No download is running.
    #[default]
    Idle,
    /// In progress.
    Running {
        /// What is downloaded.
        what: String,
        /// Bytes downloaded so far.
        #[ts(type = "number")]
        done: u64,
        /// Its size in bytes.
        #[ts(type = "number")]
        total: u64,
    },
    /// It failed. The next attempt continues with the bytes that are there.
    Failed {
        /// Why, and what to do.
        error: Box<UiError>,
    },
}
