//! The sample of a voice as the window shows it. Plain data; `backend::voice_sample` fills it.

use serde::Serialize;
use ts_rs::TS;

use super::UiError;

/// The sample that is played before somebody chooses a voice.
#[derive(Clone, Debug, Default, PartialEq, Serialize, TS)]
#[serde(tag = "is", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum VoiceSample {
    /// None is played.
    #[default]
    Idle,
    /// It is being made or recorded, or the speaker is being opened.
    Preparing {
        /// The voice's name.
        voice: String,
        /// Where its sound comes from.
        source: SampleSource,
    },
    /// It is playing.
    Playing {
        /// The voice's name.
        voice: String,
        /// Where its sound comes from.
        source: SampleSource,
    },
    /// It could not be recorded or played.
    Failed {
        /// The voice's name.
        voice: String,
        /// Why.
        error: Box<UiError>,
    },
}

/// Where the sound of a sample comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum SampleSource {
    /// The practice partner's voice imitates it.
    Imitation,
    /// The model itself said it, now or an earlier time.
    Recording,
}
