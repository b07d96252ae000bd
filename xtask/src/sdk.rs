//! Tests Google's Python and JavaScript SDKs with `vivavoce serve`. Also creates Python environments, which are kept
//! until their requirements change.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::assets;
use crate::place::{ASSETS_VARIABLE, Place};
use crate::process::{Failure, run};
use crate::stamp;
use crate::web;

/// The spoken question; both tests look for "time" in the transcript.
const QUESTION: &str = "What time is it?";
/// A voice that differs from the partner's: pitch, vocal tract, speed.
const VOICE: [&str; 3] = ["0.6", "0.87", "1.0"];
/// The files of the JavaScript test and of its example. They run in the folder of their packages, outside the checkout.
const SCRIPT: [&str; 7] = [
    ".npmrc",
    "package.json",
    "package-lock.json",
    "partner.mjs",
    "talk.mjs",
    "picture.jpg",
    "examples/genai_weather.mjs",
];
/// The documentation's examples, as docs/SDK.md shows them.
pub(crate) const EXAMPLES: &str = "tests/sdk/examples";

/// Only the pinned requirements, all of them listed, verified by hash, without packages that run code during installation.
const AS_LOCKED: [&str; 5] = ["--quiet", "--require-hashes", "--no-deps", "--only-binary=:all:", "-r"];

/// Runs the scenarios of `tests/sdk/talk.py` and `tests/sdk/talk.mjs`, and the examples of the documentation.
pub(crate) fn talk(place: &Place) -> Result<(), Failure> {
    let weights = assets::fetch(place)?;
    let sounds = sounds(place, &weights)?;
    let python = environment(place, "tests/sdk/requirements.txt", "sdk-python")?;
    println!("google-genai (Python)");
    let mut talk = place.command(&python);
    with_modules(place, &mut talk, &[])?;
    talk.arg(place.file("tests/sdk/talk.py")).arg("--server").arg(place.app()).arg("--sounds").arg(&sounds);
    run(talk.env(ASSETS_VARIABLE, &weights))?;
    let mut example = place.command(&python);
    with_modules(place, &mut example, &["tests/sdk"])?;
    run(example.arg(place.file(EXAMPLES).join("genai_weather.py")).arg(place.app()))?;
    let script = script(place)?;
    println!("@google/genai (JavaScript)");
    let mut talk = place.command("node");
    talk.arg(script.join("talk.mjs")).arg(place.app()).arg(&sounds);
    run(talk.env(ASSETS_VARIABLE, &weights))?;
    run(place.command("node").arg(script.join("genai_weather.mjs")).arg(place.app()))
}

/// Lets a Python program find the modules in these folders of the checkout.
pub(crate) fn with_modules(place: &Place, python: &mut Command, folders: &[&str]) -> Result<(), Failure> {
    let path = env::join_paths(folders.iter().map(|folder| place.file(folder)));
    python.env("PYTHONPATH", path.map_err(|e| Failure(e.to_string()))?);
    // What Python compiles of the modules stays out of the checkout.
    python.env("PYTHONDONTWRITEBYTECODE", "1");
    Ok(())
}

/// Synthesises the question.
fn sounds(place: &Place, weights: &Path) -> Result<PathBuf, Failure> {
    let folder = place.own("sdk-sounds")?;
    say(place, weights, &folder, "question", QUESTION)?;
    Ok(folder)
}

/// Synthesises a question with the crate `speech`, at 24 kHz (`NAME.wav`) and at a microphone's 16 kHz (`NAME-16k.wav`).
pub(crate) fn say(
    place: &Place,
    weights: &Path,
    folder: &Path,
    name: &str,
    question: &str,
) -> Result<(), Failure> {
    fs::create_dir_all(folder)?;
    let spoken = folder.join(format!("{name}.wav"));
    let say = place.program("examples/say");
    run(place.command(say).arg(weights).arg(&spoken).arg(question).args(VOICE))?;
    let microphone = folder.join(format!("{name}-16k.wav"));
    run(place.command("sox").arg(&spoken).args(["-r", "16000"]).arg(&microphone))
}

/// Prepares the folder with the JavaScript test and its packages.
fn script(place: &Place) -> Result<PathBuf, Failure> {
    let folder = place.own("sdk-node")?;
    fs::create_dir_all(&folder)?;
    for file in SCRIPT {
        let from = place.file("tests/sdk").join(file);
        fs::copy(&from, folder.join(from.file_name().unwrap_or_default()))
            .map_err(|e| Failure(format!("can't copy tests/sdk/{file}: {e}")))?;
    }
    web::packages(place, &folder)?;
    Ok(folder)
}

/// Returns the Python of the environment `name`, with `requirements` installed.
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
    run(place.command(&python).args(["-m", "pip", "install"]).args(AS_LOCKED).arg(&requirements))?;
    stamp::put(&stamp, &digest)?;
    Ok(python)
}
