//! Vivavoce's shell: the only code that names `tauri`. The window is wired here, the commands are in `commands`, what they
//! ask is done by `backend`; everything that matters runs without a window in the crates below (see ARCHITECTURE.md).
#![deny(clippy::print_stderr, clippy::print_stdout)]

pub mod app;
pub mod cli;
mod config;
pub mod contract;
mod messages;

use std::process::ExitCode;

pub use app::window::with_commands;
pub use config::startup::Startup;

/// Opens the window, or does what the command line says instead.
pub fn main() -> ExitCode {
    cli::main(app::window::run)
}
