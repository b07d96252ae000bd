//! A link that was not opened.

use super::said;
use crate::contract::{ErrorCode, Severity, Text, UiError};

/// It is none that is opened.
pub(crate) fn link_refused() -> UiError {
    said(ErrorCode::Refused, Severity::Warn, Text::new("link"), &[])
}

/// The system did not open it.
pub(crate) fn link_not_opened(reason: &str) -> UiError {
    let error = said(ErrorCode::Refused, Severity::Warn, Text::new("link-not-opened"), &[]);
    UiError { detail: Some(reason.to_owned()), ..error }
}
