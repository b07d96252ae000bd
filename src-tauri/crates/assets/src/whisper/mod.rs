//! Converts the weights of a registry package to the recogniser's file: from CTranslate2's half precision to
//! whisper.cpp's `ggml` with 5-bit blocks.
//!
//! Pure and deterministic. Takes about a second for tiny.en, so do not call it on async threads.

mod ct2;
mod ggml;
mod mel;
mod quantise;

use thiserror::Error;

/// Why weights could not be converted.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ConvertError {
    /// The file is shorter than its counts announce, or the counts are invalid.
    #[error("the weights are truncated or in an unknown format")]
    Malformed,
    /// A tensor is missing or has a wrong shape.
    #[error("the tensor {0} of the weights is missing or has a wrong shape")]
    Tensor(String),
}

/// `model.bin` and `vocabulary.txt` of a CTranslate2 Whisper to one `ggml` file, quantised to q5_1.
///
/// # Errors
/// [`ConvertError`] when the files are not of the kind that is expected.
pub(crate) fn to_ggml_q5_1(model: &[u8], vocabulary: &[u8]) -> Result<Vec<u8>, ConvertError> {
    let weights = ct2::Weights::read(model)?;
    ggml::write(&weights, vocabulary)
}
