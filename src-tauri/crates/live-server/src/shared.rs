//! What all sessions of a server have in common.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use live_proto::catalogue::Catalogue;

use crate::agent::AgentFactory;
use crate::budget::Budgets;
use crate::config::ServerConfig;
use crate::received::Recorder;
use crate::resumption::Store;
use crate::tokens::Tokens;

/// One server. Its sessions share this and nothing else.
pub(crate) struct Shared {
    pub(crate) config: ServerConfig,
    pub(crate) agents: Box<dyn AgentFactory>,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) store: Store,
    pub(crate) tokens: Tokens,
    pub(crate) received: Recorder,
    /// How much all connections may hold together.
    pub(crate) budgets: Budgets,
    /// Connections so far.
    connections: AtomicU64,
}

impl Shared {
    pub(crate) fn new(config: ServerConfig, agents: Box<dyn AgentFactory>) -> Self {
        let received = Recorder::new(config.dump_pictures.clone());
        Self {
            config,
            agents,
            catalogue: Catalogue::embedded(),
            store: Store::default(),
            tokens: Tokens::default(),
            received,
            budgets: Budgets::default(),
            connections: AtomicU64::new(0),
        }
    }

    /// The number of a connection that begins now, from 1.
    pub(crate) fn next_connection(&self) -> u64 {
        self.connections.fetch_add(1, Ordering::Relaxed) + 1
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("config", &self.config).finish_non_exhaustive()
    }
}
