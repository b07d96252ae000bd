//! What the practice partner speaks and hears with: as much of it as was fetched.

use assets::{Catalogue, Store};
use practice::{LlmEndpoint, SpeechModels};

use crate::contract::{AssetState, AssetsFetch, SpeechAssets, Text};
use crate::messages;

/// The user's own, or those in the folder that `VIVAVOCE_ASSETS` names. Looks for files and opens none; they are loaded
/// when a conversation first needs them.
pub(crate) fn of_user() -> SpeechModels {
    Store::of_user().folder().map(SpeechModels::in_folder).unwrap_or_default()
}

/// Returns which speech models are installed. Looks at files.
pub(crate) fn assets(models: &SpeechModels, store: &Store) -> SpeechAssets {
    let state = |ready| if ready { AssetState::Ready } else { AssetState::Missing };
    SpeechAssets {
        voice: state(models.has_voice()),
        hearing: state(models.has_recogniser()),
        missing_bytes: store.missing(&Catalogue::embedded()).iter().map(|asset| asset.size).sum(),
        fetch: AssetsFetch::Idle,
    }
}

/// Returns which language model it uses, for the terminal.
pub(crate) fn thinks(endpoint: &LlmEndpoint) -> String {
    Text::new("partner-llm").with("model", &endpoint.model).with("url", &endpoint.base_url).words()
}

/// Returns which of them are used, for the terminal.
pub(crate) fn words(models: &SpeechModels) -> String {
    messages::text(match (models.has_voice(), models.has_recogniser()) {
        (true, true) => "partner-speaks-and-hears",
        (true, false) => "partner-speaks",
        (false, true) => "partner-hears",
        (false, false) => "partner-neither",
    })
}
