//! Saving replies as sound files.

pub(crate) mod recorder;
pub(crate) mod sound_file;
