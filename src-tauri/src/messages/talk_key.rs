//! The global shortcut that the system does not give us.

use super::said;
use crate::contract::{ErrorCode, Hint, Severity, Text, UiError};

/// `reason` as the system says.
pub(crate) fn talk_key(reason: String) -> UiError {
    let error = said(ErrorCode::TalkKey, Severity::Warn, Text::new("talk-key"), &[Hint::OpenSettings]);
    UiError { detail: Some(reason), ..error }
}
