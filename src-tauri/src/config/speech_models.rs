//! What the rehearsal partner speaks and hears with: as much of it as was fetched.

use assets::{Catalogue, Store};
use practice::{LlmEndpoint, SpeechModels};

use crate::contract::{PartState, Parts, PartsFetch};

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

/// For the terminal: whose thoughts they are.
pub(crate) fn thinks(endpoint: &LlmEndpoint) -> String {
    format!("It thinks with the language model {} at {}.", endpoint.model, endpoint.base_url)
}

/// For the terminal: which parts are active.
pub(crate) fn words(models: &SpeechModels) -> &'static str {
    match (models.has_voice(), models.has_recogniser()) {
        (true, true) => "It understands English speech and speaks with a voice of its own.",
        (true, false) => {
            "It speaks with a voice of its own; without a recogniser it understands typed words only."
        }
        (false, true) => "It understands English speech and answers in a sketched voice.",
        (false, false) => {
            "Its voice and its recogniser have not been fetched (`vivavoce-assets fetch`): it understands typed words, plays \
             back spoken ones, and answers in a sketched voice."
        }
    }
}
