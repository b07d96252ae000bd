//! Servers that are good, broken and hostile, as programs of their own: what becomes of their tools, their words and their
//! processes.

#![cfg(unix)]

mod calls;
mod fixture;
mod hostile;
mod http;
mod lifetime;
