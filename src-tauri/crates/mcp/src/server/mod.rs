//! One server: its state, its tools, and the task that keeps it running within a budget.

mod running;
mod shared;
mod tool;

pub(crate) use running::run;
pub(crate) use shared::Shared;
pub use shared::{ServerState, ServerStatus};
