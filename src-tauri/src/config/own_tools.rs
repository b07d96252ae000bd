//! The person's `tools.toml` as a form changes it: one function at a time, with everything else in the file as it was, comments
//! included. Pure.

use std::fmt;

use serde_json::Value as Json;
use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, TableLike, Value};

use crate::contract::{OwnArgument, OwnKind, OwnTool, OwnWay};

/// Why a file can't be changed by a form.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NotChanged {
    /// It is no TOML, or its functions stand in another form; in words for the person.
    Form(String),
    /// It has no function of this name any more.
    Gone,
}

impl fmt::Display for NotChanged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(words) => f.write_str(words),
            Self::Gone => f.write_str("the function is no longer in the file"),
        }
    }
}

/// The functions that a form can show. Those in another form are left out.
pub(crate) fn read(text: &str) -> Vec<OwnTool> {
    let Ok(document) = text.parse::<DocumentMut>() else { return Vec::new() };
    let functions = document.get("functions").and_then(Item::as_array_of_tables);
    functions.into_iter().flatten().filter_map(shown).collect()
}

/// The text with this function in the place of the one of the name `old`, or as the last one.
///
/// # Errors
/// [`NotChanged`], when it can't be put there.
pub(crate) fn put(text: &str, old: Option<&str>, tool: &OwnTool) -> Result<String, NotChanged> {
    let mut document = parsed(text)?;
    // What stands behind the last function, such as commented examples, stays before a new one.
    let end = document.trailing().as_str().unwrap_or_default().to_owned();
    if old.is_none() {
        document.set_trailing("");
    }
    let functions = functions(&mut document)?;
    if let Some(old) = old {
        let mut tables = functions.iter_mut();
        let table = tables.find(|table| is_named(table, old)).ok_or(NotChanged::Gone)?;
        write(table, tool);
    } else {
        let mut table = Table::new();
        write(&mut table, tool);
        let gap = if text.trim().is_empty() { "" } else { "\n" };
        table.decor_mut().set_prefix(format!("{end}{gap}"));
        functions.push(table);
    }
    Ok(document.to_string())
}

/// The text without the function of this name.
///
/// # Errors
/// [`NotChanged`], when it is not there.
pub(crate) fn remove(text: &str, name: &str) -> Result<String, NotChanged> {
    let mut document = parsed(text)?;
    let functions = functions(&mut document)?;
    let before = functions.len();
    functions.retain(|table| !is_named(table, name));
    if functions.len() == before {
        return Err(NotChanged::Gone);
    }
    Ok(document.to_string())
}

fn parsed(text: &str) -> Result<DocumentMut, NotChanged> {
    text.parse().map_err(|error: toml_edit::TomlError| NotChanged::Form(error.message().to_owned()))
}

fn functions(document: &mut DocumentMut) -> Result<&mut ArrayOfTables, NotChanged> {
    let item = document.entry("functions").or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    let other = || NotChanged::Form("its functions don't stand under [[functions]]".to_owned());
    item.as_array_of_tables_mut().ok_or_else(other)
}

fn is_named(table: &Table, name: &str) -> bool {
    table.get("name").and_then(Item::as_str) == Some(name)
}

fn text_at(table: &dyn TableLike, key: &str) -> Option<String> {
    table.get(key)?.as_str().map(str::to_owned)
}

fn shown(table: &Table) -> Option<OwnTool> {
    Some(OwnTool {
        name: text_at(table, "name")?,
        description: text_at(table, "description").unwrap_or_default(),
        arguments: arguments(table.get("arguments")),
        way: way(table)?,
    })
}

fn way(table: &Table) -> Option<OwnWay> {
    if let Some(command) = table.get("command") {
        let command = command.as_table_like()?;
        let args = command.get("args").and_then(Item::as_array).into_iter().flatten();
        let args = args.filter_map(Value::as_str).map(str::to_owned).collect();
        return Some(OwnWay::Program { program: text_at(command, "program")?, args });
    }
    if let Some(http) = table.get("http") {
        let http = http.as_table_like()?;
        let posts = text_at(http, "method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
        return Some(OwnWay::Request { url: text_at(http, "url")?, posts });
    }
    if let Some(answer) = table.get("answer") {
        let text = match answer.as_str() {
            Some(text) => text.to_owned(),
            None => json(answer)?.to_string(),
        };
        return Some(OwnWay::Answer { text });
    }
    Some(OwnWay::Ask { question: text_at(table, "ask")? })
}

/// The arguments, if they are no more than a form has fields for.
fn arguments(schema: Option<&Item>) -> Option<Vec<OwnArgument>> {
    let Some(schema) = schema else { return Some(Vec::new()) };
    let schema = schema.as_table_like()?;
    let is_plain = |key: &str| matches!(key, "type" | "required" | "properties");
    if !schema.iter().all(|(key, _)| is_plain(key)) || text_at(schema, "type")? != "object" {
        return None;
    }
    let required = schema.get("required").and_then(Item::as_array).into_iter().flatten();
    let required: Vec<&str> = required.filter_map(Value::as_str).collect();
    let Some(properties) = schema.get("properties") else { return Some(Vec::new()) };
    properties.as_table_like()?.iter().map(|(name, property)| argument(name, property, &required)).collect()
}

fn argument(name: &str, property: &Item, required: &[&str]) -> Option<OwnArgument> {
    let property = property.as_table_like()?;
    if !property.iter().all(|(key, _)| matches!(key, "type" | "description")) {
        return None;
    }
    let kind = match text_at(property, "type")?.as_str() {
        "string" => OwnKind::Text,
        "number" => OwnKind::Number,
        "integer" => OwnKind::Whole,
        "boolean" => OwnKind::YesNo,
        _ => return None,
    };
    let description = text_at(property, "description").unwrap_or_default();
    Some(OwnArgument { name: name.to_owned(), description, kind, required: required.contains(&name) })
}

/// Writes what the form has; what it does not know stays.
fn write(table: &mut Table, tool: &OwnTool) {
    set(table, "name", tool.name.as_str().into());
    set(table, "description", tool.description.as_str().into());
    write_way(table, &tool.way);
    // As they are, they need no change, and keep their form.
    if tool.arguments.is_none() || arguments(table.get("arguments")) == tool.arguments {
        return;
    }
    let rows = tool.arguments.as_deref().unwrap_or_default();
    table.remove("arguments");
    if !rows.is_empty() {
        table.insert("arguments", Item::Value(schema(rows).into()));
    }
}

fn write_way(table: &mut Table, way: &OwnWay) {
    let own = match way {
        OwnWay::Program { .. } => "command",
        OwnWay::Request { .. } => "http",
        OwnWay::Answer { .. } => "answer",
        OwnWay::Ask { .. } => "ask",
    };
    for other in ["command", "http", "answer", "ask"].into_iter().filter(|other| *other != own) {
        table.remove(other);
    }
    match way {
        OwnWay::Program { program, args } => {
            let Some(command) = inner(table, own) else { return };
            set(command, "program", program.as_str().into());
            if args.is_empty() {
                command.remove("args");
            } else {
                set(command, "args", args.iter().collect::<Array>().into());
            }
        }
        OwnWay::Request { url, posts } => {
            let Some(http) = inner(table, own) else { return };
            set(http, "url", url.as_str().into());
            if *posts {
                set(http, "method", "POST".into());
            } else {
                http.remove("method");
            }
        }
        OwnWay::Answer { text } => {
            // Unchanged it stays as it is written.
            if self::way(table).as_ref() != Some(way) {
                let value = serde_json::from_str(text).ok().filter(|json: &Json| !json.is_string());
                set(table, own, value.and_then(value_of).unwrap_or_else(|| text.as_str().into()));
            }
        }
        OwnWay::Ask { question } => set(table, own, question.as_str().into()),
    }
}

/// The table under this key; a new one stands in the line.
fn inner<'a>(table: &'a mut Table, key: &str) -> Option<&'a mut dyn TableLike> {
    let item = table.entry(key).or_insert(Item::None);
    if !item.is_table_like() {
        *item = Item::Value(InlineTable::new().into());
    }
    item.as_table_like_mut()
}

/// Sets a value; the comment behind an old one stays.
fn set(table: &mut dyn TableLike, key: &str, mut value: Value) {
    if let Some(old) = table.get_mut(key).and_then(Item::as_value_mut) {
        *value.decor_mut() = old.decor().clone();
        *old = value;
    } else {
        table.insert(key, Item::Value(value));
    }
}

fn schema(rows: &[OwnArgument]) -> InlineTable {
    let properties: InlineTable = rows
        .iter()
        .map(|row| {
            let kind = match row.kind {
                OwnKind::Text => "string",
                OwnKind::Number => "number",
                OwnKind::Whole => "integer",
                OwnKind::YesNo => "boolean",
            };
            let mut property = InlineTable::from_iter([("type", kind)]);
            if !row.description.is_empty() {
                property.insert("description", row.description.as_str().into());
            }
            (row.name.as_str(), Value::from(property))
        })
        .collect();
    let required: Array = rows.iter().filter(|row| row.required).map(|row| row.name.as_str()).collect();
    let mut schema = InlineTable::from_iter([("type", "object")]);
    if !required.is_empty() {
        schema.insert("required", required.into());
    }
    schema.insert("properties", properties.into());
    schema
}

/// JSON as TOML; absent for what TOML has no word for.
fn value_of(json: Json) -> Option<Value> {
    Some(match json {
        Json::Null => return None,
        Json::Bool(value) => value.into(),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => whole.into(),
            None => number.as_f64()?.into(),
        },
        Json::String(text) => text.into(),
        Json::Array(all) => all.into_iter().map(value_of).collect::<Option<Array>>()?.into(),
        Json::Object(fields) => {
            let fields = fields.into_iter().map(|(key, json)| Some((key, value_of(json)?)));
            fields.collect::<Option<InlineTable>>()?.into()
        }
    })
}

/// TOML as JSON; a date is a text.
fn json(item: &Item) -> Option<Json> {
    if let Some(table) = item.as_table_like() {
        let fields = table.iter().map(|(key, item)| Some((key.to_owned(), json(item)?)));
        return fields.collect::<Option<serde_json::Map<_, _>>>().map(Json::Object);
    }
    let value = item.as_value()?;
    Some(match value {
        Value::String(text) => text.value().as_str().into(),
        Value::Integer(number) => (*number.value()).into(),
        Value::Float(number) => (*number.value()).into(),
        Value::Boolean(value) => (*value.value()).into(),
        Value::Datetime(date) => date.value().to_string().into(),
        Value::Array(all) => {
            let all = all.iter().map(|value| json(&Item::Value(value.clone())));
            Json::Array(all.collect::<Option<_>>()?)
        }
        Value::InlineTable(_) => return None,
    })
}

#[cfg(test)]
mod tests;
