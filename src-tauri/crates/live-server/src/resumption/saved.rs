//! What outlives a connection, and how sessions are told apart.

use crate::agent::AgentState;
use crate::usage::Context;

/// Which session, across its connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SessionId(pub(super) u64);

/// A session's state between two turns.
#[derive(Clone, Debug, Default)]
pub(crate) struct Saved {
    pub(crate) model: String,
    pub(crate) context: Context,
    /// Samples at 16 kHz so far.
    pub(crate) heard: u64,
    /// What the agent saved of itself; `None` before the first turn.
    pub(crate) agent: Option<AgentState>,
}
