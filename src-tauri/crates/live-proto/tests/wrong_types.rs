//! Messages with values of a wrong type: those are left out and counted, the rest is read.

// The helpers panic for the tests that call them.
#![allow(clippy::panic)]

mod support;

use live_proto::wire::{decode_client, decode_server, encode};
use live_proto::{Event, Generation, Input, Output};
use serde_json::{Map, Value, json};
use support::{Bench, MODEL, audio, sound, turn};

/// All kinds of messages in one, with every field.
fn everything() -> Value {
    let transcription = json!({
        "text": "t", "finished": true, "languageCode": "en", "speakerLabel": "a", "startOffset": "1s", "endOffset": "2s",
        "words": [{"word": "w", "startOffset": "1s", "endOffset": "2s"}]
    });
    let counts = json!([{"modality": "AUDIO", "tokenCount": 3}, {"modality": "TEXT", "tokenCount": 4}]);
    json!({
        "setupComplete": {"sessionId": "s"},
        "serverContent": {
            "modelTurn": {"role": "model", "parts": [
                {"text": "x", "thought": true, "thoughtSignature": "AA=="},
                {"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": "AQA=", "displayName": "d"}},
                {"functionCall": {"id": "p", "name": "f", "willContinue": true}},
                {"executableCode": {"id": "e", "language": "PYTHON", "code": "1"}},
                {"codeExecutionResult": {"id": "e", "outcome": "OUTCOME_OK", "output": "1"}},
                {"fileData": {"mimeType": "text/plain", "fileUri": "u", "displayName": "d"}}
            ]},
            "generationComplete": true, "turnComplete": true, "interrupted": true, "waitingForInput": true,
            "inputTranscription": transcription, "outputTranscription": transcription,
            "interimInputTranscription": transcription,
            "groundingMetadata": {
                "searchEntryPoint": {"renderedContent": "<b>"},
                "groundingChunks": [{"web": {"uri": "u", "title": "t", "domain": "d"}}, {"web": {"uri": "v"}}],
                "groundingSupports": [{
                    "segment": {"partIndex": 1, "startIndex": 2, "endIndex": 3, "text": "t"},
                    "groundingChunkIndices": [1, 2], "confidenceScores": [0.5]
                }],
                "webSearchQueries": ["q", "r"], "imageSearchQueries": ["q"], "retrievalQueries": ["q"],
                "googleMapsWidgetContextToken": "t"
            },
            "urlContextMetadata": {"urlMetadata": [{"retrievedUrl": "u", "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_SUCCESS"}]},
            "turnCompleteReason": "NEED_MORE_INPUT", "interactionStatus": "IDLE"
        },
        "toolCall": {"functionCalls": [{"id": "a", "name": "f"}, {"id": "b", "name": "g"}]},
        "toolCallCancellation": {"ids": ["c", "d"]},
        "usageMetadata": {
            "promptTokenCount": 1, "cachedContentTokenCount": 2, "responseTokenCount": 3,
            "toolUsePromptTokenCount": 4, "thoughtsTokenCount": 5, "totalTokenCount": 6,
            "promptTokensDetails": counts, "cacheTokensDetails": counts, "responseTokensDetails": counts,
            "toolUsePromptTokensDetails": counts, "trafficType": "t", "serviceTier": "s"
        },
        "goAway": {"timeLeft": "50s"},
        "sessionResumptionUpdate": {"newHandle": "h", "resumable": true, "lastConsumedClientMessageIndex": "12"},
        "voiceActivity": {"voiceActivityType": "ACTIVITY_START", "audioOffset": "1.240s"},
        "voiceActivityDetectionSignal": {"vadSignalType": "VAD_SIGNAL_TYPE_SOS"}
    })
}

/// Collects the JSON pointers of all values.
fn places(value: &Value, at: &str, all: &mut Vec<String>) {
    let below: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(list) => list.iter().enumerate().map(|(n, value)| (n.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (name, value) in below {
        let place = format!("{at}/{name}");
        places(value, &place, all);
        all.push(place);
    }
}

/// Removes the value at this pointer.
fn remove(value: &mut Value, place: &str) {
    let Some((above, name)) = place.rsplit_once('/') else { return };
    match value.pointer_mut(above) {
        Some(Value::Object(fields)) => {
            fields.remove(name);
        }
        Some(Value::Array(list)) => {
            list.remove(name.parse().expect("an index"));
        }
        _ => {}
    }
}

/// Values that fit no field of a server message, or few.
const WRONG: &[&str] =
    &["12.5", "1e999", "true", "\"\"", "\"true\"", "\"\\ud83d\"", "[]", "[null]", "{}", "{\"a\":{\"b\":[]}}"];

#[test]
fn a_value_of_a_wrong_type_is_left_out_alone() {
    let whole = everything();
    assert_eq!(decode_server(whole.to_string().as_bytes()).expect("a message").malformed_count, 0);
    let mut all = Vec::new();
    places(&whole, "", &mut all);
    assert!(all.len() > 150, "{}", all.len());
    let mut refused = 0;
    for place in &all {
        for wrong in WRONG {
            let mut marked = whole.clone();
            *marked.pointer_mut(place).expect("a place") = json!("MARK");
            let frame = marked.to_string().replacen("\"MARK\"", wrong, 1);
            let read = decode_server(frame.as_bytes()).unwrap_or_else(|bad| panic!("{place} {wrong}: {bad}"));
            // The path is that of the value or of one within it.
            let mut written: Value = serde_json::from_str(&encode(&read.message)).expect("JSON");
            let mut wanted = whole.clone();
            let was_left_out = read.malformed.iter().any(|path| path.replace('.', "/") == place[1..]);
            refused += usize::from(was_left_out);
            if written.pointer(place) == Some(&json!({})) || !was_left_out {
                // It was read in some form. Nothing else is affected.
                let taken = written.pointer(place).cloned();
                match taken {
                    Some(taken) => *wanted.pointer_mut(place).expect("a place") = taken,
                    None => remove(&mut wanted, place),
                }
            } else {
                assert!(read.malformed_count >= 1, "{place} {wrong}");
                remove(&mut wanted, place);
            }
            // An empty list is equal to an absent one.
            prune(&mut wanted);
            prune(&mut written);
            assert_eq!(written, wanted, "{place} {wrong}");
        }
    }
    assert!(refused > 800, "{refused}");
}

/// Removes empty lists, which are not written.
fn prune(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.values_mut().for_each(prune);
            fields.retain(|_, value| *value != json!([]));
        }
        Value::Array(list) => list.iter_mut().for_each(prune),
        _ => {}
    }
}

#[test]
fn no_wrong_value_loses_the_end_of_a_turn() {
    let whole = everything();
    let mut all = Vec::new();
    places(&whole, "", &mut all);
    let beside = |place: &&String| !"/serverContent/turnComplete".starts_with(place.as_str());
    for place in all.iter().filter(beside) {
        let mut bench = Bench::ready(MODEL);
        for wrong in WRONG {
            let mut marked = whole.clone();
            *marked.pointer_mut(place).expect("a place") = json!("MARK");
            let frame = marked.to_string().replacen("\"MARK\"", wrong, 1);
            let outputs = bench.input(Input::Frame(frame.as_bytes()));
            let ends = |output: &Output| matches!(output, Output::Event(Event::TurnComplete { .. }));
            assert_eq!(
                outputs.iter().filter(|output| ends(output)).count(),
                1,
                "{place} {wrong}: {outputs:?}"
            );
        }
    }
}

#[test]
fn a_fractional_token_count_does_not_lose_the_audio() {
    let mut bench = Bench::ready(MODEL);
    let events = bench.events(&json!({
        "serverContent": {"modelTurn": {"parts": [audio("AQA=")]}, "turnComplete": true},
        "usageMetadata": {"promptTokenCount": 12.5, "totalTokenCount": 7}
    }));
    let generation = Generation(1);
    assert_eq!(events[0], sound(1, &[1, 0]));
    assert_eq!(events[1], Event::TurnComplete { generation, reason: None, more_follows: false });
    assert!(matches!(&events[2], Event::Usage(usage) if usage.total_token_count == Some(7)
        && usage.prompt_token_count.is_none()));
    assert_eq!(events[3], Event::Malformed { what: "usageMetadata.promptTokenCount".to_owned(), count: 1 });
    assert_eq!((bench.session.counters().malformed, bench.session.counters().bad_frames), (1, 0));
}

#[test]
fn a_bad_part_and_a_bad_call_leave_the_good_ones() {
    let mut bench = Bench::ready(MODEL);
    let bad =
        [json!("x"), json!(null), json!({"inlineData": {"mimeType": "audio/pcm", "data": "?"}}), json!([1])];
    let parts: Vec<Value> = bad.into_iter().flat_map(|bad| [bad, audio("AQA=")]).collect();
    let events = bench.events(&turn(&parts));
    let sounds = events.iter().filter(|event| **event == sound(1, &[1, 0])).count();
    assert_eq!(sounds, 4, "{events:?}");
    let events = bench.events(&json!({"toolCall": {"functionCalls": [
        7, {"id": 7, "name": "get_weather"}, {"id": "b", "name": ["x"]}, {"id": "c", "name": "get_weather", "args": [1]},
        {"id": "d", "name": "get_weather", "args": "{\"city\":\"Oslo\"}"}
    ]}}));
    let calls: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Event::ToolCall { id, name, args } => Some((id.as_str(), name.as_str(), args.clone())),
            _ => None,
        })
        .collect();
    assert_eq!(
        calls,
        [
            ("unnamed-1", "get_weather", json!({})),
            ("b", "", json!({})),
            ("c", "get_weather", json!({})),
            ("d", "get_weather", json!({"city": "Oslo"}))
        ]
    );
}

#[test]
fn half_an_emoji_does_not_lose_transcript() {
    let mut bench = Bench::ready(MODEL);
    let frame = br#"{"serverContent":{"outputTranscription":{"text":"Good \ud83d"},"turnComplete":true}}"#;
    let outputs = bench.input(Input::Frame(frame));
    assert!(
        matches!(&outputs[0], Output::Event(Event::OutputTranscript { text, .. }) if text == "Good \u{fffd}")
    );
    let outputs =
        bench.input(Input::Frame(b"{\"serverContent\":{\"outputTranscription\":{\"text\":\"a\xffb\"}}}"));
    assert!(
        matches!(&outputs[0], Output::Event(Event::OutputTranscript { text, .. }) if text == "a\u{fffd}b")
    );
}

#[test]
fn nan_does_not_lose_the_end_of_a_turn() {
    let mut bench = Bench::ready(MODEL);
    let frame = b"{\"serverContent\":{\"outputTranscription\":{\"text\":\"a\nb\"},\"turnComplete\":true},
        \"usageMetadata\":{\"promptTokenCount\":NaN,\"totalTokenCount\":-Infinity}}\0";
    let outputs = bench.input(Input::Frame(frame));
    assert!(matches!(&outputs[0], Output::Event(Event::OutputTranscript { text, .. }) if text == "a\nb"));
    assert!(matches!(&outputs[1], Output::Event(Event::TurnComplete { .. })), "{outputs:?}");
    assert_eq!(bench.session.counters().malformed, 3);
}

#[test]
fn a_setup_is_confirmed_whatever_its_answer_contains() {
    for frame in [
        "{\"setupComplete\":{\"sessionId\":5}}",
        "{\"setupComplete\":true}",
        "{\"setupComplete\":[]}",
        "\u{feff}{\"setupComplete\":{}}",
    ] {
        let mut bench = Bench::model(MODEL);
        bench.input(Input::Opened);
        let outputs = bench.input(Input::Frame(frame.as_bytes()));
        assert_eq!(outputs[0], Output::Event(Event::Ready { session_id: None }), "{frame}");
    }
}

#[test]
fn the_last_good_value_of_a_repeated_name_counts() {
    let frame = br#"{"serverContent":{"turnComplete":true,"turnComplete":12,"turn_complete":[]}}"#;
    let read = decode_server(frame).expect("a message");
    assert_eq!(read.message.server_content.and_then(|content| content.turn_complete), Some(true));
    assert_eq!(read.malformed_count, 2);
}

#[test]
fn unknown_fields_beside_a_wrong_value_are_named() {
    let frame =
        br#"{"weather":{"a":1},"usageMetadata":{"totalTokenCount":"many","mood":1},"goAway":{"timeLeft":5}}"#;
    let read = decode_server(frame).expect("a message");
    assert_eq!(read.skipped, ["weather", "usageMetadata.mood"]);
    assert_eq!(read.malformed, ["usageMetadata.totalTokenCount", "goAway.timeLeft"]);
    let many: Map<String, Value> = (0..500).map(|n| (format!("x{n}"), json!(n))).collect();
    let frame = json!({"usageMetadata": 5, "serverContent": many}).to_string();
    let read = decode_server(frame.as_bytes()).expect("a message");
    assert_eq!((read.skipped_count, read.malformed_count), (500, 1));
    assert!(read.skipped.len() < 10);
}

#[test]
fn a_client_message_is_read_strictly() {
    // The service closes with 1007 for it, and so does the practice partner.
    assert!(decode_client(br#"{"realtimeInput":{"audioStreamEnd":"true"}}"#).is_err());
}

#[test]
fn a_single_value_small_letters_and_numbers_in_strings_are_read() {
    // As Google's web console and its copies write a setup, and proto3 JSON allows it.
    let written = json!({"setup": {
        "model": "models/gemini-2.5-flash-native-audio-latest",
        "generationConfig": {"responseModalities": "audio", "temperature": "0.7"},
        "systemInstruction": {"parts": {"text": "Be brief."}},
        "tools": {"functionDeclarations": {"name": "f", "behavior": "non_blocking"}},
    }});
    let meant = json!({"setup": {
        "model": "models/gemini-2.5-flash-native-audio-latest",
        "generationConfig": {"responseModalities": ["AUDIO"], "temperature": 0.7},
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "tools": [{"functionDeclarations": [{"name": "f", "behavior": "NON_BLOCKING"}]}],
    }});
    let read = |frame: &Value| decode_client(frame.to_string().as_bytes()).map(|read| read.message);
    let message = read(&written).expect("it is read");
    assert_eq!(message, read(&meant).expect("it is read"));
    assert_eq!(serde_json::from_str::<Value>(&encode(&message)).ok(), Some(meant));
    for wrong in [json!(7), json!(true), json!({"modality": "AUDIO"})] {
        let frame = json!({"setup": {"generationConfig": {"responseModalities": wrong}}});
        assert!(read(&frame).is_err(), "{frame}");
    }
}

#[test]
fn heartbeats_are_ignored() {
    let beats: [&[u8]; 16] = [
        b"ping",
        b"PING 12",
        b"",
        b" \n",
        b"null",
        b"[]",
        b"[null]",
        b"0",
        b"17.5",
        b"true",
        b"\"ping\"",
        b"\0",
        b"2",
        b": keepalive",
        b"\xff\xfe",
        b"<ping/>",
    ];
    let mut bench = Bench::ready(MODEL);
    for _ in 0..100 {
        for beat in beats {
            assert_eq!(bench.input(Input::Frame(beat)), [], "{beat:?}");
        }
    }
    assert_eq!(bench.session.counters().heartbeats, 1_600);
    assert_eq!(bench.events(&turn(&[audio("AQA=")])), [sound(1, &[1, 0])]);
    let mut waiting = Bench::model(MODEL);
    waiting.input(Input::Opened);
    assert_eq!(waiting.input(Input::Frame(b"ping")), [], "before the setup is taken, too");
}
