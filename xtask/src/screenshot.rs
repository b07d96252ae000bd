//! Takes the picture for the README: the dev page in Chromium, half light and half dark, so that it shows the window as it is.

use crate::place::Place;
use crate::process::{Failure, run};
use crate::web;

/// Writes `docs/screenshot.png`.
pub(crate) fn take(place: &Place) -> Result<(), Failure> {
    web::install(place)?;
    run(place
        .command("node")
        .current_dir(place.file("ui"))
        .arg("scripts/screenshot.mjs")
        .arg(place.file("docs/screenshot.png")))
}
