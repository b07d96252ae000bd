//! The server as a client sees it, over an in-memory stream and with tokio's paused clock.

// A test says by a panic what it saw; in helper functions clippy does not know that they are tests.
#![allow(clippy::panic)]

mod client;
mod faithful;
mod floods;
mod hostile;
mod local_servers;
mod media;
mod mischief;
mod model_rules;
mod model_server;
mod recorded;
mod refusals;
mod scripts;
mod sessions;
mod shutdown;
mod single_purpose;
mod speech;
mod spoken;
mod thinking;
mod timers;
mod tools;
mod turns;
