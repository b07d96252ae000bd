//! What a person chose, as it stands on disk, in a profile file and in the window. Plain data.

use std::collections::BTreeMap;

use conversation::ToolRule;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The settings, also the format of a profile file. Unset means "the default". Options that the chosen model does not
/// support are kept but not sent, so that they apply again to the next model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
    /// `gemini`, `practice`, `vertex` (the system's credentials), `vertex-express` (a key), or the address of a custom server:
    /// `wss://`, or `ws://` on this computer. Unset: Gemini when there is a key, else practice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The Google Cloud project that Vertex AI bills.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vertex_project: Option<String>,
    /// Where Vertex AI runs the model: a region, `us`, `eu` or `global`. Unset: `us-central1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vertex_location: Option<String>,
    /// `none`, or a proxy's address: `http://`, `https://` or `socks5://`. Its name and password are stored in the keyring.
    /// Unset: the system's proxy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// The base URL of the practice partner's language model, the part before `/chat/completions`, for example
    /// `http://127.0.0.1:11434/v1`. `http` only on this computer. Unset: the built-in intents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub think_url: Option<String>,
    /// The name of that language model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub think_model: Option<String>,
    /// What the practice partner understands speech with. Unset: tiny.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recogniser: Option<Recogniser>,
    /// A language model that was found on this computer was taken or declined, so none is proposed again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local_model_offered: Option<bool>,
    /// The model's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The voice's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voice: Option<String>,
    /// The names of the favourite voices, which come first in the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub favourite_voices: Option<Vec<String>>,
    /// The system instruction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instructions: Option<String>,
    /// How much the model thinks, for models with levels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking_level: Option<ThinkingLevel>,
    /// How many tokens the model may think, for models with a budget; 0 turns it off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking_budget: Option<u32>,
    /// Let the model search with Google.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub google_search: Option<bool>,
    /// The target language (BCP-47) of a translation model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub translate_to: Option<String>,
    /// Affective dialog: the voice responds to the user's mood.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub affective: Option<bool>,
    /// Proactive audio: the model stays silent when it is not addressed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proactive: Option<bool>,
    /// Push to talk: you are heard while a key is held, and speech is not detected. Unset: off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub push_to_talk: Option<bool>,
    /// The push-to-talk shortcut for when another window has the focus, such as `Control+Alt+Space`. Unset: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub talk_key: Option<String>,
    /// Skip long silences, if the model detects the end of speech without them. Unset: off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub save_silence: Option<bool>,
    /// Whether speech interrupts a reply. Unset: yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub barge_in: Option<bool>,
    /// How easily the start of speech is detected. Unset: the service's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_sensitivity: Option<Sensitivity>,
    /// How easily the end of speech is detected. Unset: the service's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_sensitivity: Option<Sensitivity>,
    /// The silence that ends a turn, in ms. Unset: the service's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silence_ms: Option<u32>,
    /// Which input is part of a turn, and is billed. Unset: the model's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn_coverage: Option<TurnCoverage>,
    /// The resolution at which pictures are read. Unset: the service's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_resolution: Option<MediaResolution>,
    /// The sampling temperature, 0 to 2. Unset: the model's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Drop the oldest part of a conversation when the context window is full. Unset: yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compression: Option<bool>,
    /// The microphone's id, or a part of its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub microphone: Option<String>,
    /// The speaker's id, or a part of its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speaker: Option<String>,
    /// The volume of replies, 0 to 100. Unset: 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume: Option<u8>,
    /// The speaker check was done or declined, so it is not offered again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speaker_checked: Option<bool>,
    /// The camera's id, or a part of its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub camera: Option<String>,
    /// Open the camera when a conversation starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub camera_on: Option<bool>,
    /// Which functions run without a question and which never, by name; those of an MCP server as `server__*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_rules: Option<BTreeMap<String, ToolRule>>,
    /// Which functions are offered, by name, where that is not as at first. Unset: the app's `get_current_time` and
    /// `get_weather`, and all of the person's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_switches: Option<BTreeMap<String, bool>>,
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

/// What the practice partner understands speech with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Recogniser {
    /// English; small and quick.
    Tiny,
    /// 99 languages; larger and slower. Until it is downloaded, the other one is used.
    Base,
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

/// How easily speech is detected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Sensitivity {
    /// Only when it is clear.
    Low,
    /// Early.
    High,
}

/// Which input is part of a turn, and is billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum TurnCoverage {
    /// Speech, and the pictures during it.
    Activity,
    /// Speech, and all pictures.
    SpeechAndPictures,
    /// Everything, including silence.
    Everything,
}

/// The resolution at which pictures are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum MediaResolution {
    /// Few tokens per picture.
    Low,
    /// More tokens.
    Medium,
    /// Enough to read small print.
    High,
}

/// The window's theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Theme {
    /// The system's theme.
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}
