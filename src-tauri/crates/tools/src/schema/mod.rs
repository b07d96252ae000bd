//! The schema of a function's arguments: what others wrote, made safe to work with. Pure, and bounded in time whatever the
//! schema says.
//!
//! A schema comes from a file or from a server that nobody vouches for. It is written out without references first, within
//! a budget, so that neither recursion nor a tower of references costs more than its size; patterns are matched in linear
//! time.

mod inline;
mod open_api;

use std::fmt;
use std::sync::Arc;

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

pub use open_api::OpenApi;

/// The most parts of a schema that is written out, each value one.
const MAX_PARTS: usize = 2_000;
/// How deep it may be.
const MAX_DEPTH: usize = 40;
/// The most comparisons of one check: the schema's parts times the arguments' parts.
const MAX_WORK: usize = 400_000;
/// The most memory of one compiled pattern, in bytes.
const PATTERN_BYTES: usize = 256 * 1024;
/// What is told of arguments that do not fit.
const MAX_FAULTS: usize = 3;
const MAX_FAULT_CHARS: usize = 300;

/// Why a schema can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSchema {
    /// It is not that of an object.
    #[error("the arguments must be an object")]
    NoObject,
    /// It is too large or too deep when it is written out.
    #[error("it has more than {MAX_PARTS} parts, or is deeper than {MAX_DEPTH}")]
    TooLarge,
    /// It refers to something outside itself, or to nothing.
    #[error("it refers to {0}, which is not in it")]
    Reference(String),
    /// It is no JSON Schema.
    #[error("it is no JSON Schema: {0}")]
    Invalid(String),
}

/// A schema of arguments, without references, ready to check some. Cheap to clone.
#[derive(Clone)]
pub struct Schema(Arc<Compiled>);

struct Compiled {
    value: Value,
    parts: usize,
    validator: Validator,
}

impl Schema {
    /// Takes a JSON Schema of an object.
    ///
    /// # Errors
    /// [`BadSchema`] when it is none, or too large.
    pub fn new(source: &Value) -> Result<Self, BadSchema> {
        let (value, parts) = inline::without_references(source)?;
        let is_object = value.get("type").is_none_or(|kind| kind == "object");
        if !value.is_object() || !is_object {
            return Err(BadSchema::NoObject);
        }
        let validator = validator(&value).map_err(BadSchema::Invalid)?;
        Ok(Self(Arc::new(Compiled { value, parts, validator })))
    }

    /// The schema as it is declared: JSON Schema without references.
    pub fn json(&self) -> &Value {
        &self.0.value
    }

    /// The same in the subset of OpenAPI that every model takes (PROTOCOL.md §2.2).
    pub fn open_api(&self) -> OpenApi {
        open_api::reduced(&self.0.value)
    }

    /// Checks arguments.
    ///
    /// # Errors
    /// What does not fit, for the model, naming the place.
    pub fn check(&self, args: &Value) -> Result<(), String> {
        let Compiled { parts, validator, .. } = &*self.0;
        if count(args).saturating_mul(*parts) > MAX_WORK {
            return Err("there are too many of them".to_owned());
        }
        let faults: Vec<String> = validator
            .iter_errors(args)
            .take(MAX_FAULTS)
            .map(|fault| {
                let place = fault.instance_path().to_string();
                let place = if place.is_empty() { String::new() } else { format!(" at {place}") };
                let words: String = fault.to_string().chars().take(MAX_FAULT_CHARS).collect();
                format!("{words}{place}")
            })
            .collect();
        if faults.is_empty() { Ok(()) } else { Err(faults.join("; ")) }
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Schema").field(&self.0.value).finish()
    }
}

fn validator(schema: &Value) -> Result<Validator, String> {
    let patterns = PatternOptions::regex().size_limit(PATTERN_BYTES).dfa_size_limit(PATTERN_BYTES);
    let built = jsonschema::options().with_pattern_options(patterns).build(schema);
    built.map_err(|error| error.to_string().chars().take(MAX_FAULT_CHARS).collect())
}

/// How many values there are, containers among them.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum::<usize>(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema(value: &Value) -> Schema {
        Schema::new(value).unwrap()
    }

    #[test]
    fn arguments_are_checked_and_the_fault_names_its_place() {
        let schema = schema(&json!({
            "$schema": "http://json-schema.org/draft-07/schema#",
            "type": "object",
            "properties": {"order": {"type": "string", "minLength": 2}, "count": {"type": "integer", "minimum": 1}},
            "required": ["order"],
            "additionalProperties": false,
        }));
        assert_eq!(schema.check(&json!({"order": "A7", "count": 2})), Ok(()));
        let missing = schema.check(&json!({})).unwrap_err();
        assert!(missing.contains("order"), "{missing}");
        let wrong = schema.check(&json!({"order": "A7", "count": "two"})).unwrap_err();
        assert!(wrong.contains("/count") && wrong.contains("integer"), "{wrong}");
        assert!(schema.check(&json!({"order": "A7", "else": 1})).unwrap_err().contains("else"));
    }

    #[test]
    fn a_schema_that_is_none_is_refused_in_its_own_words() {
        for (bad, why) in [
            (json!("object"), "object"),
            (json!(true), "object"),
            (json!({"type": "string"}), "object"),
            (json!({"type": "object", "properties": {"a": {"type": "strang"}}}), "strang"),
            (
                json!({"type": "object", "properties": {"a": {"$ref": "https://example.org/s.json"}}}),
                "example.org",
            ),
            (json!({"type": "object", "properties": {"a": {"$ref": "#/$defs/none"}}}), "#/$defs/none"),
        ] {
            let error = Schema::new(&bad).unwrap_err().to_string();
            assert!(error.contains(why), "{bad}: {error}");
        }
    }

    #[test]
    fn a_tower_of_references_is_refused_at_once() {
        let mut definitions = serde_json::Map::new();
        for n in 0..64 {
            let next = format!("#/$defs/d{}", n + 1);
            definitions.insert(format!("d{n}"), json!({"allOf": [{"$ref": next}, {"$ref": next}]}));
        }
        definitions.insert("d64".into(), json!({"type": "string"}));
        let tower =
            json!({"type": "object", "properties": {"a": {"$ref": "#/$defs/d0"}}, "$defs": definitions});
        assert_eq!(Schema::new(&tower).unwrap_err(), BadSchema::TooLarge);
    }

    #[test]
    fn a_deep_or_a_wide_schema_is_refused() {
        let deep = (0..100).fold(json!({}), |inner, _| json!({"properties": {"a": inner}}));
        assert_eq!(Schema::new(&deep).unwrap_err(), BadSchema::TooLarge);
        let wide: serde_json::Map<_, _> = (0..MAX_PARTS).map(|n| (n.to_string(), json!({}))).collect();
        assert_eq!(Schema::new(&json!({"properties": wide})).unwrap_err(), BadSchema::TooLarge);
    }

    #[test]
    fn recursion_is_checked_once_round_and_never_for_ever() {
        let tree = schema(&json!({
            "type": "object",
            "properties": {"name": {"type": "string"}, "children": {"type": "array", "items": {"$ref": "#"}}},
            "required": ["name"],
        }));
        assert_eq!(tree.check(&json!({"name": "a", "children": [{"name": "b"}]})), Ok(()));
        assert!(tree.check(&json!({"children": []})).is_err());
        assert!(tree.check(&json!({"name": "a", "children": [7]})).is_err());
        // A circle that never reaches anything.
        let circle = schema(&json!({"allOf": [{"$ref": "#"}]}));
        assert_eq!(circle.check(&json!({"a": 1})), Ok(()));
    }

    #[test]
    fn a_pattern_takes_linear_time_and_one_that_cannot_is_left_out() {
        let evil = schema(&json!({"properties": {"a": {"type": "string", "pattern": "^(a+)+$"}}}));
        assert!(evil.check(&json!({"a": "a".repeat(60_000) + "!"})).is_err());
        assert_eq!(evil.check(&json!({"a": "aaa"})), Ok(()));
        let ahead = schema(&json!({"properties": {"a": {"type": "string", "pattern": "^(?!x).*$"}}}));
        assert_eq!(ahead.json()["properties"]["a"].get("pattern"), None);
        assert_eq!(ahead.check(&json!({"a": "x"})), Ok(()), "not checked here; the function does");
        let huge = schema(&json!({"properties": {"a": {"type": "string", "pattern": "(\\w{500}){500}"}}}));
        assert_eq!(huge.check(&json!({"a": ""})), Ok(()));
    }

    #[test]
    fn a_check_of_many_arguments_is_refused_not_done() {
        let properties: serde_json::Map<_, _> =
            (0..1_500).map(|n| (n.to_string(), json!({"minimum": 1}))).collect();
        let Err(BadSchema::TooLarge) = Schema::new(&json!({"properties": properties})) else {
            panic!("each property has two parts")
        };
        let schema = schema(&json!({"properties": {"a": {"items": {"type": "integer"}}}}));
        assert_eq!(schema.check(&json!({"a": vec![1; 10_000]})), Ok(()));
        assert!(schema.check(&json!({"a": vec![1; 200_000]})).unwrap_err().contains("too many"));
    }
}
