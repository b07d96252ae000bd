//! What a language model is asked: the conversation so far as the chat completions' JSON, in as many shapes as servers and
//! templates want it. Pure.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use live_proto::wire::FunctionDeclaration;
use serde_json::{Map, Value, json};

use crate::intents::Role;

/// Behind the client's instructions: a model that was trained on pages writes lists otherwise.
const ALOUD: &str = "You are in a spoken conversation. A voice reads aloud what you write, word by word, so write only what a \
                     person would say. Answer in one to three short, plain sentences, the answer first, in English. No \
                     lists, headings, tables, links, code, formulas, emoji, brackets or other markup. Rather than say \
                     everything, offer to go on. What you hear comes from a speech recogniser and may be misheard: guess \
                     what was meant, or ask. Call a function when it helps, without announcing it, and tell its result in \
                     a sentence. You are the practice partner inside the app Vivavoce, and not Gemini: say so if you are \
                     asked.";
/// Before a list of functions, for a model whose server takes none.
const CALLS_IN_WORDS: &str = "You can call functions. To call one, write this and nothing else: \
                              <tool_call>{\"name\": \"its name\", \"arguments\": {}}</tool_call>. Its result comes in the next \
                              message. These are the functions:";
/// Before what was said first, if that was the partner.
const BEGINNING: &str = "(The conversation begins.)";
/// Before the words of somebody who interrupted.
const INTERRUPTED: &str = "(I interrupted you there, and did not hear the rest.)";

/// Tokens of one answer; what is spoken is shorter.
const MOST_TOKENS: u32 = 1_024;
/// The same for a model that thinks before.
const MOST_WITH_THOUGHTS: u32 = 4_096;
/// The longest result of a function, in characters: a longer one would be most of what a small model can read.
const RESULT: usize = 8_000;
/// How deep a schema is translated.
const DEPTH: usize = 16;

/// How a question is put. Servers refuse some of it, each in its own way (`refusal`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// With the newest picture.
    pub(super) picture: bool,
    pub(super) functions: Functions,
    /// With a system message; otherwise its words stand before the first message of the user.
    pub(super) system: bool,
    pub(super) quick: Quick,
    /// So many of the newest messages.
    pub(super) newest: usize,
}

/// How the functions are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Functions {
    /// In a field of their own.
    Declared,
    /// In the system message.
    InWords,
    None,
}

/// How a model is told to answer without thinking, which would be silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quick {
    /// By `reasoning_effort`, and to the template.
    Both,
    ByTemplate,
    No,
}

/// What somebody said or did.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Message {
    User(String),
    Model(String),
    /// The model made these calls, having said this before.
    Calls {
        said: String,
        calls: Vec<MadeCall>,
    },
    /// What came of a call.
    Result {
        id: String,
        name: String,
        value: Value,
    },
}

/// A call that the model made.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct MadeCall {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) args: Map<String, Value>,
}

/// A turn of the conversation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said<'a> {
    pub(crate) role: Role,
    pub(crate) text: &'a str,
    /// It was interrupted: the text is what was heard of it.
    pub(crate) is_cut: bool,
}

/// What is asked. The picture stands by itself, since not every model takes one.
#[derive(Debug)]
pub(crate) struct ChatRequest {
    model: String,
    system: String,
    messages: Vec<Message>,
    functions: Vec<Value>,
    /// A JPEG or PNG.
    picture: Option<Bytes>,
}

impl ChatRequest {
    /// A question from what was said so far, what came of it since, and what may be called. `today` is a date in words.
    pub(crate) fn new<'a>(
        instructions: &str,
        today: &str,
        turns: impl Iterator<Item = Said<'a>>,
        since: &[Message],
        functions: &[FunctionDeclaration],
        picture: Option<Bytes>,
    ) -> Self {
        let mut system = [instructions, ALOUD].join("\n\n");
        if !today.is_empty() {
            system = format!("{system} Today is {today}.");
        }
        let mut messages = Vec::new();
        let mut was_cut = false;
        for turn in turns.filter(|turn| !turn.text.trim().is_empty() || turn.is_cut) {
            let text = turn.text.trim();
            match turn.role {
                Role::User if std::mem::take(&mut was_cut) => {
                    user(&mut messages, &format!("{INTERRUPTED} {text}"));
                }
                Role::User => user(&mut messages, text),
                Role::Note => user(&mut messages, &format!("(Meanwhile this became known: {text})")),
                Role::Model => {
                    was_cut = turn.is_cut;
                    model(&mut messages, text, turn.is_cut);
                }
            }
        }
        for message in since {
            add(&mut messages, message.clone());
        }
        let functions = functions.iter().map(tool).collect();
        Self { model: String::new(), system: system.trim().to_owned(), messages, functions, picture }
    }

    pub(super) fn of_model(mut self, model: &str) -> Self {
        model.clone_into(&mut self.model);
        self
    }

    pub(super) fn has_picture(&self) -> bool {
        self.picture.is_some()
    }

    pub(super) fn has_functions(&self) -> bool {
        !self.functions.is_empty()
    }

    /// How many messages there are.
    pub(super) fn length(&self) -> usize {
        self.messages.len()
    }

    /// The names of the functions, as the model knows them.
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        self.functions.iter().filter_map(|tool| Some(tool["function"]["name"].as_str()?.to_owned()))
    }

    /// The request's body. A model that thinks gets room for it.
    pub(super) fn body(&self, shape: Shape, thinks: bool) -> Vec<u8> {
        let in_words = shape.functions == Functions::InWords && self.has_functions();
        let mut system = self.system.clone();
        if in_words {
            let functions: Vec<&Value> = self.functions.iter().map(|tool| &tool["function"]).collect();
            system = format!("{system}\n\n{CALLS_IN_WORDS}\n{}", json!(functions));
        }
        let mut messages: Vec<Value> = Vec::new();
        if shape.system {
            messages.push(json!({"role": "system", "content": system}));
        }
        let plainly = shape.functions != Functions::Declared;
        let written = self.newest(shape.newest).iter().flat_map(|message| written(message, plainly));
        for message in written {
            // Templates want the roles to alternate.
            match messages.last_mut() {
                Some(last) if last["role"] == message["role"] && is_plain(last) && is_plain(&message) => {
                    let joined = format!("{}\n{}", words_of(last), words_of(&message));
                    last["content"] = Value::from(joined);
                }
                _ => messages.push(message),
            }
        }
        if messages.get(usize::from(shape.system)).is_some_and(|first| first["role"] != "user") {
            messages.insert(usize::from(shape.system), json!({"role": "user", "content": BEGINNING}));
        }
        if !shape.system
            && let Some(first) = messages.first_mut()
        {
            first["content"] = Value::from(format!("{system}\n\n{}", words_of(first)));
        }
        if let Some(picture) = self.picture.as_ref().filter(|_| shape.picture) {
            show(&mut messages, picture);
        }
        let most = if thinks { MOST_WITH_THOUGHTS } else { MOST_TOKENS };
        let mut body = json!({"model": self.model, "stream": true, "max_tokens": most, "messages": messages});
        if shape.functions == Functions::Declared && self.has_functions() {
            body["tools"] = Value::Array(self.functions.clone());
        }
        if shape.quick == Quick::Both {
            body["reasoning_effort"] = json!("none");
        }
        if shape.quick != Quick::No {
            body["chat_template_kwargs"] = json!({"enable_thinking": false});
        }
        body.to_string().into_bytes()
    }

    /// The newest messages, so that no result is without its call: as many, or half as many at least. The first of them
    /// stays the same while a conversation grows by some, so that the server need not read all of it again each time.
    fn newest(&self, count: usize) -> &[Message] {
        let step = (count / 2).checked_ilog2().map_or(1, |power| 1 << power.min(usize::BITS - 2));
        let mut from = self.messages.len().saturating_sub(count).next_multiple_of(step);
        while from > 0 && matches!(self.messages[from], Message::Result { .. } | Message::Calls { .. }) {
            from -= 1;
        }
        &self.messages[from..]
    }
}

/// Appends what the user said, to what they said before it.
fn user(messages: &mut Vec<Message>, text: &str) {
    match messages.last_mut() {
        Some(Message::User(said)) => {
            said.push('\n');
            said.push_str(text);
        }
        _ => messages.push(Message::User(text.to_owned())),
    }
}

fn model(messages: &mut Vec<Message>, text: &str, is_cut: bool) {
    let end = if is_cut && !text.is_empty() { "…" } else { "" };
    match messages.last_mut() {
        _ if text.is_empty() => {}
        Some(Message::Model(said)) => *said = format!("{said} {text}{end}"),
        _ => messages.push(Message::Model(format!("{text}{end}"))),
    }
}

/// Appends a call to what the model said before it.
fn add(messages: &mut Vec<Message>, message: Message) {
    match (messages.last_mut(), message) {
        (Some(Message::Model(before)), Message::Calls { said, calls }) => {
            let said = [before.as_str(), &said].join(" ").trim().to_owned();
            messages.pop();
            messages.push(Message::Calls { said, calls });
        }
        (_, message) => messages.push(message),
    }
}

/// A message in the server's form; without fields for calls when `plainly`.
fn written(message: &Message, plainly: bool) -> Vec<Value> {
    match message {
        Message::User(text) => vec![json!({"role": "user", "content": text})],
        Message::Model(text) => vec![json!({"role": "assistant", "content": text})],
        Message::Calls { said, calls } if plainly => {
            let calls = calls.iter().map(|call| {
                let call = json!({"name": plain_name(&call.name), "arguments": call.args});
                format!("<tool_call>{call}</tool_call>")
            });
            let all: Vec<String> =
                std::iter::once(said.clone()).filter(|said| !said.is_empty()).chain(calls).collect();
            vec![json!({"role": "assistant", "content": all.join("\n")})]
        }
        Message::Calls { said, calls } => {
            let calls: Vec<Value> = calls
                .iter()
                .map(|call| {
                    let arguments = Value::Object(call.args.clone()).to_string();
                    json!({"id": call.id, "type": "function", "function": {"name": plain_name(&call.name), "arguments": arguments}})
                })
                .collect();
            vec![json!({"role": "assistant", "content": said, "tool_calls": calls})]
        }
        Message::Result { id, name, value } => {
            let content: String = value.to_string().chars().take(RESULT).collect();
            vec![if plainly {
                json!({"role": "user", "content": format!("(The result of {}: {content})", plain_name(name))})
            } else {
                json!({"role": "tool", "tool_call_id": id, "name": plain_name(name), "content": content})
            }]
        }
    }
}

fn is_plain(message: &Value) -> bool {
    message["role"] != "tool" && message.get("tool_calls").is_none()
}

fn words_of(message: &Value) -> &str {
    message["content"].as_str().unwrap_or_default()
}

/// Puts the picture to the user's last words.
fn show(messages: &mut [Value], picture: &Bytes) {
    let Some(last) = messages.iter_mut().rev().find(|message| message["role"] == "user") else { return };
    let kind = if picture.starts_with(b"\x89PNG") { "png" } else { "jpeg" };
    let url = format!("data:image/{kind};base64,{}", STANDARD.encode(picture));
    let text = last["content"].take();
    last["content"] =
        json!([{"type": "text", "text": text}, {"type": "image_url", "image_url": {"url": url}}]);
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

    const WHOLE: Shape = Shape {
        picture: true,
        functions: Functions::Declared,
        system: true,
        quick: Quick::No,
        newest: usize::MAX,
    };

    fn weather() -> FunctionDeclaration {
        FunctionDeclaration {
            name: "home.weather".into(),
            description: Some("At a place".into()),
            parameters: Some(
                json!({"type": "OBJECT", "properties": {"type": {"type": "STRING"}, "days": {"type": "ARRAY", "items": {"type": "INTEGER"}}}}),
            ),
            ..FunctionDeclaration::default()
        }
    }

    fn said(role: Role, text: &str) -> Said<'_> {
        Said { role, text, is_cut: false }
    }

    fn call() -> [Message; 2] {
        let call = MadeCall { id: "c1".into(), name: "home.weather".into(), args: Map::new() };
        [
            Message::Calls { said: String::new(), calls: vec![call] },
            Message::Result { id: "c1".into(), name: "home.weather".into(), value: json!({"output": 1}) },
        ]
    }

    fn request(turns: &[Said<'_>], since: &[Message]) -> ChatRequest {
        let picture = Some(Bytes::from_static(b"\xff\xd8jpeg"));
        let today = "Monday, 30 November 2026";
        ChatRequest::new("Be kind.", today, turns.iter().copied(), since, &[weather()], picture).of_model("m")
    }

    fn body(request: &ChatRequest, shape: Shape) -> Value {
        serde_json::from_slice(&request.body(shape, false)).expect("JSON")
    }

    fn roles(body: &Value) -> Vec<&str> {
        body["messages"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|message| message["role"].as_str())
            .collect()
    }

    #[test]
    fn question_holds_history_functions_and_newest_picture() {
        let turns = [
            said(Role::User, "Hi."),
            said(Role::Model, "Hello."),
            said(Role::Note, "It rains."),
            said(Role::User, "What is this?"),
        ];
        let body = body(&request(&turns, &call()), WHOLE);
        assert_eq!(roles(&body), ["system", "user", "assistant", "user", "assistant", "tool"]);
        let system = body["messages"][0]["content"].as_str().expect("words");
        assert!(system.starts_with("Be kind.\n\n") && system.ends_with("Today is Monday, 30 November 2026."));
        assert_eq!(
            body["messages"][3]["content"][0]["text"],
            "(Meanwhile this became known: It rains.)\nWhat is this?"
        );
        assert_eq!(body["messages"][3]["content"][1]["image_url"]["url"], "data:image/jpeg;base64,/9hqcGVn");
        let calls = &body["messages"][4]["tool_calls"][0]["function"];
        assert_eq!(*calls, json!({"name": "home_weather", "arguments": "{}"}));
        assert_eq!(
            body["messages"][5],
            json!({"role": "tool", "tool_call_id": "c1", "name": "home_weather", "content": "{\"output\":1}"})
        );
        let parameters = &body["tools"][0]["function"]["parameters"];
        assert_eq!(parameters["type"], "object");
        assert_eq!(parameters["properties"]["type"]["type"], "string", "a property may be called so");
        assert_eq!(parameters["properties"]["days"]["items"]["type"], "integer");
        assert_eq!((&body["model"], &body["stream"]), (&json!("m"), &json!(true)));
        assert_eq!(
            declared("home_weather", &[weather()]).map(|function| function.name.as_str()),
            Some("home.weather")
        );
    }

    #[test]
    fn what_a_server_refuses_is_left_out_or_told_in_words() {
        let turns = [said(Role::User, "What is this?")];
        let request = request(&turns, &call());
        let plain = body(&request, Shape { picture: false, ..WHOLE });
        assert_eq!(plain["messages"][1]["content"], "What is this?");
        let in_words = body(&request, Shape { functions: Functions::InWords, picture: false, ..WHOLE });
        assert_eq!(in_words.get("tools"), None);
        assert_eq!(roles(&in_words), ["system", "user", "assistant", "user"]);
        assert!(
            in_words["messages"][0]["content"].as_str().is_some_and(|text| text.contains("\"home_weather\""))
        );
        assert_eq!(
            in_words["messages"][2]["content"],
            "<tool_call>{\"arguments\":{},\"name\":\"home_weather\"}</tool_call>"
        );
        assert_eq!(in_words["messages"][3]["content"], "(The result of home_weather: {\"output\":1})");
        let none = body(&request, Shape { functions: Functions::None, ..WHOLE });
        assert!(none.get("tools").is_none() && !none["messages"][0].to_string().contains("home_weather"));
        let unsystematic = body(&request, Shape { system: false, picture: false, ..WHOLE });
        assert_eq!(roles(&unsystematic)[0], "user");
        let first = unsystematic["messages"][0]["content"].as_str().expect("words");
        assert!(first.starts_with("Be kind.") && first.ends_with("\n\nWhat is this?"));
        for (quick, effort, template) in [
            (Quick::Both, json!("none"), json!({"enable_thinking": false})),
            (Quick::ByTemplate, Value::Null, json!({"enable_thinking": false})),
            (Quick::No, Value::Null, Value::Null),
        ] {
            let body = body(&request, Shape { quick, ..WHOLE });
            assert_eq!((&body["reasoning_effort"], &body["chat_template_kwargs"]), (&effort, &template));
        }
        let thinks: Value = serde_json::from_slice(&request.body(WHOLE, true)).expect("JSON");
        assert_eq!(thinks["max_tokens"], MOST_WITH_THOUGHTS);
    }

    #[test]
    fn roles_alternate_and_an_interruption_is_marked() {
        let cut = Said { is_cut: true, ..said(Role::Model, "Rooks are birds. They") };
        let turns = [
            said(Role::Model, "Hello, I am here."),
            said(Role::User, "Tell me of rooks."),
            cut,
            said(Role::User, "Enough."),
            said(Role::User, "What time is it?"),
            said(Role::Model, "Let me check."),
        ];
        let body = body(&request(&turns, &call()), Shape { picture: false, ..WHOLE });
        assert_eq!(
            roles(&body),
            ["system", "user", "assistant", "user", "assistant", "user", "assistant", "tool"]
        );
        let content = |at: usize| body["messages"][at]["content"].as_str().unwrap_or_default();
        assert_eq!((content(1), content(2)), (BEGINNING, "Hello, I am here."));
        assert_eq!(content(4), "Rooks are birds. They…");
        assert_eq!(content(5), format!("{INTERRUPTED} Enough.\nWhat time is it?"));
        assert_eq!(
            (content(6), body["messages"][6]["tool_calls"][0]["id"].as_str()),
            ("Let me check.", Some("c1"))
        );
    }

    #[test]
    fn only_the_newest_messages_are_sent_and_no_result_without_its_call() {
        let turns: Vec<Said<'_>> = (0..10_u32)
            .map(|n| said(if n.is_multiple_of(2) { Role::User } else { Role::Model }, "Word."))
            .collect();
        let turns = [&turns[..], &[said(Role::User, "Weather?")]].concat();
        let request = request(&turns, &call());
        let shape = |newest: usize| Shape { newest, picture: false, ..WHOLE };
        assert_eq!(roles(&body(&request, shape(1))), ["system", "user", "assistant", "tool"]);
        assert_eq!(body(&request, shape(1))["messages"][1]["content"], "Weather?");
        assert_eq!(roles(&body(&request, shape(5))).len(), 1 + 5);
        assert_eq!(roles(&body(&request, WHOLE)).len(), 1 + request.length());
        let greeted = [said(Role::Model, "Hello."), said(Role::User, "Hi.")];
        let greeted = body(&super::tests::request(&greeted, &[]), shape(2));
        assert_eq!(roles(&greeted), ["system", "user", "assistant", "user"], "it begins with the user");
    }

    #[test]
    fn a_shortened_conversation_keeps_its_beginning_while_it_grows() {
        let mut beginnings = Vec::new();
        for length in 40..80 {
            let texts: Vec<String> = (0..length).map(|n| format!("Word {n}.")).collect();
            let role = |n: usize| if n.is_multiple_of(2) { Role::User } else { Role::Model };
            let turns: Vec<Said<'_>> =
                texts.iter().enumerate().map(|(n, text)| said(role(n), text)).collect();
            // As `refusal` halves it.
            let shape = Shape { newest: length / 2, picture: false, ..WHOLE };
            let body = body(&request(&turns, &[]), shape);
            let sent = roles(&body).len() - 1;
            assert!((length / 4..=length / 2 + 1).contains(&sent), "{sent} of {length}");
            beginnings.push(body["messages"][1]["content"].clone());
        }
        beginnings.dedup();
        assert!(beginnings.len() <= 5, "{beginnings:?}");
    }
}
