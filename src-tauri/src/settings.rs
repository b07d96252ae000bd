//! The settings on disk: one JSON file in the user's config folder, and profile files of the same form. Blocks for
//! milliseconds; called at start and on a change.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::contract::{ErrorCode, Hint, Settings, Severity, UiError};

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
            Ok(settings) => (settings, None),
            Err(error) if error.kind() == ErrorKind::NotFound => (Settings::default(), None),
            Err(error) => {
                let kept = path.with_extension("json.unreadable");
                let copied = fs::copy(path, &kept).is_ok();
                let explanation = if copied {
                    format!("The defaults are used. Your file was kept as {}.", kept.display())
                } else {
                    "The defaults are used.".to_owned()
                };
                (Settings::default(), Some(unreadable("The settings can't be read", explanation, &error)))
            }
        }
    }

    /// Writes them whole or not at all.
    pub fn save(&self, settings: &Settings) -> Result<(), UiError> {
        let Some(path) = &self.path else { return Ok(()) };
        write(path, settings).map_err(|error| {
            unreadable(
                "The settings can't be saved",
                format!("They hold until you quit. Is {} writable?", path.display()),
                &error,
            )
        })
    }
}

/// Reads a profile: a JSON file in the form of [`Settings`].
pub(crate) fn read_profile(path: &Path) -> Result<Settings, UiError> {
    read(path).map_err(|error| UiError {
        code: ErrorCode::File,
        severity: Severity::Danger,
        message: format!("The profile {} can't be read", path.display()),
        explanation: "It should be a JSON object like {\"endpoint\": \"rehearsal\", \"voice\": \"Kore\"}."
            .into(),
        hints: Vec::new(),
        detail: Some(error.to_string()),
        suggestion: None,
    })
}

fn read(path: &Path) -> io::Result<Settings> {
    let bytes = fs::read(path)?;
    serde_json::from_slice(&bytes).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))
}

fn write(path: &Path, settings: &Settings) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let draft = path.with_extension("json.new");
    let mut file = fs::File::create(&draft)?;
    file.write_all(&serde_json::to_vec_pretty(settings)?)?;
    file.sync_all()?;
    fs::rename(draft, path)
}

fn unreadable(message: &str, explanation: String, error: &io::Error) -> UiError {
    UiError {
        code: ErrorCode::Settings,
        severity: Severity::Warn,
        message: message.to_owned(),
        explanation,
        hints: vec![Hint::OpenSettings],
        detail: Some(error.to_string()),
        suggestion: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(folder: &tempfile::TempDir) -> Store {
        Store { path: Some(folder.path().join("deep/settings.json")) }
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
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.json");
        fs::write(&path, "{\"voice\": ").unwrap();
        let (settings, trouble) = Store { path: Some(path.clone()) }.load();
        assert_eq!(settings, Settings::default());
        assert_eq!(trouble.unwrap().code, ErrorCode::Settings);
        assert!(path.with_extension("json.unreadable").exists());
    }

    #[test]
    fn unknown_fields_of_a_newer_version_are_no_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("profile.json");
        fs::write(&path, r#"{"endpoint": "rehearsal", "microphone": "app_mic", "later": 1}"#).unwrap();
        let settings = read_profile(&path).unwrap();
        assert_eq!(settings.microphone.as_deref(), Some("app_mic"));
    }
}
