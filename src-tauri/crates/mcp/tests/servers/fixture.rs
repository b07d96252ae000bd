//! A server in Python that does what its first argument says, and what tests ask of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mcp::{Policy, ServerState, ServerStatus, Servers, Surroundings, read_config};
use net::{Connector, ProxyChoice};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::timeout;
use tools::{CallContext, Output, Registry, ToolError};

/// Long enough for a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// Servers, and the folder in which they leave marks.
pub(crate) struct Running {
    pub(crate) servers: Servers,
    pub(crate) folder: TempDir,
}

/// The script of the server.
pub(crate) fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/server.py")
}

/// Starts one server for each of these, named for what it does.
pub(crate) fn start(modes: &[&str], policy: &Policy) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let entries: serde_json::Map<String, Value> = modes
        .iter()
        .map(|mode| {
            let entry =
                json!({"command": "python3", "args": [script(), mode, folder.path()], "env": {"MARK": "1"}});
            ((*mode).to_owned(), entry)
        })
        .collect();
    let text = json!({ "mcpServers": entries }).to_string();
    let variable = |name: &str| std::env::var(name).ok();
    let surroundings = Surroundings { folder: folder.path(), variable: &variable, secret: &|_| None };
    let configs = read_config(&text, &surroundings).unwrap();
    let servers = Servers::start(configs, &Connector::new(ProxyChoice::None), policy);
    Running { servers, folder }
}

/// The same of one that runs.
pub(crate) async fn running(mode: &str) -> Running {
    let running = start(&[mode], &Policy::default());
    running.servers.settled(PATIENCE).await;
    assert_eq!(running.status().state, ServerState::Running);
    running
}

impl Running {
    /// The only server.
    pub(crate) fn status(&self) -> ServerStatus {
        self.servers.status().remove(0)
    }

    /// Waits until the only server is so.
    pub(crate) async fn until(&self, is_so: impl Fn(&ServerStatus) -> bool) -> ServerStatus {
        let mut changes = self.servers.changes();
        let waiting = async {
            while !is_so(&self.status()) {
                changes.changed().await.unwrap();
            }
        };
        let waited = timeout(PATIENCE, waiting).await;
        let status = self.status();
        assert!(waited.is_ok(), "{status:?}");
        status
    }

    /// Calls a tool as a conversation does.
    pub(crate) async fn call(&self, name: &str, args: Value) -> Result<Output, ToolError> {
        let registry = Registry::of(self.servers.functions());
        let call = registry.prepare(name, args)?.run(CallContext::unattended());
        timeout(2 * PATIENCE, call).await.expect("every call ends")
    }

    /// What the server left under this name: the numbers of its processes.
    pub(crate) fn marks(&self, name: &str) -> Vec<String> {
        let text = fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Waits for such a mark.
    pub(crate) async fn marked(&self, name: &str) {
        let waiting = async {
            while self.marks(name).is_empty() {
                tokio::task::yield_now().await;
            }
        };
        assert!(timeout(PATIENCE, waiting).await.is_ok(), "{name}");
    }
}

/// Waits until no process of this number is left, but for one that nobody has asked for yet.
pub(crate) async fn is_gone(process: &str) {
    let is_there = || {
        let status = fs::read_to_string(Path::new("/proc").join(process).join("status"));
        status.is_ok_and(|status| !status.contains("State:\tZ"))
    };
    let waiting = async {
        while is_there() {
            tokio::task::yield_now().await;
        }
    };
    assert!(timeout(PATIENCE, waiting).await.is_ok(), "{process} is still there");
}
