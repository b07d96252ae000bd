//! Filters for one channel, sample by sample.

mod high_pass;
mod resonator;

pub use high_pass::HighPass;
pub use resonator::{BandPass, Resonator};
