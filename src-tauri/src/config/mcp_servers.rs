//! The MCP servers of a run: which file names them, what that file refers to, and how they are started and told of.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use conversation::ToolRule;
use directories::ProjectDirs;
use mcp::{Policy, ServerConfig, ServerState, ServerStatus, Servers, Surroundings};
use net::Connector;

use crate::config::files::{self, Unreadable};
use crate::config::secrets;
use crate::contract::{Settings, UiError};
use crate::messages;

/// The person's own file, beside the settings.
const FILE: &str = "mcp.json";
/// How long servers may take to start before a conversation begins without them.
pub(crate) const START_LIMIT: Duration = Duration::from_secs(20);
/// After a server's name: its tools that only read, as the server says.
const READ_ONLY: &str = ":read-only";

/// After a server's key: all of its tools, as in `conversation::Permissions::group`.
const ALL: &str = "__*";

/// A file of servers as it was read. It blocks for milliseconds to read one.
#[derive(Clone)]
pub(crate) struct McpFile {
    path: PathBuf,
    text: String,
}

/// Its text may hold secrets.
impl fmt::Debug for McpFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("McpFile").field("path", &self.path).finish_non_exhaustive()
    }
}

impl McpFile {
    /// Reads the file.
    ///
    /// # Errors
    /// When it can't be read.
    pub(crate) fn read(path: &Path) -> Result<Self, UiError> {
        let text = files::read_text(path).map_err(|error| messages::mcp_file(path, &error.to_string()))?;
        // Programs beside the file are found wherever we run.
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        Ok(Self { path, text })
    }

    /// The person's own; none when there is no such file.
    ///
    /// # Errors
    /// When it can't be read.
    pub(crate) fn of_user() -> Result<Option<Self>, UiError> {
        user_path().map_or(Ok(None), |path| Self::at(&path))
    }

    /// The file at this path; none when there is no such file.
    ///
    /// # Errors
    /// When it can't be read.
    pub(crate) fn at(path: &Path) -> Result<Option<Self>, UiError> {
        match files::read_text(path) {
            Ok(text) => Ok(Some(Self { path: path.to_owned(), text })),
            Err(Unreadable::Missing) => Ok(None),
            Err(error) => Err(messages::mcp_file(path, &error.to_string())),
        }
    }

    /// The file that the command line means: the one that it names, or the person's own.
    ///
    /// # Errors
    /// When it can't be read. The person's own must be there, too: it was asked for.
    pub(crate) fn meant(named: &Path) -> Result<Self, UiError> {
        match user_path() {
            Some(path) if named.as_os_str().is_empty() => Self::read(&path),
            _ => Self::read(named),
        }
    }

    /// The servers that it names, with the values that it refers to put in. The keyring is asked when the file names it.
    ///
    /// # Errors
    /// When it is no file of servers.
    pub(crate) async fn servers(&self) -> Result<Vec<ServerConfig>, UiError> {
        let kept = match mcp::secret_names(&self.text) {
            names if names.is_empty() => BTreeMap::new(),
            names => {
                let mut found = secrets::ask(move || secrets::of_servers(&names));
                secrets::within_limit(&mut found).await.unwrap_or_default()
            }
        };
        let surroundings = Surroundings {
            folder: self.path.parent().unwrap_or(Path::new(".")),
            variable: &|name| std::env::var(name).ok(),
            secret: &|name| kept.get(name).cloned(),
        };
        mcp::read_config(&self.text, &surroundings)
            .map_err(|error| messages::mcp_file(&self.path, &error.to_string()))
    }

    /// Starts them.
    ///
    /// # Errors
    /// When it is no file of servers.
    pub(crate) async fn start(&self, connector: &Connector, policy: &Policy) -> Result<Servers, UiError> {
        Ok(Servers::start(self.servers().await?, connector, policy))
    }
}

/// Where the person's own file is, or would be; `None` without a home folder.
pub(crate) fn user_path() -> Option<PathBuf> {
    let folders = ProjectDirs::from("app", "vivavoce", "Vivavoce")?;
    Some(folders.config_dir().join(FILE))
}

/// Writes one with an example that is switched off, unless there is one. Returns whether it did.
///
/// # Errors
/// When it can't be written.
pub(crate) fn create_user_file(path: &Path) -> Result<bool, UiError> {
    if path.symlink_metadata().is_ok() {
        return Ok(false);
    }
    let written = files::replace(path, include_bytes!("mcp_template.json"));
    written.map_err(|error| messages::mcp_file(path, &error.to_string()))?;
    Ok(true)
}

/// What these settings, and what the command line allows, settle of servers.
pub(crate) fn policy(settings: &Settings, allowed: &[String]) -> Policy {
    let kept = settings.tool_rules.iter().flatten();
    let kept = kept.filter(|(_, rule)| **rule == ToolRule::Always).map(|(name, _)| name);
    let names: BTreeSet<String> =
        kept.chain(allowed).filter_map(|name| Some(mcp::key_of(name.strip_suffix(READ_ONLY)?))).collect();
    let switches = settings.tool_switches.iter().flatten();
    let of_servers = |(name, is_on): (&String, &bool)| Some((name.strip_suffix(ALL)?.to_owned(), *is_on));
    Policy { trusted_to_read: names, switches: switches.filter_map(of_servers).collect() }
}

/// The server that a name of `--allow` means, and whether it means only what reads.
pub(crate) fn meant_server<'a>(name: &str, servers: &'a [ServerStatus]) -> Option<(&'a ServerStatus, bool)> {
    let (server, only_reads) = match name.strip_suffix(READ_ONLY) {
        Some(server) => (server, true),
        None => (name, false),
    };
    let is_meant = |status: &&ServerStatus| status.name == server || status.key == server;
    servers.iter().find(is_meant).map(|status| (status, only_reads))
}

/// What to tell of servers whose tools are not there, or not all of them.
pub(crate) fn troubles(servers: &[ServerStatus]) -> Vec<UiError> {
    let of = |status: &ServerStatus| match &status.state {
        ServerState::Disabled => Vec::new(),
        ServerState::Starting => vec![messages::mcp_server_slow(&status.name)],
        ServerState::Restarting { reason } | ServerState::Failed { reason } => {
            vec![messages::mcp_server(&status.name, reason)]
        }
        ServerState::Running => {
            let left_out = status.left_out.iter();
            left_out.map(|(tool, reason)| messages::mcp_tool(&status.name, tool, reason)).collect()
        }
    };
    servers.iter().flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(name: &str, state: ServerState) -> ServerStatus {
        ServerStatus {
            name: name.into(),
            key: mcp::key_of(name),
            is_disabled: false,
            state,
            title: None,
            tools: Vec::new(),
            left_out: Vec::new(),
        }
    }

    #[tokio::test]
    async fn a_file_is_read_where_it_lies_or_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mcp.json");
        std::fs::write(&path, r#"{"mcpServers": {"a": {"command": "./a"}}}"#).unwrap();
        let servers = McpFile::meant(&path).unwrap().servers().await.unwrap();
        let Ok(mcp::Target::Program(spec)) = &servers[0].target else { panic!("{servers:?}") };
        assert_eq!(spec.folder.as_deref(), Some(folder.path()));
        std::fs::write(&path, "{}").unwrap();
        let error = McpFile::read(&path).unwrap().servers().await.unwrap_err();
        assert!(error.message().contains("mcp.json") && error.detail.unwrap().contains("mcpServers"));
        assert!(McpFile::read(&folder.path().join("gone")).is_err());
    }

    #[test]
    fn a_server_is_meant_by_its_name_or_its_key() {
        let servers = [status("my time", ServerState::Running)];
        for (name, only_reads) in [("my time", false), ("my_time", false), ("my time:read-only", true)] {
            assert_eq!(meant_server(name, &servers).map(|(_, reads)| reads), Some(only_reads), "{name}");
        }
        assert!(meant_server("time", &servers).is_none());
    }

    #[test]
    fn only_what_the_person_settled_lets_a_server_be_trusted() {
        let rules = [
            ("time:read-only", ToolRule::Always),
            ("files:read-only", ToolRule::Never),
            ("web__*", ToolRule::Always),
        ];
        let rules = rules.into_iter().map(|(name, rule)| (name.to_owned(), rule)).collect();
        let switches = [("web__*".to_owned(), false), ("web__get".to_owned(), true)].into();
        let settings =
            Settings { tool_rules: Some(rules), tool_switches: Some(switches), ..Settings::default() };
        let policy = policy(&settings, &["my docs:read-only".to_owned(), "mail".to_owned()]);
        assert_eq!(policy.trusted_to_read, BTreeSet::from(["time".to_owned(), "my_docs".to_owned()]));
        assert_eq!(policy.switches, [("web".to_owned(), false)].into());
    }

    #[test]
    fn what_is_missing_is_told_with_its_reason() {
        let mut running = status("a", ServerState::Running);
        running.left_out.push(("odd".into(), "its name".into()));
        let failed = status("b", ServerState::Failed { reason: "it was not found".into() });
        let all = [running, failed, status("c", ServerState::Disabled), status("d", ServerState::Starting)];
        let told: Vec<_> =
            troubles(&all).iter().map(|error| (error.message(), error.detail.clone())).collect();
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told[0].0.contains("odd") && told[1].1.as_deref() == Some("it was not found"), "{told:?}");
    }
}
