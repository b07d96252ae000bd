//! The backend's part for saving a turn's sound and picture. Writing blocks and is done elsewhere; how it went is a notice.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use conversation::TurnSound;

use super::outcome::Outcome;
use super::{Task, in_background};
use crate::config::files;
use crate::contract::{ErrorCode, UiError};
use crate::messages;

impl Task {
    /// Writes `sound` to `file`, as FLAC or WAV by its ending. What stood there stays unless all of it was written.
    pub(super) fn save_sound(&self, sound: Arc<TurnSound>, file: PathBuf) {
        self.save(file, move |file| {
            let written = audio::save_sound(file, &sound.pcm, sound.rate);
            written.map(|()| messages::sound_saved(file, sound.is_whole))
        });
    }

    /// Writes a picture to `file`, whole or not at all.
    pub(super) fn save_picture(&self, png: Vec<u8>, file: PathBuf) {
        self.save(file, move |file| files::replace(file, &png).map(|()| messages::picture_saved(file)));
    }

    fn save<E: Error + 'static>(
        &self,
        file: PathBuf,
        write: impl FnOnce(&Path) -> Result<UiError, E> + Send + 'static,
    ) {
        let work = move || match write(&file) {
            Ok(notice) => Outcome::Saved(Some(file), notice, ErrorCode::NotSaved),
            Err(error) => Outcome::Saved(None, messages::not_saved(&file, &error), ErrorCode::Saved),
        };
        self.answer_later(in_background(work));
    }
}
