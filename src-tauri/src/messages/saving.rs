//! Words for a sound or a picture that was saved, or was not.

use std::error::Error;
use std::io;
use std::path::Path;

use audio::AudioError;

use super::{chain, said};
use crate::contract::{ErrorCode, Hint, Severity, Text, UiError};

/// The sound of a turn lies there; all of it, or the first ten minutes.
pub(crate) fn sound_saved(file: &Path, is_whole: bool) -> UiError {
    let (severity, text) = if is_whole {
        (Severity::Info, Text::new("saved"))
    } else {
        (Severity::Warn, Text::new("saved-cut"))
    };
    saved(file, severity, text)
}

/// The picture of a turn lies there.
pub(crate) fn picture_saved(file: &Path) -> UiError {
    saved(file, Severity::Info, Text::new("saved"))
}

fn saved(file: &Path, severity: Severity, text: Text) -> UiError {
    let folder = file.parent().unwrap_or(file).display().to_string();
    let text = text.with("file", name(file)).with("folder", folder);
    said(ErrorCode::Saved, severity, text, &[Hint::ShowInFolder])
}

/// Nothing was written.
pub(crate) fn not_saved(file: &Path, error: &dyn Error) -> UiError {
    let text = Text::new("not-saved").with("file", name(file));
    UiError { detail: Some(chain(error)), ..said(ErrorCode::NotSaved, Severity::Danger, text, &[]) }
}

/// The file that was saved is no longer there, or the system can't show it.
pub(crate) fn not_shown(reason: Option<&str>) -> UiError {
    let notice = said(ErrorCode::Refused, Severity::Warn, Text::new("not-shown"), &[]);
    UiError { detail: reason.map(str::to_owned), ..notice }
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
        let (whole, cut) = (sound_saved(file, true), sound_saved(file, false));
        assert_eq!((whole.severity, whole.message()), (Severity::Info, "Saved reply.flac".to_owned()));
        assert!(whole.explanation().contains("Music/Replies"));
        assert_eq!(whole.hints, [Hint::ShowInFolder]);
        assert!(cut.severity == Severity::Warn && cut.explanation().contains("ten minutes"));
    }
}
