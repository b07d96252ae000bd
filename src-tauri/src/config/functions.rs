//! The functions of a run beside those that are built in, and which of them may run without a question.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use conversation::{Otherwise, Permissions, ToolRule};
use mcp::ServerStatus;
use net::{Connector, ProxyChoice};
use tools::{Function, Registry};

use crate::config::files::{self, Unreadable};
use crate::config::mcp_servers::meant_server;
use crate::config::own_tools::{self, NotChanged};
use crate::contract::{OwnTool, Settings, Text, UiError};
use crate::messages;

/// A tools file as it was read. It blocks for milliseconds to read one.
#[derive(Clone, Debug)]
pub(crate) struct ToolsFile {
    path: PathBuf,
    text: String,
}

impl ToolsFile {
    /// Reads the file.
    ///
    /// # Errors
    /// When it can't be read.
    pub(crate) fn read(path: &Path) -> Result<Self, UiError> {
        let text = files::read_text(path).map_err(|error| messages::tools_file(path, &error.to_string()))?;
        // Programs beside the file are found wherever a function runs.
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        Ok(Self { path, text })
    }

    /// Its functions, as a form shows them.
    pub(crate) fn shown(&self) -> Vec<OwnTool> {
        own_tools::read(&self.text)
    }

    /// Its functions. Their requests go through `connector`.
    ///
    /// # Errors
    /// When something in it is wrong; nothing of it is used then.
    pub(crate) fn functions(
        &self,
        others: &Registry,
        connector: &Connector,
    ) -> Result<Vec<Function>, UiError> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        tools::read_tools_file(&self.text, folder, connector, |name| others.has(name))
            .map_err(|error| messages::tools_file(&self.path, &error.to_string()))
    }
}

/// A server of the person's own that answers as Open-Meteo does; `http` on this computer alone.
const WEATHER_SERVER: &str = "VIVAVOCE_WEATHER";

/// Its address, where one is named.
pub(crate) fn weather_server() -> Option<String> {
    std::env::var(WEATHER_SERVER).ok().filter(|address| !address.trim().is_empty())
}

/// Where the person's own functions stand; `None` without a home folder.
pub(crate) fn user_path() -> Option<PathBuf> {
    let folders = directories::ProjectDirs::from("app", "vivavoce", "Vivavoce");
    folders.map(|folders| folders.config_dir().join("tools.toml"))
}

/// Reads it, if there is one.
///
/// # Errors
/// When it can't be read.
pub(crate) fn user_file(path: &Path) -> Result<Option<ToolsFile>, UiError> {
    if path.symlink_metadata().is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
        return Ok(None);
    }
    ToolsFile::read(path).map(Some)
}

/// Writes one with examples, unless there is one; then nothing.
///
/// # Errors
/// When it can't be written.
pub(crate) fn create_user_file(path: &Path) -> Result<Option<ToolsFile>, UiError> {
    if path.symlink_metadata().is_ok() {
        return Ok(None);
    }
    let written = files::replace(path, include_bytes!("tools_template.toml"));
    written.map_err(|error| messages::tools_file(path, &error.to_string()))?;
    ToolsFile::read(path).map(Some)
}

/// Changes the file by one function. Nothing is written unless the whole file can be used then. Blocks for milliseconds.
///
/// # Errors
/// Why it was not changed.
pub(crate) fn change_user_file(
    path: &Path,
    others: &Registry,
    change: impl FnOnce(&str) -> Result<String, NotChanged>,
) -> Result<ToolsFile, UiError> {
    let not_saved = |reason: &dyn std::fmt::Display| messages::tool_not_saved(&reason.to_string());
    let text = user_file(path)?.map(|file| file.text).unwrap_or_default();
    let text = change(&text).map_err(|fault| not_saved(&fault))?;
    if text.len() as u64 > files::MAX_BYTES {
        return Err(not_saved(&Unreadable::TooLarge(files::MAX_BYTES >> 20)));
    }
    let file = ToolsFile { path: path.to_owned(), text };
    // What it would ask a server is not asked now.
    file.functions(others, &Connector::new(ProxyChoice::None))
        .map_err(|fault| messages::tool_not_saved(fault.detail.as_deref().unwrap_or_default()))?;
    files::replace(path, file.text.as_bytes()).map_err(|error| not_saved(&error))?;
    Ok(file)
}

/// The functions that are switched on: the app's, then the person's own.
pub(crate) fn switched(app: &Registry, own: Vec<Function>, settings: &Settings) -> Registry {
    let switch =
        |name: &str| settings.tool_switches.as_ref().and_then(|switches| switches.get(name)).copied();
    let own: Vec<_> = own.into_iter().filter(|function| switch(function.name()).unwrap_or(true)).collect();
    app.only(|name| switch(name).unwrap_or_else(|| Registry::is_on_at_first(name))).with(own)
}

/// Whether the person switched this function off.
pub(crate) fn is_switched_off(settings: &Settings, name: &str) -> bool {
    settings.tool_switches.as_ref().and_then(|switches| switches.get(name)) == Some(&false)
}

/// What may run where nobody can be asked: what is named, all of it, or what the settings say.
///
/// # Errors
/// When a name is that of no function and of no server.
pub(crate) fn unattended(
    kept: Permissions,
    allowed: &[String],
    allows_all: bool,
    functions: &Registry,
    servers: &[ServerStatus],
) -> Result<Permissions, UiError> {
    let mut named = BTreeMap::new();
    for name in allowed {
        let rule = match meant_server(name, servers) {
            _ if functions.has(name) => name.clone(),
            // The tools that only read have their leave in themselves.
            Some((_, true)) => continue,
            Some((server, false)) => Permissions::group(&server.key),
            None => return Err(messages::no_such_tool(name)),
        };
        named.insert(rule, ToolRule::Always);
    }
    let hint = Text::new("call-needs-leave").with("name", "{}").words();
    Ok(Permissions {
        // Who names a function now means it, whatever was settled before.
        rules: kept.rules.into_iter().chain(named).collect(),
        otherwise: if allows_all { Otherwise::Allow } else { Otherwise::Refuse(hint) },
    })
}

#[cfg(test)]
mod tests {
    use net::ProxyChoice;

    use super::*;

    fn file(text: &str) -> (tempfile::TempDir, ToolsFile) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tools.toml");
        std::fs::write(&path, text).unwrap();
        let file = ToolsFile::read(&path).unwrap();
        (folder, file)
    }

    #[test]
    fn a_file_is_taken_whole_or_refused_with_its_own_reason() {
        let connector = Connector::new(ProxyChoice::None);
        let builtin = Registry::builtin();
        let (_folder, good) = file("[[functions]]\nname = \"hours\"\ndescription = \"Tells.\"\nanswer = 9");
        assert_eq!(good.functions(&builtin, &connector).unwrap()[0].name(), "hours");
        let (_folder, taken) =
            file("[[functions]]\nname = \"get_weather\"\ndescription = \"Tells.\"\nanswer = 9");
        let error = taken.functions(&builtin, &connector).unwrap_err();
        assert!(error.message().contains("tools.toml"), "{error:?}");
        assert!(error.detail.unwrap().contains("another function has this name"));
        let missing = ToolsFile::read(Path::new("/nowhere/tools.toml")).unwrap_err();
        assert!(missing.detail.unwrap().contains("no such file"));
    }

    #[test]
    fn the_template_is_a_file_without_functions_until_its_examples_are_used() {
        let connector = Connector::new(ProxyChoice::None);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/tools.toml");
        assert!(user_file(&path).unwrap().is_none());
        let created = create_user_file(&path).unwrap().unwrap();
        assert!(created.functions(&Registry::builtin(), &connector).unwrap().is_empty());
        assert!(create_user_file(&path).unwrap().is_none(), "one that is there stays");
        let text = std::fs::read_to_string(&path).unwrap();
        let used: Vec<_> = text.lines().skip(2).map(|line| line.strip_prefix("# ").unwrap_or(line)).collect();
        std::fs::write(&path, used.join("\n")).unwrap();
        let functions =
            user_file(&path).unwrap().unwrap().functions(&Registry::builtin(), &connector).unwrap();
        assert_eq!(functions.len(), 4);
    }

    #[test]
    fn what_is_switched_off_is_not_offered() {
        let connector = Connector::new(ProxyChoice::None);
        let (_folder, file) = file("[[functions]]\nname = \"hours\"\ndescription = \"Tells.\"\nanswer = 9");
        let names = |switches: &[(&str, bool)]| {
            let own = file.functions(&Registry::builtin(), &connector).unwrap();
            let switches = switches.iter().map(|(name, on)| ((*name).to_owned(), *on)).collect();
            let settings = Settings { tool_switches: Some(switches), ..Settings::default() };
            let functions = switched(&Registry::builtin(), own, &settings);
            functions.functions().map(|function| function.name().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names(&[]), ["get_current_time", "get_weather", "hours"]);
        assert_eq!(names(&[("get_weather", false), ("hours", false), ("gone", true)]), ["get_current_time"]);
    }

    #[test]
    fn what_is_named_runs_and_the_rest_names_the_flag() {
        let builtin = Registry::builtin();
        let kept = Permissions {
            rules: BTreeMap::from([("get_weather".to_owned(), ToolRule::Never)]),
            otherwise: Otherwise::Ask,
        };
        let names = ["get_weather".to_owned()];
        let some = unattended(kept.clone(), &names, false, &builtin, &[]).unwrap();
        assert_eq!(some.rules["get_weather"], ToolRule::Always);
        let Otherwise::Refuse(hint) = some.otherwise else { panic!("nobody is there") };
        assert!(hint.contains("--allow {}") && hint.contains("--allow-all"), "{hint}");
        let all = unattended(kept.clone(), &[], true, &builtin, &[]).unwrap();
        assert_eq!((all.otherwise, &all.rules), (Otherwise::Allow, &kept.rules), "never stays never");
        let unknown = unattended(kept, &["get_wether".to_owned()], false, &builtin, &[]).unwrap_err();
        assert!(unknown.message().contains("get_wether"), "{unknown:?}");
    }
}
