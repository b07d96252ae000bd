//! The weights that the rehearsal partner hears and speaks with: fetched by the workspace's own program, which reads
//! `assets.toml`, into the user's data folder.

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

/// For `run`: without the weights the app works and says what it lacks, so a failure is said and no more.
pub(crate) fn fetch_or_say(place: &Place) {
    if let Err(failure) = fetch(place) {
        println!(
            "Going on without: {failure}.\nThe rehearsal partner will speak in its sketched voice and understand typed words only."
        );
    }
}
