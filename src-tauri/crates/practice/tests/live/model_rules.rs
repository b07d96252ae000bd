//! What each model takes and refuses, with the service's words and its close code (PROTOCOL.md §13).

use std::time::Duration;

use live_server::LiveServer;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::client::{Client, PATH, server};

const PLAIN: &str = "gemini-3.8-live";
const EXTENDED: &str = "gemini-3.8-live-extended-thinking";
const LEGACY: &str = "gemini-3.1-flash-live-preview";
const OLDER: &str = "gemini-2.5-flash-native-audio-latest";

const ALPHA: &str = "v1alpha";
const BETA: &str = "v1beta";
const V1: &str = "v1";
const VERTEX: &str = "vertex";

const ARGUMENT: &str = "Request contains an invalid argument.";
const NO_PROACTIVITY: &str =
    "Invalid JSON payload received. Unknown name \"proactivity\" at 'setup': Cannot find field.";
const NO_AFFECTIVE: &str = "Invalid JSON payload received. Unknown name \"enableAffectiveDialog\" at \
                            'setup.generation_config': Cannot find field.";
const TEXT: &str = "The requested combination of response modalities (TEXT) is not supported by the model";
const NO_LEVEL: &str = "Thinking level is not supported for this model";
const LEVEL: &str = "Thinking level must be specified for this model";
const BLOCKING: &str = "BLOCKING function calls are not supported for this model";
const SCHEDULING: &str = "Function response scheduling is not supported for this model";
const CODE: &str = "Code Execution tool is not supported for this model";
const PRECONDITION: &str = "Precondition check failed";
const CHUNKS: &str = "realtime_input.media_chunks is deprecated. Use audio, video, or text instead.";

/// What becomes of a session.
enum Fate {
    /// It goes on.
    Taken,
    /// The setup closes it.
    Refused(&'static str),
    /// A message after the setup closes it.
    RefusedLater(&'static str),
}

use Fate::{Refused, RefusedLater, Taken};

/// One row: the model, the API, what its setup has besides, what is sent then, and what becomes of it.
type Row = (&'static str, &'static str, Value, Vec<Value>, Fate);

fn path(api: &str) -> String {
    match api {
        VERTEX => "/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent".to_owned(),
        version => PATH.replace("v1beta", version),
    }
}

/// The setup of a row: fields with a dot in their name go into that object.
fn setup_of(model: &str, more: &Value) -> Value {
    let mut setup = json!({
        "model": format!("models/{model}"), "generationConfig": {"responseModalities": ["AUDIO"]}
    });
    if model == EXTENDED {
        setup["generationConfig"]["thinkingConfig"] = json!({"thinkingLevel": "LOW"});
    }
    for (name, value) in more.as_object().expect("fields") {
        match name.split_once('.') {
            Some((object, field)) => setup[object][field] = value.clone(),
            None => setup[name] = value.clone(),
        }
    }
    json!({ "setup": setup })
}

/// What is wrong with a row; `None` when it holds.
async fn fault(server: &LiveServer, (model, api, more, frames, fate): Row) -> Option<String> {
    let mut client = Client::connect_as(server, &path(api), &[]).await.expect("an upgrade");
    client.send(setup_of(model, &more)).await;
    let mut closed = client.next_or_close().await.err();
    let set_up = closed.is_none();
    if set_up {
        for frame in &frames {
            client.send(frame.clone()).await;
        }
        let close = async {
            loop {
                if let Err(close) = client.next_or_close().await {
                    return close;
                }
            }
        };
        closed = timeout(Duration::from_secs(30), close).await.ok();
    }
    let expected = match fate {
        Taken => (true, None),
        Refused(reason) => (false, Some((1007, reason.to_owned()))),
        RefusedLater(reason) => (true, Some((1007, reason.to_owned()))),
    };
    let is_so = (set_up, closed);
    (is_so != expected)
        .then(|| format!("{model} on {api}, {more} {frames:?}:\n  {is_so:?}\n  not {expected:?}"))
}

fn turns(turn: Value) -> Vec<Value> {
    vec![json!({"clientContent": {"turns": [turn], "turnComplete": true}})]
}

fn function(behavior: &str) -> Value {
    json!({"tools": [{"functionDeclarations": [{"name": "count_sheep", "behavior": behavior}]}]})
}

fn answer(more: &Value) -> Vec<Value> {
    let mut answer = json!({"id": "none", "name": "count_sheep", "response": {"output": 3}});
    if let (Some(answer), Some(more)) = (answer.as_object_mut(), more.as_object()) {
        answer.extend(more.clone());
    }
    vec![json!({"toolResponse": {"functionResponses": [answer]}})]
}

fn chunk(mime_type: &str) -> Vec<Value> {
    vec![json!({"realtimeInput": {"mediaChunks": [{"mimeType": mime_type, "data": "AAAAAA=="}]}})]
}

/// `proactivity` and `enableAffectiveDialog`: "unknown name" depends on the API alone, the rest on the model.
fn moods() -> Vec<Row> {
    let proactive = || json!({"proactivity": {"proactiveAudio": true}});
    let affective = |on: bool| json!({"generationConfig.enableAffectiveDialog": on});
    let hello = || vec![json!({"realtimeInput": {"text": "Hello"}})];
    let mut rows = vec![
        (PLAIN, ALPHA, proactive(), hello(), Taken),
        (LEGACY, ALPHA, proactive(), hello(), Taken),
        (OLDER, ALPHA, proactive(), hello(), Taken),
        (PLAIN, ALPHA, json!({"proactivity": {"proactiveAudio": false}}), vec![], Refused(ARGUMENT)),
        (LEGACY, ALPHA, affective(true), vec![], Refused(ARGUMENT)),
        (PLAIN, ALPHA, affective(true), hello(), RefusedLater(ARGUMENT)),
        (PLAIN, ALPHA, affective(true), vec![], Taken),
        (PLAIN, ALPHA, affective(false), hello(), Taken),
        (OLDER, ALPHA, affective(true), hello(), Taken),
        (OLDER, VERTEX, affective(true), hello(), Taken),
        (OLDER, VERTEX, proactive(), hello(), Taken),
    ];
    for model in [PLAIN, EXTENDED, LEGACY, OLDER] {
        for version in [BETA, V1] {
            rows.push((model, version, proactive(), vec![], Refused(NO_PROACTIVITY)));
            rows.push((model, version, affective(true), vec![], Refused(NO_AFFECTIVE)));
        }
    }
    rows
}

fn setups() -> Vec<Row> {
    let thinking = |config: Value| json!({"generationConfig.thinkingConfig": config});
    let text = || json!({"generationConfig.responseModalities": ["TEXT"]});
    let code = || json!({"tools": [{"codeExecution": {}}]});
    vec![
        (PLAIN, BETA, text(), vec![], Refused(TEXT)),
        (OLDER, BETA, text(), vec![], Refused(TEXT)),
        (PLAIN, BETA, thinking(json!({"thinkingLevel": "LOW"})), vec![], Refused(NO_LEVEL)),
        (PLAIN, BETA, thinking(json!({"includeThoughts": true})), vec![], Refused(ARGUMENT)),
        (EXTENDED, BETA, thinking(Value::Null), vec![], Refused(LEVEL)),
        (EXTENDED, BETA, thinking(json!({"includeThoughts": true})), vec![], Refused(LEVEL)),
        (EXTENDED, BETA, thinking(json!({"thinkingBudget": 100})), vec![], Refused(LEVEL)),
        (EXTENDED, BETA, thinking(json!({"thinkingLevel": "MINIMAL"})), vec![], Refused(ARGUMENT)),
        (EXTENDED, BETA, function("BLOCKING"), vec![], Refused(BLOCKING)),
        (EXTENDED, BETA, function("NON_BLOCKING"), vec![], Taken),
        (PLAIN, BETA, function("BLOCKING"), vec![], Taken),
        (LEGACY, BETA, function("NON_BLOCKING"), vec![], Taken),
        (OLDER, BETA, code(), vec![], Refused(CODE)),
        (OLDER, BETA, json!({"tools": [{"googleSearch": {}}]}), vec![], Taken),
        ("gemini-live-2.5-flash", VERTEX, json!({}), vec![], Taken),
    ]
}

fn messages() -> Vec<Row> {
    let text = || json!([{"text": "Hello"}]);
    let audio = json!([{"inlineData": {"mimeType": "audio/pcm;rate=16000", "data": "AAAA"}}]);
    let call = json!([{"functionCall": {"name": "count_sheep", "args": {}}}]);
    let result = json!([{"functionResponse": {"name": "count_sheep", "response": {"output": 3}}}]);
    let user = |parts: &Value| turns(json!({"role": "user", "parts": parts}));
    let system = || turns(json!({"role": "system", "parts": text()}));
    let pdf = json!({"parts": [{"inlineData": {"mimeType": "application/pdf", "data": "AAAA"}}]});
    let picture = json!({"parts": [{"inlineData": {"mimeType": "image/png", "data": "AAAA"}}]});
    let scheduled = json!({"scheduling": "WHEN_IDLE"});
    let bare = || turns(json!({"parts": text()}));
    vec![
        (OLDER, BETA, json!({}), user(&call), RefusedLater(ARGUMENT)),
        (OLDER, BETA, json!({}), user(&result), RefusedLater(ARGUMENT)),
        (PLAIN, BETA, json!({}), user(&result), Taken),
        (OLDER, BETA, json!({}), user(&audio), RefusedLater(PRECONDITION)),
        (PLAIN, BETA, json!({}), user(&audio), Taken),
        (LEGACY, BETA, json!({}), user(&audio), Taken),
        (PLAIN, BETA, json!({}), bare(), RefusedLater(ARGUMENT)),
        (LEGACY, BETA, json!({}), bare(), RefusedLater(ARGUMENT)),
        (OLDER, BETA, json!({}), bare(), Taken),
        (PLAIN, BETA, json!({}), system(), RefusedLater(ARGUMENT)),
        (OLDER, BETA, json!({}), system(), RefusedLater(ARGUMENT)),
        (OLDER, VERTEX, json!({}), system(), Taken),
        (EXTENDED, BETA, json!({}), answer(&scheduled), RefusedLater(SCHEDULING)),
        (PLAIN, BETA, json!({}), answer(&scheduled), Taken),
        (PLAIN, BETA, json!({}), answer(&pdf), RefusedLater(ARGUMENT)),
        (LEGACY, BETA, json!({}), answer(&pdf), RefusedLater(ARGUMENT)),
        (OLDER, BETA, json!({}), answer(&pdf), Taken),
        (PLAIN, BETA, json!({}), answer(&picture), Taken),
        (PLAIN, BETA, json!({}), chunk("audio/pcm"), RefusedLater(CHUNKS)),
        (EXTENDED, BETA, json!({}), chunk("image/jpeg"), RefusedLater(CHUNKS)),
        (LEGACY, BETA, json!({}), chunk("audio/pcm"), RefusedLater(CHUNKS)),
        (OLDER, BETA, json!({}), chunk("audio/pcm;rate=16000"), Taken),
        (OLDER, VERTEX, json!({}), chunk("audio/pcm"), Taken),
        (OLDER, BETA, json!({}), chunk("image/jpeg"), Taken),
        (OLDER, BETA, json!({}), chunk("video/mp4"), RefusedLater(ARGUMENT)),
    ]
}

#[tokio::test(start_paused = true)]
async fn each_model_refuses_what_the_service_refuses() {
    let server = server();
    let mut faults = Vec::new();
    for row in [moods(), setups(), messages()].into_iter().flatten() {
        faults.extend(fault(&server, row).await);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn media_chunks_are_heard_and_seen_on_2_5() {
    let server = server();
    let mut client = Client::ready(&server, json!({"model": format!("models/{OLDER}")})).await;
    let sound = { "AAAA".repeat(8_000) };
    let chunks = json!([
        {"mimeType": "audio/pcm;rate=16000", "data": sound},
        {"mimeType": "image/jpeg", "data": "/9j/"}
    ]);
    client.send(json!({"realtimeInput": {"mediaChunks": chunks}})).await;
    client.send(json!({"realtimeInput": {"text": "Hello"}})).await;
    client.turn().await;
    let received = server.received();
    assert_eq!((received.audio_ms, received.pictures), (750, 1));
}
