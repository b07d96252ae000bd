//! The models and voices as data: what each accepts, what it refuses, what it costs. Pure; never blocks.
//!
//! `models.toml` is embedded. A newer copy in the user's config folder replaces it: the app passes its text to
//! [`Catalogue::newer`] and shares the result as an `Arc<Catalogue>`. An unlisted model gets the rules of the
//! `[unknown]` table, which uses nothing that any model is known to refuse. [`Model::refuses`] returns why an option
//! does not apply to a model, [`Catalogue::successor`] what to offer instead of a retired model. [`Behaviour`] is what a model
//! does in a session: for a server that stands for the service.

mod behaviour;
mod model;
mod read;
mod refuse;

pub use behaviour::*;
pub use model::*;
pub use read::{CatalogueError, MAX_BYTES, NotUsed, Problem, Revision};
pub use refuse::{OptionKind, Reason};

use std::sync::{Arc, LazyLock};

/// Models and voices.
#[derive(Clone, Debug, PartialEq)]
pub struct Catalogue {
    revision: Revision,
    models: Vec<Model>,
    unknown: Model,
    voices: Vec<Voice>,
}

const EMBEDDED: &str = include_str!("models.toml");

/// Parsed once, since every session needs it.
static READ: LazyLock<Arc<Catalogue>> = LazyLock::new(|| {
    Arc::new(Catalogue::parse(EMBEDDED).expect("the embedded catalogue was read by a test"))
});

impl Catalogue {
    /// Returns the catalogue that is built into this version.
    pub fn embedded() -> Arc<Self> {
        Arc::clone(&READ)
    }

    /// Returns when its content was last changed.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// Returns the models to choose from, the default first: served by the Gemini API and not retired.
    pub fn models(&self) -> Vec<&Model> {
        self.models.iter().filter(|model| model.is_choosable()).collect()
    }

    /// Returns every listed model, including retired ones and those only on Vertex AI.
    pub fn all(&self) -> &[Model] {
        &self.models
    }

    /// Returns the id of the default model.
    pub fn default_model(&self) -> &str {
        &self.models[0].id
    }

    /// Returns the listed model with this id, with or without a prefix (`models/`, a Vertex path).
    pub fn find(&self, id: &str) -> Option<&Model> {
        let id = bare_id(id);
        self.models.iter().find(|model| model.id == id)
    }

    /// Returns the rules for this id: those of its entry, or of an unknown model.
    pub fn rules(&self, id: &str) -> &Model {
        self.find(id).unwrap_or(&self.unknown)
    }

    /// Returns the model to offer when `id` is retired or the service does not find it (close 1008): its named
    /// successor, for an unlisted id the one with the most similar spelling, otherwise the first current model. Never
    /// returns `id` itself or a retired model; `None` when nothing else is listed.
    pub fn successor(&self, id: &str) -> Option<&Model> {
        let id = bare_id(id);
        let others = || self.models.iter().filter(move |model| model.is_choosable() && model.id != id);
        let named = self.find(id).and_then(|model| model.successor.as_deref());
        named
            .and_then(|named| others().find(|model| model.id == named))
            .or_else(|| if self.find(id).is_some() { None } else { similar(id, others()) })
            .or_else(|| others().find(|model| model.state == ModelState::Current))
            .or_else(|| others().next())
    }

    /// Returns the prebuilt voices, the five best known first.
    pub fn voices(&self) -> &[Voice] {
        &self.voices
    }

    /// Returns the listed voice with this name, ignoring case.
    pub fn voice(&self, name: &str) -> Option<&Voice> {
        self.voices.iter().find(|voice| voice.name.eq_ignore_ascii_case(name))
    }
}

/// Returns the model's name without `models/` or a Vertex path.
fn bare_id(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

/// The largest edit distance of a similar id.
const MAX_EDITS: usize = 2;

/// Returns the model whose id differs from `id` by at most [`MAX_EDITS`] edits.
fn similar<'a>(id: &str, models: impl Iterator<Item = &'a Model>) -> Option<&'a Model> {
    let near = models.map(|model| (edit_distance(id, &model.id), model));
    near.filter(|(edit_distance, _)| *edit_distance <= MAX_EDITS)
        .min_by_key(|(edit_distance, _)| *edit_distance)
        .map(|(_, model)| model)
}

/// Returns the Levenshtein distance, or a number above [`MAX_EDITS`].
fn edit_distance(from: &str, to: &str) -> usize {
    // Words whose lengths differ by more can't be similar. This also makes very long input cheap.
    if from.len().abs_diff(to.len()) > MAX_EDITS {
        return MAX_EDITS + 1;
    }
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in to.bytes().enumerate() {
            let change = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
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
        assert!(catalogue.models().iter().any(|model| model.id == "gemini-2.5-flash-native-audio-preview"));
        assert!(catalogue.models().iter().all(|model| model.state != ModelState::Retired));
        assert!(catalogue.all().iter().any(|model| model.state == ModelState::Retired));
    }

    #[test]
    fn ids_are_found_in_every_notation() {
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
        assert!(!catalogue.rules("gemini-9").is_known());
    }

    #[test]
    fn a_model_that_is_gone_gets_a_suggestion() {
        let catalogue = Catalogue::embedded();
        for (gone, instead) in [
            ("models/gemini-2.0-flash-live-001", "gemini-3.8-live"),
            ("gemini-2.5-flash-native-audio-preview", "gemini-3.8-live"),
            ("gemini-2.5-flash-exp-native-audio-thinking-dialog", "gemini-3.8-live-extended-thinking"),
            ("gemini-9", "gemini-3.8-live"),
            ("gemini-3.1-flash-live-prewiev", "gemini-3.1-flash-live-preview"),
            ("", "gemini-3.8-live"),
        ] {
            assert_eq!(catalogue.successor(gone).map(|model| model.id.as_str()), Some(instead), "{gone}");
        }
        // Even the default may be refused by the service.
        let other = catalogue.successor("gemini-3.8-live").expect("there are others");
        assert_eq!(other.state, ModelState::Current);
        assert_ne!(other.id, "gemini-3.8-live");
    }

    #[test]
    fn a_retired_model_is_never_suggested() {
        let catalogue = Catalogue::embedded();
        for model in catalogue.all() {
            let next = catalogue.successor(&model.id).expect("a suggestion");
            assert!(next.is_choosable() && next.id != model.id, "{} leads to {}", model.id, next.id);
        }
    }

    #[test]
    fn edit_distance_counts_edits() {
        for (a, b, n) in [("", "", 0), ("live", "live", 0), ("liv", "live", 1), ("lvie", "live", 2)] {
            assert_eq!(edit_distance(a, b), n, "{a} {b}");
        }
        assert!(edit_distance("a", "abcdefgh") > MAX_EDITS);
    }
}
