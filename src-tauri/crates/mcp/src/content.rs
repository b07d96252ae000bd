//! What a server's tool gave, as the value that the model gets. Pure.

use rmcp::model::{CallToolResult, ContentBlock, ResourceContents};
use serde_json::{Value, json};
use tools::ToolError;

/// What is told of a failure, in characters.
const MOST_WORDS: usize = 4_000;
/// For what a newer protocol may bring.
const UNKNOWN: &str = "[something of a kind that is not known]";

/// A picture that a tool gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Picture {
    /// Base64.
    pub(crate) data: String,
    /// Such as `image/png`.
    pub(crate) kind: String,
}

/// Takes a result apart: what can be said, and pictures.
///
/// # Errors
/// The tool's own words, when it says that it failed.
pub(crate) fn taken(result: CallToolResult) -> Result<(Value, Vec<Picture>), ToolError> {
    let mut pictures = Vec::new();
    let mut texts = Vec::new();
    for block in result.content {
        match block {
            ContentBlock::Text(text) => texts.push(text.text),
            ContentBlock::Image(image) => {
                pictures.push(Picture { data: image.data, kind: image.mime_type });
            }
            ContentBlock::Audio(audio) => {
                texts.push(format!("[a sound, {}, which can't be passed on]", audio.mime_type));
            }
            ContentBlock::ResourceLink(link) => {
                let kind = link.mime_type.map(|kind| format!(", {kind}")).unwrap_or_default();
                texts.push(format!("[a reference: {}, {}{kind}]", link.name, link.uri));
            }
            ContentBlock::Resource(embedded) => match embedded.resource {
                ResourceContents::TextResourceContents { uri, text, .. } => {
                    texts.push(format!("[{uri}]\n{text}"));
                }
                ResourceContents::BlobResourceContents { uri, mime_type, blob, .. } => match mime_type {
                    Some(kind) if kind.starts_with("image/") => pictures.push(Picture { data: blob, kind }),
                    kind => {
                        let kind = kind.map(|kind| format!(", {kind}")).unwrap_or_default();
                        texts.push(format!(
                            "[{uri}{kind}: {} bytes, which can't be passed on]",
                            blob.len() / 4 * 3
                        ));
                    }
                },
                _ => texts.push(UNKNOWN.to_owned()),
            },
            _ => texts.push(UNKNOWN.to_owned()),
        }
    }
    if result.is_error == Some(true) {
        let words = texts.join("\n");
        let words = if words.trim().is_empty() { "it gave no reason".to_owned() } else { words };
        return Err(ToolError::Reported { words: words.chars().take(MOST_WORDS).collect() });
    }
    // The structured result says what the texts say, for those who can't read it.
    let value = match (result.structured_content, texts.len()) {
        (Some(structured), _) if !structured.is_null() => structured,
        (_, 0) if pictures.is_empty() => json!("done, without a result"),
        _ => Value::String(texts.join("\n")),
    };
    Ok((value, pictures))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(result: Value) -> Result<(Value, Vec<Picture>), ToolError> {
        taken(serde_json::from_value(result).unwrap())
    }

    #[test]
    fn texts_references_and_resources_are_said() {
        let (value, pictures) = of(json!({"content": [
            {"type": "text", "text": "one"},
            {"type": "resource_link", "uri": "file:///a", "name": "a.txt", "mimeType": "text/plain"},
            {"type": "resource", "resource": {"uri": "x://b", "text": "two"}},
            {"type": "resource", "resource": {"uri": "x://c", "mimeType": "application/zip", "blob": "AAAA"}},
            {"type": "audio", "data": "AAAA", "mimeType": "audio/wav"},
        ]}))
        .unwrap();
        let text = "one\n[a reference: a.txt, file:///a, text/plain]\n[x://b]\ntwo\n[x://c, application/zip: 3 bytes, \
            which can't be passed on]\n[a sound, audio/wav, which can't be passed on]";
        assert_eq!((value, pictures), (json!(text), Vec::new()));
        assert_eq!(of(json!({"content": []})).unwrap().0, json!("done, without a result"));
    }

    #[test]
    fn a_structured_result_stands_for_its_text() {
        let result =
            json!({"content": [{"type": "text", "text": "{\"a\":1}"}], "structuredContent": {"a": 1}});
        assert_eq!(of(result).unwrap().0, json!({"a": 1}));
    }

    #[test]
    fn pictures_are_apart() {
        let result = json!({"content": [
            {"type": "image", "data": "AAAA", "mimeType": "image/png"},
            {"type": "resource", "resource": {"uri": "x://d", "mimeType": "image/jpeg", "blob": "BBBB"}},
        ]});
        let (value, pictures) = of(result).unwrap();
        assert_eq!((value, pictures.len()), (json!(""), 2));
    }

    #[test]
    fn a_failure_is_told_in_the_tools_own_words() {
        let error =
            of(json!({"content": [{"type": "text", "text": "no such file"}], "isError": true})).unwrap_err();
        assert_eq!((error.to_string().as_str(), error.code()), ("the tool failed: no such file", "failed"));
        let long = json!({"content": [{"type": "text", "text": "x".repeat(100_000)}], "isError": true});
        assert!(of(long).unwrap_err().to_string().len() < 5_000);
    }
}
