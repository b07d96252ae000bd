//! Windows and macOS from a Debian machine. `tests/rig/cross/cross.sh` compiles; this module chooses the steps and
//! holds a conversation with the Windows program.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::args::Args;
use crate::cargo::SELECTION;
use crate::place::Place;
use crate::process::{Failure, run};
use crate::rig::SoundCard;
use crate::steps::Steps;
use crate::system::{self, Purpose};
use crate::wave::Wave;
use crate::web;

/// The longest time for the Windows program's turn, in seconds, including the first start of Wine.
const PATIENCE: &str = "240";

/// Runs everything that can be checked for both systems here.
pub(crate) fn all(place: &Place, args: &Args) -> Result<(), Failure> {
    if !cfg!(target_os = "linux") || crate::process::ask("apt-get", &["--version"]).is_none() {
        return Err(Failure::from("`cross` compiles with Debian's packages: it runs on Debian 12 or newer"));
    }
    let mut steps = Steps::new(args.only.as_deref());
    steps.always("system", || system::ready(Purpose::Test, args.yes))?;
    steps.always("compilers", || run(script(place).arg("setup")))?;
    steps.always("npm-ci", || web::install(place))?;
    steps.always("ui-build", || web::build(place))?;
    steps.one("macos", || run(script(place).args(["macos", "check", "--quiet"]).args(SELECTION)))?;
    // A build includes the check and produces the program for the next step.
    steps.one("windows", || run(script(place).args(["windows", "build", "--quiet"]).args(SELECTION)))?;
    steps.one("wine", || talk(place))?;
    steps.report()
}

/// The script, with a separate build folder, because it uses another compiler.
fn script(place: &Place) -> Command {
    let mut command = place.command(place.file("tests/rig/cross/cross.sh"));
    command.env("CARGO_TARGET_DIR", place.target().join("cross"));
    command
}

fn windows_app(place: &Place) -> PathBuf {
    place.target().join("cross/x86_64-pc-windows-gnu/debug/vivavoce.exe")
}

/// Runs one turn with the practice partner in the Windows program, through Windows' audio interface on the virtual
/// sound card.
fn talk(place: &Place) -> Result<(), Failure> {
    let reply = place.own("wine/reply.wav")?;
    if reply.exists() {
        fs::remove_file(&reply)?;
    }
    let card = SoundCard::start(place)?;
    run(card
        .run()
        .args(["timeout", "-k", "10", PATIENCE])
        .arg(place.file("tests/rig/cross/cross.sh"))
        .arg("wine")
        .arg(windows_app(place))
        .args(["talk", "--endpoint", "practice", "--mic", "AppMic", "--speaker", "AppSpeaker"])
        .args(["--text", "Tell me a joke", "--save"])
        // A plain file name means the same to Windows and to us.
        .arg("reply.wav")
        .current_dir(reply.parent().unwrap_or(place.root())))?;
    let wave = Wave::read(&reply)?;
    wave.must_be_a_reply()?;
    println!("vivavoce.exe saved {:.1} s of reply, {:.0} dBFS", wave.seconds, 20.0 * wave.level.log10());
    Ok(())
}
