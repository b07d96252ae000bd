//! `vivavoce tools`: the functions that a model is offered, where each comes from, and whether it asks first. Starts nothing.

use std::fmt::Write as _;
use std::process::ExitCode;

use net::{Connector, ProxyChoice};
use serde::Serialize;
use serde_json::Value;
use tools::{Consent, Function, Registry};

use crate::cli::ToolsArgs;
use crate::cli::print::{self, Printable};
use crate::config::functions::ToolsFile;
use crate::contract::UiError;

/// Shown under `--help`.
pub(crate) const EXAMPLES: &str = "Examples:
  vivavoce tools
  vivavoce tools --tools tools.toml
  vivavoce tools --tools tools.toml --json | jq -r '.[] | select(.asks != \"no\") | .name'

Columns: name, where it comes from, whether it asks first, what it does.";

/// A function as it is listed.
#[derive(Debug, Serialize)]
struct Row {
    name: String,
    /// `built-in`, or a file.
    from: String,
    /// Whether it asks first: `no`, `yes`, or `each time`.
    asks: &'static str,
    description: String,
    /// JSON Schema.
    arguments: Value,
}

/// Lists them.
pub(crate) fn run(args: &ToolsArgs) -> ExitCode {
    match rows(args) {
        Ok(rows) if args.json => print::json(&rows),
        Ok(rows) => print::data(table(&rows)),
        Err(error) => {
            print::say(&error);
            ExitCode::FAILURE
        }
    }
}

fn rows(args: &ToolsArgs) -> Result<Vec<Row>, UiError> {
    let builtin = Registry::builtin();
    let mut rows: Vec<Row> = builtin.functions().map(|function| row(function, "built-in")).collect();
    if let Some(path) = &args.tools {
        // It is listed and not called.
        let nowhere = Connector::new(ProxyChoice::None);
        let own = ToolsFile::read(path)?.functions(&builtin, &nowhere)?;
        rows.extend(own.iter().map(|function| row(function, &path.display().to_string())));
    }
    Ok(rows)
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
