//! The tools of MCP servers as functions that a model may call: `mcp.json`, the servers that it names, and what becomes of
//! their words.
//!
//! [`read_config`] reads a file in any of the usual forms. [`Servers`] starts what it names, keeps each server running within a
//! budget, and gives their tools as [`tools::Function`]s. The protocol is the official SDK's, `rmcp`; its way in and out is ours:
//! programs are started by `tools::process`, requests go through `net` (ADR 13). Everything that a server says is bounded, and
//! nothing that it says gives leave. Runs on the caller's tokio runtime and blocks no thread of it.

mod budget;
mod config;
mod connection;
mod content;
mod names;
mod server;
mod servers;

pub use config::{
    BadConfig, BadServer, Import, ImportedSecret, ServerConfig, Surroundings, Target, import,
    read as read_config, secret_names,
};
pub use names::{key_of, keys};
pub use server::{ServerState, ServerStatus};
pub use servers::{Policy, Servers};
