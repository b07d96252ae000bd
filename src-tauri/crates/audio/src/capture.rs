//! From the microphone's samples to chunks for the session.

pub(crate) mod chain;
pub(crate) mod downmix;
pub(crate) mod file;
pub(crate) mod meter;
pub(crate) mod queue;
