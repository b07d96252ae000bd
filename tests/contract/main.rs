//! Rules of the project as tests over its own files: the typed interface to the window, the crates' dependencies, the
//! length of files, pinned packages, and what must never be committed.

mod bindings;
mod budget;
mod checkout;
mod dependencies;
mod leaks;
mod sentences;
mod spawning;
mod supply;
