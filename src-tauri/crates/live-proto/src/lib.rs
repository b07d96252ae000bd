//! The Gemini Live wire protocol and session as a pure state machine.
//!
//! Nothing here reads a clock, opens a socket or starts a task: time comes in as an argument, frames as bytes, and
//! whoever drives it does the rest (live-client for the service, rehearsal for the other side).

pub mod wire;
