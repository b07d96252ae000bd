//! Google's own SDKs, Python's and JavaScript's, against `vivavoce serve`; and environments for Python programs, kept until
//! their requirements change.

use std::fs;
use std::path::{Path, PathBuf};

use crate::assets;
use crate::place::{ASSETS_VARIABLE, Place};
use crate::process::{Failure, run};
use crate::stamp;
use crate::web;

/// What is asked aloud; both tests look for "time" in what was heard.
const QUESTION: &str = "What time is it?";
/// Another voice than the partner answers with: pitch, throat, speed.
const VOICE: [&str; 3] = ["0.6", "0.87", "1.0"];
/// What the JavaScript test consists of. It runs where its packages are, and those are kept out of the checkout.
const SCRIPT: [&str; 6] =
    [".npmrc", "package.json", "package-lock.json", "partner.mjs", "talk.mjs", "picture.jpg"];

/// Only what the requirements name, by its hash, and nothing that would run code of its own while it is installed.
const AS_LOCKED: [&str; 4] = ["--quiet", "--require-hashes", "--only-binary=:all:", "-r"];

/// The scenarios of `tests/sdk/talk.py` and of `tests/sdk/talk.mjs`.
pub(crate) fn talk(place: &Place) -> Result<(), Failure> {
    let weights = assets::fetch(place)?;
    let sounds = sounds(place, &weights)?;
    let python = environment(place, "tests/sdk/requirements.txt", "sdk-python")?;
    println!("google-genai (Python)");
    let mut talk = place.command(python);
    talk.arg(place.file("tests/sdk/talk.py")).arg("--server").arg(place.app()).arg("--sounds").arg(&sounds);
    // What Python compiles of the test's modules stays out of the checkout.
    run(talk.env(ASSETS_VARIABLE, &weights).env("PYTHONDONTWRITEBYTECODE", "1"))?;
    let script = script(place)?;
    println!("@google/genai (JavaScript)");
    let mut talk = place.command("node");
    talk.arg(script.join("talk.mjs")).arg(place.app()).arg(&sounds);
    run(talk.env(ASSETS_VARIABLE, &weights))
}

/// The question in the voice of the crate `speech`, at its own 24 kHz and at the 16 kHz of a microphone.
fn sounds(place: &Place, weights: &Path) -> Result<PathBuf, Failure> {
    let folder = place.own("sdk-sounds")?;
    fs::create_dir_all(&folder)?;
    let (spoken, microphone) = (folder.join("question.wav"), folder.join("question-16k.wav"));
    let say = place.program("examples/say");
    run(place.command(say).arg(weights).arg(&spoken).arg(QUESTION).args(VOICE))?;
    run(place.command("sox").arg(&spoken).args(["-r", "16000"]).arg(&microphone))?;
    Ok(folder)
}

/// The folder with the JavaScript test and the packages that it needs.
fn script(place: &Place) -> Result<PathBuf, Failure> {
    let folder = place.own("sdk-node")?;
    fs::create_dir_all(&folder)?;
    for file in SCRIPT {
        fs::copy(place.file("tests/sdk").join(file), folder.join(file))
            .map_err(|e| Failure(format!("can't copy tests/sdk/{file}: {e}")))?;
    }
    web::packages(place, &folder)?;
    Ok(folder)
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
    run(place.command(&python).args(["-m", "pip", "install"]).args(AS_LOCKED).arg(&requirements))?;
    stamp::put(&stamp, &digest)?;
    Ok(python)
}
