//! The functions that the model may call: what they are called, what they take, and what they answer.
//!
//! A [`Registry`] holds [`Tool`]s. It knows nothing of the wire: a [`Declaration`] is plain data that the conversation
//! turns into a `functionDeclarations` entry, and an answer is a JSON object. Runs on the caller's tokio runtime;
//! nothing blocks a thread of it, so a call never holds up the audio beside it.

mod clock;
mod error;
mod fetch;
mod json_fields;
mod place;
mod registry;
mod tool;
mod weather;

pub use clock::{CurrentTime, WallClock};
pub use error::ToolError;
pub use fetch::{Fetch, FetchError, Fetched, Https};
pub use registry::Registry;
pub use tool::{CallFuture, Declaration, Tool};
pub use weather::Weather;
