//! End-to-end tests of the real window through WebDriver, with the rig's virtual sound card and camera. Linux only;
//! run by `cargo xtask test`, which provides Xvfb, a D-Bus session and the required programs.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may fail, and say why, where it stands"
)]

mod app;
#[path = "../shell/bus.rs"]
mod bus;
mod content;
mod conversation;
mod deaths;
mod journeys;
mod led_away;
mod local_model;
mod pictures;
mod processes;
mod rig;
mod screens;
mod system;
mod talk_key;
mod tools;
