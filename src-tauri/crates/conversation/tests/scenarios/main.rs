//! Complete conversations with a scripted server: what is sent, which events occur, and how they end.
//!
//! Nothing is measured and nothing sleeps: every wait is for an event and has a limit.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail where it stands")]

mod calls;
mod devices;
mod ends;
mod fixture;
mod losses;
mod reconfigure;
mod recordings;
mod scripts;
mod silence;
mod turns;
