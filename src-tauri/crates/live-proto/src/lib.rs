//! The Gemini Live wire protocol and session as a pure state machine.
//!
//! This crate does no I/O and reads no clock: the time is an argument, and frames are bytes. A driver moves the bytes:
//! `live-client` drives [`Session`] against the service; `live-server` uses the types of [`wire`] for the other side.
//!
//! # The run loop
//!
//! A driver calls four methods of [`Session`]:
//!
//! | method | when |
//! |---|---|
//! | [`handle_input(input, now)`](Session::handle_input) | something happened: a frame arrived, the socket opened or closed, the app sent a command |
//! | [`handle_timeout(now)`](Session::handle_timeout) | the time that `poll_timeout` returned has come |
//! | [`poll_output()`](Session::poll_output) | after each of the two, until it returns `None` |
//! | [`poll_timeout()`](Session::poll_timeout) | before the driver waits again |
//!
//! **Every input is followed by a complete drain of the outputs.** An [`Output`] is a frame to send, an [`Event`] for the
//! app, a close, or the request for another connection. Carry them out in order. Times only grow; a call that comes later
//! than its timeout is fine.
//!
//! ```text
//! loop {
//!     while let Some(output) = session.poll_output() {
//!         // Send the frame, pass on the event, close, or connect. Stop after Event::Closed.
//!     }
//!     // Wait for a message, a command, or the time of session.poll_timeout().
//!     session.handle_input(input, now); // or session.handle_timeout(now)
//! }
//! ```
//!
//! When the socket's send buffer is full, [`set_writable(false)`](Session::set_writable) keeps further input in the
//! session's bounded queue. [`Event::Closed`] is the last event. [`Session`] has a runnable example.
//!
//! # What else is here
//!
//! [`SetupOptions`] and [`build_setup`] turn a person's choices into a [`Setup`](wire::Setup) that the model accepts.
//! [`catalogue`] knows the models and voices. [`classify_close`] and [`classify_http`] say why a connection ended.

pub mod catalogue;
mod close;
mod options;
mod session;
pub mod wire;

pub use close::{CloseCause, CloseKind, Retry, classify_close, classify_http};
pub use options::{Resumption, SetupOptions, ThinkingChoice, api_version, build_setup};
pub use session::{
    Activity, Command, Configuration, Counters, Event, Generation, Input, Limits, Millis, Output, Session,
    SessionState, TransportClosed,
};
