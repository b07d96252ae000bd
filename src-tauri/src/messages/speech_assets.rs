//! What went wrong when the practice partner's speech models were downloaded.

use assets::AssetError;

use super::said;
use crate::contract::{ErrorCode, Severity, Text, UiError};

/// Why a model could not be had. The window's buttons for downloading stand beside it.
pub(crate) fn speech_assets(error: &AssetError) -> UiError {
    let id = match error {
        AssetError::Foreign(_) => "speech-models-foreign",
        AssetError::Half(_) => "speech-models-half",
        AssetError::NoFolder | AssetError::File { .. } => "speech-models-folder",
        AssetError::Corrupt(_) | AssetError::Archive { .. } | AssetError::Convert(_) => {
            "speech-models-corrupt"
        }
        AssetError::Registry { .. } => "speech-models-package",
        AssetError::Hub { .. }
        | AssetError::NoSource(_)
        | AssetError::Missing { .. }
        | AssetError::Cancelled => "speech-models-download",
    };
    UiError {
        detail: Some(error.to_string()),
        ..said(ErrorCode::SpeechAssets, Severity::Warn, Text::new(id), &[])
    }
}
