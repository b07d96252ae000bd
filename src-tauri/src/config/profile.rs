//! From the settings to what a conversation needs. Pure.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;

use audio::{Microphone, SpeakerChoice};
use conversation::{Otherwise, Permissions, SoundStore};
use live_proto::catalogue::{Catalogue, Thinking};
use live_proto::{SetupOptions, ThinkingChoice, wire};
use tokio::sync::watch;
use video::CameraChoice;

use crate::contract::{MediaResolution, Sensitivity, Settings, ThinkingLevel, TurnCoverage};

/// The silence that may end a turn, in ms. Less would split words, more is too long to wait.
const SILENCE_MS: RangeInclusive<u32> = 100..=10_000;

/// Names no device in a profile and on the command line.
const NONE: &str = "none";

/// Returns the configuration of a conversation with these settings.
pub(crate) fn conversation(
    settings: &Settings,
    catalogue: &Arc<Catalogue>,
    preview: watch::Sender<Option<Arc<Vec<u8>>>>,
    sounds: SoundStore,
) -> conversation::Config {
    let (microphone, speaker) = sound(settings);
    conversation::Config {
        // The caller knows who is at the other end.
        is_local: false,
        setup: setup(settings, catalogue),
        catalogue: Arc::clone(catalogue),
        microphone,
        speaker,
        volume: volume(settings.volume),
        save: None::<PathBuf>,
        save_silence: settings.save_silence == Some(true),
        camera: (settings.camera_on == Some(true)).then(|| camera(settings)),
        permissions: permissions(settings),
        preview,
        sounds,
    }
}

/// What the person settled about functions. Whoever sees the log is asked about the others.
pub(crate) fn permissions(settings: &Settings) -> Permissions {
    Permissions { rules: settings.tool_rules.clone().unwrap_or_default(), otherwise: Otherwise::Ask }
}

/// Returns the options of the setup. What the model does not support is left out when the setup is built.
pub(crate) fn setup(settings: &Settings, catalogue: &Catalogue) -> SetupOptions {
    let model = model(settings, catalogue);
    // Unset means the first that the window offers, in both lists.
    let first_voice = || catalogue.voices().first().map(|voice| voice.name.clone());
    SetupOptions {
        voice: text(settings.voice.as_ref()).or_else(first_voice),
        instructions: text(settings.instructions.as_ref()),
        google_search: settings.google_search == Some(true),
        thinking: thinking(settings, &catalogue.rules(&model).thinking),
        media_resolution: settings.media_resolution.map(media_resolution),
        temperature: settings.temperature,
        affective: settings.affective == Some(true),
        proactive: settings.proactive == Some(true),
        no_interruption: settings.barge_in == Some(false),
        manual_activity: settings.push_to_talk == Some(true),
        start_sensitivity: settings.start_sensitivity.map(start_sensitivity),
        end_sensitivity: settings.end_sensitivity.map(end_sensitivity),
        silence_ms: settings.silence_ms.map(|ms| ms.clamp(*SILENCE_MS.start(), *SILENCE_MS.end())),
        turn_coverage: settings.turn_coverage.map(turn_coverage),
        compression: settings.compression != Some(false),
        translate_to: text(settings.translate_to.as_ref()),
        model,
        ..SetupOptions::default()
    }
}

/// The chosen model's id, without what stands before it on the wire.
pub(crate) fn model(settings: &Settings, catalogue: &Catalogue) -> String {
    text(settings.model.as_ref()).map_or_else(|| catalogue.default_model().to_owned(), |id| model_id(&id))
}

/// The one of the two that the model understands.
fn thinking(settings: &Settings, rules: &Thinking) -> Option<ThinkingChoice> {
    match rules {
        Thinking::None => None,
        Thinking::Level { .. } => settings.thinking_level.map(thinking_level).map(ThinkingChoice::Level),
        Thinking::Budget { .. } => settings.thinking_budget.map(ThinkingChoice::Budget),
    }
}

fn thinking_level(level: ThinkingLevel) -> wire::ThinkingLevel {
    match level {
        ThinkingLevel::Minimal => wire::ThinkingLevel::Minimal,
        ThinkingLevel::Low => wire::ThinkingLevel::Low,
        ThinkingLevel::Medium => wire::ThinkingLevel::Medium,
        ThinkingLevel::High => wire::ThinkingLevel::High,
        ThinkingLevel::ExtraHigh => wire::ThinkingLevel::ExtraHigh,
    }
}

fn start_sensitivity(sensitivity: Sensitivity) -> wire::StartSensitivity {
    match sensitivity {
        Sensitivity::Low => wire::StartSensitivity::Low,
        Sensitivity::High => wire::StartSensitivity::High,
    }
}

fn end_sensitivity(sensitivity: Sensitivity) -> wire::EndSensitivity {
    match sensitivity {
        Sensitivity::Low => wire::EndSensitivity::Low,
        Sensitivity::High => wire::EndSensitivity::High,
    }
}

fn turn_coverage(coverage: TurnCoverage) -> wire::TurnCoverage {
    match coverage {
        TurnCoverage::Activity => wire::TurnCoverage::OnlyActivity,
        TurnCoverage::SpeechAndPictures => wire::TurnCoverage::AudioActivityAndAllVideo,
        TurnCoverage::Everything => wire::TurnCoverage::AllInput,
    }
}

fn media_resolution(resolution: MediaResolution) -> wire::MediaResolution {
    match resolution {
        MediaResolution::Low => wire::MediaResolution::Low,
        MediaResolution::Medium => wire::MediaResolution::Medium,
        MediaResolution::High => wire::MediaResolution::High,
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

/// As an amplitude: loudness grows with its cube root, as the system's own sliders have it.
pub(crate) fn volume(percent: Option<u8>) -> f32 {
    (f32::from(percent.unwrap_or(100).min(100)) / 100.0).powi(3)
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

    fn setup(settings: &Settings) -> SetupOptions {
        super::setup(settings, &Catalogue::embedded())
    }

    #[test]
    fn unset_and_empty_mean_the_default() {
        let empty =
            Settings { voice: Some("  ".into()), microphone: Some(String::new()), ..Settings::default() };
        assert_eq!(setup(&empty).voice.as_deref(), Some("Puck"));
        assert!(matches!(sound(&empty).0, Microphone::Default));
        let unset = setup(&Settings::default());
        assert_eq!(unset.model, "gemini-3.8-live");
        assert!(unset.compression && !unset.no_interruption, "unset switches are as the window shows them");
    }

    #[test]
    fn a_model_is_taken_with_and_without_its_prefix() {
        let pasted = Settings { model: Some("models/gemini-x".into()), ..Settings::default() };
        assert_eq!(setup(&pasted).model, "gemini-x");
    }

    #[test]
    fn each_model_gets_the_thinking_that_it_understands() {
        let both = |model: &str| Settings {
            model: Some(model.into()),
            thinking_level: Some(ThinkingLevel::Medium),
            thinking_budget: Some(0),
            ..Settings::default()
        };
        let level = ThinkingChoice::Level(wire::ThinkingLevel::Medium);
        assert_eq!(setup(&both("gemini-3.8-live-extended-thinking")).thinking, Some(level));
        let budget = ThinkingChoice::Budget(0);
        assert_eq!(setup(&both("gemini-2.5-flash-native-audio-latest")).thinking, Some(budget));
        assert_eq!(setup(&both("gemini-3.8-live")).thinking, None);
    }

    #[test]
    fn a_volume_goes_from_silence_to_what_came_and_half_of_it_sounds_half_as_loud() {
        let volumes = [Some(0), Some(50), Some(100), Some(255), None].map(volume);
        assert!(volumes.iter().zip([0.0, 0.125, 1.0, 1.0, 1.0]).all(|(a, b)| (a - b).abs() < 1e-6));
    }

    #[test]
    fn a_pause_that_would_end_every_word_or_no_turn_is_brought_within_reason() {
        let pause = |ms| setup(&Settings { silence_ms: Some(ms), ..Settings::default() }).silence_ms;
        assert_eq!([pause(0), pause(700), pause(u32::MAX)], [Some(100), Some(700), Some(10_000)]);
    }
}
