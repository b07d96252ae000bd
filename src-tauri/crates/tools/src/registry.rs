//! The set of tools of one conversation, and how they are called by name.

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use net::Connector;
use serde::Serialize;
use serde_json::Value;

use crate::clock::CurrentTime;
use crate::error::ToolError;
use crate::fetch::Https;
use crate::weather::Weather;

/// What the model is told about a function.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Declaration {
    /// A letter or `_`, then letters, digits and `_ . : -`; 128 characters at most (PROTOCOL.md §2.2).
    pub name: String,
    /// When to call it, in a sentence for the model.
    pub description: String,
    /// The arguments in the wire's OpenAPI subset, type names in upper case (`OBJECT`, `STRING`, …).
    pub parameters: Value,
}

/// A call on its way: resolves to a JSON object, or to why there is none.
pub type CallFuture<'a> = BoxFuture<'a, Result<Value, ToolError>>;

/// One function that the model may call.
pub trait Tool: Send + Sync + 'static {
    /// What the model is told about it. The same at every call.
    fn declaration(&self) -> Declaration;

    /// Runs it. `args` is a JSON object, empty when the model gave none. The answer is a JSON object.
    ///
    /// Dropping the future gives the call up: the model cancels calls when it is interrupted.
    fn call(&self, args: Value) -> CallFuture<'_>;
}

/// The tools of a conversation, by name. Cheap to clone.
#[derive(Clone)]
pub struct Registry {
    tools: Arc<[Box<dyn Tool>]>,
}

impl Registry {
    /// The app's own tools: `get_current_time` and `get_weather`.
    pub fn builtin() -> Self {
        Self::over(Https::new())
    }

    /// The same; what they ask servers for goes through this connector.
    pub fn builtin_by(connector: Connector) -> Self {
        Self::over(Https::by(connector))
    }

    fn over(https: Https) -> Self {
        Self::new(vec![
            Box::new(CurrentTime::new(Arc::new(jiff::Zoned::now))),
            Box::new(Weather::new(Arc::new(https))),
        ])
    }

    /// A registry of these tools. Of two with one name the first is called.
    pub fn new(tools: Vec<Box<dyn Tool>>) -> Self {
        Self { tools: tools.into() }
    }

    /// What to declare in the setup, in the order of the tools.
    pub fn declarations(&self) -> Vec<Declaration> {
        self.tools.iter().map(|tool| tool.declaration()).collect()
    }

    /// Calls the tool `name`. `args` may be `null`: the wire leaves out empty arguments (PROTOCOL.md §3).
    ///
    /// # Errors
    /// [`ToolError::UnknownTool`], [`ToolError::BadArgument`], and what the tool itself says.
    pub async fn call(&self, name: &str, args: Value) -> Result<Value, ToolError> {
        let args = match args {
            Value::Null => Value::Object(serde_json::Map::new()),
            Value::Object(_) => args,
            _ => return Err(ToolError::BadArgument { reason: "the arguments are no JSON object".into() }),
        };
        let tool = self.tools.iter().find(|tool| tool.declaration().name == name);
        let tool = tool.ok_or_else(|| ToolError::UnknownTool { name: name.to_owned() })?;
        tool.call(args).await
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.tools.iter().map(|tool| tool.declaration().name);
        f.debug_set().entries(names).finish()
    }
}

/// The text argument `key`: `None` when it is absent, `null` or blank.
///
/// # Errors
/// [`ToolError::BadArgument`] when it is no text or longer than `max_chars`.
pub(crate) fn text_argument(args: &Value, key: &str, max_chars: usize) -> Result<Option<String>, ToolError> {
    let text = match args.get(key) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.trim(),
        Some(_) => return Err(ToolError::BadArgument { reason: format!("`{key}` must be a text") }),
    };
    if text.chars().count() > max_chars {
        let reason = format!("`{key}` is longer than {max_chars} characters");
        return Err(ToolError::BadArgument { reason });
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    struct Echo(&'static str);

    impl Tool for Echo {
        fn declaration(&self) -> Declaration {
            let parameters = json!({"type": "OBJECT", "properties": {}});
            Declaration { name: self.0.into(), description: "says it again".into(), parameters }
        }

        fn call(&self, args: Value) -> CallFuture<'_> {
            Box::pin(async move { Ok(json!({"by": self.0, "args": args})) })
        }
    }

    #[tokio::test]
    async fn calls_by_name_and_fills_in_absent_arguments() {
        let registry = Registry::new(vec![Box::new(Echo("one")), Box::new(Echo("two"))]);
        let answer = registry.call("two", Value::Null).await.unwrap();
        assert_eq!(answer, json!({"by": "two", "args": {}}));
    }

    #[tokio::test]
    async fn refuses_unknown_names_and_arguments_that_are_no_object() {
        let registry = Registry::new(vec![Box::new(Echo("one"))]);
        let error = registry.call("three", json!({})).await.unwrap_err();
        assert_eq!(error.to_string(), r#"there is no function called "three""#);
        let error = registry.call("one", json!(["Berlin"])).await.unwrap_err();
        assert!(matches!(error, ToolError::BadArgument { .. }), "{error:?}");
    }

    #[test]
    fn builtin_declarations_follow_the_wire_rules() {
        let declarations = Registry::builtin().declarations();
        let names: Vec<_> = declarations.iter().map(|d| d.name.as_str()).collect();
        assert_eq!(names, ["get_current_time", "get_weather"]);
        for declaration in &declarations {
            assert!(declaration.name.chars().all(|c| c.is_ascii_lowercase() || c == '_'));
            assert!(declaration.description.ends_with('.'));
            assert_eq!(declaration.parameters["type"], "OBJECT");
            for (name, property) in declaration.parameters["properties"].as_object().unwrap() {
                assert_eq!(property["type"], "STRING", "{name}");
                assert!(property["description"].is_string(), "{name}");
            }
        }
        assert_eq!(declarations[1].parameters["required"], json!(["location"]));
    }

    #[test]
    fn text_arguments_are_trimmed_bounded_and_typed() {
        let args = json!({"a": "  x ", "b": "   ", "c": null, "d": 3, "e": "12345"});
        assert_eq!(text_argument(&args, "a", 4).unwrap().as_deref(), Some("x"));
        for blank in ["b", "c", "missing"] {
            assert_eq!(text_argument(&args, blank, 4).unwrap(), None);
        }
        for bad in ["d", "e"] {
            assert!(text_argument(&args, bad, 4).is_err(), "{bad}");
        }
    }
}
