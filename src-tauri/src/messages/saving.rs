//! Words for the sound of a reply that was saved, or was not.

use std::error::Error;
use std::io;
use std::path::Path;

use audio::AudioError;

use super::{chain, said};
use crate::contract::{ErrorCode, Severity, Text, UiError};

/// It lies there; all of it, or the first ten minutes (`audio::PLAYBACK_CAPACITY_BYTES`).
pub(crate) fn reply_saved(file: &Path, is_whole: bool) -> UiError {
    let folder = file.parent().unwrap_or(file).display().to_string();
    let (severity, id) =
        if is_whole { (Severity::Info, "reply-saved") } else { (Severity::Warn, "reply-saved-cut") };
    said(ErrorCode::ReplySaved, severity, Text::new(id).with("file", name(file)).with("folder", folder), &[])
}

/// Nothing was written.
pub(crate) fn reply_not_saved(file: &Path, error: &AudioError) -> UiError {
    let text = Text::new("reply-not-saved").with("file", name(file));
    UiError { detail: Some(chain(error)), ..said(ErrorCode::ReplyNotSaved, Severity::Danger, text, &[]) }
}

/// The file of `talk --events` takes no more.
pub(crate) fn events_lost(file: &Path, error: &io::Error) -> UiError {
    let text = Text::new("events-lost").with("file", file.display().to_string());
    UiError { detail: Some(error.to_string()), ..said(ErrorCode::File, Severity::Warn, text, &[]) }
}

/// The file of `serve --record` takes no more.
pub(crate) fn recording_lost(file: &Path, error: &io::Error) -> UiError {
    let text = Text::new("recording-lost").with("file", file.display().to_string());
    UiError { detail: Some(error.to_string()), ..said(ErrorCode::File, Severity::Warn, text, &[]) }
}

/// The file for the replies can't be written.
pub(crate) fn not_writable(file: &Path, error: &AudioError) -> UiError {
    let reason = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    let text = Text::new("not-writable").with("file", file.display().to_string());
    UiError { detail: Some(reason), ..said(ErrorCode::File, Severity::Danger, text, &[]) }
}

fn name(file: &Path) -> String {
    file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_cut_is_said_and_no_alarm_is_raised_otherwise() {
        let file = Path::new("Music/Replies/reply.flac");
        let (whole, cut) = (reply_saved(file, true), reply_saved(file, false));
        assert_eq!((whole.severity, whole.message()), (Severity::Info, "Saved reply.flac".to_owned()));
        assert!(whole.explanation().contains("Music/Replies"));
        assert!(cut.severity == Severity::Warn && cut.explanation().contains("ten minutes"));
    }
}
