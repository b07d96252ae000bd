//! What the project promises itself, as tests over its own files: the typed border to the window, which crate may know
//! which, modules without circles, the budget of a file, what is installed with it, and what must never be committed.

mod bindings;
mod budget;
mod checkout;
mod dependencies;
mod examples;
mod graph;
mod leaks;
mod sentences;
mod spawning;
mod supply;
