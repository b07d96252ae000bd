//! What the practice partner speaks and hears with: as much of it as was fetched.

use assets::{Catalogue, Store};
use practice::{LlmEndpoint, SpeechModels};

use crate::contract::{PartState, Parts, PartsFetch, Text};
use crate::messages;

/// The user's own, or those in the folder that `VIVAVOCE_ASSETS` names. Looks for files and opens none; they are loaded
/// when a conversation first needs them.
pub(crate) fn of_user() -> SpeechModels {
    Store::of_user().folder().map(SpeechModels::in_folder).unwrap_or_default()
}

/// Which parts there are. Looks at files.
pub(crate) fn parts(models: &SpeechModels, store: &Store) -> Parts {
    let state = |ready| if ready { PartState::Ready } else { PartState::Missing };
    Parts {
        voice: state(models.has_voice()),
        hearing: state(models.has_recogniser()),
        missing_bytes: store.missing(&Catalogue::embedded()).iter().map(|asset| asset.size).sum(),
        fetch: PartsFetch::Idle,
    }
}

/// For the terminal: which language model it uses.
pub(crate) fn thinks(endpoint: &LlmEndpoint) -> String {
    Text::new("partner-llm").with("model", &endpoint.model).with("url", &endpoint.base_url).words()
}

/// For the terminal: which parts are active.
pub(crate) fn words(models: &SpeechModels) -> String {
    messages::text(match (models.has_voice(), models.has_recogniser()) {
        (true, true) => "partner-speaks-and-hears",
        (true, false) => "partner-speaks",
        (false, true) => "partner-hears",
        (false, false) => "partner-neither",
    })
}
