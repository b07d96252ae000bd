//! JSON Schema reduced to the subset of OpenAPI that `parameters` takes (PROTOCOL.md §2.2). Pure.
//!
//! What has no counterpart is left out: the arguments are checked against the whole schema before the call all the same.

use serde_json::{Map, Value, json};

/// A reduced schema.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenApi {
    /// The schema, type names in upper case; `None` when there are no arguments.
    pub parameters: Option<Value>,
    /// Whether it says less than the original.
    pub is_lossy: bool,
}

/// Keywords that mean the same in both.
const KEPT: [&str; 14] = [
    "default",
    "description",
    "maximum",
    "maxItems",
    "maxLength",
    "maxProperties",
    "minimum",
    "minItems",
    "minLength",
    "minProperties",
    "nullable",
    "pattern",
    "required",
    "title",
];
/// Keywords that change nothing of what fits.
const NOTES: [&str; 7] =
    ["$schema", "deprecated", "examples", "propertyOrdering", "readOnly", "writeOnly", "contentEncoding"];
/// Formats that the service takes; another one closes the session.
const FORMATS: [&str; 5] = ["date-time", "double", "float", "int32", "int64"];

/// Reduces the schema of an object.
pub(super) fn reduced(schema: &Value) -> OpenApi {
    let mut is_lossy = false;
    let mut parameters = schema_of(schema, &mut is_lossy);
    let has_properties =
        parameters.get("properties").and_then(Value::as_object).is_some_and(|all| !all.is_empty());
    parameters.insert("type".to_owned(), "OBJECT".into());
    // An object without properties is refused by some models.
    OpenApi { parameters: has_properties.then_some(Value::Object(parameters)), is_lossy }
}

fn schema_of(schema: &Value, is_lossy: &mut bool) -> Map<String, Value> {
    let mut out = Map::new();
    let Value::Object(fields) = schema else {
        // `true` fits anything, `false` nothing.
        *is_lossy |= schema == &Value::Bool(false);
        return out;
    };
    for (key, value) in fields {
        match (key.as_str(), value) {
            ("type", Value::String(kind)) => _ = out.insert("type".into(), kind.to_uppercase().into()),
            ("type", Value::Array(kinds)) => types(kinds, &mut out),
            ("properties", Value::Object(properties)) => {
                let all = properties
                    .iter()
                    .map(|(name, it)| (name.clone(), Value::Object(schema_of(it, is_lossy))));
                out.insert("properties".into(), Value::Object(all.collect()));
            }
            ("items", Value::Object(_)) => {
                _ = out.insert("items".into(), Value::Object(schema_of(value, is_lossy)));
            }
            ("anyOf" | "oneOf", Value::Array(choices)) => any_of(choices, &mut out, is_lossy),
            ("allOf", Value::Array(all)) => {
                for schema in all {
                    let one = schema_of(schema, is_lossy);
                    join(&mut out, one, is_lossy);
                }
            }
            ("enum", Value::Array(values)) => enumeration(values, &mut out, is_lossy),
            ("const", value) => enumeration(std::slice::from_ref(value), &mut out, is_lossy),
            ("format", Value::String(format)) if FORMATS.contains(&format.as_str()) => {
                _ = out.insert("format".into(), value.clone());
            }
            (key, _) if KEPT.contains(&key) => _ = out.insert(key.to_owned(), value.clone()),
            (key, _) if NOTES.contains(&key) => {}
            _ => *is_lossy = true,
        }
    }
    if !out.contains_key("type") && !out.contains_key("anyOf") {
        let kind = if out.contains_key("properties") {
            "OBJECT"
        } else if out.contains_key("items") {
            "ARRAY"
        } else {
            return out;
        };
        out.insert("type".into(), kind.into());
    }
    out
}

/// `["string", "null"]` is a string that may be null; other lists are choices.
fn types(kinds: &[Value], out: &mut Map<String, Value>) {
    let names: Vec<&str> = kinds.iter().filter_map(Value::as_str).filter(|kind| *kind != "null").collect();
    if names.len() < kinds.len() {
        out.insert("nullable".into(), true.into());
    }
    match names.as_slice() {
        [one] => _ = out.insert("type".into(), one.to_uppercase().into()),
        many => {
            let choices = many.iter().map(|kind| json!({ "type": kind.to_uppercase() })).collect();
            out.insert("anyOf".into(), Value::Array(choices));
        }
    }
}

fn any_of(choices: &[Value], out: &mut Map<String, Value>, is_lossy: &mut bool) {
    let is_null = |choice: &Value| choice.get("type").is_some_and(|kind| kind == "null");
    let some: Vec<Map<String, Value>> =
        choices.iter().filter(|choice| !is_null(choice)).map(|choice| schema_of(choice, is_lossy)).collect();
    if some.len() < choices.len() {
        out.insert("nullable".into(), true.into());
    }
    match <[_; 1]>::try_from(some) {
        Ok([one]) => join(out, one, is_lossy),
        Err(some) => {
            let some = some.into_iter().map(Value::Object).collect();
            // Two lists of choices would have to hold at once.
            *is_lossy |= out.insert("anyOf".into(), Value::Array(some)).is_some();
        }
    }
}

/// Only texts can be enumerated.
fn enumeration(values: &[Value], out: &mut Map<String, Value>, is_lossy: &mut bool) {
    let texts: Vec<Value> = values.iter().filter(|value| value.is_string()).cloned().collect();
    if texts.is_empty() || texts.len() < values.len() {
        *is_lossy = true;
        return;
    }
    out.insert("type".into(), "STRING".into());
    out.insert("enum".into(), Value::Array(texts));
}

/// Both must hold; where they say different things of one keyword, the first one is kept.
fn join(out: &mut Map<String, Value>, more: Map<String, Value>, is_lossy: &mut bool) {
    for (key, value) in more {
        match (out.get_mut(&key), value) {
            (None, value) => _ = out.insert(key, value),
            (Some(Value::Object(ours)), Value::Object(theirs)) if key == "properties" => {
                for (name, property) in theirs {
                    *is_lossy |= ours.get(&name).is_some_and(|ours| *ours != property);
                    ours.entry(name).or_insert(property);
                }
            }
            (Some(Value::Array(ours)), Value::Array(theirs)) if key == "required" => {
                let new: Vec<Value> = theirs.into_iter().filter(|name| !ours.contains(name)).collect();
                ours.extend(new);
            }
            (Some(ours), theirs) => *is_lossy |= *ours != theirs && key != "description" && key != "title",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_can_say_is_said_without_loss() {
        let schema = json!({
            "$schema": "http://json-schema.org/draft-07/schema#",
            "type": "object",
            "properties": {
                "path": {"type": "string", "description": "Where."},
                "limit": {"type": ["integer", "null"], "minimum": 1, "format": "int32"},
                "kind": {"enum": ["a", "b"]},
                "tags": {"type": "array", "items": {"type": "string"}},
                "at": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                "any": true,
            },
            "required": ["path"],
        });
        let OpenApi { parameters, is_lossy } = reduced(&schema);
        let expected = json!({
            "type": "OBJECT",
            "properties": {
                "path": {"type": "STRING", "description": "Where."},
                "limit": {"type": "INTEGER", "nullable": true, "minimum": 1, "format": "int32"},
                "kind": {"type": "STRING", "enum": ["a", "b"]},
                "tags": {"type": "ARRAY", "items": {"type": "STRING"}},
                "at": {"type": "STRING", "nullable": true},
                "any": {},
            },
            "required": ["path"],
        });
        assert_eq!((parameters, is_lossy), (Some(expected), false));
    }

    #[test]
    fn what_it_cannot_say_is_left_out_and_told() {
        for (property, kept) in [
            (json!({"type": "string", "format": "uri"}), json!({"type": "STRING"})),
            (json!({"type": "integer", "enum": [1, 2]}), json!({"type": "INTEGER"})),
            (json!({"type": "number", "exclusiveMinimum": 0}), json!({"type": "NUMBER"})),
            (json!({"type": "object", "additionalProperties": false}), json!({"type": "OBJECT"})),
            (json!({"not": {"type": "string"}}), json!({})),
            (
                json!({"allOf": [{"properties": {"a": {"type": "string"}}}, {"properties": {"a": {"type": "integer"}}}]}),
                json!({"type": "OBJECT", "properties": {"a": {"type": "STRING"}}}),
            ),
        ] {
            let reduced = reduced(&json!({"type": "object", "properties": {"p": property}}));
            assert!(reduced.is_lossy, "{property}");
            assert_eq!(reduced.parameters.unwrap()["properties"]["p"], kept, "{property}");
        }
    }

    #[test]
    fn no_arguments_are_no_parameters() {
        for none in [json!({}), json!({"type": "object"}), json!({"type": "object", "properties": {}})] {
            assert_eq!(reduced(&none), OpenApi { parameters: None, is_lossy: false }, "{none}");
        }
    }
}
