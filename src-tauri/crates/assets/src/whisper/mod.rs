//! Makes the recogniser's file out of the weights that a registry package carries: CTranslate2's half precision in,
//! whisper.cpp's `ggml` with 5-bit blocks out.
//!
//! Pure: bytes in, bytes out, the same bytes every time. A second of computing for tiny.en, so call it off the
//! async threads.

mod ct2;
mod ggml;
mod mel;
mod quantise;

use thiserror::Error;

/// Why weights could not be converted.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ConvertError {
    /// The file ends before what its own counts announce, or the counts make no sense.
    #[error("the weights end too early or are in no form that is known")]
    Malformed,
    /// A tensor is missing or has another shape than the others imply.
    #[error("the weights lack {0}, or it has an unexpected shape")]
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
