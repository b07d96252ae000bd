//! The speaker check as the window shows it. Plain data; `backend::speaker` fills it.

use serde::Serialize;
use ts_rs::TS;

use super::UiError;

/// A check that plays five seconds of sound and measures them at the microphone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, TS)]
#[serde(tag = "is", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum SpeakerCheck {
    /// Not checked with these devices.
    #[default]
    Idle,
    /// The devices are being opened, or the sound is playing.
    Running {
        /// The progress, 0 to 1; absent until the sound plays.
        done: Option<f32>,
    },
    /// Finished.
    Done {
        /// The microphone's friendly name.
        microphone: String,
        /// The speaker's friendly name.
        speaker: String,
        /// The result.
        verdict: SpeakerVerdict,
        /// The delay from the speaker to the microphone in ms, if the sound was heard.
        delay_ms: Option<u32>,
        /// How much of the echo is cancelled in dB, if the sound was heard.
        suppression_db: Option<f32>,
    },
    /// It could not be checked.
    Failed {
        /// Why.
        error: Box<UiError>,
    },
}

/// What the check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum SpeakerVerdict {
    /// You can talk over open speakers.
    Good,
    /// Too much echo remains: the microphone is muted during replies.
    HalfDuplex,
    /// The microphone picks up the room, but not the speaker.
    NoEcho,
    /// The microphone delivers nothing.
    Nothing,
}
