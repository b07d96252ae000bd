//! Words for the sound of a reply that was saved, or was not.

use std::io;
use std::path::Path;

use audio::AudioError;

use super::chain;
use crate::contract::{ErrorCode, Severity, UiError};

/// It lies there; all of it, or the first ten minutes (`audio::PLAYBACK_CAPACITY_BYTES`).
pub(crate) fn reply_saved(file: &Path, is_whole: bool) -> UiError {
    let folder = file.parent().unwrap_or(file).display();
    let (severity, explanation) = if is_whole {
        (Severity::Info, format!("It is in {folder}."))
    } else {
        (
            Severity::Warn,
            format!("Only its first ten minutes: no more of a reply is kept. The file is in {folder}."),
        )
    };
    said(ErrorCode::ReplySaved, severity, format!("{} is saved", name(file)), explanation, None)
}

/// Nothing was written.
pub(crate) fn reply_not_saved(file: &Path, error: &AudioError) -> UiError {
    let message = format!("{} could not be saved", name(file));
    let explanation =
        "Is there room, and may Vivavoce write there? The reply is still here: try another place.";
    said(ErrorCode::ReplyNotSaved, Severity::Danger, message, explanation.to_owned(), Some(chain(error)))
}

/// The file of `talk --events` takes no more.
pub(crate) fn events_lost(file: &Path, error: &io::Error) -> UiError {
    let message = format!("{} can't be written", file.display());
    let explanation = "The conversation goes on; the file has what came before.".to_owned();
    said(ErrorCode::File, Severity::Warn, message, explanation, Some(error.to_string()))
}

fn name(file: &Path) -> String {
    file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned()
}

fn said(
    code: ErrorCode,
    severity: Severity,
    message: String,
    explanation: String,
    detail: Option<String>,
) -> UiError {
    UiError { code, severity, message, explanation, hints: Vec::new(), detail, suggestion: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_cut_is_said_and_no_alarm_is_raised_otherwise() {
        let file = Path::new("Music/Replies/reply.flac");
        let (whole, cut) = (reply_saved(file, true), reply_saved(file, false));
        assert_eq!((whole.severity, whole.message.as_str()), (Severity::Info, "reply.flac is saved"));
        assert!(whole.explanation.contains("Music/Replies"));
        assert!(cut.severity == Severity::Warn && cut.explanation.contains("ten minutes"));
    }
}
