//! The person's own functions, without code: what `tools.toml` says, and how each kind of function runs. See docs/TOOLS.md for
//! the file.

mod answer;
mod command;
mod file;
mod request;

pub use file::{BadToolsFile, Fault, read};
