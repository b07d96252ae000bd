//! Which endpoint the settings name, and whose key it takes. Pure; knows no key.

use crate::contract::{KeySlot, Settings};

/// Words for an endpoint, and the one that is saved. The last two are old words for the practice partner.
const WORDS: [(&str, &str); 6] = [
    ("gemini", "gemini"),
    ("vertex", "vertex"),
    ("vertex-express", "vertex-express"),
    ("practice", "practice"),
    ("rehearsal", "practice"),
    ("rehearse", "practice"),
];

/// Returns whose key Start needs. The practice partner needs none; without a named endpoint it is used when there is no
/// key for Gemini.
pub(super) fn slot(settings: &Settings, has_gemini_key: bool) -> Option<KeySlot> {
    match named(settings) {
        Some("practice") => None,
        None => has_gemini_key.then_some(KeySlot::Gemini),
        Some("gemini") => Some(KeySlot::Gemini),
        Some("vertex" | "vertex-express") => Some(KeySlot::Vertex),
        Some(_) => Some(KeySlot::Server),
    }
}

/// Returns whose key these settings can use. The practice partner and the system's own credentials use none.
pub(super) fn key_wanted(settings: &Settings) -> Option<KeySlot> {
    match named(settings) {
        None => Some(KeySlot::Gemini),
        Some("vertex") => None,
        Some(_) => slot(settings, false),
    }
}

/// Returns the endpoint that the settings name, as it is compared; `None` when they name none.
pub(super) fn named(settings: &Settings) -> Option<&str> {
    text(settings.endpoint.as_ref()).map(canonical)
}

/// Returns the word that is saved for an endpoint; an address stays as it is.
fn canonical(endpoint: &str) -> &str {
    let word = WORDS.iter().find(|(word, _)| word.eq_ignore_ascii_case(endpoint));
    word.map_or(endpoint, |(_, saved)| saved)
}

/// Replaces the endpoint in settings that a person wrote, or an older version saved, by the word that is compared.
pub(crate) fn normalize(settings: &mut Settings) {
    settings.endpoint = named(settings).map(str::to_owned);
}

/// Returns a text of the settings without blanks around it; `None` when it is empty.
pub(super) fn text(value: Option<&String>) -> Option<&str> {
    value.map(|value| value.trim()).filter(|value| !value.is_empty())
}
