//! Fuzzing with libFuzzer: hostile input for as long as asked. What it finds lies in the fuzz folder's `artifacts/`.
//!
//! Nothing of ours is unsafe, so panics, endless loops and growth are what is looked for: no sanitizer, which works on the
//! stable compiler. Needs a C++ compiler beside it; Linux and macOS.

use crate::args::Args;
use crate::place::Place;
use crate::process::{Failure, ask, run};

/// The version of cargo-fuzz that is installed when there is none.
const CARGO_FUZZ: &str = "0.13.2";
/// Where the targets stand.
const FOLDER: &str = "src-tauri/crates/live-proto/fuzz";
/// The targets.
const TARGETS: &[&str] = &["server_frame", "machine"];
/// How long each is tried when nothing else is asked for, in seconds.
const SECONDS: u32 = 60;

/// Fuzzes one target, or all of them one after the other.
pub(crate) fn all(place: &Place, args: &Args) -> Result<(), Failure> {
    let only = args.what.as_deref();
    let chosen: Vec<_> = TARGETS.iter().filter(|name| only.is_none_or(|only| only == **name)).collect();
    if chosen.is_empty() {
        return Err(Failure(format!("no such target; there are: {}", TARGETS.join(", "))));
    }
    if ask("cargo", &["fuzz", "--version"]).is_none_or(|answer| !answer.contains("cargo-fuzz")) {
        run(place.cargo().args(["install", "cargo-fuzz", "--locked", "--version", CARGO_FUZZ]))?;
    }
    for target in chosen {
        fuzz(place, target, args.seconds.unwrap_or(SECONDS))?;
    }
    Ok(())
}

fn fuzz(place: &Place, target: &str, seconds: u32) -> Result<(), Failure> {
    // What it finds interesting grows in our own folder; what is committed is read and stays small.
    let found = place.own(&format!("fuzz/{target}/corpus"))?;
    std::fs::create_dir_all(&found)?;
    run(place
        .cargo()
        .args(["fuzz", "run", "--fuzz-dir", FOLDER, "--sanitizer", "none", target])
        .arg(found)
        .arg(place.file(&format!("{FOLDER}/corpus/{target}")))
        .arg("--")
        .arg(format!("-max_total_time={seconds}"))
        .args(["-timeout=10", "-rss_limit_mb=1024", "-print_final_stats=1"])
        .env("CARGO_TARGET_DIR", place.target().join("fuzz")))
}
