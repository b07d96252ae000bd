//! Writes a schema out: each local reference becomes what it refers to. Pure.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::{BadSchema, MAX_DEPTH, MAX_PARTS, validator};

/// Keywords whose value is a schema.
const ONE: [&str; 12] = [
    "items",
    "additionalItems",
    "additionalProperties",
    "contains",
    "else",
    "if",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
    "contentSchema",
];
/// Keywords whose value is a list of schemas; `items` is one in older drafts.
const LISTS: [&str; 5] = ["allOf", "anyOf", "items", "oneOf", "prefixItems"];
/// Keywords whose value is a map of names to schemas.
const MAPS: [&str; 3] = ["dependentSchemas", "patternProperties", "properties"];
/// Keywords that say where a schema stands, or what refers to it: of no use without references.
const PLACES: [&str; 10] = [
    "$anchor",
    "$comment",
    "$defs",
    "$dynamicAnchor",
    "$dynamicRef",
    "$id",
    "$recursiveAnchor",
    "$recursiveRef",
    "$vocabulary",
    "definitions",
];
/// Keywords that say nothing of what fits, so that they may stand beside a reference.
const NOTES: [&str; 6] = ["default", "deprecated", "description", "examples", "readOnly", "title"];
/// Drafts that are known; another `$schema` is not looked for.
const DRAFTS: [&str; 6] = [
    "json-schema.org/draft-04/",
    "json-schema.org/draft-06/",
    "json-schema.org/draft-07/",
    "json-schema.org/draft/2019-09/",
    "json-schema.org/draft/2020-12/",
    "json-schema.org/schema",
];

/// Returns the schema without references, and how many parts it has. What refers to itself is written out once; the second
/// time it says its type alone.
pub(super) fn without_references(source: &Value) -> Result<(Value, usize), BadSchema> {
    // The whole is what `#` refers to.
    let mut writer = Writer { root: source, inside: vec!["#"], parts: 0 };
    let mut written = writer.schema(source, 0)?;
    let draft = source.get("$schema").and_then(Value::as_str);
    if let (Value::Object(fields), Some(draft)) = (&mut written, draft)
        && DRAFTS.iter().any(|known| draft.contains(known))
    {
        fields.insert("$schema".to_owned(), draft.into());
    }
    Ok((written, writer.parts))
}

struct Writer<'s> {
    root: &'s Value,
    /// The references that are being written out.
    inside: Vec<&'s str>,
    parts: usize,
}

impl<'s> Writer<'s> {
    fn schema(&mut self, schema: &'s Value, depth: usize) -> Result<Value, BadSchema> {
        self.count(1, depth)?;
        let Value::Object(fields) = schema else { return Ok(schema.clone()) };
        let mut written = Map::new();
        for (key, value) in fields {
            let key = key.as_str();
            let value = match value {
                _ if key == "$ref" || key == "$schema" || PLACES.contains(&key) => continue,
                Value::Array(list) if LISTS.contains(&key) => self.list(list, depth)?,
                Value::Object(map) if MAPS.contains(&key) => self.map(map, depth)?,
                value if ONE.contains(&key) => self.schema(value, depth + 1)?,
                Value::String(pattern) if key == "pattern" && !is_linear(pattern) => continue,
                value => self.data(value, depth)?,
            };
            written.insert(key.to_owned(), value);
        }
        if let Some(patterns) = written.get_mut("patternProperties").and_then(Value::as_object_mut) {
            patterns.retain(|pattern, _| is_linear(pattern));
        }
        match fields.get("$ref") {
            Some(Value::String(reference)) => self.reference(reference, written, depth),
            Some(other) => Err(BadSchema::Reference(other.to_string().chars().take(100).collect())),
            None => Ok(Value::Object(written)),
        }
    }

    fn reference(
        &mut self,
        reference: &'s str,
        beside: Map<String, Value>,
        depth: usize,
    ) -> Result<Value, BadSchema> {
        let meant = self.find(reference)?;
        let target = if self.inside.contains(&reference) {
            // Round once: what comes of it again is any value of its type.
            meant.get("type").map_or_else(|| json!({}), |kind| json!({ "type": kind }))
        } else {
            self.inside.push(reference);
            let written = self.schema(meant, depth + 1);
            self.inside.pop();
            written?
        };
        if beside.is_empty() {
            return Ok(target);
        }
        let has_notes_alone = beside.keys().all(|key| NOTES.contains(&key.as_str()));
        match target {
            Value::Object(mut fields) if has_notes_alone => {
                fields.extend(beside);
                Ok(Value::Object(fields))
            }
            target => {
                let mut both = beside;
                let mut all = vec![target];
                if let Some(Value::Array(more)) = both.remove("allOf") {
                    all.extend(more);
                }
                both.insert("allOf".to_owned(), Value::Array(all));
                Ok(Value::Object(both))
            }
        }
    }

    fn find(&self, reference: &str) -> Result<&'s Value, BadSchema> {
        let unknown = || BadSchema::Reference(reference.chars().take(100).collect());
        let pointer = reference.strip_prefix('#').ok_or_else(unknown)?;
        let pointer = percent_decode_str(pointer).decode_utf8().map_err(|_| unknown())?;
        self.root.pointer(&pointer).ok_or_else(unknown)
    }

    fn list(&mut self, list: &'s [Value], depth: usize) -> Result<Value, BadSchema> {
        self.count(1, depth)?;
        list.iter().map(|schema| self.schema(schema, depth + 1)).collect::<Result<_, _>>().map(Value::Array)
    }

    fn map(&mut self, map: &'s Map<String, Value>, depth: usize) -> Result<Value, BadSchema> {
        self.count(1, depth)?;
        let written = map.iter().map(|(name, schema)| Ok((name.clone(), self.schema(schema, depth + 1)?)));
        written.collect::<Result<Map<_, _>, _>>().map(Value::Object)
    }

    /// A value that is no schema: an enumeration, a default.
    fn data(&mut self, value: &'s Value, depth: usize) -> Result<Value, BadSchema> {
        self.count(1, depth)?;
        match value {
            Value::Array(items) => {
                for item in items {
                    self.data(item, depth + 1)?;
                }
            }
            Value::Object(fields) => {
                for field in fields.values() {
                    self.data(field, depth + 1)?;
                }
            }
            _ => {}
        }
        Ok(value.clone())
    }

    fn count(&mut self, parts: usize, depth: usize) -> Result<(), BadSchema> {
        self.parts += parts;
        if self.parts > MAX_PARTS || depth > MAX_DEPTH { Err(BadSchema::TooLarge) } else { Ok(()) }
    }
}

/// Whether a pattern can be matched in linear time, within the memory that it may have.
fn is_linear(pattern: &str) -> bool {
    validator(&json!({ "pattern": pattern })).is_ok()
}
