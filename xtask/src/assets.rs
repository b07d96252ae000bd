//! Downloads the practice partner's speech models into the user's data folder, with the workspace's program that reads
//! `assets.toml`.

use std::path::PathBuf;

use crate::cargo;
use crate::place::Place;
use crate::process::{Failure, run_by_line};

/// Returns the folder, with everything in it. Takes no time when nothing is missing.
pub(crate) fn fetch(place: &Place) -> Result<PathBuf, Failure> {
    cargo::build_app(place)?;
    let mut folder = None;
    let mut program = place.command(place.program("vivavoce-assets"));
    run_by_line(program.arg("fetch"), |line| folder = Some(PathBuf::from(line)))?;
    folder.ok_or_else(|| Failure::from("vivavoce-assets named no folder"))
}

/// For `run`: reports a failure and continues, because the app works without the models.
pub(crate) fn fetch_or_say(place: &Place) {
    if let Err(failure) = fetch(place) {
        println!(
            "Continuing without: {failure}.\nThe practice partner will speak in a simple synthetic voice and understand only typed text."
        );
    }
}
