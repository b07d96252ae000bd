//! The recorded sessions of the SDKs and the server messages, read and written back.

mod value;

use live_proto::wire::{decode_client, decode_server, encode};
use serde_json::{Map, Value};

use value::same;

const CLIENT: &str = include_str!("../../../../tests/fixtures/live/client_frames.jsonl");
const SERVER: &str = include_str!("../../../../tests/fixtures/live/server_frames.jsonl");

fn lines(file: &str) -> Vec<Value> {
    file.lines().map(|line| serde_json::from_str(line).expect("fixture line")).collect()
}

#[test]
fn client_sessions_survive_in_either_spelling() {
    let mut sessions = 0;
    for line in lines(CLIENT) {
        if line.get("sdk_error").is_some() {
            continue;
        }
        sessions += 1;
        let case = &line["case"];
        let canonical = line["frames_camel"].as_array().expect("frames_camel");
        let sent = line["frames"].as_array().expect("frames");
        assert_eq!(sent.len(), canonical.len(), "{case}");
        for (frame, want) in sent.iter().zip(canonical).chain(canonical.iter().zip(canonical)) {
            let read = decode_client(frame.to_string().as_bytes()).unwrap_or_else(|e| panic!("{case}: {e}"));
            assert_eq!(read.skipped_count, 0, "{case}: skipped {:?}", read.skipped);
            let written: Value = serde_json::from_str(&encode(&read.message)).expect("written JSON");
            assert!(same(&written, want), "{case}:\nwritten {written}\nwanted  {want}");
        }
    }
    assert_eq!(sessions, 102);
}

fn camel(key: &str) -> String {
    let mut out = String::new();
    let mut raise = false;
    for c in key.chars() {
        match c {
            '_' => raise = true,
            c if raise => {
                out.extend(c.to_uppercase());
                raise = false;
            }
            c => out.push(c),
        }
    }
    out
}

/// What the Python SDK parsed, with the names of the wire. Arguments of calls keep their names.
fn from_sdk(parsed: &Value, under: &str) -> Value {
    match parsed {
        Value::Object(map) => Value::Object(
            map.iter()
                .map(|(key, value)| {
                    let key = if under == "args" { key.clone() } else { camel(key) };
                    let value =
                        if under == "args" || key == "args" { value.clone() } else { from_sdk(value, &key) };
                    (key, value)
                })
                .collect::<Map<_, _>>(),
        ),
        Value::Array(list) => list.iter().map(|value| from_sdk(value, under)).collect(),
        Value::String(text) if under == "data" => text.replace('-', "+").replace('_', "/").into(),
        other => other.clone(),
    }
}

/// Whether everything in `part` is in `whole`; an int64 may be a string there.
fn within(part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => {
            part.iter().all(|(key, part)| whole.get(key).is_some_and(|whole| within(part, whole)))
        }
        (Value::Array(part), Value::Array(whole)) => {
            part.len() == whole.len() && part.iter().zip(whole).all(|(part, whole)| within(part, whole))
        }
        (Value::Number(part), Value::String(whole)) => part.to_string() == *whole,
        _ => same(part, whole),
    }
}

#[test]
fn server_messages_lose_nothing() {
    let all = lines(SERVER);
    assert_eq!(all.len(), 45);
    for line in all {
        let (case, frame) = (&line["case"], &line["frame"]);
        let read = decode_server(frame.to_string().as_bytes()).unwrap_or_else(|e| panic!("{case}: {e}"));
        assert_eq!(read.skipped_count, 0, "{case}: skipped {:?}", read.skipped);
        let written: Value = serde_json::from_str(&encode(&read.message)).expect("written JSON");
        assert!(same(&written, frame), "{case}:\nwritten {written}\nwanted  {frame}");
        let sdk = from_sdk(&line["sdk_parsed"], "");
        assert!(within(&sdk, &written), "{case}:\nthe SDK read {sdk}\nwe read      {written}");
    }
}
