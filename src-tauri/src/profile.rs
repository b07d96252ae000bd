//! From the settings to what a conversation needs. Pure.

use std::path::PathBuf;
use std::sync::Arc;

use audio::{Microphone, SpeakerChoice};
use live_proto::SetupOptions;
use live_proto::catalogue::Catalogue;
use tokio::sync::watch;
use video::CameraChoice;

use crate::contract::Settings;

/// Names no device in a profile and on the command line.
const NONE: &str = "none";

/// What a conversation by these settings is made of.
pub(crate) fn conversation(
    settings: &Settings,
    preview: watch::Sender<Option<Arc<Vec<u8>>>>,
) -> conversation::Config {
    let (microphone, speaker) = sound(settings);
    conversation::Config {
        setup: setup(settings),
        catalogue: Catalogue::embedded(),
        microphone,
        speaker,
        save: None::<PathBuf>,
        camera: (settings.camera_on == Some(true)).then(|| camera(settings)),
        preview,
    }
}

/// What the session is told at its start.
pub(crate) fn setup(settings: &Settings) -> SetupOptions {
    let catalogue = Catalogue::embedded();
    // Unset means the first that the window offers, in both lists.
    let first_voice = || catalogue.voices().first().map(|voice| voice.name.clone());
    SetupOptions {
        model: text(settings.model.as_ref())
            .map_or_else(|| catalogue.default_model().to_owned(), |id| model_id(&id)),
        voice: text(settings.voice.as_ref()).or_else(first_voice),
        instructions: text(settings.instructions.as_ref()),
        google_search: settings.google_search == Some(true),
        ..SetupOptions::default()
    }
}

/// Which microphone and speaker. `none` means no device at all.
pub(crate) fn sound(settings: &Settings) -> (Microphone, SpeakerChoice) {
    let microphone = match text(settings.microphone.as_ref()) {
        None => Microphone::Default,
        Some(name) if name == NONE => Microphone::None,
        Some(name) => Microphone::Named(name),
    };
    let speaker = match text(settings.speaker.as_ref()) {
        None => SpeakerChoice::Default,
        Some(name) if name == NONE => SpeakerChoice::None,
        Some(name) => SpeakerChoice::Named(name),
    };
    (microphone, speaker)
}

/// Which camera.
pub(crate) fn camera(settings: &Settings) -> CameraChoice {
    text(settings.camera.as_ref()).map_or(CameraChoice::Default, CameraChoice::Named)
}

fn text(value: Option<&String>) -> Option<String> {
    value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// People paste ids with and without the prefix of the wire.
fn model_id(id: &str) -> String {
    id.strip_prefix("models/").unwrap_or(id).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unset_and_empty_mean_the_default() {
        let empty =
            Settings { voice: Some("  ".into()), microphone: Some(String::new()), ..Settings::default() };
        assert_eq!(setup(&empty).voice.as_deref(), Some("Puck"));
        assert!(matches!(sound(&empty).0, Microphone::Default));
        assert_eq!(setup(&Settings::default()).model, "gemini-3.8-live");
    }

    #[test]
    fn a_model_is_taken_with_and_without_its_prefix() {
        let pasted = Settings { model: Some("models/gemini-x".into()), ..Settings::default() };
        assert_eq!(setup(&pasted).model, "gemini-x");
    }
}
