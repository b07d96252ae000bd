//! The test of the microphone before a conversation, as the window shows it. Plain data; `backend::microphone` fills it.

use serde::Serialize;
use ts_rs::TS;

use super::UiError;

/// A microphone that is on so that its level can be seen. Nothing is kept or sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, TS)]
#[serde(tag = "is", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum MicrophoneTest {
    /// It is off.
    #[default]
    Idle,
    /// It is being opened.
    Opening,
    /// It is on; its levels come as events.
    Running {
        /// Its friendly name.
        microphone: String,
    },
    /// It can't be opened, or was lost.
    Failed {
        /// Why.
        error: Box<UiError>,
    },
}
