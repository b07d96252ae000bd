//! What is known of a server, for those who show it and those who call its tools.

use std::sync::Arc;
use std::time::Duration;

use rmcp::model::CallToolRequestParams;
use rmcp::service::{Peer, RoleClient, ServiceError};
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::timeout;
use tools::{Function, ToolError};

use crate::content::{self, Picture};

/// How long a call waits for a server that starts.
const WAIT_LIMIT: Duration = Duration::from_secs(20);
/// What is told of a server's error, in characters.
const MOST_WORDS: usize = 1_000;

/// How a server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerState {
    /// The file says not to start it.
    Disabled,
    /// It starts.
    Starting,
    /// Its tools can be called.
    Running,
    /// It broke off and is started again.
    Restarting {
        /// Why it broke off, in one line.
        reason: String,
    },
    /// It is not started again by itself.
    Failed {
        /// Why, in one line.
        reason: String,
    },
}

/// What is known of a server.
#[derive(Debug, Clone)]
pub struct ServerStatus {
    /// Its name, as the file has it.
    pub name: String,
    /// What its tools' names begin with.
    pub key: String,
    /// The file says not to start it.
    pub is_disabled: bool,
    /// How it is.
    pub state: ServerState,
    /// What it calls itself, with its version, in one line.
    pub title: Option<String>,
    /// The names of its tools, as the model calls them.
    pub tools: Vec<String>,
    /// Tools that can't be declared, with the reason.
    pub left_out: Vec<(String, String)>,
}

/// Everything that changes of a server.
#[derive(Clone)]
pub(super) struct Now {
    pub(super) state: ServerState,
    pub(super) peer: Option<Peer<RoleClient>>,
    pub(super) title: Option<String>,
    pub(super) functions: Vec<Function>,
    pub(super) left_out: Vec<(String, String)>,
}

/// A server as its task, its tools and its owner know it.
pub(crate) struct Shared {
    pub(crate) name: String,
    pub(crate) key: String,
    pub(crate) is_disabled: bool,
    now: watch::Sender<Now>,
    /// Counts what changes of any server.
    changes: watch::Sender<u64>,
}

impl Shared {
    pub(crate) fn new(
        (name, key): (String, String),
        is_disabled: bool,
        state: ServerState,
        changes: watch::Sender<u64>,
    ) -> Self {
        let now = Now { state, peer: None, title: None, functions: Vec::new(), left_out: Vec::new() };
        Self { name, key, is_disabled, now: watch::Sender::new(now), changes }
    }

    #[cfg(test)]
    pub(crate) fn for_tests(name: &str) -> Self {
        Self::new((name.into(), name.into()), false, ServerState::Running, watch::Sender::new(0))
    }

    /// Changes what is known.
    pub(super) fn change(&self, change: impl FnOnce(&mut Now)) {
        self.now.send_modify(change);
        self.changes.send_modify(|count| *count += 1);
    }

    /// It starts, with nothing known of it.
    pub(crate) fn is_started(&self) {
        self.forget(ServerState::Starting);
    }

    /// It was ended and stays so.
    pub(crate) fn is_switched_off(&self) {
        self.forget(ServerState::Disabled);
    }

    fn forget(&self, state: ServerState) {
        self.change(|now| {
            *now = Now { state, peer: None, title: None, functions: Vec::new(), left_out: Vec::new() };
        });
    }

    pub(crate) fn status(&self) -> ServerStatus {
        let now = self.now.borrow();
        ServerStatus {
            name: self.name.clone(),
            key: self.key.clone(),
            is_disabled: self.is_disabled,
            state: now.state.clone(),
            title: now.title.clone(),
            tools: now.functions.iter().map(|function| function.name().to_owned()).collect(),
            left_out: now.left_out.clone(),
        }
    }

    /// Its tools, as it named them last.
    pub(crate) fn functions(&self) -> Vec<Function> {
        self.now.borrow().functions.clone()
    }

    /// Waits until it runs, or has failed once. Cancel safe.
    pub(crate) async fn settled(&self) {
        let _ = self.now.subscribe().wait_for(|now| now.state != ServerState::Starting).await;
    }

    /// Calls a tool. Dropping the future tells the server that nobody waits any more.
    pub(crate) async fn call(
        self: &Arc<Self>,
        params: CallToolRequestParams,
    ) -> Result<(Value, Vec<Picture>), ToolError> {
        let peer = self.peer().await?;
        match peer.call_tool(params).await {
            Ok(result) => content::taken(result),
            Err(error) => Err(self.error(&error)),
        }
    }

    /// The way to the server; waits for one that starts.
    async fn peer(&self) -> Result<Peer<RoleClient>, ToolError> {
        let mut now = self.now.subscribe();
        let settled = now.wait_for(|now| {
            // One whose server has just died is still here for a moment.
            now.peer.as_ref().is_some_and(|peer| !peer.is_transport_closed())
                || matches!(now.state, ServerState::Failed { .. } | ServerState::Disabled)
        });
        let reason = match timeout(WAIT_LIMIT, settled).await {
            Ok(Ok(now)) => match (&now.peer, &now.state) {
                (Some(peer), _) => return Ok(peer.clone()),
                (None, ServerState::Failed { reason }) => reason.clone(),
                _ => "it is switched off".to_owned(),
            },
            Ok(Err(_)) => "it was ended".to_owned(),
            Err(_) => match &self.now.borrow().state {
                ServerState::Restarting { reason } => reason.clone(),
                _ => "it does not start".to_owned(),
            },
        };
        Err(ToolError::NoServer { server: self.name.clone(), reason })
    }

    fn error(&self, error: &ServiceError) -> ToolError {
        let reason = match error {
            ServiceError::McpError(error) => {
                return ToolError::Reported { words: error.message.chars().take(MOST_WORDS).collect() };
            }
            ServiceError::TransportClosed => match &self.now.borrow().state {
                ServerState::Restarting { reason } | ServerState::Failed { reason } => reason.clone(),
                _ => "it ended during the call".to_owned(),
            },
            ServiceError::Cancelled { .. } => "it cancelled the call".to_owned(),
            ServiceError::UnexpectedResponse => "its answer is not the result of a tool".to_owned(),
            ServiceError::TransportSend(error) => words(&*error.error),
            other => net::one_line(&other.to_string()),
        };
        ToolError::NoServer { server: self.name.clone(), reason }
    }
}

/// An error with its causes, in one line.
pub(super) fn words(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        // Many repeat their cause.
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    net::one_line(&text)
}
