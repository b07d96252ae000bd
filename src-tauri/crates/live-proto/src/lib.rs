//! The Gemini Live wire protocol and session as a pure state machine.
//!
//! Nothing here reads a clock, opens a socket or starts a task: time comes in as an argument, frames as bytes, and
//! whoever drives it does the rest (live-client for the service, rehearsal for the other side).

pub mod catalogue;
mod close;
mod options;
mod session;
pub mod wire;

pub use close::{CloseCause, CloseKind, Retry, classify_close, classify_http};
pub use options::{Resumption, SetupOptions, ThinkingChoice, api_version, build_setup};
pub use session::{
    Activity, Command, Counters, Event, Generation, Input, Limits, Millis, Output, Session, SessionState,
    TransportClosed,
};
