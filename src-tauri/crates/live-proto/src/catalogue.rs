//! The models and voices as data: what each takes, what it refuses, what it costs. Pure; never blocks.
//!
//! `models.toml` is embedded; a newer copy can be read with [`Catalogue::parse`]. A model that is not listed gets the
//! rules of the `[unknown]` table, which ask for nothing that any model is known to refuse.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::wire::{Behavior, Modality, ThinkingLevel, TurnCoverage};

/// Models and voices.
#[derive(Clone, Debug)]
pub struct Catalogue {
    models: Vec<Model>,
    unknown: Model,
    voices: Vec<Voice>,
}

/// A prebuilt voice (PROTOCOL.md §8).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Voice {
    /// The name as sent.
    pub name: String,
    /// How it sounds, one word.
    pub tone: String,
}

/// One model and its rules (PROTOCOL.md §7).
#[derive(Clone, Debug, PartialEq, Deserialize)]
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
    /// What it costs, where known.
    #[serde(default)]
    pub prices: Option<Prices>,
}

impl Model {
    /// A word on its state for a picker: empty for a current model.
    pub fn note(&self) -> String {
        match self.state {
            ModelState::Current => "",
            ModelState::Preview => "preview",
            ModelState::Deprecated => "deprecated",
            ModelState::Listed => "untried",
            ModelState::Retired => "retired",
        }
        .to_owned()
    }
}

/// Whether a model is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelState {
    /// Generally available.
    Current,
    /// May change or go.
    Preview,
    /// Will go.
    Deprecated,
    /// Served, but nobody here has tried it.
    Listed,
    /// Gone: not offered; an old profile gets a suggestion.
    Retired,
}

/// Whether and how a model thinks.
#[derive(Clone, Debug, PartialEq, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct FunctionRules {
    /// The behaviours it takes; none: it calls nothing.
    pub behaviors: Vec<Behavior>,
    /// What it does when nothing is said.
    pub default: Behavior,
    /// Whether to say it even when it is the default.
    pub explicit: bool,
}

impl Default for FunctionRules {
    fn default() -> Self {
        Self { behaviors: vec![Behavior::Blocking], default: Behavior::Blocking, explicit: false }
    }
}

impl FunctionRules {
    /// What a function that asks for `wanted` gets from this model.
    pub fn behavior(&self, wanted: Option<&Behavior>) -> Behavior {
        wanted.filter(|wanted| self.behaviors.contains(wanted)).unwrap_or(&self.default).clone()
    }
}

/// How a typed text is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Typing {
    /// `realtimeInput.text`.
    RealtimeText,
    /// `clientContent` with `turnComplete`.
    ClientContent,
}

/// How earlier turns are brought in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mute {
    /// `audioStreamEnd` once, then nothing.
    AudioStreamEnd,
    /// Silence, like a quiet room.
    Silence,
}

/// USD per million tokens (PROTOCOL.md §10).
#[derive(Clone, Debug, PartialEq, Deserialize)]
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

/// Why a catalogue could not be read.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// No TOML, or a value that does not fit.
    #[error("the model catalogue can't be read")]
    Format(#[from] toml::de::Error),
    /// An entry is like another one that is not there.
    #[error("the model {id} is said to be like {like}, which is not listed before it")]
    Like {
        /// The entry.
        id: String,
        /// What it refers to.
        like: String,
    },
    /// There is nothing to choose from.
    #[error("the model catalogue lists no model or no voice")]
    Empty,
}

const EMBEDDED: &str = include_str!("models.toml");

/// Read once: whoever starts a session asks for it.
static READ: LazyLock<Catalogue> =
    LazyLock::new(|| Catalogue::parse(EMBEDDED).expect("the embedded catalogue was read by a test"));

impl Catalogue {
    /// The catalogue that this version was built with.
    pub fn embedded() -> Self {
        READ.clone()
    }

    /// Reads a catalogue in the form of `models.toml`.
    pub fn parse(text: &str) -> Result<Self, CatalogueError> {
        let file: File = toml::from_str(text)?;
        let mut models: Vec<Model> = Vec::new();
        for entry in file.models {
            models.push(match entry {
                Entry::Full(model) => *model,
                Entry::Like { id, label, state, vertex_only, like } => {
                    let Some(pattern) = models.iter().find(|model| model.id == like) else {
                        return Err(CatalogueError::Like { id, like });
                    };
                    Model { id, label, state, vertex_only, ..pattern.clone() }
                }
            });
        }
        if models.is_empty() || file.voices.is_empty() {
            return Err(CatalogueError::Empty);
        }
        Ok(Self { models, unknown: file.unknown, voices: file.voices })
    }

    /// The models to choose from, the default first: served by the Gemini API and not retired.
    pub fn models(&self) -> Vec<&Model> {
        self.models.iter().filter(|model| model.state != ModelState::Retired && !model.vertex_only).collect()
    }

    /// The id of the default model.
    pub fn default_model(&self) -> &str {
        &self.models[0].id
    }

    /// The listed model with this id, given with or without what stands before the name (`models/`, a Vertex path).
    pub fn find(&self, id: &str) -> Option<&Model> {
        let id = bare_id(id);
        self.models.iter().find(|model| model.id == id)
    }

    /// The rules for this id: those of its entry, or of an unknown model.
    pub fn rules(&self, id: &str) -> &Model {
        self.find(id).unwrap_or(&self.unknown)
    }

    /// What to offer instead of a model that is gone.
    pub fn suggestion(&self, instead_of: &str) -> &Model {
        let id = bare_id(instead_of);
        self.models().into_iter().find(|model| model.id != id).unwrap_or(&self.unknown)
    }

    /// The prebuilt voices, the best known five first.
    pub fn voices(&self) -> &[Voice] {
        &self.voices
    }
}

/// The model's name without `models/` or a Vertex path before it.
fn bare_id(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
struct File {
    models: Vec<Entry>,
    unknown: Model,
    voices: Vec<Voice>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    Like {
        id: String,
        label: String,
        state: ModelState,
        #[serde(default)]
        vertex_only: bool,
        like: String,
    },
    Full(Box<Model>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_catalogue_is_whole() {
        let catalogue = Catalogue::embedded();
        assert_eq!(catalogue.default_model(), "gemini-3.8-live");
        assert_eq!(catalogue.voices().len(), 30);
        let first: Vec<_> = catalogue.voices()[..5].iter().map(|voice| voice.name.as_str()).collect();
        assert_eq!(first, ["Puck", "Charon", "Kore", "Fenrir", "Aoede"]);
        let mut ids: Vec<_> = catalogue.models.iter().map(|model| &model.id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), catalogue.models.len(), "an id twice");
        assert!(catalogue.models().iter().any(|model| model.id == "gemini-2.5-flash-native-audio-preview"));
        assert!(catalogue.models().iter().all(|model| model.state != ModelState::Retired));
    }

    #[test]
    fn ids_are_found_however_they_are_written() {
        let catalogue = Catalogue::embedded();
        for id in [
            "gemini-3.8-live",
            "models/gemini-3.8-live",
            "projects/p/locations/l/publishers/google/models/gemini-3.8-live",
        ] {
            assert_eq!(catalogue.find(id).map(|model| model.id.as_str()), Some("gemini-3.8-live"), "{id}");
        }
        assert_eq!(catalogue.find("gemini-9"), None);
        assert_eq!(catalogue.rules("gemini-9").thinking, Thinking::None);
    }

    #[test]
    fn a_retired_model_gets_a_suggestion_and_so_does_the_default() {
        let catalogue = Catalogue::embedded();
        assert_eq!(catalogue.suggestion("models/gemini-2.0-flash-live-001").id, "gemini-3.8-live");
        assert_ne!(catalogue.suggestion("gemini-3.8-live").id, "gemini-3.8-live");
    }

    #[test]
    fn a_broken_catalogue_says_what_is_wrong() {
        let text = EMBEDDED.replace("like = \"gemini-2.5-flash-native-audio-latest\"", "like = \"gemini-0\"");
        assert!(
            matches!(Catalogue::parse(&text), Err(CatalogueError::Like { like, .. }) if like == "gemini-0")
        );
        assert!(matches!(Catalogue::parse("models = 1"), Err(CatalogueError::Format(_))));
    }
}
