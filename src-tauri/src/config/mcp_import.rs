//! Takes the servers of another program's file into the person's own. Secrets go into the keyring first: without it nothing is
//! written. Blocks for milliseconds; the keyring is asked with its own limit.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::config::files::{self, Unreadable};
use crate::config::{mcp_servers, secrets};
use crate::contract::UiError;
use crate::messages::{self, KeyringFault};

/// What was taken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Imported {
    /// The person's own file.
    pub(crate) file: PathBuf,
    /// The servers that are new in it.
    pub(crate) added: Vec<String>,
    /// Those whose names were taken; they stay as they were.
    pub(crate) kept: Vec<String>,
    /// How many secrets went into the keyring.
    pub(crate) secrets: usize,
}

/// Programs that keep servers, with their file below the folder for settings, or the home folder.
const PROGRAMS: [(&str, Below, &str); 3] = [
    ("Claude Desktop", Below::Settings, "Claude/claude_desktop_config.json"),
    ("VS Code", Below::Settings, "Code/User/mcp.json"),
    ("Cursor", Below::Home, ".cursor/mcp.json"),
];

/// Where a program keeps its file.
#[derive(Clone, Copy)]
enum Below {
    Settings,
    Home,
}

/// The programs on this computer that have servers. Blocks for milliseconds.
pub(crate) fn programs() -> Vec<String> {
    let has_servers = |name: &&str| {
        let text = file_of(name).and_then(|file| files::read_text(&file).ok());
        text.and_then(|text| mcp::import(&text).ok()).is_some_and(|import| !import.servers.is_empty())
    };
    PROGRAMS.iter().map(|(name, ..)| *name).filter(has_servers).map(str::to_owned).collect()
}

/// The file of the program of this name.
pub(crate) fn file_of(program: &str) -> Option<PathBuf> {
    let folders = directories::BaseDirs::new()?;
    let (_, below, file) = PROGRAMS.iter().find(|(name, ..)| *name == program)?;
    let folder = match below {
        Below::Settings => folders.config_dir(),
        Below::Home => folders.home_dir(),
    };
    Some(folder.join(file))
}

/// Takes them into the person's own file.
///
/// # Errors
/// When one of the files can't be read or written, or the keyring does not keep a secret.
pub(crate) async fn import_for_user(from: &Path) -> Result<Imported, UiError> {
    let file =
        mcp_servers::user_path().ok_or_else(|| messages::internal("there is no folder for settings"))?;
    import(from, file).await
}

/// Takes them into this file.
///
/// # Errors
/// As of [`import_for_user`].
pub(crate) async fn import(from: &Path, file: PathBuf) -> Result<Imported, UiError> {
    let text = files::read_text(from).map_err(|error| messages::mcp_file(from, &error.to_string()))?;
    let import = mcp::import(&text).map_err(|error| messages::mcp_file(from, &error.to_string()))?;
    let mut whole = own(&file)?;
    let refused = || messages::mcp_file(&file, "mcpServers is no object");
    let servers =
        whole.entry("mcpServers").or_insert_with(|| json!({})).as_object_mut().ok_or_else(refused)?;
    let (mut added, mut kept) = (Vec::new(), Vec::new());
    for (name, entry) in import.servers {
        if servers.contains_key(&name) {
            kept.push(name);
        } else {
            servers.insert(name.clone(), entry);
            added.push(name);
        }
    }
    let new: Vec<_> = import.secrets.into_iter().filter(|secret| added.contains(&secret.server)).collect();
    let secrets = new.len();
    if secrets > 0 {
        let keep = move || new.iter().try_for_each(|new| secrets::keep_for_server(&new.name, &new.value));
        let kept = secrets::within_limit(&mut secrets::ask(keep)).await;
        kept.unwrap_or_else(|| Err(messages::keyring_failed(&KeyringFault::Silent)))?;
    }
    let text = serde_json::to_string_pretty(&whole).unwrap_or_default() + "\n";
    files::replace(&file, text.as_bytes()).map_err(|error| messages::mcp_file(&file, &error.to_string()))?;
    Ok(Imported { file, added, kept, secrets })
}

/// The person's own file, as it is written again: comments would be lost, so a file with some is refused.
fn own(file: &Path) -> Result<Map<String, Value>, UiError> {
    let text = match files::read_text(file) {
        Ok(text) => text,
        Err(Unreadable::Missing) => return Ok(Map::new()),
        Err(error) => return Err(messages::mcp_file(file, &error.to_string())),
    };
    serde_json::from_str(&text).map_err(|error| messages::mcp_file(file, &error.to_string()))
}
