//! Runs cargo with one selection of features: another selection would build most of the tree again.

use std::env;
use std::fmt;
use std::io::IsTerminal;
use std::path::Path;
use std::process::Command;

use crate::place::{ASSETS_VARIABLE, Place};
use crate::process::{Failure, run, run_by_line};

/// The selection of every call: all packages, with the features of a development build. Cargo unifies features over
/// the selection, so we never build a part of the workspace.
///
/// `--locked` builds exactly what Cargo.lock says.
pub(crate) const SELECTION: &[&str] = &["--locked", "--workspace", "--features", "mock"];

/// The display of the tests.
pub(crate) const SCREEN: &str = "-screen 0 1280x800x24";

/// Builds the app and the program that downloads its assets. `--examples` makes cargo unify the features of
/// dev-dependencies, as for tests, so that `run` and `test` share every artifact.
pub(crate) fn build_app(place: &Place) -> Result<(), Failure> {
    let programs = ["--bin", "vivavoce", "--bin", "vivavoce-assets", "--examples"];
    run(place.cargo().arg("build").args(SELECTION).args(programs))
}

/// Checks formatting with rustfmt.
pub(crate) fn fmt(place: &Place) -> Result<(), Failure> {
    run(place.cargo().args(["fmt", "--all", "--check"]))
}

/// Runs clippy on every target; a warning is an error.
pub(crate) fn clippy(place: &Place) -> Result<(), Failure> {
    run(place.cargo().arg("clippy").args(SELECTION).args(["--all-targets", "--", "-D", "warnings"]))
}

/// Writes `ui/src/ipc/bindings.gen.ts` from the contract.
pub(crate) fn write_bindings(place: &Place) -> Result<(), Failure> {
    run(place
        .cargo()
        .arg("test")
        .args(SELECTION)
        .args(["--test", "contract", "bindings"])
        .env("VIVAVOCE_WRITE_BINDINGS", "1"))
}

/// Runs all tests of all packages, on Linux with their own session bus and display. `assets` is the folder of the
/// speech models.
pub(crate) fn test(place: &Place, assets: &Path) -> Result<TestCounts, Failure> {
    // Build first, with the compiler's output on the terminal.
    run(place.cargo().arg("test").args(SELECTION).arg("--no-run"))?;
    let mut counts = TestCounts::default();
    let mut command = in_a_session(place);
    command.arg("test").args(SELECTION);
    // With a key in the environment, tests would connect to the service.
    command.env_remove("GEMINI_API_KEY").env_remove("GOOGLE_API_KEY");
    command.env(ASSETS_VARIABLE, assets);
    if env::var_os("CARGO_TERM_COLOR").is_none() && std::io::stdout().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    run_by_line(&mut command, |line| {
        println!("{line}");
        counts.read(line);
    })?;
    Ok(counts)
}

fn in_a_session(place: &Place) -> Command {
    if cfg!(target_os = "linux") {
        let mut command = place.command("dbus-run-session");
        command.args(["--", "xvfb-run", "-a", "-s", SCREEN]).arg(place.cargo().get_program());
        command
    } else {
        place.cargo()
    }
}

/// The totals of cargo's result lines.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct TestCounts {
    programs: u32,
    passed: u32,
    failed: u32,
    ignored: u32,
}

impl TestCounts {
    fn read(&mut self, line: &str) {
        let Some((_, counts)) = line.split_once("test result: ") else { return };
        self.programs += 1;
        // "ok. 3 passed; 0 failed; 1 ignored; 0 measured; …", perhaps with colour codes around the first word
        for part in counts.split(['.', ';']) {
            let mut words = part.split_whitespace();
            let Some(count) = words.next().and_then(|word| word.parse::<u32>().ok()) else { continue };
            match words.next() {
                Some("passed") => self.passed += count,
                Some("failed") => self.failed += count,
                Some("ignored") => self.ignored += count,
                _ => {}
            }
        }
    }
}

impl fmt::Display for TestCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { programs, passed, failed, ignored } = self;
        write!(f, "cargo test: {passed} passed, {failed} failed, {ignored} ignored in {programs} programs")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn result_lines_are_summed() {
        let mut counts = TestCounts::default();
        counts.read(
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.52s",
        );
        counts.read("test result: \u{1b}[32mok\u{1b}[0m. 3 passed; 2 failed; 0 ignored; 0 measured");
        counts.read("test counts ... ok");
        assert_eq!(counts, TestCounts { programs: 2, passed: 15, failed: 2, ignored: 1 });
        assert_eq!(counts.to_string(), "cargo test: 15 passed, 2 failed, 1 ignored in 2 programs");
    }
}
