//! `cargo xtask`: all tasks of this project, as commands that set up the machine themselves.
//!
//! One thread, blocking, no dependencies. A command is a list of steps and stops at the first that fails, naming it.
//! What a step needs is checked before it starts (`system`, `web`), and a step whose inputs did not change is skipped
//! (`stamp`).
#![expect(clippy::print_stdout, reason = "a command line program talks on its standard output")]

mod args;
mod assets;
mod bench;
mod cargo;
mod clients;
mod cross;
mod fuzz;
mod icons;
mod mcp;
mod model;
mod place;
mod process;
mod rig;
mod screenshot;
mod sdk;
mod stamp;
mod steps;
mod system;
mod wave;
mod web;

use std::process::ExitCode;

use args::{Args, Task};
use place::Place;
use process::Failure;
use system::Purpose;

const USAGE: &str = "\
usage: cargo xtask COMMAND [OPTIONS]

  run [-- ARGS...]   set up, build, start the app (ARGS go to it)
  test               set up, then run all tests: UI, format, lints, Rust tests, the window, the SDKs,
                     a server of language models, MCP servers
  check              format, lints and types of Rust and of the UI, no tests
  bindings           write ui/src/ipc/bindings.gen.ts from src-tauri/src/contract.rs
  cross              type-check for Windows and macOS, run the Windows program under Wine (Debian)
  icons              write the icon set from icons/icon.svg
  bench [NAME]       run a benchmark, or all of them
  clients [NAME]     let other people's clients talk with `vivavoce serve` (Python frameworks, a page in Chromium)
  fuzz [TARGET]      fuzz one target, or all of them, for a minute or --seconds
  screenshot         take docs/screenshot.png, the picture of the window for the README (in Chromium)
  assets             download the practice partner's speech models (`run` and `test` do it too)

  --yes              install what the system lacks without asking (CI=true does the same)
  --seconds N        for `fuzz`: the time for each target; for `bench duplex`, `call` and `window`: the length
  --only STEP        for `test`, `check` and `cross`: only this step, after the set-up
";

fn main() -> ExitCode {
    let args = match Args::parse(std::env::args().skip(1)) {
        Ok(Some(args)) => args,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(wrong) => {
            eprintln!("xtask: {wrong}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match perform(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\nxtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn perform(args: &Args) -> Result<(), Failure> {
    let place = Place::find()?;
    match args.task {
        Task::Run => run(&place, args),
        Task::Test => test(&place, args),
        Task::Check => check(&place, args),
        Task::Bindings => cargo::write_bindings(&place),
        Task::Cross => cross::all(&place, args),
        Task::Icons => icons::write(&place),
        Task::Fuzz => {
            system::ready(Purpose::Test, args.yes)?;
            fuzz::all(&place, args)
        }
        Task::Clients => {
            system::ready(Purpose::Clients, args.yes)?;
            web::install(&place)?;
            web::build(&place)?;
            clients::talk(&place, args.what.as_deref())
        }
        Task::Screenshot => {
            system::ready(Purpose::Clients, args.yes)?;
            screenshot::take(&place)
        }
        Task::Bench => {
            system::ready(Purpose::Test, args.yes)?;
            bench::measure(&place, args.what.as_deref(), args.seconds)
        }
        Task::Assets => {
            system::ready(Purpose::Run, args.yes)?;
            // The program is built with the app, which embeds the page.
            web::install(&place)?;
            web::build(&place)?;
            assets::fetch(&place).map(|folder| println!("{}", folder.display()))
        }
    }
}

fn run(place: &Place, args: &Args) -> Result<(), Failure> {
    system::ready(Purpose::Run, args.yes)?;
    web::install(place)?;
    web::build(place)?;
    cargo::build_app(place)?;
    assets::fetch_or_say(place);
    process::hand_over(place.command(place.app()).args(&args.rest))
}

fn test(place: &Place, args: &Args) -> Result<(), Failure> {
    let mut steps = steps::Steps::new(args.only.as_deref());
    // --only never skips the set-up: every step needs it, and it is cheap when there is nothing to do.
    steps.always("system", || system::ready(Purpose::Test, args.yes))?;
    steps.always("npm-ci", || web::install(place))?;
    steps.one("ui-format", || web::script(place, "format:check"))?;
    steps.one("ui-lint", || web::script(place, "lint"))?;
    steps.one("ui-check", || web::script(place, "check"))?;
    steps.one("ui-test", || web::script(place, "test"))?;
    steps.always("ui-build", || web::build(place))?;
    steps.one("fmt", || cargo::fmt(place))?;
    steps.one("clippy", || cargo::clippy(place))?;
    let mut counted = None;
    steps.one("rust", || {
        let assets = assets::fetch(place)?;
        counted = Some(cargo::test(place, &assets)?);
        Ok(())
    })?;
    steps.one("sdk", || sdk::talk(place))?;
    steps.one("model", || model::talk(place))?;
    steps.one("mcp", || mcp::talk(place))?;
    steps.report()?;
    if let Some(counts) = counted {
        println!("{counts}");
    }
    Ok(())
}

fn check(place: &Place, args: &Args) -> Result<(), Failure> {
    let mut steps = steps::Steps::new(args.only.as_deref());
    steps.always("system", || system::ready(Purpose::Run, args.yes))?;
    steps.always("npm-ci", || web::install(place))?;
    steps.one("ui-format", || web::script(place, "format:check"))?;
    steps.one("ui-lint", || web::script(place, "lint"))?;
    steps.one("ui-check", || web::script(place, "check"))?;
    // The app embeds the built UI, so its lints need it too.
    steps.always("ui-build", || web::build(place))?;
    steps.one("fmt", || cargo::fmt(place))?;
    steps.one("clippy", || cargo::clippy(place))?;
    steps.report()
}
