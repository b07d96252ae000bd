//! One tool of a server, as a function that a model may call.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rmcp::model::{CallToolRequestParams, Tool as Remote};
use serde_json::Value;
use tools::{CallContext, CallFuture, Consent, Declaration, Terms, Tool};

use super::shared::Shared;
use crate::content::Picture;

/// How long a call may take.
const TIME_LIMIT: Duration = Duration::from_mins(1);
/// The most pictures of a result that are shown.
const MOST_PICTURES: usize = 4;
/// The longest description, in characters.
const MOST_DESCRIPTION: usize = 2_000;

/// A tool that its server runs.
pub(crate) struct ServerTool {
    server: Arc<Shared>,
    /// Its name on the server.
    name: String,
    declaration: Declaration,
    terms: Terms,
}

impl ServerTool {
    /// `name` is what the model calls it. With `is_trusted` one that only reads needs no leave.
    pub(crate) fn new(server: Arc<Shared>, name: String, remote: &Remote, is_trusted: bool) -> Self {
        let hints = remote.annotations.as_ref();
        let only_reads = hints.is_some_and(|hints| hints.read_only_hint == Some(true));
        let consent = if is_trusted && only_reads { Consent::NotNeeded } else { Consent::Ask };
        Self {
            server,
            declaration: Declaration {
                name,
                description: description(remote),
                parameters: Value::Object(remote.input_schema.as_ref().clone()),
            },
            name: remote.name.to_string(),
            terms: Terms { consent, time_limit: TIME_LIMIT, ..Terms::default() },
        }
    }
}

/// What the server says of it, without what steers a reader's terminal or the direction of writing.
fn description(remote: &Remote) -> String {
    let title =
        remote.title.as_deref().or(remote.annotations.as_ref().and_then(|hints| hints.title.as_deref()));
    let written = remote.description.as_deref().or(title).unwrap_or(&remote.name);
    let is_plain = |c: &char| {
        matches!(c, '\n' | '\t')
            || !(c.is_control()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'))
    };
    let text: String = written.trim().chars().filter(is_plain).take(MOST_DESCRIPTION).collect();
    if text.is_empty() { remote.name.chars().filter(is_plain).take(MOST_DESCRIPTION).collect() } else { text }
}

impl Tool for ServerTool {
    fn declaration(&self) -> Declaration {
        self.declaration.clone()
    }

    fn terms(&self) -> Terms {
        self.terms.clone()
    }

    fn call(&self, args: Value, context: CallContext) -> CallFuture<'_> {
        Box::pin(async move {
            let mut params = CallToolRequestParams::new(self.name.clone());
            if let Value::Object(args) = args {
                params = params.with_arguments(args);
            }
            let (value, pictures) = self.server.call(params).await?;
            let count = pictures.len();
            let mut shown = 0;
            for picture in pictures.into_iter().take(MOST_PICTURES) {
                shown += usize::from(is_shown(picture, &context).await);
            }
            Ok(with_note(value, &note(shown, count)))
        })
    }
}

/// Shows a picture to the model, if it sees and the picture is one.
async fn is_shown(picture: Picture, context: &CallContext) -> bool {
    let (Some(viewer), Ok(bytes)) = (context.viewer(), STANDARD.decode(picture.data)) else { return false };
    viewer.show(bytes).await
}

/// What is said of pictures: a result that is one would say nothing otherwise.
fn note(shown: usize, count: usize) -> String {
    match (shown, count) {
        (_, 0) => String::new(),
        (1, 1) => "[a picture, which you have been shown]".to_owned(),
        (0, 1) => "[a picture, which can't be shown to you]".to_owned(),
        (shown, count) => format!("[{count} pictures, of which you have been shown {shown}]"),
    }
}

fn with_note(value: Value, note: &str) -> Value {
    match value {
        value if note.is_empty() => value,
        Value::String(text) if text.is_empty() => Value::String(note.to_owned()),
        Value::String(text) => Value::String(format!("{text}\n{note}")),
        value => serde_json::json!({"result": value, "note": note}),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn remote(tool: Value) -> Remote {
        serde_json::from_value(tool).unwrap()
    }

    #[test]
    fn what_a_server_says_of_a_tool_is_plain_and_bounded() {
        let of = |tool: Value| description(&remote(tool));
        let schema = json!({"type": "object"});
        let odd = "Reads\u{1b}[2J a\u{202e} file.\n<b>x</b>";
        assert_eq!(
            of(json!({"name": "a", "description": odd, "inputSchema": schema})),
            "Reads[2J a file.\n<b>x</b>"
        );
        assert_eq!(of(json!({"name": "a", "title": "A tool", "inputSchema": schema})), "A tool");
        assert_eq!(of(json!({"name": "a", "description": " \u{200b} ", "inputSchema": schema})), "a");
        let long = "é".repeat(10_000);
        assert_eq!(
            of(json!({"name": "a", "description": long, "inputSchema": schema})).chars().count(),
            2_000
        );
    }

    #[test]
    fn pictures_are_told_of() {
        assert_eq!(with_note(json!("a"), &note(0, 0)), json!("a"));
        assert_eq!(with_note(json!(""), &note(1, 1)), json!("[a picture, which you have been shown]"));
        assert_eq!(with_note(json!("a"), &note(0, 1)), json!("a\n[a picture, which can't be shown to you]"));
        assert_eq!(with_note(json!(["a"]), &note(2, 6))["result"], json!(["a"]));
    }

    #[test]
    fn only_a_trusted_server_says_that_a_tool_only_reads() {
        let consent = |hints: Value, is_trusted| {
            let tool = json!({"name": "a", "inputSchema": {"type": "object"}, "annotations": hints});
            let shared = Arc::new(Shared::for_tests("srv"));
            ServerTool::new(shared, "srv__a".into(), &remote(tool), is_trusted).terms().consent
        };
        assert_eq!(consent(json!({"readOnlyHint": true}), false), Consent::Ask);
        assert_eq!(consent(json!({"readOnlyHint": true}), true), Consent::NotNeeded);
        assert_eq!(consent(json!({"readOnlyHint": false}), true), Consent::Ask);
        assert_eq!(consent(json!({}), true), Consent::Ask);
    }
}
