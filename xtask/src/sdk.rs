//! The genuine Python SDK against `vivavoce serve`; and environments for Python programs, kept until their requirements change.

use std::fs;
use std::path::PathBuf;

use crate::cargo;
use crate::place::Place;
use crate::process::{Failure, run};
use crate::stamp;

/// A text turn and a spoken turn by `tests/sdk/talk.py`.
pub(crate) fn talk(place: &Place) -> Result<(), Failure> {
    let python = environment(place, "tests/sdk/requirements.txt", "sdk-python")?;
    cargo::build_app(place)?;
    run(place
        .command(python)
        .arg(place.file("tests/sdk/talk.py"))
        .arg("--server")
        .arg(place.app())
        .arg("--work")
        .arg(place.own("sdk")?))
}

/// The Python of the environment `name`, with what `requirements` names.
pub(crate) fn environment(place: &Place, requirements: &str, name: &str) -> Result<PathBuf, Failure> {
    let requirements = place.file(requirements);
    let folder = place.own(name)?;
    let python = folder.join(if cfg!(windows) { r"Scripts\python.exe" } else { "bin/python" });
    let stamp = folder.join("installed");
    let digest = stamp::digest(std::slice::from_ref(&requirements), &[])?;
    if python.exists() && stamp::says(&stamp, &digest) {
        return Ok(python);
    }
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let system = if cfg!(windows) { "python" } else { "python3" };
    run(place.command(system).args(["-m", "venv"]).arg(&folder))?;
    run(place.command(&python).args(["-m", "pip", "install", "--quiet", "-r"]).arg(&requirements))?;
    stamp::put(&stamp, &digest)?;
    Ok(python)
}
