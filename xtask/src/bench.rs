//! The benchmarks. Figures are printed and never asserted: a busy machine must not fail a test.

use crate::cargo;
use crate::place::Place;
use crate::process::{Failure, run};
use crate::rig::SoundCard;
use crate::sdk;
use crate::web;

/// The kind of a benchmark.
#[derive(Clone, Copy)]
enum Kind {
    /// A benchmark of this package.
    Of(&'static str),
    /// The same, on a virtual sound card.
    Card(&'static str),
    /// The cost of audio, on a virtual sound card and beside another canceller.
    Sound,
    /// The app itself, measured from outside.
    App(Look),
    /// A benchmark of this package, then the app, with and without its window, with servers that flood it.
    Hostile(&'static str),
    /// The window through a long conversation, measured from outside.
    Growth,
}

/// Whether the app runs with its window.
#[derive(Clone, Copy)]
enum Look {
    Headless,
    Window,
}

/// All benchmarks.
const BENCHES: &[(&str, Kind)] = &[
    ("codec", Kind::Of("live-proto")),
    ("audio", Kind::Sound),
    ("barge_in", Kind::Of("audio")),
    ("devices", Kind::Of("audio")),
    ("duplex", Kind::Of("audio")),
    ("call", Kind::App(Look::Headless)),
    ("window", Kind::App(Look::Window)),
    ("growth", Kind::Growth),
    ("practice", Kind::Of("practice")),
    ("partner", Kind::Of("practice")),
    ("words", Kind::Of("practice")),
    ("model", Kind::Of("practice")),
    ("microphone", Kind::Card("conversation")),
    ("load", Kind::Of("practice")),
    ("mcp", Kind::Of("mcp")),
    ("hostile", Kind::Hostile("practice")),
];

/// Runs one benchmark, or all of them; `seconds` sets the length where possible. Each is built without the rest of the
/// workspace: nothing else is built optimised, so there is nothing to share, and the window would take minutes. The
/// build runs before the measurement.
pub(crate) fn measure(place: &Place, only: Option<&str>, seconds: Option<u32>) -> Result<(), Failure> {
    let chosen: Vec<_> = BENCHES.iter().filter(|(name, _)| only.is_none_or(|only| only == *name)).collect();
    if chosen.is_empty() {
        let names: Vec<_> = BENCHES.iter().map(|(name, _)| *name).collect();
        return Err(Failure(format!("no such bench; there are: {}", names.join(", "))));
    }
    for (name, kind) in chosen {
        match kind {
            Kind::Of(package) => of(place, package, name, seconds)?,
            Kind::Hostile(package) => {
                of(place, package, name, seconds)?;
                hostile(place, seconds)?;
            }
            Kind::Card(package) => {
                let bench = ["bench", "--locked", "--package", package, "--bench", name];
                // Built before the card runs: a compiler beside it would be measured, too.
                run(place.cargo().args(bench).arg("--no-run"))?;
                let card = SoundCard::start(place)?;
                run(card.run().arg(place.cargo().get_program()).args(bench))?;
            }
            Kind::Sound => sound(place, &["bench", "--locked", "--package", "audio", "--bench", name])?,
            Kind::App(look) => app(place, name, "call", *look, seconds)?,
            Kind::Growth => app(place, name, "growth", Look::Window, seconds)?,
        }
    }
    Ok(())
}

/// Runs a benchmark of one package; the environment contains the seconds.
fn of(place: &Place, package: &str, name: &str, seconds: Option<u32>) -> Result<(), Failure> {
    let mut bench = place.cargo();
    bench.args(["bench", "--locked", "--package", package, "--bench", name]);
    if let Some(seconds) = seconds {
        bench.env(format!("VIVAVOCE_{}_SECONDS", name.to_uppercase()), seconds.to_string());
    }
    run(&mut bench)
}

/// Measures the memory of `talk`, then of the window, while a server floods them: each flood for a minute or
/// `seconds`.
fn hostile(place: &Place, seconds: Option<u32>) -> Result<(), Failure> {
    web::install(place)?;
    web::build(place)?;
    run(place.cargo().args(["build", "--locked", "--release", "--bin", "vivavoce"]))?;
    let flood = ["build", "--locked", "--release", "--package", "testkit", "--example", "hostile"];
    run(place.cargo().args(flood))?;
    let peer = place.target().join("release/examples/hostile");
    let seconds = seconds.unwrap_or(60).to_string();
    run(place.command(&peer).arg(place.released_app()).args(["--seconds", &seconds]))?;
    let mut window = place.command("dbus-run-session");
    window.args(["--", "xvfb-run", "-a", "-s", cargo::SCREEN]).arg(&peer);
    run(window.arg(place.released_app()).args(["--window", "--seconds", &seconds]))
}

/// Measures the release build on the virtual sound card, in a conversation with a peer, with the script in this folder
/// of `tests/rig`.
fn app(place: &Place, name: &str, folder: &str, look: Look, seconds: Option<u32>) -> Result<(), Failure> {
    web::install(place)?;
    web::build(place)?;
    run(place.cargo().args(["build", "--locked", "--release", "--bin", "vivavoce"]))?;
    let python = sdk::environment(place, "tests/rig/call/requirements.txt", "call-python")?;
    let figures = place.own(&format!("{name}.json"))?;
    let card = SoundCard::start(place)?;
    let mut measure = card.run();
    if let Look::Window = look {
        measure.args(["dbus-run-session", "--", "xvfb-run", "-a", "-s", cargo::SCREEN]);
    }
    measure.arg(python).arg(place.file(&format!("tests/rig/{folder}/measure.py")));
    measure.arg("--app").arg(place.released_app()).arg("--out").arg(&figures);
    // Growth is measured only in the window.
    measure.args((folder == "call" && matches!(look, Look::Window)).then_some("--window"));
    if let Some(seconds) = seconds {
        measure.args(["--seconds", &seconds.to_string()]);
    }
    run(measure.env("PYTHONDONTWRITEBYTECODE", "1"))?;
    println!("  all of it: {}", figures.display());
    Ok(())
}

/// Measures the canceller in a synthetic room, equal on every machine, beside WebRTC's; then the whole path on a
/// virtual sound card whose speaker leaks into its microphone.
fn sound(place: &Place, bench: &[&str]) -> Result<(), Failure> {
    let figures = ["test", "--locked", "--package", "audio", "--lib", "echo::tests", "--"];
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
