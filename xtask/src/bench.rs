//! What is measured, and in which package. Figures are printed and never asserted: a busy machine must not fail a test.

use crate::place::Place;
use crate::process::{Failure, run};

/// The name of a bench and its package.
const BENCHES: &[(&str, &str)] = &[("codec", "live-proto")];

/// Runs one bench, or all of them. Built for itself and not with the whole workspace: nothing else is built optimised,
/// so there is no artifact to share, and the window would take minutes.
pub(crate) fn measure(place: &Place, only: Option<&str>) -> Result<(), Failure> {
    let chosen: Vec<_> = BENCHES.iter().filter(|(name, _)| only.is_none_or(|only| only == *name)).collect();
    if chosen.is_empty() {
        let names: Vec<_> = BENCHES.iter().map(|(name, _)| *name).collect();
        return Err(Failure(format!("no such bench; there are: {}", names.join(", "))));
    }
    for (name, package) in chosen {
        run(place.cargo().args(["bench", "--package", package, "--bench", name]))?;
    }
    Ok(())
}
