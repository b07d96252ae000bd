//! The set of tools of one conversation, and how they are called by name.

use std::fmt;
use std::sync::Arc;

use net::Connector;
use serde_json::Value;

use crate::clock::CurrentTime;
use crate::error::ToolError;
use crate::fetch::Https;
use crate::tool::{Declaration, Tool};
use crate::weather::Weather;

/// The tools of a conversation, by name. Cheap to clone.
///
/// ```
/// use serde_json::{Value, json};
/// use tools::{CallFuture, Declaration, Registry, Tool, ToolError};
///
/// struct Dice;
///
/// impl Tool for Dice {
///     fn declaration(&self) -> Declaration {
///         Declaration {
///             name: "roll_dice".to_owned(),
///             description: "Rolls a die. Call it when the user asks for a random number.".to_owned(),
///             parameters: json!({"type": "OBJECT", "properties": {}}),
///         }
///     }
///
///     fn call(&self, _args: Value) -> CallFuture<'_> {
///         Box::pin(async { Ok(json!({"eyes": 4})) })
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), ToolError> {
/// let registry = Registry::new(vec![Box::new(Dice)]);
/// assert_eq!(registry.declarations()[0].name, "roll_dice");
/// // The wire leaves out empty arguments.
/// assert_eq!(registry.call("roll_dice", Value::Null).await?, json!({"eyes": 4}));
/// let error = registry.call("open_door", json!({})).await.unwrap_err();
/// assert!(matches!(error, ToolError::UnknownTool { .. }));
/// # Ok(())
/// # }
/// ```
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tool::CallFuture;

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
}
