//! A snapshot of every wire type with every field set: `tests/snapshots/TYPE.json`.
//!
//! A new field or type without a snapshot fails here. After an intended change, `VIVAVOCE_WRITE_SNAPSHOTS=1 cargo test
//! -p live-proto --test snapshots` writes the files in their final form.

use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};

use live_proto::wire::*;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

/// Values of these fields are user data and keep their names.
const USER_DATA: &[&str] = &[
    "args",
    "labels",
    "parameters",
    "parametersJsonSchema",
    "response",
    "responseJsonSchema",
    "responseSchema",
];

/// Fields whose values are bytes.
const BYTES: &[&str] = &["data", "thoughtSignature", "voiceSampleAudio", "consentAudio"];

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(name).with_extension("json")
}

fn snapshot(name: &str) -> String {
    fs::read_to_string(file(name)).unwrap_or_else(|error| unreachable!("{name} has no snapshot: {error}"))
}

fn pretty<T: Serialize>(value: &T) -> String {
    serde_json::to_string_pretty(value).expect("it can be written") + "\n"
}

fn read<T: DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text).unwrap_or_else(|error| unreachable!("{error} in {text}"))
}

/// `snakeCase` as `snake_case`.
fn snake(camel: &str) -> String {
    let mut out = String::new();
    for letter in camel.chars() {
        if letter.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

fn camel(snake: &str) -> String {
    let mut pieces = snake.split('_');
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |name, piece| {
        let (head, tail) = piece.split_at(piece.len().min(1));
        name + &head.to_uppercase() + tail
    })
}

/// The other notation that a peer may use: `snake_case` names, URL-safe base64 without padding, and int64 as numbers.
fn other_spelling(value: &Value, name: &str) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| {
                let value = if USER_DATA.contains(&key.as_str()) {
                    value.clone()
                } else {
                    other_spelling(value, key)
                };
                (snake(key), value)
            })
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(list) => list.iter().map(|item| other_spelling(item, name)).collect(),
        Value::String(text) if BYTES.contains(&name) => {
            text.trim_end_matches('=').replace('+', "-").replace('/', "_").into()
        }
        Value::String(text) => text.parse::<i64>().map_or_else(|_| value.clone(), Value::from),
        other => other.clone(),
    }
}

/// The same with unknown fields added.
fn with_more(value: &Value) -> Value {
    let mut value = value.clone();
    if let Some(fields) = value.as_object_mut() {
        fields.insert("not_yet_known".to_owned(), json!({"deep": [1, {"deeper": null}]}));
        fields.insert("notYetKnownEither".to_owned(), json!("x"));
    }
    value
}

fn check<T>(name: &str, fields: &[&str])
where
    T: Serialize + DeserializeOwned + Default + PartialEq + Debug,
{
    let text = snapshot(name);
    let value: Value = read(&text);
    let message: T = read(&text);
    if std::env::var_os("VIVAVOCE_WRITE_SNAPSHOTS").is_some() {
        fs::write(file(name), pretty(&message)).expect("the snapshot can be written");
    } else {
        assert_eq!(pretty(&message), text, "{name} is written otherwise");
    }
    let written: Value = serde_json::to_value(&message).expect("it can be written");
    let names: Vec<String> = written.as_object().expect("an object").keys().cloned().collect();
    let mut wanted: Vec<String> = fields.iter().map(|field| camel(field)).collect();
    wanted.sort();
    assert_eq!(names, wanted, "{name}: a field has no example in its snapshot, or is no field any more");
    assert_eq!(written, value, "{name} loses something");

    let other = other_spelling(&value, "").to_string();
    assert_eq!(read::<T>(&other), message, "{name} in the other spelling: {other}");
    assert_eq!(read::<T>(&with_more(&value).to_string()), message, "{name} with more than is known");
    assert_eq!(read::<T>("{}"), T::default(), "{name}, empty");
    let unset: Map<String, Value> = wanted.iter().map(|name| (name.clone(), Value::Null)).collect();
    assert_eq!(read::<T>(&Value::from(unset).to_string()), T::default(), "{name}, null");
    assert_eq!(encode(&T::default()), "{}", "{name} writes what is unset");
}

/// One test per message, named like it.
macro_rules! messages {
    ($($name:ident),* $(,)?) => {
        const MESSAGES: &[&str] = &[$(stringify!($name)),*];

        #[allow(non_snake_case)]
        mod messages {
            $(
                #[test]
                fn $name() {
                    super::check::<live_proto::wire::$name>(stringify!($name), live_proto::wire::$name::FIELDS);
                }
            )*
        }
    };
}

messages!(
    ActivityMark,
    AudioTranscriptionConfig,
    AutomaticActivityDetection,
    Blob,
    ClientContent,
    CodeExecutionResult,
    Content,
    ContextUpdate,
    ContextWindowCompression,
    ExecutableCode,
    FileData,
    FunctionCall,
    FunctionDeclaration,
    FunctionResponse,
    FunctionResponsePart,
    GenerationConfig,
    GoAway,
    GroundingChunk,
    GroundingMetadata,
    GroundingSupport,
    HistoryConfig,
    ModalityTokenCount,
    Part,
    PrebuiltVoiceConfig,
    Proactivity,
    RealtimeInput,
    RealtimeInputConfig,
    ReplicatedVoiceConfig,
    SafetySetting,
    SearchEntryPoint,
    Segment,
    ServerContent,
    ServerMessage,
    SessionResumption,
    SessionResumptionUpdate,
    Setup,
    SetupComplete,
    SlidingWindow,
    SpeechConfig,
    ThinkingConfig,
    Tool,
    ToolCall,
    ToolCallCancellation,
    ToolResponse,
    ToolSet,
    TranscribedWord,
    Transcription,
    TranslationConfig,
    UrlContextMetadata,
    UrlMetadata,
    UsageMetadata,
    VoiceActivity,
    VoiceActivityDetectionSignal,
    VoiceConfig,
    VoiceConsentSignature,
    WebSource,
);

fn check_enum<T>(name: &str, known: &[&str], other: impl Fn(&str) -> T)
where
    T: Serialize + DeserializeOwned + PartialEq + Debug,
{
    for value in known {
        let text = format!("{value:?}");
        let read: T = read(&text);
        assert_ne!(read, other(value), "{name}: {value} is not known");
        assert_eq!(encode(&read), text);
    }
    assert_eq!(read::<T>("\"NEXT_YEAR\""), other("NEXT_YEAR"), "{name}");
    assert_eq!(encode(&other("NEXT_YEAR")), "\"NEXT_YEAR\"", "{name}");
    assert_eq!(encode(&read::<T>("7")), "7", "{name} by number");
}

macro_rules! enums {
    ($($name:ident),* $(,)?) => {
        const ENUMS: &[&str] = &[$(stringify!($name)),*];

        /// All enums in one file: their values, and that they are open.
        #[test]
        fn enums_are_open_and_keep_their_values() {
            let mut all = Map::new();
            $(
                check_enum(stringify!($name), $name::KNOWN, |text| $name::Other(text.to_owned()));
                all.insert(stringify!($name).to_owned(), json!($name::KNOWN));
            )*
            let all = Value::Object(all);
            if std::env::var_os("VIVAVOCE_WRITE_SNAPSHOTS").is_some() {
                fs::write(file("enums"), pretty(&all)).expect("the snapshot can be written");
            }
            assert_eq!(snapshot("enums"), pretty(&all));
        }
    };
}

enums!(
    ActivityHandling,
    Behavior,
    CodeLanguage,
    CodeOutcome,
    EndSensitivity,
    InteractionStatus,
    MediaResolution,
    Modality,
    Scheduling,
    StartSensitivity,
    ThinkingLevel,
    TranscriptionMode,
    TurnCompleteReason,
    TurnCoverage,
    UrlRetrievalStatus,
    VadSignalType,
    VoiceActivityType,
);

/// The names that a macro of the wire's sources defines.
fn defined_by(opening: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/wire");
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).expect("the sources").flatten() {
        let source = fs::read_to_string(entry.path()).expect("a source");
        let mut lines = source.lines();
        while lines.by_ref().any(|line| line == opening) {
            let name = lines.by_ref().find(|line| !line.trim_start().starts_with("///"));
            names.extend(name.and_then(|line| line.split_whitespace().next()).map(str::to_owned));
        }
    }
    names.sort();
    names
}

#[test]
fn every_wire_type_has_a_snapshot() {
    assert_eq!(defined_by("message! {"), MESSAGES);
    assert_eq!(defined_by("open_enum! {"), ENUMS);
    let mut files: Vec<String> = fs::read_dir(file("x").with_file_name(""))
        .expect("the snapshots")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().trim_end_matches(".json").to_owned())
        .filter(|name| name != "enums")
        .collect();
    files.sort();
    assert_eq!(files, MESSAGES, "a snapshot of nothing");
}

/// Whole messages of a client: each kind alone, in either spelling, nothing skipped.
#[test]
fn every_client_message_travels_alone() {
    for (field, name) in [
        ("setup", "Setup"),
        ("clientContent", "ClientContent"),
        ("realtimeInput", "RealtimeInput"),
        ("toolResponse", "ToolResponse"),
        ("contextUpdate", "ContextUpdate"),
    ] {
        let frame = json!({ field: read::<Value>(&snapshot(name)) });
        let camel = decode_client(frame.to_string().as_bytes()).expect(field);
        let snake = decode_client(other_spelling(&frame, "").to_string().as_bytes()).expect(field);
        assert_eq!(camel, snake);
        assert_eq!((camel.skipped_count, read::<Value>(&encode(&camel.message))), (0, frame));
    }
}

/// Every server message, all fields together and one at a time.
#[test]
fn every_server_message_is_read_alone_and_beside_others() {
    let whole: Value = read(&snapshot("ServerMessage"));
    let kinds = whole.as_object().expect("an object");
    let alone = kinds.iter().map(|(kind, value)| json!({ kind.as_str(): value }));
    for frame in alone.chain([whole.clone()]) {
        for text in [frame.to_string(), other_spelling(&frame, "").to_string()] {
            let decoded = decode_server(text.as_bytes()).expect("a message");
            assert_eq!((decoded.skipped_count, read::<Value>(&encode(&decoded.message))), (0, frame.clone()));
        }
    }
}
