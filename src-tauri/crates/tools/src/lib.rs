//! The functions that the model may call: what they are called, what they take, and what they answer.
//!
//! A [`Registry`] holds [`Tool`]s as [`Function`]s. It knows nothing of the wire: the conversation turns a function into a
//! `functionDeclarations` entry, asks the person where its [`Terms`] say so, and runs it. Runs on the caller's tokio
//! runtime; nothing blocks a thread of it, so a call never holds up the audio beside it.

mod clock;
mod error;
mod fetch;
mod json_fields;
mod notes;
mod open_url;
mod output;
mod own;
mod place;
pub mod process;
mod registry;
mod schema;
mod timer;
mod tool;
mod weather;

pub use futures_util::future::BoxFuture;

pub use clock::{CurrentTime, WallClock};
pub use error::ToolError;
pub use fetch::{Fetch, FetchError, Fetched, Https};
pub use notes::{MAX_NOTE_CHARS, MAX_NOTES, Note, NoteStore, Recall, Remember};
pub use open_url::{Browser, OpenUrl};
pub use output::Output;
pub use own::{BadToolsFile, Fault, read as read_tools_file};
pub use registry::{BadFunction, Function, Lent, PreparedCall, Registry, is_name};
pub use schema::{BadSchema, OpenApi, Schema};
pub use timer::{Alarms, SetTimer};
pub use tool::{CallContext, CallFuture, Consent, Declaration, Person, Scheduling, Terms, Tool, Viewer};
pub use weather::Weather;
