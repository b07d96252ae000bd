//! What was remembered, on disk: one JSON file in the user's data folder. Blocks for milliseconds.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tools::{MAX_NOTE_CHARS, MAX_NOTES, Note};

use crate::config::files::{self, Unreadable};
use crate::contract::UiError;
use crate::messages;

/// Where notes are kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct NotesFile {
    path: Option<PathBuf>,
    /// The newest change that was written: an older one that comes later is left out.
    written: Arc<Mutex<u64>>,
}

#[derive(Deserialize, Serialize)]
struct File {
    notes: Vec<Entry>,
}

#[derive(Deserialize, Serialize)]
struct Entry {
    at: u64,
    text: String,
}

impl NotesFile {
    /// The user's own; without a home folder they last for this run.
    pub(crate) fn of_user() -> Self {
        let folders = directories::ProjectDirs::from("app", "vivavoce", "Vivavoce");
        let path = folders.map(|folders| folders.data_local_dir().join("notes.json"));
        Self { path, ..Self::default() }
    }

    /// This file.
    pub(crate) fn at(path: PathBuf) -> Self {
        Self { path: Some(path), ..Self::default() }
    }

    /// Reads them, the oldest first.
    ///
    /// # Errors
    /// When there is a file that can't be read.
    pub(crate) fn load(&self) -> Result<Vec<Note>, UiError> {
        let Some(path) = &self.path else { return Ok(Vec::new()) };
        let text = match files::read_text(path) {
            Ok(text) => text,
            Err(Unreadable::Missing) => return Ok(Vec::new()),
            Err(error) => return Err(messages::notes_file(path, &error.to_string())),
        };
        let file: File =
            serde_json::from_str(&text).map_err(|error| messages::notes_file(path, &error.to_string()))?;
        let bounded = |Entry { at, text }| Note { at, text: text.chars().take(MAX_NOTE_CHARS).collect() };
        Ok(file.notes.into_iter().take(MAX_NOTES).map(bounded).collect())
    }

    /// Writes them whole or not at all. `round` grows with each change.
    ///
    /// # Errors
    /// When they can't be written.
    pub(crate) fn save(&self, notes: &[Note], round: u64) -> Result<(), UiError> {
        let Some(path) = &self.path else { return Ok(()) };
        let mut newest = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if round <= *newest {
            return Ok(());
        }
        *newest = round;
        let notes = notes.iter().map(|note| Entry { at: note.at, text: note.text.clone() }).collect();
        let written = serde_json::to_vec_pretty(&File { notes })
            .map_err(std::io::Error::from)
            .and_then(|bytes| files::replace(path, &bytes));
        written.map_err(|error| messages::notes_file(path, &error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_saved_is_loaded_and_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let file = NotesFile::at(folder.path().join("deep/notes.json"));
        assert_eq!(file.load(), Ok(Vec::new()));
        let note = |text: &str| Note { at: 5, text: text.to_owned() };
        file.save(&[note("one"), note(&"x".repeat(2 * MAX_NOTE_CHARS))], 1).unwrap();
        assert_eq!(file.load().unwrap(), [note("one"), note(&"x".repeat(MAX_NOTE_CHARS))]);
        let many: Vec<_> = (0..2 * MAX_NOTES).map(|_| note("many")).collect();
        file.save(&many, 3).unwrap();
        file.save(&[], 2).unwrap();
        assert_eq!(file.load().unwrap().len(), MAX_NOTES);
    }

    #[test]
    fn a_file_that_holds_none_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.json");
        for text in ["", "[]", "{\"notes\": [5]}"] {
            std::fs::write(&path, text).unwrap();
            let error = NotesFile::at(path.clone()).load().unwrap_err();
            assert!(error.message().contains("notes.json"), "{error:?}");
        }
    }
}
