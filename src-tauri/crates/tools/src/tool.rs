//! What a function of the model is: what is declared of it, on which terms it runs, and how it is called.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde::Serialize;
use serde_json::Value;

use crate::error::ToolError;

/// What the model is told about a function.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Declaration {
    /// A letter or `_`, then letters, digits and `_ . : -`; 128 characters at most (PROTOCOL.md §2.2).
    pub name: String,
    /// When to call it, in a sentence for the model.
    pub description: String,
    /// The arguments as JSON Schema: an object.
    pub parameters: Value,
}

/// On which terms a function runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Whether the person is asked first.
    pub consent: Consent,
    /// When the model may speak of the result, where it takes such a wish.
    pub scheduling: Scheduling,
    /// How long it may take once it runs.
    pub time_limit: Duration,
    /// How much of its result the model gets, in bytes of JSON. The rest is cut, and the model is told.
    pub output_limit: usize,
    /// It reads its arguments itself, and takes more than its schema says: models write `"Celsius"` for `"celsius"`.
    pub is_lenient: bool,
}

impl Default for Terms {
    /// It asks, answers when the model has finished speaking, within 30 s, in 32 KiB.
    fn default() -> Self {
        Self {
            consent: Consent::Ask,
            scheduling: Scheduling::WhenIdle,
            time_limit: Duration::from_secs(30),
            output_limit: 32 * 1024,
            is_lenient: false,
        }
    }
}

/// Whether the person is asked before a function runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// It only tells what anybody may know, so it runs unless the person forbids it.
    NotNeeded,
    /// It needs the person's leave, which can be given for longer than one call.
    Ask,
    /// It needs leave for each single call.
    AskEachTime,
}

/// When the model speaks of a result (PROTOCOL.md §2.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheduling {
    /// At once, over what it is saying.
    Interrupt,
    /// When it has finished what it is saying.
    WhenIdle,
    /// Not by itself: it only knows.
    Silent,
}

/// Somebody who can be asked to type an answer.
pub trait Person: Send + Sync + 'static {
    /// Shows the question and waits for the typed answer; `None` when there will be none. Dropping the future withdraws the
    /// question.
    fn ask(&self, question: String) -> BoxFuture<'static, Option<String>>;
}

/// A model that sees pictures.
pub trait Viewer: Send + Sync + 'static {
    /// Shows it a PNG or a JPEG, before the result of the call; `false` when the picture can't be used. Dropping the future
    /// gives up.
    fn show(&self, picture: Vec<u8>) -> BoxFuture<'static, bool>;
}

/// What a function finds around it while it runs. Cheap to clone.
#[derive(Clone, Default)]
pub struct CallContext {
    person: Option<Arc<dyn Person>>,
    viewer: Option<Arc<dyn Viewer>>,
}

impl CallContext {
    /// Nobody is there to be asked.
    pub fn unattended() -> Self {
        Self::default()
    }

    /// This person can be asked.
    pub fn with_person(person: Arc<dyn Person>) -> Self {
        Self { person: Some(person), ..Self::default() }
    }

    /// The same with a model that sees.
    #[must_use]
    pub fn with_viewer(self, viewer: Arc<dyn Viewer>) -> Self {
        Self { viewer: Some(viewer), ..self }
    }

    /// Who sees pictures, if the model does.
    pub fn viewer(&self) -> Option<&dyn Viewer> {
        self.viewer.as_deref()
    }

    /// Who can be asked, if anybody.
    pub fn person(&self) -> Option<&dyn Person> {
        self.person.as_deref()
    }
}

impl fmt::Debug for CallContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallContext")
            .field("is_attended", &self.person.is_some())
            .field("sees", &self.viewer.is_some())
            .finish()
    }
}

/// A running call. Resolves to its result, any JSON, or to the error that the model is told.
pub type CallFuture<'a> = BoxFuture<'a, Result<Value, ToolError>>;

/// One function that the model may call.
pub trait Tool: Send + Sync + 'static {
    /// What the model is told about it. The same at every call.
    fn declaration(&self) -> Declaration;

    /// On which terms it runs. The same at every call.
    fn terms(&self) -> Terms {
        Terms::default()
    }

    /// Runs it. `args` is a JSON object that fits the declared schema, empty when the model gave none.
    ///
    /// Dropping the future gives the call up and stops its work: the model cancels calls when it is interrupted, the person
    /// when it takes too long, and [`Terms::time_limit`] ends it.
    ///
    /// # Errors
    /// The future's error is told to the model in words: what is wrong with the arguments, or why there is no answer.
    fn call(&self, args: Value, context: CallContext) -> CallFuture<'_>;
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
