//! One model and its rules, as `models.toml` writes them (PROTOCOL.md §7 and §10). Pure data.

use serde::{Deserialize, Serialize};

use crate::wire::{Behavior, Modality, ThinkingLevel, TurnCoverage};

/// A prebuilt voice (PROTOCOL.md §8).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Voice {
    /// The name as sent.
    pub name: String,
    /// How it sounds, one word.
    pub tone: String,
}

/// One model and its rules (PROTOCOL.md §7).
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Model {
    /// The id as sent, without `models/`.
    pub id: String,
    /// A name for people.
    pub label: String,
    /// Whether it is offered, and with which word.
    pub state: ModelState,
    /// What its replies may consist of; the first is asked for.
    pub modalities: Vec<Modality>,
    /// Whether and how it thinks.
    pub thinking: Thinking,
    /// How it calls functions.
    #[serde(default)]
    pub functions: FunctionRules,
    /// Whether it searches.
    #[serde(default = "yes")]
    pub search: bool,
    /// How a typed text is sent.
    pub typing: Typing,
    /// How earlier turns are brought in.
    pub history: History,
    /// Its own default for what belongs to a turn, where known.
    #[serde(default)]
    pub turn_coverage: Option<TurnCoverage>,
    /// A voice that answers a mood.
    pub affective: Support,
    /// Staying silent when not spoken to.
    pub proactive: Support,
    /// What the microphone's mute sends.
    pub mute: Mute,
    /// Whether it translates and needs to be told into what.
    #[serde(default)]
    pub translation: bool,
    /// Whether only Vertex AI serves it.
    #[serde(default)]
    pub vertex_only: bool,
    /// The id of the model to offer when this one is gone.
    #[serde(default)]
    pub successor: Option<String>,
    /// What it costs, where known.
    #[serde(default)]
    pub prices: Option<Prices>,
}

fn yes() -> bool {
    true
}

impl Model {
    /// Whether it is listed; `false` for the rules that any other id gets.
    pub fn is_known(&self) -> bool {
        !self.id.is_empty()
    }

    /// Whether it is offered to choose from: served by the Gemini API, and not gone.
    pub fn is_choosable(&self) -> bool {
        self.state != ModelState::Retired && !self.vertex_only
    }

    /// Whether it speaks; otherwise its replies are written.
    pub fn speaks(&self) -> bool {
        self.modalities.first() != Some(&Modality::Text)
    }

    /// The levels of thinking to choose from; empty when it thinks by budget or not at all.
    pub fn levels(&self) -> &[ThinkingLevel] {
        match &self.thinking {
            Thinking::Level { levels, .. } => levels,
            Thinking::None | Thinking::Budget { .. } => &[],
        }
    }

    /// A word on its state for a picker: empty for a current model.
    pub fn note(&self) -> String {
        match self.state {
            ModelState::Current => "",
            ModelState::Preview => "preview",
            ModelState::Deprecated => "deprecated",
            ModelState::MayBeGone => "may be gone",
            ModelState::Listed => "untried",
            ModelState::Retired => "retired",
        }
        .to_owned()
    }
}

/// Whether a model is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelState {
    /// Generally available.
    Current,
    /// May change or go.
    Preview,
    /// Will go.
    Deprecated,
    /// Its end was announced for a day that is past. Nobody here can tell whether it is still served.
    MayBeGone,
    /// Served, but nobody here has tried it.
    Listed,
    /// Gone: not offered; an old profile gets a suggestion.
    Retired,
}

/// Whether and how a model thinks.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Thinking {
    /// It refuses `thinkingConfig`.
    None,
    /// By level.
    Level {
        /// The levels it takes.
        levels: Vec<ThinkingLevel>,
        /// The level it has when none is sent, or that is sent when one must be.
        default: ThinkingLevel,
        /// Whether one must be sent.
        required: bool,
    },
    /// By a budget in tokens; 0 is off.
    Budget {
        /// Whether one must be sent.
        required: bool,
    },
}

/// How a model calls functions.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct FunctionRules {
    /// The behaviours it takes; none: it calls nothing.
    pub behaviors: Vec<Behavior>,
    /// What it does when nothing is said.
    pub default: Behavior,
    /// Whether to say it even when it is the default.
    pub explicit: bool,
    /// Whether the answer of a function that is not waited for may say when it shall be heard.
    #[serde(default = "yes")]
    pub scheduling: bool,
}

impl Default for FunctionRules {
    fn default() -> Self {
        Self {
            behaviors: vec![Behavior::Blocking],
            default: Behavior::Blocking,
            explicit: false,
            scheduling: true,
        }
    }
}

impl FunctionRules {
    /// What a function that asks for `wanted` gets from this model.
    pub fn behavior(&self, wanted: Option<&Behavior>) -> Behavior {
        wanted.filter(|wanted| self.behaviors.contains(wanted)).unwrap_or(&self.default).clone()
    }
}

/// How a typed text is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Typing {
    /// `realtimeInput.text`.
    RealtimeText,
    /// `clientContent` with `turnComplete`.
    ClientContent,
}

/// How earlier turns are brought in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum History {
    /// `clientContent` at any time.
    ClientContent,
    /// `clientContent` before the conversation, announced by `historyConfig`.
    Initial,
    /// Not at all, as far as known.
    None,
}

/// Whether an option may be sent.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(tag = "support", rename_all = "snake_case")]
pub enum Support {
    /// It is refused.
    Unsupported,
    /// It is always on, and sending it is an error.
    Always,
    /// It can be asked for.
    Optional {
        /// By which version of the API.
        api_version: ApiVersion,
    },
}

/// A version of the Live API (PROTOCOL.md §1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ApiVersion {
    /// The default.
    V1Beta,
    /// For a few options of older models, and for ephemeral tokens.
    V1Alpha,
}

impl ApiVersion {
    /// As it stands in the path.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1Beta => "v1beta",
            Self::V1Alpha => "v1alpha",
        }
    }
}

/// What the microphone's mute sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mute {
    /// `audioStreamEnd` once, then nothing.
    AudioStreamEnd,
    /// Silence, like a quiet room.
    Silence,
}

/// USD per million tokens (PROTOCOL.md §10).
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Prices {
    /// Text in.
    pub in_text: Option<f64>,
    /// Audio in.
    pub in_audio: Option<f64>,
    /// Pictures in.
    pub in_image: Option<f64>,
    /// Text out, thoughts among it.
    pub out_text: Option<f64>,
    /// Audio out.
    pub out_audio: Option<f64>,
    /// Whether some of them are assumed.
    #[serde(default)]
    pub estimated: bool,
    /// When they were read: year and month.
    pub date: String,
    /// Where they were read.
    pub source: String,
}

impl Prices {
    /// Those that are known.
    pub fn all(&self) -> impl Iterator<Item = f64> {
        [self.in_text, self.in_audio, self.in_image, self.out_text, self.out_audio].into_iter().flatten()
    }
}
