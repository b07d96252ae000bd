//! `tools.toml`: read whole, or refused in its own words. Pure but for the variables that its headers name.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use net::{BadUrl, Connector, HttpUrl};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::answer::{AskPerson, FixedAnswer};
use super::command::Command;
use super::request::{Header, Method, Request};
use crate::process::ProgramSpec;
use crate::registry::{BadFunction, Function, is_name};
use crate::schema::BadSchema;
use crate::tool::{Consent, Declaration, Scheduling, Terms, Tool};

/// The most functions of a file: models choose badly among more.
const MAX_FUNCTIONS: usize = 64;
/// The longest description, in characters.
const MAX_DESCRIPTION: usize = 2_000;
/// The longest time that a function may take, in seconds.
const MAX_SECONDS: u64 = 600;
/// How long the person may take to type an answer, unless the file says otherwise.
const ASK_SECONDS: u64 = 300;
/// The least and the largest output, in bytes.
const OUTPUT: std::ops::RangeInclusive<usize> = 16..=256 * 1024;

/// Why a file was refused. Nothing of it is used then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadToolsFile {
    /// It is no TOML, or has a field that is none.
    #[error("line {line}: {reason}")]
    Toml {
        /// Where, from 1.
        line: usize,
        /// What is wrong there.
        reason: String,
    },
    /// It has more functions than are declared.
    #[error("it has more than {MAX_FUNCTIONS} functions")]
    TooMany,
    /// One function can't be used.
    #[error("the function {name:?}: {fault}")]
    Function {
        /// Its name.
        name: String,
        /// Why.
        fault: Fault,
    },
}

/// Why one function can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The service would refuse the name.
    #[error("its name must be a letter or _, then letters, digits and _ . : -, 128 characters at most")]
    Name,
    /// Names with `__` are those of MCP servers.
    #[error("a name with two underscores in a row is kept for functions of MCP servers")]
    ServersName,
    /// Another function has the name.
    #[error("another function has this name")]
    NameTaken,
    /// The model would not know when to call it.
    #[error("its description must say when to call it, in {MAX_DESCRIPTION} characters at most")]
    Description,
    /// It says no way to run, or several.
    #[error("it needs exactly one of command, http, answer and ask")]
    Way,
    /// The schema of its arguments can't be used.
    #[error("its arguments can't be used: {0}")]
    Arguments(BadSchema),
    /// There is no program.
    #[error("command.program is empty")]
    Program,
    /// The address can't be meant.
    #[error("http.url can't be used: {0}")]
    Url(BadUrl),
    /// The header can't be sent.
    #[error("the header {0:?} can't be sent")]
    Header(String),
    /// A header names a variable that the function may not have.
    #[error("a header names ${{{0}}}, which is not in its environment list")]
    VariableNotListed(String),
    /// A header names a variable that is not set.
    #[error("the variable {0} is not set")]
    VariableNotSet(String),
    /// No name of a variable.
    #[error("{0:?} is no name of a variable")]
    VariableName(String),
    /// The time can't be its limit.
    #[error("timeout must be 1 to {MAX_SECONDS} seconds")]
    Timeout,
    /// The size can't be its limit.
    #[error("output_limit must be {} to {} bytes", OUTPUT.start(), OUTPUT.end())]
    OutputLimit,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    functions: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    description: String,
    arguments: Option<Value>,
    command: Option<CommandEntry>,
    http: Option<HttpEntry>,
    answer: Option<Value>,
    ask: Option<String>,
    timeout: Option<u64>,
    output_limit: Option<usize>,
    #[serde(default)]
    environment: Vec<String>,
    scheduling: Option<SchedulingEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CommandEntry {
    program: String,
    #[serde(default)]
    args: Vec<String>,
    folder: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HttpEntry {
    url: String,
    #[serde(default)]
    method: MethodEntry,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

#[derive(Deserialize, Default)]
enum MethodEntry {
    #[default]
    #[serde(alias = "get", rename = "GET")]
    Get,
    #[serde(alias = "post", rename = "POST")]
    Post,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum SchedulingEntry {
    Interrupt,
    WhenIdle,
    Silent,
}

/// Reads the text of a `tools.toml`. `folder` is where the file lies: programs run there unless the file says otherwise.
/// Requests go through `connector`. `is_taken` says which names are others'.
///
/// # Errors
/// The first thing that is wrong; nothing of the file is used then.
pub fn read(
    text: &str,
    folder: &Path,
    connector: &Connector,
    is_taken: impl Fn(&str) -> bool,
) -> Result<Vec<Function>, BadToolsFile> {
    let file: File = toml::from_str(text).map_err(|error| toml_fault(text, &error))?;
    if file.functions.len() > MAX_FUNCTIONS {
        return Err(BadToolsFile::TooMany);
    }
    let mut functions: Vec<Function> = Vec::new();
    for entry in file.functions {
        let name = entry.name.clone();
        let is_here = functions.iter().any(|function| function.name() == name);
        let function = if is_here || is_taken(&name) {
            Err(Fault::NameTaken)
        } else {
            function(entry, folder, connector)
        };
        let function = function
            .map_err(|fault| BadToolsFile::Function { name: name.chars().take(128).collect(), fault })?;
        functions.push(function);
    }
    Ok(functions)
}

fn toml_fault(text: &str, error: &toml::de::Error) -> BadToolsFile {
    let at = error.span().map_or(0, |span| span.start);
    let line = text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
    BadToolsFile::Toml { line, reason: net::one_line(error.message()) }
}

fn function(entry: Entry, folder: &Path, connector: &Connector) -> Result<Function, Fault> {
    let Entry { name, description, arguments, command, http, answer, ask, timeout, output_limit, .. } = entry;
    if !is_name(&name) {
        return Err(Fault::Name);
    }
    if name.contains("__") {
        return Err(Fault::ServersName);
    }
    let description = description.trim().to_owned();
    if description.is_empty() || description.chars().count() > MAX_DESCRIPTION {
        return Err(Fault::Description);
    }
    if let Some(odd) = entry.environment.iter().find(|name| !is_variable(name)) {
        return Err(Fault::VariableName(odd.clone()));
    }
    let parameters = plain(arguments.unwrap_or_else(|| json!({"type": "object"})));
    let declaration = Declaration { name, description, parameters };
    let usual = Terms::default();
    let seconds = timeout.unwrap_or(if ask.is_some() { ASK_SECONDS } else { usual.time_limit.as_secs() });
    let output_limit = output_limit.unwrap_or(usual.output_limit);
    if !(1..=MAX_SECONDS).contains(&seconds) {
        return Err(Fault::Timeout);
    }
    if !OUTPUT.contains(&output_limit) {
        return Err(Fault::OutputLimit);
    }
    let terms = Terms {
        // What the person wrote down, or types, is told with their knowledge.
        consent: if answer.is_some() || ask.is_some() { Consent::NotNeeded } else { Consent::Ask },
        scheduling: match entry.scheduling {
            Some(SchedulingEntry::Interrupt) => Scheduling::Interrupt,
            Some(SchedulingEntry::Silent) => Scheduling::Silent,
            Some(SchedulingEntry::WhenIdle) | None => Scheduling::WhenIdle,
        },
        time_limit: Duration::from_secs(seconds),
        output_limit,
        ..usual
    };
    let tool: Box<dyn Tool> = match (command, http, answer, ask) {
        (Some(command), None, None, None) => {
            let spec = program(command, entry.environment, folder)?;
            Box::new(Command { declaration, terms, spec })
        }
        (None, Some(HttpEntry { url, method, headers }), None, None) => Box::new(Request {
            declaration,
            terms,
            method: match method {
                MethodEntry::Get => Method::Get,
                MethodEntry::Post => Method::Post,
            },
            url: url.parse::<HttpUrl>().map_err(Fault::Url)?,
            headers: headers_of(headers, &entry.environment)?,
            connector: connector.clone(),
        }),
        (None, None, Some(answer), None) => {
            Box::new(FixedAnswer { declaration, terms, answer: plain(answer) })
        }
        (None, None, None, Some(question)) => Box::new(AskPerson { declaration, terms, question }),
        _ => return Err(Fault::Way),
    };
    Function::new(tool).map_err(|error| match error {
        BadFunction::Name => Fault::Name,
        BadFunction::Schema(error) => Fault::Arguments(error),
    })
}

/// A program with a folder in its name is looked for from the folder of the file.
fn program(entry: CommandEntry, inherited: Vec<String>, folder: &Path) -> Result<ProgramSpec, Fault> {
    let CommandEntry { program, args, folder: own } = entry;
    if program.trim().is_empty() {
        return Err(Fault::Program);
    }
    let is_path = program.contains(['/', std::path::MAIN_SEPARATOR]);
    let program = if is_path { folder.join(program).into_os_string() } else { program.into() };
    Ok(ProgramSpec {
        args: args.into_iter().map(Into::into).collect(),
        folder: Some(own.map_or_else(|| folder.to_owned(), |own| folder.join(own))),
        inherited,
        ..ProgramSpec::new(program)
    })
}

/// Headers with the variables that they name put in.
fn headers_of(headers: BTreeMap<String, String>, listed: &[String]) -> Result<Vec<Header>, Fault> {
    let put_in = |(name, written): (String, String)| {
        let value = with_variables(&written, listed)?;
        if !net::http::is_header(&name, &value) || RESERVED.contains(&name.to_ascii_lowercase().as_str()) {
            return Err(Fault::Header(name.chars().take(100).collect()));
        }
        let lower = name.to_ascii_lowercase();
        let is_secret = value != written || SECRETS.iter().any(|word| lower.contains(word));
        Ok(Header { name, value, is_secret })
    };
    headers.into_iter().map(put_in).collect()
}

/// What the name of a header with a secret has in it.
const SECRETS: [&str; 5] = ["auth", "cookie", "key", "secret", "token"];

/// Headers that the request has anyway, or that would change what it is.
const RESERVED: [&str; 6] =
    ["connection", "content-length", "content-type", "host", "transfer-encoding", "upgrade"];

/// Puts the value of `NAME` in the place of `${NAME}`.
fn with_variables(text: &str, listed: &[String]) -> Result<String, Fault> {
    let mut parts = text.split("${");
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let Some((name, rest)) = part.split_once('}') else {
            whole.push_str("${");
            whole.push_str(part);
            continue;
        };
        if !listed.iter().any(|listed| listed == name) {
            return Err(Fault::VariableNotListed(name.chars().take(100).collect()));
        }
        let value = std::env::var(name).map_err(|_| Fault::VariableNotSet(name.to_owned()))?;
        whole.push_str(&value);
        whole.push_str(rest);
    }
    Ok(whole)
}

fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.len() <= 256 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Dates of TOML are texts in JSON.
fn plain(value: Value) -> Value {
    const DATE: &str = "$__toml_private_datetime";
    match value {
        Value::Object(mut fields) if fields.len() == 1 && fields.contains_key(DATE) => {
            fields.remove(DATE).unwrap_or_default()
        }
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(key, value)| (key, plain(value))).collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(plain).collect()),
        value => value,
    }
}

#[cfg(test)]
mod tests;
