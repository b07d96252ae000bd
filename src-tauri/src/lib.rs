//! Vivavoce's shell: the only code that names `tauri`. The window is wired here, the commands are in `commands`, what they
//! ask is done by `backend`; everything that matters runs without a window in the crates below (see ARCHITECTURE.md).
#![deny(clippy::print_stderr, clippy::print_stdout)]

pub mod backend;
mod choices;
pub mod cli;
pub mod commands;
pub mod contract;
mod doctor;
mod drawing;
mod errors;
mod files;
mod hotkey;
mod interrupt;
mod limits;
mod lists;
mod models;
mod opening;
mod partner;
pub mod preview;
mod printing;
mod profile;
mod proxy;
mod saving;
mod secrets;
mod serve;
mod served;
mod settings;
mod state;
mod talk;
mod transcript_printer;
mod window;

pub use opening::Opening;
pub use window::with_commands;
