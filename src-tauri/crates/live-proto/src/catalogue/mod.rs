//! The models and voices as data: what each takes, what it refuses, what it costs. Pure; never blocks.
//!
//! `models.toml` is embedded. A newer copy of it in the user's config folder wins: whoever reads that folder hands its
//! text to [`Catalogue::newer`] and passes the result around as an `Arc<Catalogue>`. A model that is not listed gets the
//! rules of the `[unknown]` table, which ask for nothing that any model is known to refuse. What does not apply to a
//! model, and why, says [`Model::refuses`]; what to offer in place of one that is gone, [`Catalogue::successor`].

mod model;
mod read;
mod refuse;

pub use model::*;
pub use read::{CatalogueError, MAX_BYTES, NotTaken, Problem, Revision};
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

/// Read once: whoever starts a session asks for it.
static READ: LazyLock<Arc<Catalogue>> = LazyLock::new(|| {
    Arc::new(Catalogue::parse(EMBEDDED).expect("the embedded catalogue was read by a test"))
});

impl Catalogue {
    /// The catalogue that this version was built with.
    pub fn embedded() -> Arc<Self> {
        Arc::clone(&READ)
    }

    /// When its content was last changed.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// The models to choose from, the default first: served by the Gemini API and not retired.
    pub fn models(&self) -> Vec<&Model> {
        self.models.iter().filter(|model| model.is_choosable()).collect()
    }

    /// Every model listed, also those that are gone or on Vertex AI alone.
    pub fn all(&self) -> &[Model] {
        &self.models
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

    /// What to offer to someone whose model is gone: retired by the catalogue, or not found by the service (close
    /// 1008). Its named successor; for an id that is not listed, the one that is spelled nearly so; else the first
    /// current model. Never `id` itself and never a retired model; `None` when nothing else is listed.
    pub fn successor(&self, id: &str) -> Option<&Model> {
        let id = bare_id(id);
        let others = || self.models.iter().filter(move |model| model.is_choosable() && model.id != id);
        let named = self.find(id).and_then(|model| model.successor.as_deref());
        named
            .and_then(|named| others().find(|model| model.id == named))
            .or_else(|| if self.find(id).is_some() { None } else { nearly(id, others()) })
            .or_else(|| others().find(|model| model.state == ModelState::Current))
            .or_else(|| others().next())
    }

    /// The prebuilt voices, the best known five first.
    pub fn voices(&self) -> &[Voice] {
        &self.voices
    }

    /// The listed voice with this name, in whatever case.
    pub fn voice(&self, name: &str) -> Option<&Voice> {
        self.voices.iter().find(|voice| voice.name.eq_ignore_ascii_case(name))
    }
}

/// The model's name without `models/` or a Vertex path before it.
fn bare_id(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

/// Slips of the finger that still count as the same id.
const SLIPS: usize = 2;

/// The model whose id is spelled like `id` but for a slip or two.
fn nearly<'a>(id: &str, models: impl Iterator<Item = &'a Model>) -> Option<&'a Model> {
    let near = models.map(|model| (slips(id, &model.id), model));
    near.filter(|(slips, _)| *slips <= SLIPS).min_by_key(|(slips, _)| *slips).map(|(_, model)| model)
}

/// How many letters to insert, remove or change to come from one word to the other (Levenshtein), or more than [`SLIPS`].
fn slips(from: &str, to: &str) -> usize {
    // Words whose lengths differ by more can't be near; so a pasted novel costs nothing.
    if from.len().abs_diff(to.len()) > SLIPS {
        return SLIPS + 1;
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
    fn nobody_is_led_to_a_model_that_is_gone_too() {
        let catalogue = Catalogue::embedded();
        for model in catalogue.all() {
            let next = catalogue.successor(&model.id).expect("a suggestion");
            assert!(next.is_choosable() && next.id != model.id, "{} leads to {}", model.id, next.id);
        }
    }

    #[test]
    fn slips_are_counted_like_a_proof_reader_does() {
        for (a, b, n) in [("", "", 0), ("live", "live", 0), ("liv", "live", 1), ("lvie", "live", 2)] {
            assert_eq!(slips(a, b), n, "{a} {b}");
        }
        assert!(slips("a", "abcdefgh") > SLIPS);
    }
}
