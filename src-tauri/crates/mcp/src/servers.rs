//! All servers of a file. They belong to whoever holds this, not to one conversation: starting one takes seconds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use net::Connector;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tools::Function;

use crate::config::{ServerConfig, Target};
use crate::server::{ServerState, ServerStatus, Shared, run};

/// How long a server may take to end.
const END_LIMIT: Duration = Duration::from_secs(5);

/// What the person settled of servers, by their keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// Servers whose word counts that a tool only reads: those tools need no leave.
    pub trusted_to_read: BTreeSet<String>,
    /// Servers that run, or don't, whatever the file says.
    pub switches: BTreeMap<String, bool>,
}

/// The servers that run. Dropping this ends them.
pub struct Servers {
    all: Vec<Server>,
    connector: Connector,
    changes: watch::Sender<u64>,
    /// Held by whoever starts or ends some: one after the other.
    turn: tokio::sync::Mutex<()>,
}

/// One of them.
struct Server {
    shared: Arc<Shared>,
    /// How it is reached; absent where that can't be.
    target: Option<Target>,
    is_trusted: AtomicBool,
    run: Mutex<Option<Run>>,
}

/// The task of a server that was started.
struct Run {
    stop: watch::Sender<bool>,
    task: JoinHandle<Option<()>>,
}

impl Servers {
    /// Starts them side by side, and returns at once. Requests go through `connector`. Needs a tokio runtime; a task that
    /// panics is told to the current owner of threads.
    pub fn start(configs: Vec<ServerConfig>, connector: &Connector, policy: &Policy) -> Self {
        let changes = watch::Sender::new(0);
        let of = |ServerConfig { name, key, is_disabled, target }: ServerConfig| {
            let is_trusted = policy.trusted_to_read.contains(&key);
            let is_on = policy.is_on(&key, is_disabled);
            let (state, target) = match target {
                Ok(target) => (ServerState::Disabled, Some(target)),
                Err(_) if !is_on => (ServerState::Disabled, None),
                Err(error) => (ServerState::Failed { reason: error.to_string() }, None),
            };
            let shared = Arc::new(Shared::new((name, key), is_disabled, state, changes.clone()));
            let is_trusted = AtomicBool::new(is_trusted);
            let server = Server { shared, target, is_trusted, run: Mutex::new(None) };
            if is_on {
                server.start(connector);
            }
            server
        };
        let all = configs.into_iter().map(of).collect();
        Self { all, connector: connector.clone(), changes, turn: tokio::sync::Mutex::default() }
    }

    /// Waits until each of them runs or has failed once, for so long at most. Cancel safe.
    pub async fn settled(&self, limit: Duration) {
        let _ = timeout(limit, join_all(self.all.iter().map(|server| server.shared.settled()))).await;
    }

    /// How each of them is, in the file's order.
    pub fn status(&self) -> Vec<ServerStatus> {
        self.all.iter().map(|server| server.shared.status()).collect()
    }

    /// Their tools, as they are now.
    pub fn functions(&self) -> Vec<Function> {
        self.all.iter().flat_map(|server| server.shared.functions()).collect()
    }

    /// Tells of every change: a count that grows.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Follows another policy: starts, ends and starts again those that it changes. The others are not disturbed.
    pub async fn follow(&self, policy: &Policy) {
        let _turn = self.turn.lock().await;
        join_all(self.all.iter().map(|server| server.follow(policy, &self.connector))).await;
    }

    /// Starts a server again, unless it is switched off.
    pub async fn restart(&self, key: &str) {
        let _turn = self.turn.lock().await;
        if let Some(server) = self.all.iter().find(|server| server.shared.key == key)
            && server.end().await
        {
            server.start(&self.connector);
        }
    }

    /// Ends them and waits until they have ended, for five seconds at most; then they are ended by force.
    pub async fn end(&self) {
        let _turn = self.turn.lock().await;
        join_all(self.all.iter().map(Server::end)).await;
    }
}

impl Policy {
    fn is_on(&self, key: &str, is_disabled: bool) -> bool {
        self.switches.get(key).copied().unwrap_or(!is_disabled)
    }
}

impl Server {
    fn start(&self, connector: &Connector) {
        let Some(target) = self.target.clone() else { return };
        self.shared.is_started();
        let (shared, connector, stop) = (self.shared.clone(), connector.clone(), watch::Sender::new(false));
        let is_trusted = self.is_trusted.load(Ordering::Relaxed);
        let task = threads::task("mcp", run(shared, target, connector, is_trusted, stop.subscribe()));
        *self.run.lock().unwrap_or_else(PoisonError::into_inner) = Some(Run { stop, task });
    }

    /// Ends it and waits until it has ended. Returns whether it had been started.
    async fn end(&self) -> bool {
        let Some(Run { stop, mut task }) = self.take_run() else { return false };
        stop.send_replace(true);
        if timeout(END_LIMIT, &mut task).await.is_err() {
            tracing::warn!(server = self.shared.name, "a server does not end");
            task.abort();
        }
        true
    }

    async fn follow(&self, policy: &Policy, connector: &Connector) {
        let is_trusted = policy.trusted_to_read.contains(&self.shared.key);
        let is_other = self.is_trusted.swap(is_trusted, Ordering::Relaxed) != is_trusted;
        let is_on = policy.is_on(&self.shared.key, self.shared.is_disabled);
        let was_on = self.run.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        if was_on && (is_other || !is_on) {
            self.end().await;
        }
        match (is_on, was_on) {
            (true, false) => self.start(connector),
            (true, true) if is_other => self.start(connector),
            (false, true) => self.shared.is_switched_off(),
            _ => {}
        }
    }

    fn take_run(&self) -> Option<Run> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        // Their programs end with the tasks.
        for Run { task, .. } in self.all.iter().filter_map(Server::take_run) {
            task.abort();
        }
    }
}
