//! Which partner the settings name, and whose key it takes. Pure; knows no key.

use crate::contract::{KeySlot, Settings};

/// Words for a partner, and how they are kept.
const WORDS: [(&str, &str); 6] = [
    ("gemini", "gemini"),
    ("vertex", "vertex"),
    ("vertex-express", "vertex-express"),
    ("rehearsal", "rehearsal"),
    ("rehearse", "rehearsal"),
    ("practice", "rehearsal"),
];

/// Whose key Start would need; none for the rehearsal, which is meant when nothing is named and there is no key for Gemini.
pub(super) fn slot(settings: &Settings, has_gemini_key: bool) -> Option<KeySlot> {
    match named(settings) {
        Some("rehearsal") => None,
        None => has_gemini_key.then_some(KeySlot::Gemini),
        Some("gemini") => Some(KeySlot::Gemini),
        Some("vertex" | "vertex-express") => Some(KeySlot::Vertex),
        Some(_) => Some(KeySlot::Server),
    }
}

/// Whose key these settings can do with; none for the rehearsal and for the system's own credentials.
pub(super) fn key_wanted(settings: &Settings) -> Option<KeySlot> {
    match named(settings) {
        None => Some(KeySlot::Gemini),
        Some("vertex") => None,
        Some(_) => slot(settings, false),
    }
}

/// The partner that the settings name, as it is compared; `None` when they name none.
pub(super) fn named(settings: &Settings) -> Option<&str> {
    text(settings.endpoint.as_ref()).map(canonical)
}

/// The word for a partner as it is compared, however it was written; an address as it is.
fn canonical(endpoint: &str) -> &str {
    let word = WORDS.iter().find(|(word, _)| word.eq_ignore_ascii_case(endpoint));
    word.map_or(endpoint, |(_, partner)| partner)
}

/// Writes the partner of settings that came from a person as everything else compares it.
pub(crate) fn tidy(settings: &mut Settings) {
    settings.endpoint = named(settings).map(str::to_owned);
}

/// A text of the settings without blanks around it; `None` when there is none.
pub(super) fn text(value: Option<&String>) -> Option<&str> {
    value.map(|value| value.trim()).filter(|value| !value.is_empty())
}
