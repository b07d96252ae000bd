//! `mcp.json`: which servers there are and how each is reached, in the forms that other programs write. Pure but for what it is
//! told of its surroundings.

mod comments;
mod import;
mod variables;

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use net::{BadUrl, HttpUrl};
use serde::Deserialize;
use serde_json::{Map, Value};
use tools::process::ProgramSpec;

use crate::names::keys;
pub use import::{Import, ImportedSecret, import};
use variables::Filler;

/// The most servers of a file.
const MAX_SERVERS: usize = 32;
/// The most values that the keyring is asked for.
const MAX_SECRETS: usize = 64;
/// Headers that belong to the protocol or to the connection.
const RESERVED: [&str; 10] = [
    "accept",
    "connection",
    "content-length",
    "content-type",
    "host",
    "last-event-id",
    "mcp-protocol-version",
    "mcp-session-id",
    "transfer-encoding",
    "upgrade",
];

/// Why a file was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadConfig {
    /// It is no JSON.
    #[error("line {line}: {reason}")]
    Json {
        /// Where, from 1.
        line: usize,
        /// What is wrong there.
        reason: String,
    },
    /// None of the usual forms.
    #[error("it has no object \"mcpServers\" or \"servers\"")]
    NoServers,
    /// More than anybody runs.
    #[error("it names more than {MAX_SERVERS} servers")]
    TooMany,
}

/// Why one server of a file can't be used. The others are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadServer {
    /// A field is of a wrong type.
    #[error("{0}")]
    Field(String),
    /// It says no way to reach it, or two.
    #[error("it needs either command or url")]
    Way,
    /// The old transport, or one that nobody knows.
    #[error("its type {0:?} is not supported; stdio and streamable HTTP are")]
    Kind(String),
    /// Its address can't be meant.
    #[error("its url can't be used: {0}")]
    Url(BadUrl),
    /// The header can't be sent.
    #[error("the header {0:?} can't be sent")]
    Header(String),
    /// No name of a variable.
    #[error("{0:?} is no name of a variable")]
    VariableName(String),
    /// It names a variable that is not set.
    #[error("the variable {0} is not set")]
    NotSet(String),
    /// It names a value that the keyring should hold.
    #[error("the value {0:?} is not in the keyring; write ${{env:NAME}} or the value itself")]
    NoSecret(String),
    /// It wants something that only another program knows.
    #[error("${{{0}}} has no value here; write ${{env:NAME}} or the value itself")]
    Unknown(String),
    /// Variables in another file.
    #[error("envFile is not read; write the variables into env, as ${{env:NAME}} if they are secret")]
    EnvFile,
}

/// How a server is reached.
#[derive(Clone, PartialEq, Eq)]
pub enum Target {
    /// A program, over its standard input and output.
    Program(ProgramSpec),
    /// Streamable HTTP.
    Http {
        /// Where.
        url: HttpUrl,
        /// Headers of every request; their values may be secret.
        headers: Vec<(String, String)>,
    },
}

/// Shows no value of a variable or a header.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Program(spec) => f.debug_tuple("Program").field(&spec.program).finish(),
            Self::Http { url, .. } => f.debug_tuple("Http").field(url).finish(),
        }
    }
}

/// One server of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerConfig {
    /// Its name, as it is written.
    pub name: String,
    /// What its tools' names begin with, unique in the file: see [`keys`].
    pub key: String,
    /// It is not started.
    pub is_disabled: bool,
    /// How it is reached, or why it can't be.
    pub target: Result<Target, BadServer>,
}

/// What a file may refer to.
pub struct Surroundings<'a> {
    /// The folder of the file: programs run there.
    pub folder: &'a Path,
    /// A variable of the environment.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// A value that the app keeps for the person, by its name.
    pub secret: &'a dyn Fn(&str) -> Option<String>,
}

/// What others write of a server. Fields that only other programs know are left alone.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(rename = "type", alias = "transport")]
    kind: Option<String>,
    command: Option<String>,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    env: Map<String, Value>,
    env_file: Option<String>,
    cwd: Option<String>,
    #[serde(alias = "serverUrl")]
    url: Option<String>,
    #[serde(default)]
    headers: Map<String, Value>,
    #[serde(default)]
    disabled: bool,
}

/// Reads the text of a file: `mcpServers`, as Claude Desktop, Cursor and most others write it, or `servers`, as VS Code does,
/// also inside `mcp` of its settings. Comments and trailing commas are taken.
///
/// # Errors
/// When it is none of these. A single server that can't be used is in the list with its reason.
pub fn read(text: &str, surroundings: &Surroundings<'_>) -> Result<Vec<ServerConfig>, BadConfig> {
    let file = parsed(text)?;
    let servers = servers_of(&file).ok_or(BadConfig::NoServers)?;
    if servers.len() > MAX_SERVERS {
        return Err(BadConfig::TooMany);
    }
    let keys = keys(servers.keys().map(String::as_str));
    let configs = servers.iter().zip(keys).map(|((name, entry), key)| {
        let (is_disabled, target) = match Entry::deserialize(entry) {
            Ok(entry) => (entry.disabled, target(entry, surroundings)),
            Err(error) => (false, Err(BadServer::Field(net::one_line(&error.to_string())))),
        };
        ServerConfig { name: name.clone(), key, is_disabled, target }
    });
    Ok(configs.collect())
}

fn parsed(text: &str) -> Result<Value, BadConfig> {
    serde_json::from_str(&comments::without(text))
        .map_err(|error| BadConfig::Json { line: error.line(), reason: net::one_line(&error.to_string()) })
}

/// The names of the values that a file leaves to the keyring.
pub fn secret_names(text: &str) -> Vec<String> {
    let parts = text.split("${").skip(1).filter_map(|part| part.split_once('}'));
    let named = parts.filter_map(|(reference, _)| match reference.split_once(':') {
        Some(("keyring" | "input", name)) => Some(name.to_owned()),
        _ => None,
    });
    let distinct: BTreeSet<String> = named.collect();
    distinct.into_iter().take(MAX_SECRETS).collect()
}

/// The servers of a file, in whichever form.
fn servers_of(file: &Value) -> Option<&Map<String, Value>> {
    let places = ["/mcpServers", "/servers", "/mcp/servers"];
    places.iter().find_map(|place| file.pointer(place)?.as_object())
}

fn target(entry: Entry, surroundings: &Surroundings<'_>) -> Result<Target, BadServer> {
    let Entry { kind, command, args, env, env_file, cwd, url, headers, .. } = entry;
    if env_file.is_some() {
        return Err(BadServer::EnvFile);
    }
    let kind = kind.map(|kind| kind.to_ascii_lowercase().replace(['-', '_'], ""));
    match kind.as_deref() {
        None | Some("stdio" | "http" | "streamablehttp") => {}
        Some(other) => return Err(BadServer::Kind(other.chars().take(40).collect())),
    }
    let filler = Filler(surroundings);
    match (command, url) {
        (Some(command), None) if !command.trim().is_empty() => {
            program(command.trim(), &args, env, cwd, surroundings.folder, &filler).map(Target::Program)
        }
        (None, Some(url)) => {
            let url: HttpUrl = filler.fill(&url)?.trim().parse().map_err(BadServer::Url)?;
            Ok(Target::Http { url, headers: headers_of(headers, &filler)? })
        }
        _ => Err(BadServer::Way),
    }
}

/// A program with a folder in its name is looked for from the folder of the file.
fn program(
    command: &str,
    args: &[String],
    env: Map<String, Value>,
    cwd: Option<String>,
    folder: &Path,
    filler: &Filler<'_>,
) -> Result<ProgramSpec, BadServer> {
    let command = filler.fill(command)?;
    let is_path = command.contains(['/', std::path::MAIN_SEPARATOR]);
    let program = if is_path { folder.join(command).into_os_string() } else { script_of(command).into() };
    let args = args.iter().map(|arg| filler.fill(arg).map(Into::into)).collect::<Result<_, _>>()?;
    let mut variables = Vec::new();
    for (name, value) in env {
        if !is_variable(&name) {
            return Err(BadServer::VariableName(name.chars().take(100).collect()));
        }
        variables.push((name, filler.fill(&plain(value)?)?.into()));
    }
    let own = cwd.map(|own| filler.fill(&own).map(PathBuf::from)).transpose()?;
    Ok(ProgramSpec {
        args,
        folder: Some(own.map_or_else(|| folder.to_owned(), |own| folder.join(own))),
        variables,
        ..ProgramSpec::new(program)
    })
}

/// On Windows those of Node are scripts, and are found by their whole name only.
fn script_of(command: String) -> String {
    let is_script = matches!(command.as_str(), "bunx" | "npm" | "npx" | "pnpm" | "pnpx" | "yarn");
    if cfg!(windows) && is_script { format!("{command}.cmd") } else { command }
}

fn headers_of(headers: Map<String, Value>, filler: &Filler<'_>) -> Result<Vec<(String, String)>, BadServer> {
    let named = headers.into_iter().map(|(name, value)| {
        let value = filler.fill(&plain(value)?)?;
        let is_ours = RESERVED.contains(&name.to_ascii_lowercase().as_str());
        if is_ours || !net::http::is_header(&name, &value) {
            return Err(BadServer::Header(name.chars().take(100).collect()));
        }
        Ok((name, value))
    });
    named.collect()
}

/// Numbers and switches are written without quotes, too.
fn plain(value: Value) -> Result<String, BadServer> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
        _ => Err(BadServer::Field("a value of env or headers is no text".to_owned())),
    }
}

fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.len() <= 256 && !name.contains(['=', '\0'])
}

#[cfg(test)]
mod tests;
