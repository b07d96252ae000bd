//! What can be chosen, and with which model what can't and why. Plain data; `choices` and `limits` fill it.

use serde::Serialize;
use ts_rs::TS;

use super::settings::{ThinkingLevel, TurnCoverage};
use super::{ModelSuggestion, Text};

/// What can be chosen.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Choices {
    /// Every known Live model, the default first; retired ones too, for whoever has one saved.
    pub models: Vec<ModelChoice>,
    /// When the service was last asked for the account's models, in milliseconds since 1970; those are among `models`.
    #[ts(type = "number | null")]
    pub models_asked_at: Option<u64>,
    /// What holds for an id that is not among them.
    pub unlisted: ModelOptions,
    /// Prebuilt voices, the best known five first.
    pub voices: Vec<VoiceChoice>,
    /// Microphones as they are now.
    pub microphones: Vec<DeviceChoice>,
    /// Speakers as they are now.
    pub speakers: Vec<DeviceChoice>,
    /// Cameras as they are now.
    pub cameras: Vec<DeviceChoice>,
    /// The system gives a key away while another window has the focus; see [`super::Settings::talk_key`].
    pub talk_key_from_everywhere: bool,
}

/// A model to choose.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ModelChoice {
    /// The id as sent, without `models/`.
    pub id: String,
    /// A name for people.
    pub label: String,
    /// How it stands.
    pub state: ModelState,
    /// The model to use instead, for one that may be gone or is.
    pub successor: Option<ModelSuggestion>,
    /// What it costs, where known.
    pub prices: Option<ModelPrices>,
    /// What it can do, the most important first.
    pub abilities: Vec<Ability>,
    /// How many languages it speaks, where known.
    pub languages: Option<u16>,
    /// False for a retired one: shown only to whoever has it saved.
    pub offered: bool,
    /// Served by Vertex AI alone.
    pub vertex_only: bool,
    /// Whether the account has it, once that was asked.
    pub served: Option<bool>,
    /// What it takes.
    pub options: ModelOptions,
}

/// How a model stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum ModelState {
    /// Generally available.
    Current,
    /// May change or go.
    Preview,
    /// Will go.
    Deprecated,
    /// Its announced end has passed.
    MayBeGone,
    /// Served, but not tested by us.
    Untried,
    /// Shut down.
    Retired,
    /// In no list of ours; the account has it.
    Unlisted,
}

/// Prices in USD per million tokens.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ModelPrices {
    /// Text in.
    pub in_text: Option<f64>,
    /// Sound in.
    pub in_audio: Option<f64>,
    /// Pictures in.
    pub in_image: Option<f64>,
    /// Text out.
    pub out_text: Option<f64>,
    /// Sound out.
    pub out_audio: Option<f64>,
    /// Some of them are assumed.
    pub estimated: bool,
    /// When they were read: year and month, such as `2026-11`.
    pub date: String,
}

/// Something that not every model can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Ability {
    /// Answers aloud.
    Speech,
    /// Answers in writing alone.
    Text,
    /// Sees the camera's pictures.
    Pictures,
    /// Thinks before it answers.
    Thinking,
    /// Searches with Google.
    Search,
    /// Calls functions.
    Tools,
    /// Translates what it hears.
    Translation,
    /// Answers in the tone of the person's mood.
    Mood,
    /// Stays silent when it is not addressed.
    Proactive,
}

/// What of a conversation's options a model takes.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ModelOptions {
    /// Whether and how it thinks.
    pub thinking: ThinkingRule,
    /// What of the rest can't be chosen, each with the reason in words. Whatever is not named here can be.
    pub limits: Vec<OptionLimit>,
    /// What belongs to a turn when nothing is chosen, where known.
    pub turn_coverage: Option<TurnCoverage>,
    /// Whether it can be told what was said before, as text.
    pub takes_history: bool,
}

/// Whether and how a model thinks.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ThinkingRule {
    /// Nothing can be chosen.
    None {
        /// Why, and which model thinks.
        reason: Text,
    },
    /// One of these.
    Level {
        /// As the model knows them, the least first.
        levels: Vec<ThinkingLevel>,
        /// What it does when nothing is chosen.
        default: ThinkingLevel,
    },
    /// A number of tokens; 0 is off.
    Budget,
}

/// An option that can't be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct OptionLimit {
    /// Which.
    pub option: SetupOption,
    /// Why, in words for the place where it would be chosen.
    pub reason: Text,
    /// True when the model always does it; else it never does.
    pub always_on: bool,
}

/// An option that not every model takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum SetupOption {
    /// See [`super::Settings::voice`].
    Voice,
    /// See [`super::Settings::google_search`].
    GoogleSearch,
    /// See [`super::Settings::translate_to`].
    TranslateTo,
    /// See [`super::Settings::affective`].
    Affective,
    /// See [`super::Settings::proactive`].
    Proactive,
    /// See [`super::Settings::save_silence`].
    SaveSilence,
}

/// A voice to choose.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct VoiceChoice {
    /// The name as sent.
    pub name: String,
    /// How it sounds, one word.
    pub tone: String,
}

/// A device to choose.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DeviceChoice {
    /// Stable across runs.
    pub id: String,
    /// As the system calls it.
    pub name: String,
    /// True for the system's choice.
    pub is_default: bool,
}
