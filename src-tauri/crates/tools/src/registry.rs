//! The set of tools of one conversation, and how they are called by name.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use net::Connector;
use serde_json::{Map, Value};
use tokio::time::timeout;

use crate::clock::CurrentTime;
use crate::error::ToolError;
use crate::fetch::Https;
use crate::notes::{NoteStore, Recall, Remember};
use crate::open_url::{Browser, OpenUrl};
use crate::output::Output;
use crate::schema::{BadSchema, OpenApi, Schema};
use crate::timer::{Alarms, SetTimer};
use crate::tool::{CallContext, Declaration, Terms, Tool};
use crate::weather::Weather;

/// The longest arguments of a call, in bytes of JSON.
const MAX_ARGS_BYTES: usize = 64 * 1024;

/// The tools of a conversation, by name. Cheap to clone.
///
/// ```
/// use serde_json::{Value, json};
/// use tools::{CallContext, CallFuture, Declaration, Registry, Tool, ToolError};
///
/// struct Dice;
///
/// impl Tool for Dice {
///     fn declaration(&self) -> Declaration {
///         Declaration {
///             name: "roll_dice".to_owned(),
///             description: "Rolls a die. Call it when the user asks for a random number.".to_owned(),
///             parameters: json!({"type": "object", "properties": {"sides": {"type": "integer"}}}),
///         }
///     }
///
///     fn call(&self, _args: Value, _context: CallContext) -> CallFuture<'_> {
///         Box::pin(async { Ok(json!({"eyes": 4})) })
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), ToolError> {
/// let registry = Registry::new(vec![Box::new(Dice)]);
/// assert_eq!(registry.functions().next().unwrap().name(), "roll_dice");
/// // The wire leaves out empty arguments.
/// let call = registry.prepare("roll_dice", Value::Null)?;
/// assert_eq!(call.run(CallContext::unattended()).await?.value, json!({"eyes": 4}));
/// let error = registry.prepare("roll_dice", json!({"sides": "many"})).unwrap_err();
/// assert_eq!(error.code(), "bad_arguments");
/// let error = registry.prepare("open_door", json!({})).unwrap_err();
/// assert!(matches!(error, ToolError::UnknownTool { .. }));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Registry {
    functions: Arc<[Function]>,
}

/// What the app lends to tools that reach beyond a request.
#[derive(Clone)]
pub struct Lent {
    /// Opens pages.
    pub browser: Arc<dyn Browser>,
    /// Keeps notes.
    pub notes: Arc<dyn NoteStore>,
    /// Lets timers run.
    pub alarms: Arc<dyn Alarms>,
}

impl fmt::Debug for Lent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lent").finish_non_exhaustive()
    }
}

/// A function of a registry: what is declared of it, and on which terms it runs. Cheap to clone.
#[derive(Clone)]
pub struct Function(Arc<Inner>);

struct Inner {
    declaration: Declaration,
    schema: Schema,
    terms: Terms,
    tool: Box<dyn Tool>,
}

impl Registry {
    /// The app's own tools: `get_current_time` and `get_weather`.
    pub fn builtin() -> Self {
        Self::new(builtin(Https::new()))
    }

    /// The same; what they ask servers for goes through this connector.
    pub fn builtin_by(connector: Connector) -> Self {
        Self::new(builtin(Https::by(connector)))
    }

    /// All of the app's own tools, those that are off at first among them: see [`Registry::is_on_at_first`].
    pub fn of_app(connector: Connector, weather_server: Option<&str>, lent: &Lent) -> Self {
        let https = Https::by(connector);
        let weather = match weather_server {
            None => Weather::new(Arc::new(https)),
            Some(server) => Weather::at(Arc::new(https.or_here()), server),
        };
        Self::new(vec![
            Box::new(CurrentTime::new(Arc::new(jiff::Zoned::now))),
            Box::new(weather),
            Box::new(SetTimer::new(Arc::clone(&lent.alarms))),
            Box::new(Remember::new(Arc::clone(&lent.notes))),
            Box::new(Recall::new(Arc::clone(&lent.notes))),
            Box::new(OpenUrl::new(Arc::clone(&lent.browser))),
        ])
    }

    /// Whether a tool of the app's own is offered before the person switched anything: those that only tell what anybody may
    /// know.
    pub fn is_on_at_first(name: &str) -> bool {
        matches!(name, "get_current_time" | "get_weather")
    }

    /// The same without the functions that `is_on` refuses.
    #[must_use]
    pub fn only(&self, is_on: impl Fn(&str) -> bool) -> Self {
        Self::of(self.functions().filter(|function| is_on(function.name())).cloned().collect())
    }

    /// A registry of these tools. Of two with one name the first is called. A tool that can't be declared is left out, which
    /// is logged: who takes tools from others asks [`Function::new`] first, and tells the person why.
    pub fn new(tools: Vec<Box<dyn Tool>>) -> Self {
        let usable = tools.into_iter().filter_map(|tool| {
            let name = tool.declaration().name;
            Function::new(tool)
                .inspect_err(|error| tracing::error!(name, %error, "a function is left out"))
                .ok()
        });
        Self::of(usable.collect())
    }

    /// A registry of these functions. Of two with one name the first is kept.
    pub fn of(functions: Vec<Function>) -> Self {
        let mut names = BTreeSet::new();
        let first = functions.into_iter().filter(|function| names.insert(function.name().to_owned()));
        Self { functions: first.collect() }
    }

    /// The same with these functions after its own.
    #[must_use]
    pub fn with(&self, more: Vec<Function>) -> Self {
        Self::of(self.functions.iter().cloned().chain(more).collect())
    }

    /// The functions, in their order.
    pub fn functions(&self) -> impl Iterator<Item = &Function> {
        self.functions.iter()
    }

    /// Whether there is a function of this name.
    pub fn has(&self, name: &str) -> bool {
        self.functions().any(|function| function.name() == name)
    }

    /// Whether a model is told the same of both.
    pub fn declares_as(&self, other: &Self) -> bool {
        let declared = |function: &Function| function.0.declaration.clone();
        self.functions().map(declared).eq(other.functions().map(declared))
    }

    /// Looks at a call before it runs. `args` may be `null`: the wire leaves out empty arguments (PROTOCOL.md §3).
    ///
    /// # Errors
    /// [`ToolError::UnknownTool`], or [`ToolError::BadArgument`] when the arguments are no object, are too large or do not
    /// fit the schema.
    pub fn prepare(&self, name: &str, args: Value) -> Result<PreparedCall, ToolError> {
        let bad = |reason: &str| ToolError::BadArgument { reason: reason.to_owned() };
        let function = self.functions().find(|function| function.name() == name);
        let function =
            function.ok_or_else(|| ToolError::UnknownTool { name: name.chars().take(128).collect() })?;
        let args = match args {
            Value::Null => Value::Object(Map::new()),
            Value::Object(_) => args,
            _ => return Err(bad("the arguments are no JSON object")),
        };
        if args.to_string().len() > MAX_ARGS_BYTES {
            return Err(bad("the arguments are larger than 64 KiB"));
        }
        if !function.terms().is_lenient {
            function.0.schema.check(&args).map_err(|reason| ToolError::BadArgument { reason })?;
        }
        Ok(PreparedCall { function: function.clone(), args })
    }
}

fn builtin(https: Https) -> Vec<Box<dyn Tool>> {
    vec![Box::new(CurrentTime::new(Arc::new(jiff::Zoned::now))), Box::new(Weather::new(Arc::new(https)))]
}

impl Function {
    /// Takes a tool, if it can be declared.
    ///
    /// # Errors
    /// [`BadFunction`], for a name that the service would refuse or a schema that can't be used.
    pub fn new(tool: Box<dyn Tool>) -> Result<Self, BadFunction> {
        let declaration = tool.declaration();
        if !is_name(&declaration.name) {
            return Err(BadFunction::Name);
        }
        let schema = Schema::new(&declaration.parameters)?;
        let terms = tool.terms();
        Ok(Self(Arc::new(Inner { declaration, schema, terms, tool })))
    }

    /// Its name, by which it is called.
    pub fn name(&self) -> &str {
        &self.0.declaration.name
    }

    /// What the model is told of it.
    pub fn description(&self) -> &str {
        &self.0.declaration.description
    }

    /// Its arguments as JSON Schema, without references.
    pub fn json_schema(&self) -> &Value {
        self.0.schema.json()
    }

    /// Its arguments in the subset of OpenAPI that every model takes.
    pub fn open_api(&self) -> OpenApi {
        self.0.schema.open_api()
    }

    /// On which terms it runs.
    pub fn terms(&self) -> &Terms {
        &self.0.terms
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Function").field(&self.name()).finish()
    }
}

/// Why a function can't be declared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadFunction {
    /// The service would refuse its name.
    #[error("its name must be a letter or _, then letters, digits and _ . : -, 128 characters at most")]
    Name,
    /// The schema of its arguments can't be used.
    #[error("the schema of its arguments can't be used: {0}")]
    Schema(#[from] BadSchema),
}

/// Whether the service takes this as the name of a function (PROTOCOL.md §2.2).
pub fn is_name(name: &str) -> bool {
    let is_first = |c: char| c.is_ascii_alphabetic() || c == '_';
    name.starts_with(is_first)
        && name.len() <= 128
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.:-".contains(c))
}

/// A call that may run: the function is known, and its arguments fit.
#[derive(Debug)]
pub struct PreparedCall {
    function: Function,
    args: Value,
}

impl PreparedCall {
    /// The function that is called.
    pub fn function(&self) -> &Function {
        &self.function
    }

    /// Runs it, within its time; the result is cut to its limit. Dropping the future stops its work.
    ///
    /// # Errors
    /// [`ToolError::TimedOut`], and what the tool itself says.
    pub async fn run(self, context: CallContext) -> Result<Output, ToolError> {
        let Self { function, args } = self;
        let Terms { time_limit, output_limit, .. } = *function.terms();
        match timeout(time_limit, function.0.tool.call(args, context)).await {
            Ok(result) => result.map(|value| Output::within(value, output_limit)),
            Err(_) => Err(ToolError::TimedOut { limit: time_limit }),
        }
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.functions().map(Function::name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::tool::CallFuture;

    struct Echo(&'static str);

    impl Tool for Echo {
        fn declaration(&self) -> Declaration {
            let parameters = json!({"type": "object", "properties": {"word": {"type": "string"}}});
            Declaration { name: self.0.into(), description: "says it again".into(), parameters }
        }

        fn terms(&self) -> Terms {
            Terms { output_limit: 100, ..Terms::default() }
        }

        fn call(&self, args: Value, _: CallContext) -> CallFuture<'_> {
            Box::pin(async move {
                match args["word"].as_str() {
                    Some("sleep") => std::future::pending().await,
                    _ => Ok(json!({"by": self.0, "args": args})),
                }
            })
        }
    }

    fn registry() -> Registry {
        Registry::new(vec![Box::new(Echo("one")), Box::new(Echo("two")), Box::new(Echo("one"))])
    }

    async fn called(name: &str, args: Value) -> Result<Output, ToolError> {
        registry().prepare(name, args)?.run(CallContext::unattended()).await
    }

    #[tokio::test]
    async fn calls_by_name_and_fills_in_absent_arguments() {
        let answer = called("two", Value::Null).await.unwrap();
        assert_eq!(answer, Output { value: json!({"by": "two", "args": {}}), note: None });
        assert_eq!(registry().functions().count(), 2, "the second of one name is left out");
    }

    #[test]
    fn refuses_unknown_names_and_arguments_that_do_not_fit() {
        let error = |name: &str, args| registry().prepare(name, args).unwrap_err();
        assert_eq!(error("three", json!({})).to_string(), r#"there is no function called "three""#);
        for bad in [json!(["Berlin"]), json!({"word": 7}), json!({"word": "x".repeat(65 * 1024)})] {
            assert_eq!(error("one", bad).code(), "bad_arguments");
        }
        let long = error(&"n".repeat(1 << 20), json!({}));
        assert!(long.to_string().len() < 256, "a name of a megabyte is not repeated");
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_takes_too_long_is_stopped() {
        let error = called("one", json!({"word": "sleep"})).await.unwrap_err();
        assert!(matches!(error, ToolError::TimedOut { limit } if limit == Duration::from_secs(30)));
        assert_eq!(error.to_string(), "the function took longer than 30 seconds and was stopped");
    }

    #[tokio::test]
    async fn a_result_over_the_limit_is_cut_with_a_note() {
        let answer = called("one", json!({"word": "ä".repeat(500)})).await.unwrap();
        assert!(answer.value.as_str().is_some_and(|text| text.len() <= 100), "{answer:?}");
        assert!(answer.note.is_some_and(|note| note.contains("cut after")));
    }

    #[test]
    fn names_are_the_services_own() {
        for good in ["a", "_", "files__read.all:x-1"] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", "1a", "a b", "a\n", "é", "<b>", "\u{202e}a", &"n".repeat(129)] {
            assert!(!is_name(bad), "{bad:?}");
        }
        assert_eq!(Function::new(Box::new(Echo("a b"))).unwrap_err(), BadFunction::Name);
    }

    #[test]
    fn builtin_functions_can_be_declared_to_every_model() {
        let registry = Registry::builtin();
        let names: Vec<_> = registry.functions().map(Function::name).collect();
        assert_eq!(names, ["get_current_time", "get_weather"]);
        for function in registry.functions() {
            assert!(function.description().ends_with('.'));
            let OpenApi { parameters, is_lossy } = function.open_api();
            let parameters = parameters.unwrap();
            assert!(!is_lossy);
            assert_eq!(parameters["type"], "OBJECT");
            for (name, property) in parameters["properties"].as_object().unwrap() {
                assert!(["STRING", "INTEGER"].map(Value::from).contains(&property["type"]), "{name}");
                assert!(property["description"].is_string(), "{name}");
            }
        }
        assert_eq!(registry.functions().last().unwrap().json_schema()["required"], json!(["location"]));
    }
}
