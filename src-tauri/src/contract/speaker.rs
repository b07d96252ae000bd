//! The speaker check as the window shows it. Plain data; `backend::speaker` fills it.

use serde::Serialize;
use ts_rs::TS;

use super::UiError;

/// Five seconds of sound, and what the microphone hears of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, TS)]
#[serde(tag = "is", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum SpeakerCheck {
    /// Nothing was checked, or other devices were.
    #[default]
    Idle,
    /// The devices are being opened, or it sounds.
    Running {
        /// How much is done, 0 to 1; absent until it sounds.
        done: Option<f32>,
    },
    /// It was checked.
    Done {
        /// The microphone's friendly name.
        microphone: String,
        /// The speaker's friendly name.
        speaker: String,
        /// What came of it.
        verdict: SpeakerVerdict,
        /// From the speaker to the microphone, in ms, when it was heard.
        delay_ms: Option<u32>,
        /// What is taken off the echo, in dB, when it was heard.
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
    /// One can talk over open speakers.
    Good,
    /// Too much of the echo is left: the microphone pauses while a reply sounds.
    HalfDuplex,
    /// The microphone hears the room, and nothing of the speaker.
    NoEcho,
    /// The microphone gives nothing at all.
    Nothing,
}
