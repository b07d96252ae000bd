//! What the practice partner speaks and hears with: as much of it as was fetched.

use assets::{Catalogue, Recogniser, Store};
use practice::{LlmEndpoint, SpeechModels};

use crate::contract::{self, AssetState, AssetsFetch, Settings, SpeechAssets, Text};
use crate::messages;

/// The user's own, or those in the folder that `VIVAVOCE_ASSETS` names. Looks for files and opens none; they are loaded
/// when a conversation first needs them.
pub(crate) fn of_user(settings: &Settings) -> SpeechModels {
    of_store(&Store::of_user(), recogniser(settings))
}

/// Those of a store.
pub(crate) fn of_store(store: &Store, recogniser: Recogniser) -> SpeechModels {
    let models = match recogniser {
        Recogniser::Tiny => SpeechModels::in_folder,
        Recogniser::Base => SpeechModels::multilingual_in_folder,
    };
    store.folder().map(models).unwrap_or_default()
}

/// Returns the recogniser that was chosen.
pub(crate) fn recogniser(settings: &Settings) -> Recogniser {
    match settings.recogniser {
        None => Recogniser::default(),
        Some(contract::Recogniser::Tiny) => Recogniser::Tiny,
        Some(contract::Recogniser::Base) => Recogniser::Base,
    }
}

/// Returns which speech models are installed, and what the chosen ones need still. Looks at files.
pub(crate) fn assets(models: &SpeechModels, store: &Store, recogniser: Recogniser) -> SpeechAssets {
    let state = |ready| if ready { AssetState::Ready } else { AssetState::Missing };
    let catalogue = Catalogue::with(recogniser);
    let chosen = catalogue.recogniser(recogniser).and_then(|asset| store.find(asset));
    SpeechAssets {
        voice: state(models.has_voice()),
        hearing: state(models.has_recogniser()),
        recogniser: state(chosen.is_some()),
        missing_bytes: store.missing(&catalogue).iter().map(|asset| asset.size).sum(),
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

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    /// A folder with these files in the right size; nobody reads them.
    fn store(names: &[&str]) -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            let whole = Catalogue::whole();
            let asset = whole.asset(name).unwrap();
            File::create(folder.path().join(&asset.file)).unwrap().set_len(asset.size).unwrap();
        }
        let store = Store::at(folder.path());
        (folder, store)
    }

    #[test]
    fn only_the_chosen_recogniser_is_missing_and_the_english_one_hears_until_then() {
        let size = |recogniser| Catalogue::with(recogniser).recogniser(recogniser).unwrap().size;
        let (_folder, store) = store(&["hearing"]);
        for (recogniser, chosen) in
            [(Recogniser::Tiny, AssetState::Ready), (Recogniser::Base, AssetState::Missing)]
        {
            let found = assets(&of_store(&store, recogniser), &store, recogniser);
            assert_eq!((found.hearing, found.recogniser), (AssetState::Ready, chosen), "{recogniser:?}");
            let more = if chosen == AssetState::Ready { 0 } else { size(Recogniser::Base) };
            let voice: u64 = Catalogue::embedded().assets().iter().map(|asset| asset.size).sum();
            assert_eq!(found.missing_bytes, voice - size(Recogniser::Tiny) + more);
        }
    }

    #[test]
    fn the_english_recogniser_is_not_missed_beside_the_other() {
        let (_folder, store) = store(&["hearing-languages"]);
        let found = assets(&of_store(&store, Recogniser::Base), &store, Recogniser::Base);
        assert_eq!((found.hearing, found.recogniser), (AssetState::Ready, AssetState::Ready));
        let found = assets(&of_store(&store, Recogniser::Tiny), &store, Recogniser::Tiny);
        assert_eq!((found.hearing, found.recogniser), (AssetState::Missing, AssetState::Missing));
    }

    #[test]
    fn a_setting_names_the_recogniser() {
        let chosen = |recogniser| Settings { recogniser, ..Settings::default() };
        assert_eq!(recogniser(&chosen(None)), Recogniser::Tiny);
        assert_eq!(recogniser(&chosen(Some(contract::Recogniser::Base))), Recogniser::Base);
    }
}
