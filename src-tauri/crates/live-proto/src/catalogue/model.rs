//! A model and its rules, as in `models.toml` (PROTOCOL.md §7 and §10). Pure data.

use serde::{Deserialize, Serialize};

use super::behaviour::Behaviours;
use crate::wire::{Behavior, Modality, ThinkingLevel, TurnCoverage};

/// A prebuilt voice (PROTOCOL.md §8).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Voice {
    /// The name on the wire.
    pub name: String,
    /// How it sounds, in one word.
    pub tone: String,
}

/// One model and its rules (PROTOCOL.md §7).
#[expect(clippy::struct_excessive_bools, reason = "facts that are each true or false apart from the others")]
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Model {
    /// The id on the wire, without `models/`.
    pub id: String,
    /// The display name.
    pub label: String,
    /// Its stage of life, which decides whether it is offered.
    pub state: ModelState,
    /// The modalities of its replies; the first is requested.
    pub modalities: Vec<Modality>,
    /// Whether and how it thinks.
    pub thinking: Thinking,
    /// How it calls functions.
    #[serde(default)]
    pub functions: FunctionRules,
    /// Whether it searches.
    #[serde(default = "yes")]
    pub search: bool,
    /// Whether it sees pictures.
    #[serde(default = "yes")]
    pub pictures: bool,
    /// How many languages it speaks, if known.
    #[serde(default)]
    pub languages: Option<u16>,
    /// How a typed text is sent.
    pub typing: Typing,
    /// How earlier turns are provided.
    pub history: History,
    /// Its default turn coverage, if known.
    #[serde(default)]
    pub turn_coverage: Option<TurnCoverage>,
    /// Affective dialog: the voice adapts to the person's tone.
    pub affective: Support,
    /// Proactive audio: the model may stay silent.
    pub proactive: Support,
    /// What muting the microphone sends.
    pub mute: Mute,
    /// Whether it translates and needs a target language.
    #[serde(default)]
    pub translation: bool,
    /// Whether only Vertex AI serves it.
    #[serde(default)]
    pub vertex_only: bool,
    /// The id of the model to offer when this one is gone.
    #[serde(default)]
    pub successor: Option<String>,
    /// Its prices, if known.
    #[serde(default)]
    pub prices: Option<Prices>,
    /// What it does in a session. Read by itself: an API or an entry may differ in single fields.
    #[serde(skip)]
    pub behaviour: Behaviours,
}

fn yes() -> bool {
    true
}

impl Model {
    /// Returns whether it is listed; `false` for the rules of unlisted ids.
    pub fn is_known(&self) -> bool {
        !self.id.is_empty()
    }

    /// Returns whether it is offered: served by the Gemini API and not retired.
    pub fn is_choosable(&self) -> bool {
        self.state != ModelState::Retired && !self.vertex_only
    }

    /// Returns whether it speaks; otherwise its replies are text.
    pub fn speaks(&self) -> bool {
        self.modalities.first() != Some(&Modality::Text)
    }

    /// Returns whether a typed turn cuts a running reply; otherwise it is answered after it.
    pub fn typed_turn_cuts(&self) -> bool {
        self.behaviour.developer.typed_turn_cuts
    }

    /// Returns the levels of thinking to choose from; empty when it thinks by budget or not at all.
    pub fn levels(&self) -> &[ThinkingLevel] {
        match &self.thinking {
            Thinking::Level { levels, .. } => levels,
            Thinking::None | Thinking::Budget { .. } => &[],
        }
    }

    /// Returns a label of its state for a picker; empty for a current model.
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
    /// Its announced end has passed. It may still be served.
    MayBeGone,
    /// Served, but not tested by us.
    Listed,
    /// Retired: not offered; an old profile gets a suggestion.
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
        /// The levels it accepts.
        levels: Vec<ThinkingLevel>,
        /// The level it uses when none is sent, and the one that is sent when one is required.
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
    /// The behaviors it accepts; empty when it calls no functions.
    pub behaviors: Vec<Behavior>,
    /// Its behavior when none is sent.
    pub default: Behavior,
    /// Whether to send the behavior even when it is the default.
    pub explicit: bool,
    /// Whether responses of non-blocking functions may have `scheduling`.
    #[serde(default = "yes")]
    pub scheduling: bool,
    /// Whether arguments may be declared as JSON Schema (`parametersJsonSchema`); otherwise they are reduced to
    /// `parameters`.
    #[serde(default = "yes")]
    pub json_schema: bool,
}

impl Default for FunctionRules {
    fn default() -> Self {
        Self {
            behaviors: vec![Behavior::Blocking],
            default: Behavior::Blocking,
            explicit: false,
            scheduling: true,
            json_schema: true,
        }
    }
}

impl FunctionRules {
    /// Returns the behavior of a function that requests `wanted`.
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

/// How earlier turns are provided.
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

/// Whether an option may be sent to a model.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(tag = "support", rename_all = "snake_case")]
pub enum Support {
    /// It is refused.
    Unsupported,
    /// It is always on, and sending it is an error.
    Always,
    /// It can be requested.
    Optional {
        /// The version of the API that accepts it.
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
    /// Returns the version as it appears in the path.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1Beta => "v1beta",
            Self::V1Alpha => "v1alpha",
        }
    }
}

/// What muting the microphone sends.
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
    /// Text out, including thoughts.
    pub out_text: Option<f64>,
    /// Audio out.
    pub out_audio: Option<f64>,
    /// Whether some prices are assumed.
    #[serde(default)]
    pub estimated: bool,
    /// When the prices were read: year and month.
    pub date: String,
    /// Where the prices were read.
    pub source: String,
}

impl Prices {
    /// Returns the known prices.
    pub fn all(&self) -> impl Iterator<Item = f64> {
        [self.in_text, self.in_audio, self.in_image, self.out_text, self.out_audio].into_iter().flatten()
    }
}
