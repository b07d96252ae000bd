//! All servers of a file. They belong to whoever holds this, not to one conversation: starting one takes seconds.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use net::Connector;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tools::Function;

use crate::config::ServerConfig;
use crate::server::{ServerState, ServerStatus, Shared, run};

/// How long all of them may take to end.
const END_LIMIT: Duration = Duration::from_secs(5);

/// What the person settled of servers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// Servers, by their keys, whose word counts that a tool only reads: those tools need no leave.
    pub trusted_to_read: BTreeSet<String>,
}

/// The servers that run. Dropping this ends them.
pub struct Servers {
    all: Vec<Arc<Shared>>,
    /// Their tasks; none once they were ended.
    tasks: Mutex<Vec<JoinHandle<Option<()>>>>,
    stop: watch::Sender<bool>,
    changes: watch::Sender<u64>,
}

impl Servers {
    /// Starts them side by side, and returns at once. Requests go through `connector`. Needs a tokio runtime; a task that
    /// panics is told to the current owner of threads.
    pub fn start(configs: Vec<ServerConfig>, connector: &Connector, policy: &Policy) -> Self {
        let (stop, changes) = (watch::Sender::new(false), watch::Sender::new(0));
        let (mut all, mut tasks) = (Vec::new(), Vec::new());
        for ServerConfig { name, key, is_disabled, target } in configs {
            let is_trusted = policy.trusted_to_read.contains(&key);
            let (state, target) = match target {
                _ if is_disabled => (ServerState::Disabled, None),
                Ok(target) => (ServerState::Starting, Some(target)),
                Err(error) => (ServerState::Failed { reason: error.to_string() }, None),
            };
            let shared = Arc::new(Shared::new(name, key, state, changes.clone()));
            tasks.extend(target.map(|target| {
                let (shared, connector, stop) = (shared.clone(), connector.clone(), stop.subscribe());
                threads::task("mcp", run(shared, target, connector, is_trusted, stop))
            }));
            all.push(shared);
        }
        Self { all, tasks: Mutex::new(tasks), stop, changes }
    }

    /// Waits until each of them runs or has failed once, for so long at most. Cancel safe.
    pub async fn settled(&self, limit: Duration) {
        let _ = timeout(limit, join_all(self.all.iter().map(|server| server.settled()))).await;
    }

    /// How each of them is, in the file's order.
    pub fn status(&self) -> Vec<ServerStatus> {
        self.all.iter().map(|server| server.status()).collect()
    }

    /// Their tools, as they are now.
    pub fn functions(&self) -> Vec<Function> {
        self.all.iter().flat_map(|server| server.functions()).collect()
    }

    /// Tells of every change: a count that grows.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Ends them and waits until they have ended, for five seconds at most; then they are ended by force.
    pub async fn end(&self) {
        self.stop.send_replace(true);
        let mut tasks = self.take_tasks();
        if timeout(END_LIMIT, join_all(&mut tasks)).await.is_err() {
            tracing::warn!("a server does not end");
            tasks.iter().for_each(JoinHandle::abort);
        }
    }

    fn take_tasks(&self) -> Vec<JoinHandle<Option<()>>> {
        std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        // Their programs end with the tasks.
        self.take_tasks().iter().for_each(JoinHandle::abort);
    }
}
