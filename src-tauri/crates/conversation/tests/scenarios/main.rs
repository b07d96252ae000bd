//! Whole conversations against a scripted server: what goes over the wire, what is told, and how it ends.
//!
//! Nothing is measured and nothing sleeps: every wait is for something to happen and has a limit.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail where it stands")]

mod calls;
mod devices;
mod ends;
mod losses;
mod stage;
mod turns;
