//! What is measured, and in which package. Figures are printed and never asserted: a busy machine must not fail a test.

use crate::place::Place;
use crate::process::{Failure, run};
use crate::rig::SoundCard;
use crate::sdk;

/// The name of a bench and its package.
const BENCHES: &[(&str, &str)] = &[
    ("codec", "live-proto"),
    ("audio", "audio"),
    ("rehearsal", "rehearsal"),
    ("load", "rehearsal"),
    ("hostile", "rehearsal"),
];

/// Runs one bench, or all of them. Built for itself and not with the whole workspace: nothing else is built optimised,
/// so there is no artifact to share, and the window would take minutes.
pub(crate) fn measure(place: &Place, only: Option<&str>) -> Result<(), Failure> {
    let chosen: Vec<_> = BENCHES.iter().filter(|(name, _)| only.is_none_or(|only| only == *name)).collect();
    if chosen.is_empty() {
        let names: Vec<_> = BENCHES.iter().map(|(name, _)| *name).collect();
        return Err(Failure(format!("no such bench; there are: {}", names.join(", "))));
    }
    for (name, package) in chosen {
        let arguments = ["bench", "--package", package, "--bench", name];
        if *name == "audio" {
            sound(place, &arguments)?;
        } else {
            run(place.cargo().args(arguments))?;
        }
    }
    Ok(())
}

/// What the canceller does in a room of numbers, the same on every machine, and WebRTC's own beside it; then the whole path on a virtual sound card
/// whose speaker leaks into its microphone.
fn sound(place: &Place, bench: &[&str]) -> Result<(), Failure> {
    let figures = ["test", "--package", "audio", "--lib", "echo::tests", "--"];
    let sounds = place.own("echo")?;
    std::fs::create_dir_all(&sounds)?;
    let mut ours = place.cargo();
    ours.args(figures).args(["--nocapture", "--test-threads=1"]).env("VIVAVOCE_ECHO_WAVS", &sounds);
    run(&mut ours)?;
    let python = sdk::environment(place, "tests/rig/requirements.txt", "apm-python")?;
    run(place.command(python).arg(place.file("tests/rig/reference_apm.py")).arg(&sounds))?;
    // Built before the card runs: a compiler beside it would be measured, too.
    run(place.cargo().args(bench).arg("--no-run"))?;
    let card = SoundCard::start(place)?;
    card.leak()?;
    run(card.run().arg(place.cargo().get_program()).args(bench))
}
