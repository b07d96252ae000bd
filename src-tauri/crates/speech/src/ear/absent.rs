//! The recogniser where whisper.cpp is not built yet (ADR 3): it says so, and the partner does without.

use std::convert::Infallible;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::HearError;
use crate::LoadError;

/// A recogniser; there is none.
pub struct Ear(Infallible);

impl Ear {
    /// Whether it is built for this system.
    pub const IS_BUILT: bool = false;

    /// Says that there is none.
    ///
    /// # Errors
    /// Always.
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        let reason = "the recogniser is not built for this system yet".to_owned();
        Err(LoadError::Net { path: path.to_owned(), reason })
    }

    /// Nobody has one to ask.
    ///
    /// # Errors
    /// Never: it can't be called.
    pub fn hear(&self, _samples: &[i16], _stop: &AtomicBool) -> Result<String, HearError> {
        match self.0 {}
    }
}
