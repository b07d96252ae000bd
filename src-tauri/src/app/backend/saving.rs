//! The backend's part for saving the sound of a reply. Writing blocks and is done elsewhere; how it went is a notice.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use conversation::ReplySound;

use super::outcome::Outcome;
use super::{Task, in_background};
use crate::contract::ErrorCode;
use crate::messages;

impl Task {
    /// Writes `reply` to `file`, as FLAC or WAV by its ending. What stood there stays unless all of it was written.
    pub(super) fn save_reply(&self, reply: Arc<ReplySound>, file: PathBuf) {
        self.answer_later(async move { in_background(move || save(&reply, &file)).await });
    }
}

fn save(reply: &ReplySound, file: &Path) -> Outcome {
    match audio::save_sound(file, &reply.pcm, reply.rate) {
        Ok(()) => Outcome::Notice(messages::reply_saved(file, reply.is_whole), ErrorCode::ReplyNotSaved),
        Err(error) => Outcome::Notice(messages::reply_not_saved(file, &error), ErrorCode::ReplySaved),
    }
}
