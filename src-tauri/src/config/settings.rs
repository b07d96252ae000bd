//! The settings on disk: one JSON file in the user's config folder, and profile files of the same form. Each field counts by
//! itself: what this version does not know, or can't read, costs no other field, and stays in the file. Blocks for
//! milliseconds; called at start and on a change.

mod fields;

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::config::files::{self, Unreadable};
use crate::contract::{ErrorCode, Hint, Settings, Severity, Text, UiError};
use fields::Read;

/// Where settings are kept.
#[derive(Clone, Debug)]
pub struct Store {
    path: Option<PathBuf>,
}

impl Store {
    /// The user's own settings; without a home folder they last for this run.
    pub fn of_user() -> Self {
        let folders = directories::ProjectDirs::from("app", "vivavoce", "Vivavoce");
        Self { path: folders.map(|folders| folders.config_dir().join("settings.json")) }
    }

    /// Settings that are nobody's: a run from a profile leaves the user's own as they are.
    pub fn none() -> Self {
        Self { path: None }
    }

    /// Whether anything is kept for the next run.
    pub(crate) fn is_kept(&self) -> bool {
        self.path.is_some()
    }

    /// Reads them. A file that can't be read is kept beside itself, so nothing a person wrote is lost, and said.
    pub fn load(&self) -> (Settings, Option<UiError>) {
        let Some(path) = &self.path else { return (Settings::default(), None) };
        match read(path) {
            Ok(read) => {
                // What a newer version added is its own business; a value that can't be read is the person's.
                let ignored = fields::words(&read.invalid, &[]);
                let trouble = ignored.map(|ignored| trouble(Text::new("settings-fields"), ignored));
                (read.settings, trouble)
            }
            Err(Refused::File(Unreadable::Missing)) => (Settings::default(), None),
            Err(refused) => {
                let text = match keep(path) {
                    Some(kept) => Text::new("settings-unread-kept").with("file", kept.display().to_string()),
                    None => Text::new("settings-unread"),
                };
                (Settings::default(), Some(trouble(text, refused.to_string())))
            }
        }
    }

    /// Writes them whole or not at all.
    pub fn save(&self, settings: &Settings) -> Result<(), UiError> {
        let Some(path) = &self.path else { return Ok(()) };
        write(path, settings).map_err(|error| {
            let text = Text::new("settings-not-saved").with("file", path.display().to_string());
            trouble(text, error.to_string())
        })
    }
}

/// Reads a profile: a JSON file in the form of [`Settings`]. With it comes a warning of the fields that are ignored.
pub(crate) fn read_profile(path: &Path) -> Result<(Settings, Option<UiError>), UiError> {
    let file = path.display().to_string();
    let refused = |text: Text, detail: Option<String>| UiError {
        code: ErrorCode::File,
        severity: Severity::Danger,
        text: text.with("file", &file),
        hints: Vec::new(),
        detail,
        suggestion: None,
    };
    let example = r#"{"endpoint": "practice", "voice": "Kore"}"#;
    let read = read(path).map_err(|error| match error {
        Refused::File(reason) => {
            let words = reason.to_string();
            let (first, rest) = words.split_at(words.chars().next().map_or(0, char::len_utf8));
            let text = Text::new("profile-file").with("reason", first.to_uppercase() + rest);
            refused(text.with("example", example), None)
        }
        Refused::Json(reason) => refused(Text::new("profile-form").with("example", example), Some(reason)),
    })?;
    // Who names a device or a server means that one, and no other in its place.
    if let Some(text) = read.invalid.iter().find(|invalid| fields::is_text(&invalid.field)) {
        let words = Text::new("profile-not-text").with("field", &text.field);
        return Err(refused(words, Some(text.reason.clone())));
    }
    let ignored = fields::words(&read.invalid, &read.unknown)
        .map(|ignored| trouble(Text::new("profile-fields").with("file", &file), ignored));
    Ok((read.settings, ignored))
}

/// Why there are no settings in a file.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error(transparent)]
    File(#[from] Unreadable),
    #[error("{0}")]
    Json(String),
}

fn read(path: &Path) -> Result<Read, Refused> {
    let object = object(path)?;
    fields::read(object).map_err(|error| Refused::Json(error.to_string()))
}

fn object(path: &Path) -> Result<Map<String, Value>, Refused> {
    let text = files::read_text(path)?;
    if text.trim().is_empty() {
        return Err(Refused::Json("the file is empty".to_owned()));
    }
    serde_json::from_str(&text).map_err(|error| Refused::Json(error.to_string()))
}

/// Puts what can't be read beside itself, before something else is written in its place.
fn keep(path: &Path) -> Option<PathBuf> {
    let kept = path.with_extension("json.unreadable");
    let there = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    let moved = if there.len() > files::MAX_BYTES {
        std::fs::rename(path, &kept)
    } else {
        std::fs::read(path).and_then(|bytes| files::replace(&kept, &bytes))
    };
    moved.is_ok().then_some(kept)
}

fn write(path: &Path, settings: &Settings) -> io::Result<()> {
    let mut whole = object(path).map(fields::not_understood).unwrap_or_default();
    match serde_json::to_value(settings)? {
        Value::Object(ours) => whole.extend(ours),
        _ => return Err(ErrorKind::InvalidData.into()),
    }
    files::replace(path, &serde_json::to_vec_pretty(&whole)?)
}

fn trouble(text: Text, detail: String) -> UiError {
    UiError {
        code: ErrorCode::Settings,
        severity: Severity::Warn,
        text,
        hints: vec![Hint::OpenSettings],
        detail: Some(detail),
        suggestion: None,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::contract::Theme;

    fn store(folder: &tempfile::TempDir) -> Store {
        Store { path: Some(folder.path().join("deep/settings.json")) }
    }

    /// Settings as they stand on disk.
    fn written(text: &str) -> (tempfile::TempDir, PathBuf, Store) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.json");
        fs::write(&path, text).unwrap();
        let store = Store { path: Some(path.clone()) };
        (folder, path, store)
    }

    fn profile(text: &str) -> Result<(Settings, Option<UiError>), UiError> {
        let (_folder, path, _) = written(text);
        read_profile(&path)
    }

    #[test]
    fn what_was_saved_is_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { voice: Some("Kore".into()), camera_on: Some(true), ..Settings::default() };
        store(&folder).save(&settings).unwrap();
        assert_eq!(store(&folder).load(), (settings, None));
    }

    #[test]
    fn a_first_run_has_the_defaults_and_no_trouble() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(store(&folder).load(), (Settings::default(), None));
    }

    #[test]
    fn a_broken_file_is_kept_and_said() {
        let too_large = format!("{{\"voice\": \"{}\"}}", "x".repeat(2 << 20));
        for broken in ["{\"voice\": ", "", "[1]", "7", &too_large] {
            let (_folder, path, store) = written(broken);
            let (settings, trouble) = store.load();
            assert_eq!(settings, Settings::default());
            assert_eq!(trouble.unwrap().code, ErrorCode::Settings);
            assert_eq!(fs::read_to_string(path.with_extension("json.unreadable")).unwrap(), broken);
        }
    }

    #[test]
    fn a_byte_order_mark_costs_no_settings() {
        let (_folder, _, store) = written("\u{feff}{\"voice\": \"Kore\"}");
        let (settings, trouble) = store.load();
        assert_eq!((settings.voice.as_deref(), trouble), (Some("Kore"), None));
        assert_eq!(profile("\u{feff}{\"voice\": \"Kore\"}").unwrap().0.voice.as_deref(), Some("Kore"));
    }

    #[test]
    fn a_newer_versions_settings_cost_one_field_and_are_kept() {
        let newer =
            r#"{"theme": "sepia", "voice": "Kore", "volume": 300, "later": {"a": [1]}, "temperature": null}"#;
        let (_folder, path, store) = written(newer);
        let (mut settings, trouble) = store.load();
        assert_eq!((settings.voice.as_deref(), settings.theme, settings.volume), (Some("Kore"), None, None));
        let detail = trouble.unwrap().detail.unwrap();
        assert!(
            detail.contains("`theme`") && detail.contains("`volume`") && !detail.contains("later"),
            "{detail}"
        );
        settings.voice = Some("Puck".into());
        settings.volume = Some(40);
        store.save(&settings).unwrap();
        let on_disk: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let expected =
            serde_json::json!({"theme": "sepia", "voice": "Puck", "volume": 40, "later": {"a": [1]}});
        assert_eq!(on_disk, expected);
        settings.theme = Some(Theme::Dark);
        store.save(&settings).unwrap();
        assert_eq!(store.load(), (settings, None), "what was chosen anew counts");
    }

    #[cfg(unix)]
    #[test]
    fn settings_that_are_a_device_are_neither_copied_nor_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.json");
        std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
        let store = Store { path: Some(path.clone()) };
        assert!(store.load().1.is_some() && !path.with_extension("json.unreadable").exists());
        assert!(store.save(&Settings::default()).is_err());
    }

    #[test]
    fn a_misspelt_field_is_named_with_the_one_that_was_meant() {
        let (settings, warning) =
            profile(r#"{"endpoint": "practice", "micropone": "none", "push_to_talk": true, "zzz": 1}"#)
                .unwrap();
        assert_eq!(settings.endpoint.as_deref(), Some("practice"));
        let detail = warning.unwrap().detail.unwrap();
        for words in ["`micropone`", "`microphone`", "`push_to_talk`", "`pushToTalk`", "`zzz`"] {
            assert!(detail.contains(words), "{detail}");
        }
        assert_eq!(profile(r#"{"endpoint": "practice"}"#).unwrap().1, None);
    }

    #[test]
    fn a_profile_whose_device_is_no_text_opens_no_other() {
        let error = profile(r#"{"microphone": ["none"]}"#).unwrap_err();
        assert!(error.explanation().contains("microphone"), "{error:?}");
        let (settings, warning) = profile(r#"{"theme": "sepia", "microphone": "none"}"#).unwrap();
        assert_eq!(settings.microphone.as_deref(), Some("none"));
        assert!(warning.unwrap().detail.unwrap().contains("sepia"));
    }

    #[test]
    fn a_profile_that_is_no_file_is_refused_in_its_own_words() {
        let folder = tempfile::tempdir().unwrap();
        let error = read_profile(folder.path()).unwrap_err();
        assert!(error.explanation().starts_with("It is a folder"), "{error:?}");
        let missing = read_profile(&folder.path().join("none.json")).unwrap_err();
        assert!(missing.explanation().starts_with("There is no such file"), "{missing:?}");
    }
}
