//! Generates the icon set from one drawing with the Tauri CLI, which knows the formats of all three systems.

use std::fs;

use crate::place::Place;
use crate::process::{Failure, run};
use crate::web;

/// The icons in tauri.conf.json; the CLI also makes others, for stores and phones.
const SET: &[&str] = &["32x32.png", "128x128.png", "128x128@2x.png", "icon.png", "icon.ico", "icon.icns"];

/// `icons/` from `icons/icon.svg`.
pub(crate) fn write(place: &Place) -> Result<(), Failure> {
    web::install(place)?;
    let folder = place.own("icons")?;
    let npx = if cfg!(windows) { "npx.cmd" } else { "npx" };
    run(place
        .command(npx)
        .current_dir(place.file("ui"))
        .args(["tauri", "icon"])
        .arg(place.file("icons/icon.svg"))
        .arg("--output")
        .arg(&folder))?;
    for name in SET {
        fs::copy(folder.join(name), place.file("icons").join(name))?;
    }
    Ok(())
}
