//! Words for a link that was not opened.

use crate::contract::{ErrorCode, Severity, UiError};

/// It is none that is opened.
pub(crate) fn link_refused() -> UiError {
    said("Only https links that name a site, and no user, are opened.", None)
}

/// The system did not open it.
pub(crate) fn link_not_opened(reason: &str) -> UiError {
    said("No browser could be started. Copy the link and open it yourself.", Some(reason.to_owned()))
}

fn said(explanation: &str, detail: Option<String>) -> UiError {
    UiError {
        code: ErrorCode::Refused,
        severity: Severity::Warn,
        message: "The link can't be opened".into(),
        explanation: explanation.into(),
        hints: Vec::new(),
        detail,
        suggestion: None,
    }
}
