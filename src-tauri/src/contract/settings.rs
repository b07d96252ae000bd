//! What a person chose, as it stands on disk, in a profile file and in the window. Plain data.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a person chose; also the format of a profile file. Unset means "the default". What the chosen model does not take
/// stays here and is not sent, so that it holds again with the next model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
    /// `gemini`, `rehearsal`, `vertex` (credentials of the system), `vertex-express` (a key), or `ws://` (loopback only) or
    /// `wss://` of a server of one's own. Unset: Gemini when there is a key, else rehearsal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The project on Vertex AI that pays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vertex_project: Option<String>,
    /// Where Vertex AI runs the model: a region, `us`, `eu` or `global`. Unset: `us-central1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vertex_location: Option<String>,
    /// `none`, or a proxy's address: `http://`, `https://` or `socks5://`. Its name and password are kept in the keyring.
    /// Unset: as the environment says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// Where the language model is that the practice partner thinks with: what stands before `/chat/completions`, as
    /// `http://127.0.0.1:11434/v1`; `http` on this computer alone. Unset: what is built in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub think_url: Option<String>,
    /// What that language model is called there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub think_model: Option<String>,
    /// A model's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// A voice's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voice: Option<String>,
    /// The system instruction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instructions: Option<String>,
    /// How much a model thinks that thinks by level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking_level: Option<ThinkingLevel>,
    /// How much a model thinks that thinks by tokens; 0 is off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking_budget: Option<u32>,
    /// Let the model search with Google.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub google_search: Option<bool>,
    /// The language to translate into (BCP-47), for a translating model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub translate_to: Option<String>,
    /// A voice that answers a mood.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub affective: Option<bool>,
    /// Staying silent when not spoken to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proactive: Option<bool>,
    /// Push to talk: you are heard while a key is held, and turns are not detected. Unset: they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub push_to_talk: Option<bool>,
    /// Keys that are heard while another window has the focus, for push to talk, as `Control+Alt+Space`. Unset: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub talk_key: Option<String>,
    /// Long silences are not sent, where the model needs none to notice that you are done. Unset: they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub save_silence: Option<bool>,
    /// Speech interrupts a reply. Unset: it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub barge_in: Option<bool>,
    /// How readily speech counts as begun. Unset: as the service has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_sensitivity: Option<Sensitivity>,
    /// How readily speech counts as over. Unset: as the service has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_sensitivity: Option<Sensitivity>,
    /// How long a silence ends a turn, in ms. Unset: as the service thinks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silence_ms: Option<u32>,
    /// What belongs to a turn, and is paid for. Unset: as the model has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn_coverage: Option<TurnCoverage>,
    /// How fine pictures are looked at. Unset: as the service has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_resolution: Option<MediaResolution>,
    /// How freely words are chosen, 0 to 2. Unset: as the model has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// A conversation outlasts its context window by forgetting its oldest part. Unset: it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compression: Option<bool>,
    /// A microphone's id, or a part of its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub microphone: Option<String>,
    /// A speaker's id, or a part of its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speaker: Option<String>,
    /// How loud replies are, 0 to 100. Unset: 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume: Option<u8>,
    /// The speakers were checked, or that was declined: it is not offered any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speaker_checked: Option<bool>,
    /// A camera's id, or a part of its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub camera: Option<String>,
    /// Open the camera at Start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub camera_on: Option<bool>,
    /// The window's theme.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theme: Option<Theme>,
    /// Show meters and figures under the deck.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statistics: Option<bool>,
    /// The first steps were done or skipped: they are not shown any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub introduced: Option<bool>,
}

/// How much a model thinks before it speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum ThinkingLevel {
    /// Hardly.
    Minimal,
    /// A little.
    Low,
    /// Some.
    Medium,
    /// Much.
    High,
    /// Very much.
    ExtraHigh,
}

/// How readily something is noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Sensitivity {
    /// Only when it is plain.
    Low,
    /// At once.
    High,
}

/// What belongs to a turn, and is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum TurnCoverage {
    /// Speech alone, and the pictures meanwhile.
    Activity,
    /// Speech, and every picture.
    SpeechAndPictures,
    /// Everything, silence too.
    Everything,
}

/// How fine pictures are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum MediaResolution {
    /// Few tokens a picture.
    Low,
    /// More.
    Medium,
    /// Enough to read small print.
    High,
}

/// The window's theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Theme {
    /// As the system.
    System,
    /// Day.
    Light,
    /// Night.
    Dark,
}
