//! Fuzzing with libFuzzer. Findings are in the fuzz folder's `artifacts/`.
//!
//! We have no unsafe code, so this looks for panics, endless loops and memory growth. It needs no sanitizer and so
//! works with the stable compiler. Needs a C++ compiler; Linux and macOS.

use crate::args::Args;
use crate::place::Place;
use crate::process::{Failure, ask, run};

/// The version of cargo-fuzz that is installed if it is missing.
const CARGO_FUZZ: &str = "0.13.2";
/// The folder of the targets.
const FOLDER: &str = "src-tauri/crates/live-proto/fuzz";
/// The targets.
const TARGETS: &[&str] = &["server_frame", "machine"];
/// The default time for each target, in seconds.
const SECONDS: u32 = 60;

/// Fuzzes one target, or all of them in turn.
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
    // New inputs are stored in our own folder; the committed corpus is only read and stays small.
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
