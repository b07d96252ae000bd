//! Frames as they occur: with unknown fields, with missing ones, with several messages at once, or without any
//! message.

mod reframing;
mod value;

use live_proto::wire::{
    Base64, Int64, MAX_LIST, MAX_VALUES, Part, ServerContent, UsageMetadata, decode_client, decode_server,
};
use serde_json::{Value, json};

use reframing::{Side, reframe};
use value::same;

const CLIENT: &str = include_str!("../../../../tests/fixtures/live/client_frames.jsonl");
const SERVER: &str = include_str!("../../../../tests/fixtures/live/server_frames.jsonl");

/// A large message, in bytes; a session accepts even larger ones.
const LARGE: usize = 2 << 20;

#[test]
fn a_bad_frame_is_an_error_with_its_first_bytes() {
    let frames: [(&[u8], &str); 7] = [
        (b"", ""),
        (b"<html><h1>502 Bad Gateway</h1></html>", "<html><h1>502"),
        (b"\xff\xd8\xff\xe0 a picture", "\u{fffd}\u{fffd}\u{fffd}\u{fffd} a picture"),
        (b"{\"serverContent\":{\"turnComplete\":tr", "{\"serverContent\":{\"turnComplete\":tr"),
        (b"[{\"serverContent\":{}}]", "[{"),
        (b"\"setupComplete\"", "\"setupComplete\""),
        (b"{\"serverContent\":{}}{\"serverContent\":{}}", "{\"serverContent\":{}}{"),
    ];
    for (frame, start) in frames {
        let bad = decode_server(frame).expect_err(start);
        assert!(bad.first_bytes.starts_with(start), "{bad}");
        assert!(bad.first_bytes.len() <= 3 * 48 && bad.to_string().contains("starts with"), "{bad}");
    }
    let long = format!("{{\"serverContent\":{}", "[".repeat(LARGE));
    assert!(decode_server(long.as_bytes()).expect_err("cut off").to_string().len() < 300);
}

#[test]
fn what_is_not_known_is_skipped_and_counted() {
    let read = decode_server(
        br#"{"weather":{"wind":3},"serverContent":{"mood":null,"turnComplete":true,
            "modelTurn":{"parts":[{"text":"hi","smell":"rose"},{"hologram":{"data":"AA=="}}]}},"luck":7}"#,
    )
    .expect("a message");
    assert_eq!(read.skipped_count, 5);
    let names = ["weather", "serverContent.mood", "serverContent.modelTurn.parts.0.smell"];
    assert_eq!(read.skipped[..3], names);
    assert_eq!(read.unknown_kinds().collect::<Vec<_>>(), ["weather", "luck"]);
    let content = read.message.server_content.expect("content");
    assert_eq!(content.turn_complete, Some(true));
    let turn = content.model_turn.expect("a turn");
    assert_eq!(turn.parts, [Part::text("hi"), Part::default()], "an empty part stays a part");

    // A few are named and all are counted.
    let many: Vec<String> = (0..1000).map(|n| format!("\"x{n}\":{n}")).collect();
    let read = decode_server(format!("{{{}}}", many.join(",")).as_bytes()).expect("a message of nothing");
    assert!(read.skipped_count == 1000 && read.skipped.len() < 10);
}

#[test]
fn an_empty_event_is_an_event() {
    let read = decode_server(br#"{"serverContent":{},"usageMetadata":{"totalTokenCount":9}}"#).expect("3.x");
    assert_eq!(read.message.server_content, Some(ServerContent::default()));
    let usage = UsageMetadata { total_token_count: Some(9), ..UsageMetadata::default() };
    assert_eq!((read.message.usage_metadata, read.skipped_count), (Some(usage), 0));
    assert_eq!(decode_server(b"{}").expect("nothing at all").skipped_count, 0);
    // This is different from an absent field.
    assert_eq!(decode_server(br#"{"serverContent":null}"#).expect("unset").message.server_content, None);
}

#[test]
fn an_int64_is_read_as_text_and_as_number() {
    for index in ["12", "\"12\"", "12.0", "1.2e1"] {
        let text = format!(r#"{{"sessionResumptionUpdate":{{"lastConsumedClientMessageIndex":{index}}}}}"#);
        let update = decode_server(text.as_bytes()).expect(index).message.session_resumption_update;
        let read = update.and_then(|update| update.last_consumed_client_message_index);
        assert_eq!(read, Some(Int64::from(12)), "{index}");
    }
    for index in ["12.5", "\"twelve\"", "\"\"", "1e300", "true", "[12]"] {
        let text = format!(r#"{{"sessionResumptionUpdate":{{"lastConsumedClientMessageIndex":{index}}}}}"#);
        let read = decode_server(text.as_bytes()).expect("a message without an index");
        assert_eq!(read.malformed, ["sessionResumptionUpdate.lastConsumedClientMessageIndex"], "{index}");
        let update = read.message.session_resumption_update.expect("an update");
        assert_eq!(update.last_consumed_client_message_index, None, "{index}");
    }
}

#[test]
fn everything_in_an_event_is_read() {
    let read = decode_server(
        br#"{"serverContent":{
            "modelTurn":{"parts":[
                {"text":"so","thought":true,"thoughtSignature":"AA"},
                {"inlineData":{"mimeType":"audio/pcm;rate=24000","data":"AQA"}},
                {"inlineData":{"mimeType":"audio/pcm;rate=24000","data":"AgA="}},
                {"executableCode":{"code":"1"}}]},
            "outputTranscription":{"text":"x"},"inputTranscription":{"text":"y"},
            "generationComplete":true,"turnComplete":true,"interrupted":true},
          "toolCall":{"functionCalls":[{"id":"a","name":"f"},{"id":"b","name":"g"}]},
          "usageMetadata":{},"goAway":{},"sessionResumptionUpdate":{}}"#,
    )
    .expect("a message");
    let message = read.message;
    assert!(message.usage_metadata.is_some() && message.go_away.is_some());
    assert!(message.session_resumption_update.is_some());
    assert_eq!(message.tool_call.map(|call| call.function_calls.len()), Some(2));
    let content = message.server_content.expect("content");
    assert!(content.input_transcription.is_some() && content.output_transcription.is_some());
    assert_eq!(
        (content.generation_complete, content.turn_complete, content.interrupted),
        (Some(true), Some(true), Some(true))
    );
    let parts = content.model_turn.map(|turn| turn.parts).unwrap_or_default();
    assert!(parts[0].is_thought() && parts[0].thought_signature == Some(Base64(vec![0])));
    let sound: Vec<_> = parts.iter().filter_map(|part| part.inline_data.as_ref()).collect();
    assert_eq!(sound.iter().flat_map(|blob| blob.bytes()).copied().collect::<Vec<_>>(), [1, 0, 2, 0]);
    assert!(parts[3].executable_code.is_some());
}

/// Nesting of `depth`, complete or cut off, where values are skipped, kept and recased.
fn nests(depth: usize) -> Vec<String> {
    let arrays = ("[".repeat(depth), "]".repeat(depth));
    let objects = ("{\"a\":".repeat(depth), format!("1{}", "}".repeat(depth)));
    let mut frames = Vec::new();
    for (open, close) in [arrays, objects] {
        for (before, after) in [
            ("{\"unknown\":", "}"),
            ("{\"serverContent\":{\"modelTurn\":{\"unknown\":", "}}}"),
            ("{\"toolCall\":{\"functionCalls\":[{\"args\":", "}]}}"),
            ("{\"toolCall\":{\"functionCalls\":[{\"partialArgs\":[", "]}]}}"),
            ("{\"serverContent\":{\"groundingMetadata\":{\"retrievalMetadata\":", "}}}"),
            ("", ""),
        ] {
            frames.push(format!("{before}{open}{close}{after}"));
            frames.push(format!("{before}{open}"));
        }
    }
    frames
}

#[test]
fn nesting_without_end_is_a_clean_error() {
    for frame in nests(200_000) {
        // Skipped values may nest: they are not kept.
        let start: String = frame.chars().take(60).collect();
        match decode_server(frame.as_bytes()) {
            Ok(read) => assert_eq!(read.skipped_count + read.malformed_count, 1, "{start}"),
            Err(bad) => assert!(bad.to_string().len() < 400, "{start}"),
        }
    }
    // Real messages are not that deep.
    for frame in nests(50).iter().step_by(2).filter(|frame| frame.starts_with("{\"toolCall\"")) {
        assert!(decode_server(frame.as_bytes()).is_ok(), "{frame}");
    }
}

#[test]
fn a_message_has_a_limit_of_values() {
    let list = |count: usize| {
        format!(r#"{{"serverContent":{{"modelTurn":{{"parts":[{}]}}}}}}"#, vec!["{}"; count].join(","))
    };
    assert!(decode_server(list(MAX_LIST).as_bytes()).is_ok());
    let more = decode_server(list(MAX_LIST + 100).as_bytes()).expect("as many as fit");
    let turn = more.message.server_content.and_then(|content| content.model_turn).expect("a turn");
    assert_eq!((turn.parts.len(), more.malformed_count), (MAX_LIST, 100));

    // Three bytes of `{},` take 32 in memory, and eight of `{"a":1},` hundreds: 16 MB would take more than a gigabyte.
    let args = |piece: &str, count: usize| {
        let inner = vec![piece; count].join(",");
        format!(r#"{{"toolCall":{{"functionCalls":[{{"id":"a","name":"f","args":{{"x":[{inner}]}}}}]}}}}"#)
    };
    assert!(decode_server(args("{}", 10_000).as_bytes()).is_ok());
    for piece in ["{}", "[]", "0", r#"{"a":1}"#, "[[0]]"] {
        let frame = args(piece, LARGE / (piece.len() + 1));
        let bad = decode_server(frame.as_bytes()).expect_err(piece).to_string();
        assert!(bad.contains(&MAX_VALUES.to_string()), "{bad}");
    }
    let text =
        json!({"serverContent": {"modelTurn": {"parts": [{"text": "a".repeat(4 << 20)}]}}}).to_string();
    assert!(decode_server(text.as_bytes()).is_ok(), "a long text is one value");
}

/// Every recorded message of the client, as sent and in the canonical spelling, through the example `reframe`.
#[test]
fn reframe_writes_recorded_sessions_in_the_canonical_form() {
    let sessions: Vec<Value> =
        CLIENT.lines().map(|line| serde_json::from_str(line).expect("a line")).collect();
    let (mut input, mut wanted) = (String::new(), Vec::new());
    for session in sessions.iter().filter(|session| session.get("sdk_error").is_none()) {
        for spelling in ["frames", "frames_camel"] {
            for frame in session[spelling].as_array().expect("frames") {
                input += &frame.to_string();
                input.push('\n');
            }
            wanted.extend(session["frames_camel"].as_array().expect("frames"));
        }
    }
    let mut out = Vec::new();
    assert!(reframe(Side::Client, input.as_bytes(), &mut out).expect("memory can be written"));
    let out = String::from_utf8(out).expect("text");
    assert_eq!(out.lines().count(), wanted.len());
    assert_eq!(wanted.len(), 2 * 150);
    for (line, wanted) in out.lines().zip(wanted) {
        assert!(same(&serde_json::from_str(line).expect("JSON"), wanted), "{line}\n{wanted}");
        assert!(decode_client(line.as_bytes()).is_ok_and(|read| read.skipped_count == 0));
    }
}

#[test]
fn reframe_keeps_server_messages_and_reports_bad_lines() {
    let frames: Vec<Value> = SERVER
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a line")["frame"].clone())
        .collect();
    let mut input = frames.iter().map(Value::to_string).collect::<Vec<_>>().join("\r\n\n");
    let mut out = Vec::new();
    assert!(reframe(Side::Server, input.as_bytes(), &mut out).expect("memory can be written"));
    let out = String::from_utf8(out).expect("text");
    assert_eq!((out.lines().count(), frames.len()), (45, 45));
    for (line, frame) in out.lines().zip(&frames) {
        assert!(same(&serde_json::from_str(line).expect("JSON"), frame), "{line}\n{frame}");
    }
    input.insert_str(0, "<html>\n");
    let mut out = Vec::new();
    assert!(!reframe(Side::Server, input.as_bytes(), &mut out).expect("memory can be written"));
    let first: Value =
        serde_json::from_slice(out.split(|byte| *byte == b'\n').next().expect("a line")).expect("JSON");
    assert!(first["error"].as_str().is_some_and(|error| error.contains("<html>")), "{first}");
    assert_eq!(Side::named("clients"), None);
    assert_eq!((Side::named("client"), Side::named("server")), (Some(Side::Client), Some(Side::Server)));
}
