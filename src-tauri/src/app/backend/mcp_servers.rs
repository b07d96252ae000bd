//! The backend's part for MCP servers: they start when the keyring has answered, which may hold a proxy's password, and end with the
//! window. A conversation gets the tools that are there when it starts, and hears of changes.

use std::path::PathBuf;
use std::sync::Arc;

use mcp::{ServerState, ServerStatus, Servers};
use tokio::sync::watch;
use tools::{Function, Registry};

use super::outcome::{Outcome, ServersRead};
use super::request::Source;
use super::{Task, in_background, toolbox};
use crate::config::functions::is_switched_off;
use crate::config::mcp_import::{self, Imported};
use crate::config::mcp_servers::{self, McpFile};
use crate::config::proxy;
use crate::contract::{
    ErrorCode, LeftOutTool, Settings, ToolServer, ToolServerState, ToolSource, Toolbox, ToolsFileState,
    UiError, UiEvent,
};
use crate::messages;

/// What the backend keeps of MCP servers.
pub(super) struct Kept {
    /// The file that names them; absent without a home folder.
    path: Option<PathBuf>,
    exists: bool,
    /// Why nothing of the file is used.
    error: Option<UiError>,
    running: Option<Arc<Servers>>,
    changes: Option<watch::Receiver<u64>>,
    /// Grows with each reading of the file, so that an older one is known as such.
    round: u64,
    /// Programs whose servers can be taken.
    programs: Vec<String>,
    /// What came of taking some.
    import: Option<UiError>,
}

impl Kept {
    pub(super) fn new(path: Option<PathBuf>) -> Self {
        let (exists, error, running, changes) = (false, None, None, None);
        Self { path, exists, error, running, changes, round: 0, programs: Vec::new(), import: None }
    }

    /// Waits until a server changes. Cancel safe.
    pub(super) async fn changed(&mut self) {
        if let Some(changes) = &mut self.changes
            && changes.changed().await.is_ok()
        {
            return;
        }
        std::future::pending::<()>().await;
    }

    /// Puts them into what the window shows.
    pub(super) fn show(&self, toolbox: &mut Toolbox) {
        let functions = self.running.iter().flat_map(|servers| servers.functions()).collect();
        let functions = Registry::of(functions);
        let statuses = self.running.iter().flat_map(|servers| servers.status());
        toolbox.servers = statuses.map(|status| shown(status, &functions)).collect();
        toolbox.servers_file = ToolsFileState {
            path: self.path.as_ref().map(|path| path.display().to_string()),
            exists: self.exists,
            error: self.error.clone().map(Box::new),
        };
        toolbox.programs.clone_from(&self.programs);
        toolbox.import = self.import.clone().map(Box::new);
    }

    /// These functions, and those of the servers as they are now, without those that were switched off.
    pub(super) fn with_functions(&self, functions: &Registry, settings: &Settings) -> Registry {
        let of_servers = self.running.iter().flat_map(|servers| servers.functions());
        functions.with(of_servers.filter(|function| !is_switched_off(settings, function.name())).collect())
    }
}

fn shown(status: ServerStatus, functions: &Registry) -> ToolServer {
    let (state, reason) = match status.state {
        ServerState::Disabled => (ToolServerState::Off, None),
        ServerState::Starting => (ToolServerState::Starting, None),
        ServerState::Running => (ToolServerState::Running, None),
        ServerState::Restarting { reason } => (ToolServerState::Restarting, Some(reason)),
        ServerState::Failed { reason } => (ToolServerState::Failed, Some(reason)),
    };
    let is_its = |function: &&Function| status.tools.iter().any(|name| name == function.name());
    let tools = functions.functions().filter(is_its);
    ToolServer {
        on_at_first: !status.is_disabled,
        tools: tools.map(|function| toolbox::choice(function, ToolSource::Server)).collect(),
        left_out: status.left_out.into_iter().map(|(name, reason)| LeftOutTool { name, reason }).collect(),
        name: status.name,
        key: status.key,
        title: status.title,
        state,
        reason,
    }
}

impl Task {
    /// Starts those of the person's file, once.
    pub(super) fn start_servers(&mut self) {
        if self.servers.round == 0 {
            self.load_servers();
        }
    }

    /// Reads the file and starts its servers; those that run end first.
    pub(super) fn load_servers(&mut self) {
        let Some(path) = self.servers.path.clone() else { return };
        self.servers.round += 1;
        let (round, old) = (self.servers.round, self.servers.running.take());
        self.servers.changes = None;
        let settings = self.state.settings.clone();
        let connector = proxy::for_tools(&settings, &self.secrets.clone().unwrap_or_default());
        self.answer_later(async move {
            if let Some(old) = old {
                old.end().await;
            }
            let read = move || (McpFile::at(&path), mcp_import::programs());
            let (file, programs) = in_background(read).await?;
            let servers = match file {
                Ok(Some(file)) => {
                    file.start(&connector, &mcp_servers::policy(&settings, &[])).await.map(Some)
                }
                Ok(None) => Ok(None),
                Err(error) => Err(error),
            };
            Some(Outcome::Servers(Box::new(ServersRead { round, servers, programs })))
        });
    }

    /// They start; what is wrong with them is told when each has had its time.
    pub(super) fn take_servers(&mut self, ServersRead { round, servers, programs }: ServersRead) {
        if round != self.servers.round {
            return;
        }
        let is_first = round == 1;
        (self.servers.error, self.servers.programs) = (None, programs);
        self.servers.exists = !matches!(servers, Ok(None));
        match servers {
            Ok(None) => {}
            Ok(Some(servers)) => {
                let servers = Arc::new(servers);
                self.servers.changes = Some(servers.changes());
                self.servers.running = Some(Arc::clone(&servers));
                // Whoever reads the file again looks at the page that shows them.
                if is_first {
                    self.answer_later(async move {
                        servers.settled(mcp_servers::START_LIMIT).await;
                        let troubles = mcp_servers::troubles(&servers.status());
                        (!troubles.is_empty()).then_some(Outcome::ServerTroubles(troubles))
                    });
                }
            }
            Err(error) => {
                if is_first {
                    self.emit(UiEvent::Notice { notice: error.clone() });
                }
                self.servers.error = Some(error);
            }
        }
        self.tools.are_other();
    }

    /// Follows what these settings say of servers, if it is something else than before.
    pub(super) fn follow_servers(&mut self, old: &Settings) {
        let policy = mcp_servers::policy(&self.state.settings, &[]);
        let Some(servers) = self.servers.running.clone() else { return };
        if policy != mcp_servers::policy(old, &[]) {
            threads::task("mcp-policy", async move { servers.follow(&policy).await });
        }
    }

    /// Starts a server again.
    pub(super) fn restart_server(&mut self, key: String) {
        let Some(servers) = self.servers.running.clone() else { return };
        threads::task("mcp-restart", async move { servers.restart(&key).await });
    }

    /// Opens the file in the system's editor; a new one has an example, switched off.
    pub(super) fn open_servers_file(&mut self) {
        let Some(path) = self.servers.path.clone() else { return };
        self.answer_later(async move {
            let opened = in_background(move || {
                let is_new = mcp_servers::create_user_file(&path)?;
                let opened = tauri_plugin_opener::open_path(&path, None::<&str>);
                opened.map_err(|error| messages::mcp_file(&path, &error.to_string()))?;
                Ok::<_, UiError>(is_new)
            });
            match opened.await? {
                Ok(is_new) => is_new.then_some(Outcome::ServersFile),
                Err(notice) => Some(Outcome::Notice(notice, ErrorCode::File)),
            }
        });
    }

    /// Takes the servers of a file of another program, or of the program of this name.
    pub(super) fn import_servers(&mut self, from: Source) {
        let Some(own) = self.servers.path.clone() else { return };
        self.answer_later(async move {
            let file = match from {
                Source::File(file) => Some(file),
                Source::Program(name) => in_background(move || mcp_import::file_of(&name)).await?,
            };
            let imported = match file {
                Some(file) => mcp_import::import(&file, own).await,
                None => Err(messages::internal("there is no such program")),
            };
            Some(Outcome::Imported(imported))
        });
    }

    /// Tells what came of it, and starts what is new.
    pub(super) fn take_import(&mut self, imported: Result<Imported, UiError>) {
        let is_new = imported.as_ref().is_ok_and(|imported| !imported.added.is_empty());
        self.servers.import = Some(match imported {
            Ok(imported) => messages::mcp_imported(&imported.added),
            Err(error) => error,
        });
        if is_new {
            self.load_servers();
        }
        self.tools.are_other();
    }

    /// Ends them.
    pub(super) async fn end_servers(&mut self) {
        self.servers.changes = None;
        if let Some(servers) = self.servers.running.take() {
            servers.end().await;
        }
    }
}
