//! What a function of the model is: what is declared of it, and how it is called.

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
    ///
    /// # Errors
    /// The future's error is told to the model in words: what is wrong with the arguments, or why there is no answer.
    fn call(&self, args: Value) -> CallFuture<'_>;
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
