//! `vivavoce tools`: the functions that a model is offered, where each comes from, and whether it asks first. Starts nothing but
//! the MCP servers of a file that is named.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use net::{Connector, ProxyChoice};
use serde::Serialize;
use serde_json::Value;
use tools::{Consent, Function, Registry};

use crate::cli::ToolsArgs;
use crate::cli::print::{self, Printable};
use crate::config::functions::ToolsFile;
use crate::config::mcp_import::{self, Imported};
use crate::config::mcp_servers::{self, McpFile};
use crate::config::secrets::Secrets;
use crate::config::{proxy, startup::Startup};
use crate::contract::{Text, UiError};

/// Shown under `--help`.
pub(crate) const EXAMPLES: &str = "Examples:
  vivavoce tools
  vivavoce tools --tools tools.toml
  vivavoce tools --mcp mcp.json
  vivavoce tools --import ~/.cursor/mcp.json
  vivavoce tools --tools tools.toml --json | jq -r '.[] | select(.asks != \"no\") | .name'

Columns: name, where it comes from, whether it asks first, what it does.";

/// A function as it is listed.
#[derive(Debug, Serialize)]
struct Row {
    name: String,
    /// `built-in`, a file, or `mcp:` and a server.
    from: String,
    /// Whether it asks first: `no`, `yes`, or `each time`.
    asks: &'static str,
    description: String,
    /// JSON Schema.
    arguments: Value,
}

/// Lists them.
pub(crate) async fn run(args: ToolsArgs) -> ExitCode {
    if let Some(from) = &args.import {
        return import(from).await;
    }
    let (rows, troubles) = match rows(&args).await {
        Ok(all) => all,
        Err(error) => {
            print::say(&error);
            return ExitCode::FAILURE;
        }
    };
    troubles.iter().for_each(print::say);
    let printed = if args.json { print::json(&rows) } else { print::data(table(&rows)) };
    // What runs is listed all the same.
    if troubles.is_empty() { printed } else { ExitCode::FAILURE }
}

async fn import(from: &Path) -> ExitCode {
    let Imported { file, added, kept, secrets } = match mcp_import::import_for_user(from).await {
        Ok(imported) => imported,
        Err(error) => {
            print::say(&error);
            return ExitCode::FAILURE;
        }
    };
    let text = Text::new("tools-imported")
        .with("count", added.len().to_string())
        .with("file", file.display().to_string())
        .with("secrets", secrets.to_string());
    print::note(Printable::line(&text.words()));
    for name in &kept {
        print::note(Printable::line(&Text::new("tools-import-kept").with("server", name).words()));
    }
    let names: Vec<_> = added.iter().map(|name| Printable::line(name).as_str().to_owned() + "\n").collect();
    print::data(names.concat())
}

/// The rows, and what is missing among them.
async fn rows(args: &ToolsArgs) -> Result<(Vec<Row>, Vec<UiError>), UiError> {
    let builtin = Registry::builtin();
    let mut rows: Vec<Row> = builtin.functions().map(|function| row(function, "built-in")).collect();
    if let Some(path) = &args.tools {
        // It is listed and not called.
        let nowhere = Connector::new(ProxyChoice::None);
        let own = ToolsFile::read(path)?.functions(&builtin, &nowhere)?;
        rows.extend(own.iter().map(|function| row(function, &path.display().to_string())));
    }
    let Some(path) = &args.mcp else { return Ok((rows, Vec::new())) };
    let settings = Startup::of_user().settings;
    let connector = proxy::for_tools(&settings, &Secrets::default());
    let servers = McpFile::meant(path)?.start(&connector, &mcp_servers::policy(&settings, &[])).await?;
    servers.settled(mcp_servers::START_LIMIT).await;
    let status = servers.status();
    rows.extend(servers.functions().iter().map(|function| {
        let key = function.name().split_once("__").map_or("", |(key, _)| key);
        let server = status.iter().find(|server| server.key == key);
        row(function, &format!("mcp:{}", server.map_or(key, |server| server.name.as_str())))
    }));
    servers.end().await;
    Ok((rows, mcp_servers::troubles(&status)))
}

fn row(function: &Function, from: &str) -> Row {
    Row {
        name: function.name().to_owned(),
        from: from.to_owned(),
        asks: match function.terms().consent {
            Consent::NotNeeded => "no",
            Consent::Ask => "yes",
            Consent::AskEachTime => "each time",
        },
        description: function.description().to_owned(),
        arguments: function.json_schema().clone(),
    }
}

fn table(rows: &[Row]) -> String {
    let mut text = String::new();
    for row in rows {
        // A text of others is one column of one line, whatever it holds.
        let [name, from, description] =
            [&row.name, &row.from, &row.description].map(|raw| Printable::line(raw));
        let _ =
            writeln!(text, "{}\t{}\t{}\t{}", name.as_str(), from.as_str(), row.asks, description.as_str());
    }
    text
}
