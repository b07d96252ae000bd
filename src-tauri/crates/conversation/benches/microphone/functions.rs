//! The two functions that may be called. They do nothing.

use serde_json::{Value, json};
use tools::{CallContext, CallFuture, Consent, Declaration, Registry, Terms, Tool};

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
            parameters: json!({"type": "object", "properties": properties, "required": [self.argument]}),
        }
    }

    fn terms(&self) -> Terms {
        Terms { consent: Consent::NotNeeded, ..Terms::default() }
    }

    fn call(&self, _: Value, _: CallContext) -> CallFuture<'_> {
        Box::pin(async { Ok(json!({"ok": true})) })
    }
}

pub(crate) fn registry() -> Registry {
    Registry::new(vec![
        Box::new(Stub {
            name: "get_weather",
            description: "Tells the weather and the forecast at a place",
            argument: "location",
            kind: json!({"type": "string"}),
        }),
        Box::new(Stub {
            name: "turn_on_light",
            description: "Switches a light on",
            argument: "room",
            kind: json!({"type": "string", "enum": ["kitchen", "bedroom"]}),
        }),
    ])
}
