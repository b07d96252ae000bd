//! Servers that are good, broken and hostile, as programs of their own: what becomes of their tools, their words and their
//! processes.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail where it stands")]

mod calls;
mod fixture;
mod hostile;
mod http;
mod lifetime;
