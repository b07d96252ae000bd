//! The two functions that may be called. They do nothing.

use serde_json::{Value, json};
use tools::{CallFuture, Declaration, Registry, Tool};

struct Stub {
    name: &'static str,
    description: &'static str,
    argument: &'static str,
    kind: Value,
}

impl Tool for Stub {
    fn declaration(&self) -> Declaration {
        let mut properties = serde_json::Map::new();
        properties.insert(self.argument.to_owned(), self.kind.clone());
        Declaration {
            name: self.name.to_owned(),
            description: self.description.to_owned(),
            parameters: json!({"type": "OBJECT", "properties": properties, "required": [self.argument]}),
        }
    }

    fn call(&self, _: Value) -> CallFuture<'_> {
        Box::pin(async { Ok(json!({"ok": true})) })
    }
}

pub(crate) fn registry() -> Registry {
    Registry::new(vec![
        Box::new(Stub {
            name: "get_weather",
            description: "Tells the weather and the forecast at a place",
            argument: "location",
            kind: json!({"type": "STRING"}),
        }),
        Box::new(Stub {
            name: "turn_on_light",
            description: "Switches a light on",
            argument: "room",
            kind: json!({"type": "STRING", "enum": ["kitchen", "bedroom"]}),
        }),
    ])
}
