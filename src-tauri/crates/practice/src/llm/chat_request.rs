//! What a language model is asked: the conversation so far as the chat completions' JSON. Pure.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use live_proto::wire::FunctionDeclaration;
use serde_json::{Map, Value, json};

use crate::intents::Role;

/// Behind the client's instructions: a model that was trained on pages writes lists otherwise.
const ALOUD: &str = "What you write is spoken aloud. Answer in a few short, plain sentences, without lists, headings, \
                     markup or emoji. You are the practice partner inside an app, and not Gemini: say so if you are asked.";
/// Tokens of one answer; what is spoken is shorter.
const MOST_TOKENS: u32 = 1_024;
/// How deep a schema is translated.
const DEPTH: usize = 16;

/// What is asked. The picture stands by itself, since not every model takes one.
pub(crate) struct ChatRequest {
    model: String,
    messages: Vec<Value>,
    tools: Vec<Value>,
    /// A JPEG or PNG.
    picture: Option<Bytes>,
}

impl ChatRequest {
    /// A question from what was said so far, what came of it since, and what may be called.
    pub(crate) fn new<'a>(
        instructions: &str,
        turns: impl Iterator<Item = (Role, &'a str)>,
        since: &[Value],
        functions: &[FunctionDeclaration],
        picture: Option<Bytes>,
    ) -> Self {
        let system =
            if instructions.is_empty() { ALOUD.to_owned() } else { format!("{instructions}\n\n{ALOUD}") };
        let mut messages = vec![json!({"role": "system", "content": system})];
        messages.extend(turns.filter(|(_, text)| !text.trim().is_empty()).map(|(role, text)| {
            let role = match role {
                Role::User => "user",
                Role::Model => "assistant",
                Role::Note => "system",
            };
            json!({"role": role, "content": text})
        }));
        messages.extend_from_slice(since);
        let tools = functions.iter().map(tool).collect();
        Self { model: String::new(), messages, tools, picture }
    }

    pub(super) fn of_model(mut self, model: &str) -> Self {
        model.clone_into(&mut self.model);
        self
    }

    pub(super) fn has_picture(&self) -> bool {
        self.picture.is_some()
    }

    /// The request's body.
    pub(super) fn body(&self, with_picture: bool) -> Vec<u8> {
        let mut messages = self.messages.clone();
        let last = messages.iter_mut().rev().find(|message| message["role"] == "user");
        if let (Some(last), Some(picture), true) = (last, &self.picture, with_picture) {
            let kind = if picture.starts_with(b"\x89PNG") { "png" } else { "jpeg" };
            let url = format!("data:image/{kind};base64,{}", STANDARD.encode(picture));
            let text = last["content"].take();
            last["content"] =
                json!([{"type": "text", "text": text}, {"type": "image_url", "image_url": {"url": url}}]);
        }
        let mut body =
            json!({"model": self.model, "stream": true, "max_tokens": MOST_TOKENS, "messages": messages});
        if !self.tools.is_empty() {
            body["tools"] = Value::Array(self.tools.clone());
        }
        body.to_string().into_bytes()
    }
}

/// The call that the model made, as it must be repeated to it before its answer.
pub(crate) fn calls_made(text: &str, calls: &[(String, String, Map<String, Value>)]) -> Value {
    let calls: Vec<Value> = calls
        .iter()
        .map(|(id, name, args)| {
            let arguments = Value::Object(args.clone()).to_string();
            json!({"id": id, "type": "function", "function": {"name": plain_name(name), "arguments": arguments}})
        })
        .collect();
    json!({"role": "assistant", "content": text, "tool_calls": calls})
}

/// The answer to a call.
pub(crate) fn call_answered(id: &str, value: &Value) -> Value {
    // Long answers would be most of what a small model can read.
    let content: String = value.to_string().chars().take(8_000).collect();
    json!({"role": "tool", "tool_call_id": id, "content": content})
}

/// The declared function that a model means by this name.
pub(crate) fn declared<'f>(
    name: &str,
    functions: &'f [FunctionDeclaration],
) -> Option<&'f FunctionDeclaration> {
    functions.iter().find(|function| function.name == name || plain_name(&function.name) == name)
}

/// Live takes dots and colons in a name, chat completions do not.
fn plain_name(name: &str) -> String {
    name.replace(['.', ':'], "_")
}

fn tool(function: &FunctionDeclaration) -> Value {
    let parameters = match (&function.parameters_json_schema, &function.parameters) {
        (Some(schema), _) => schema.clone(),
        (None, Some(schema)) => json_schema(schema, DEPTH),
        (None, None) => json!({"type": "object", "properties": {}}),
    };
    let description = function.description.as_deref().unwrap_or_default();
    json!({"type": "function", "function": {
        "name": plain_name(&function.name), "description": description, "parameters": parameters
    }})
}

/// OpenAPI's subset names types in upper case, JSON Schema in lower case (PROTOCOL.md §2.2).
fn json_schema(schema: &Value, depth: usize) -> Value {
    let Some(fields) = schema.as_object().filter(|_| depth > 0) else { return schema.clone() };
    let translated = fields.iter().map(|(key, value)| {
        let value = match (key.as_str(), value) {
            ("type", Value::String(name)) => Value::from(name.to_lowercase()),
            ("properties", Value::Object(properties)) => properties
                .iter()
                .map(|(name, value)| (name.clone(), json_schema(value, depth - 1)))
                .collect::<Map<_, _>>()
                .into(),
            ("items", value) => json_schema(value, depth - 1),
            ("anyOf", Value::Array(all)) => {
                all.iter().map(|one| json_schema(one, depth - 1)).collect::<Vec<_>>().into()
            }
            (_, value) => value.clone(),
        };
        (key.clone(), value)
    });
    Value::Object(translated.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn question_holds_history_functions_and_newest_picture() {
        let weather = FunctionDeclaration {
            name: "home.weather".into(),
            description: Some("At a place".into()),
            parameters: Some(
                json!({"type": "OBJECT", "properties": {"type": {"type": "STRING"}, "days": {"type": "ARRAY", "items": {"type": "INTEGER"}}}}),
            ),
            ..FunctionDeclaration::default()
        };
        let turns = [
            (Role::User, "Hi."),
            (Role::Model, "Hello."),
            (Role::Note, "It rains."),
            (Role::User, "What is this?"),
        ];
        let since = [
            calls_made("", &[("c1".into(), "home.weather".into(), Map::new())]),
            call_answered("c1", &json!({"output": 1})),
        ];
        let picture = Some(Bytes::from_static(b"\xff\xd8jpeg"));
        let question =
            ChatRequest::new("Be kind.", turns.into_iter(), &since, std::slice::from_ref(&weather), picture)
                .of_model("m");
        let body: Value = serde_json::from_slice(&question.body(true)).expect("JSON");
        let roles: Vec<&str> =
            body["messages"].as_array().into_iter().flatten().filter_map(|m| m["role"].as_str()).collect();
        assert_eq!(roles, ["system", "user", "assistant", "system", "user", "assistant", "tool"]);
        assert!(body["messages"][0]["content"].as_str().is_some_and(|text| text.starts_with("Be kind.")));
        assert_eq!(body["messages"][4]["content"][0]["text"], "What is this?");
        assert_eq!(body["messages"][4]["content"][1]["image_url"]["url"], "data:image/jpeg;base64,/9hqcGVn");
        assert_eq!(
            body["messages"][5]["tool_calls"][0]["function"],
            json!({"name": "home_weather", "arguments": "{}"})
        );
        assert_eq!(
            (&body["messages"][6]["tool_call_id"], &body["messages"][6]["content"]),
            (&json!("c1"), &json!("{\"output\":1}"))
        );
        let parameters = &body["tools"][0]["function"]["parameters"];
        assert_eq!(parameters["type"], "object");
        assert_eq!(parameters["properties"]["type"]["type"], "string", "a property may be called so");
        assert_eq!(parameters["properties"]["days"]["items"]["type"], "integer");
        assert_eq!((&body["model"], &body["stream"]), (&json!("m"), &json!(true)));
        assert_eq!(
            declared("home_weather", &[weather]).map(|function| function.name.as_str()),
            Some("home.weather")
        );
        let plain: Value = serde_json::from_slice(&question.body(false)).expect("JSON");
        assert_eq!(plain["messages"][4]["content"], "What is this?");
    }
}
