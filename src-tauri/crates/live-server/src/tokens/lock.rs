//! What a token locks of the setup: the token's own value counts, whatever the client sends. Pure.

use live_proto::wire::{ClientMessage, Setup, decode_client};
use serde_json::{Map, Value};

use crate::close::Closing;

/// Fields that a mask may name.
const MOST_FIELDS: usize = 128;

/// The locked part of a setup.
#[derive(Clone, Debug)]
pub(crate) struct Lock {
    /// The token's setup, with the names of the wire.
    setup: Map<String, Value>,
    /// The paths that are locked; `None`: all of it.
    fields: Option<Vec<Vec<String>>>,
}

impl Lock {
    /// The lock of a token with this setup and this mask, such as `model,generationConfig.temperature`; `None` when it locks
    /// nothing.
    pub(crate) fn new(setup: Option<&Setup>, mask: Option<&str>) -> Result<Option<Self>, String> {
        let fields: Vec<Vec<String>> = mask
            .unwrap_or_default()
            .split(',')
            .map(str::trim)
            .filter(|path| !path.is_empty())
            .map(|path| path.split('.').map(camel_case).collect())
            .collect();
        if fields.len() > MOST_FIELDS {
            return Err(format!("fieldMask names more than {MOST_FIELDS} fields."));
        }
        if setup.is_none() && fields.is_empty() {
            return Ok(None);
        }
        let unknown = fields.iter().find(|path| !is_field(path));
        if let Some(path) = unknown {
            let path: String = path.join(".").chars().take(100).collect();
            return Err(format!("Invalid field mask: {path} is no field of the setup."));
        }
        let setup = setup.map(fields_of).unwrap_or_default();
        Ok(Some(Self { setup, fields: (!fields.is_empty()).then_some(fields) }))
    }

    /// The setup that counts when a client sends this one.
    pub(crate) fn apply(&self, client: &Setup) -> Result<Setup, Closing> {
        let mut own = fields_of(client);
        let handle = own.get("sessionResumption").and_then(|resumption| resumption.get("handle")).cloned();
        let mut effective = if let Some(fields) = &self.fields {
            for path in fields {
                put(&mut own, path, at(&self.setup, path));
            }
            own
        } else {
            let mut locked = self.setup.clone();
            if let Some(model) = own.remove("model") {
                locked.entry("model").or_insert(model);
            }
            locked
        };
        // Which session goes on is the client's to say.
        if let (Some(Value::Object(resumption)), Some(handle)) =
            (effective.get_mut("sessionResumption"), handle)
        {
            resumption.insert("handle".to_owned(), handle);
        }
        let frame = Value::Object(Map::from_iter([("setup".to_owned(), Value::Object(effective))]));
        match decode_client(frame.to_string().as_bytes()).map(|decoded| decoded.message) {
            Ok(ClientMessage::Setup(setup)) => Ok(*setup),
            _ => Err(Closing::invalid_argument()),
        }
    }
}

fn fields_of(setup: &Setup) -> Map<String, Value> {
    match serde_json::to_value(setup) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

fn is_field(path: &[String]) -> bool {
    path.first().is_some_and(|name| Setup::FIELDS.iter().any(|field| camel_case(field) == *name))
}

fn at<'a>(object: &'a Map<String, Value>, path: &[String]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    let value = object.get(first)?;
    if rest.is_empty() { Some(value) } else { at(value.as_object()?, rest) }
}

fn put(object: &mut Map<String, Value>, path: &[String], value: Option<&Value>) {
    let Some((first, rest)) = path.split_first() else { return };
    match (rest, value) {
        ([], None) => _ = object.remove(first),
        ([], Some(value)) => _ = object.insert(first.clone(), value.clone()),
        (rest, value) => {
            let inner = object.get_mut(first).and_then(Value::as_object_mut);
            match (inner, value) {
                (Some(inner), value) => put(inner, rest, value),
                (None, None) => {}
                (None, Some(_)) => {
                    let mut inner = Map::new();
                    put(&mut inner, rest, value);
                    object.insert(first.clone(), Value::Object(inner));
                }
            }
        }
    }
}

/// Clients write names in either case.
fn camel_case(name: &str) -> String {
    let mut written = String::new();
    let mut upper = false;
    for letter in name.chars() {
        match letter {
            '_' => upper = true,
            letter if upper => {
                written.extend(letter.to_uppercase());
                upper = false;
            }
            letter => written.push(letter),
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn setup(value: &Value) -> Setup {
        let frame = json!({ "setup": value }).to_string();
        match decode_client(frame.as_bytes()).expect("a setup").message {
            ClientMessage::Setup(setup) => *setup,
            other => panic!("{other:?}"),
        }
    }

    fn applied(locked: &Value, mask: Option<&str>, client: &Value) -> Value {
        let lock = Lock::new(Some(&setup(locked)), mask).expect("a mask").expect("a lock");
        serde_json::to_value(lock.apply(&setup(client)).expect("a setup")).expect("JSON")
    }

    #[test]
    fn a_lock_without_a_mask_is_the_whole_setup() {
        let locked = json!({"model": "models/a", "sessionResumption": {}});
        let client = json!({
            "model": "models/b", "sessionResumption": {"handle": "h"}, "outputAudioTranscription": {}
        });
        let expected = json!({"model": "models/a", "sessionResumption": {"handle": "h"}});
        assert_eq!(applied(&locked, None, &client), expected);
        assert_eq!(applied(&json!({"labels": {"a_b": "c"}}), None, &client)["model"], "models/b");
    }

    #[test]
    fn a_mask_locks_its_fields_alone() {
        let locked = json!({"generationConfig": {"responseModalities": ["AUDIO"]}, "labels": {"a_b": "c"}});
        let client = json!({
            "model": "models/b",
            "generationConfig": {"responseModalities": ["TEXT"], "temperature": 1.5, "topP": 0.5},
            "systemInstruction": {"parts": [{"text": "Be brief."}]}
        });
        let mask =
            "generationConfig.responseModalities, labels ,generationConfig.temperature,system_instruction";
        let expected = json!({
            "model": "models/b",
            "generationConfig": {"responseModalities": ["AUDIO"], "topP": 0.5},
            "labels": {"a_b": "c"}
        });
        assert_eq!(applied(&locked, Some(mask), &client), expected);
        let bare =
            applied(&locked, Some("generation_config.response_modalities"), &json!({"model": "models/b"}));
        let expected = json!({"model": "models/b", "generationConfig": {"responseModalities": ["AUDIO"]}});
        assert_eq!(bare, expected);
    }

    #[test]
    fn a_mask_without_a_setup_clears_its_fields() {
        let lock = Lock::new(None, Some("tools")).expect("a mask").expect("a lock");
        let client = setup(&json!({"model": "models/b", "tools": [{"googleSearch": {}}]}));
        assert!(lock.apply(&client).expect("a setup").tools.is_empty());
        assert!(Lock::new(None, Some(" ,")).expect("nothing is locked").is_none());
    }

    #[test]
    fn a_mask_of_nonsense_is_refused() {
        assert!(Lock::new(None, Some("colour.of")).is_err());
        assert!(Lock::new(None, Some(&"model,".repeat(MOST_FIELDS + 1))).is_err());
        assert!(Lock::new(None, Some(&".".repeat(10_000))).is_err());
    }
}
