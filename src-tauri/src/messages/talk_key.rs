//! Words for a talk key that the system does not give us.

use crate::contract::{ErrorCode, Hint, Severity, UiError};

/// `reason` as the system says.
pub(crate) fn talk_key(reason: String) -> UiError {
    UiError {
        code: ErrorCode::TalkKey,
        severity: Severity::Warn,
        message: "The talk key does not work from other windows".to_owned(),
        explanation: "The system did not give the key to Vivavoce; another program may have it. Choose another one in the settings. Space and the button work as ever."
            .to_owned(),
        hints: vec![Hint::OpenSettings],
        detail: Some(reason),
        suggestion: None,
    }
}
