//! Common mistakes of clients: the sixteen points of PROTOCOL.md §11, a test for each number.

// The helpers panic for the tests that call them.
#![allow(clippy::panic)]

mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use live_proto::catalogue::Catalogue;
use live_proto::{Command, Event, Generation, Input, Output, SetupOptions, build_setup};
use serde_json::{Value, json};
use support::{Bench, MODEL, audio, sent, sound, turn};

fn setup_of(model: &str) -> Value {
    let options = SetupOptions { model: model.to_owned(), ..SetupOptions::default() };
    serde_json::to_value(build_setup(&options, &Catalogue::embedded())).unwrap_or_default()
}

#[test]
fn p01_a_frame_is_bytes_whatever_its_opcode() {
    // A test of live-client's driver shows that both opcodes arrive here.
    let mut bench = Bench::model(MODEL);
    bench.input(Input::Opened);
    let outputs = bench.input(Input::Frame(b"{\n  \"setupComplete\": {}\n}\n"));
    assert_eq!(outputs, [Output::Event(Event::Ready { session_id: None })]);
}

#[test]
fn p02_nothing_is_sent_before_setup_complete() {
    let mut bench = Bench::model(MODEL);
    let early = [Command::Text("hi".to_owned()), Command::Video(vec![1]), Command::AudioStreamEnd];
    for command in early.clone() {
        assert_eq!(bench.tell(command), []);
    }
    assert_eq!(sent(&bench.input(Input::Opened)).len(), 1, "the setup alone");
    for command in early {
        assert_eq!(bench.tell(command), []);
    }
    assert_eq!(bench.input(Input::Audio(&[0; 640])), []);
    assert!(sent(&bench.server(&json!({"setupComplete": {}}))).len() > 1, "then what was held back");
}

#[test]
fn p03_every_part_and_every_field_of_an_event_counts() {
    let mut bench = Bench::ready(MODEL);
    let events = bench.events(&json!({
        "serverContent": {
            "inputTranscription": {"text": "q"},
            "modelTurn": {"parts": [audio("AQA="), {"text": "t"}, audio("AgA=")]},
            "outputTranscription": {"text": "a"},
            "generationComplete": true,
            "turnComplete": true
        },
        "usageMetadata": {"totalTokenCount": 3}
    }));
    let kinds: Vec<&str> = events
        .iter()
        .map(|event| match event {
            Event::InputTranscript { .. } => "in",
            Event::Audio { .. } => "audio",
            Event::Text { .. } => "text",
            Event::OutputTranscript { .. } => "out",
            Event::GenerationComplete { .. } => "generated",
            Event::TurnComplete { .. } => "complete",
            Event::Usage(_) => "usage",
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(kinds, ["in", "audio", "text", "audio", "out", "generated", "complete", "usage"]);
}

#[test]
fn p04_realtime_input_has_one_known_field_in_camel_case() {
    let known: BTreeSet<&str> =
        ["audio", "video", "text", "audioStreamEnd", "activityStart", "activityEnd"].into();
    for manual_activity in [false, true] {
        let options = SetupOptions { manual_activity, ..SetupOptions::default() };
        let mut bench = Bench::new(build_setup(&options, &Catalogue::embedded()));
        bench.input(Input::Opened);
        bench.server(&json!({"setupComplete": {}}));
        let mut outputs = bench.input(Input::Audio(&[0; 640]));
        for command in [
            Command::Text("hi".to_owned()),
            Command::Video(vec![0xff, 0xd8]),
            Command::ActivityStart,
            Command::ActivityEnd,
            Command::AudioStreamEnd,
        ] {
            outputs.extend(bench.tell(command));
        }
        for frame in sent(&outputs) {
            let fields = frame["realtimeInput"].as_object().unwrap_or_else(|| panic!("{frame}"));
            assert_eq!(fields.len(), 1, "{frame}");
            assert!(fields.keys().all(|key| known.contains(key.as_str())), "{frame}");
        }
    }
}

#[test]
fn p05_typed_text_is_not_client_content_if_refused() {
    let typed = sent(&Bench::ready("gemini-3.1-flash-live-preview").tell(Command::Text("hi".to_owned())));
    assert_eq!(typed, [json!({"realtimeInput": {"text": "hi"}})]);
}

#[test]
fn p06_thinking_is_sent_where_it_is_needed_and_nowhere_else() {
    assert!(setup_of("gemini-3.8-live")["generationConfig"].get("thinkingConfig").is_none());
    let extended = setup_of("gemini-3.8-live-extended-thinking");
    assert!(extended["generationConfig"]["thinkingConfig"]["thinkingLevel"].is_string(), "{extended}");
}

#[test]
fn p07_a_turn_in_progress_is_not_the_end() {
    let mut bench = Bench::ready("gemini-3.8-live-extended-thinking");
    let complete = |status| json!({"serverContent": {"turnComplete": true, "interactionStatus": status}});
    let more = |events: &[Event]| matches!(events, [Event::TurnComplete { more_follows: true, .. }]);
    assert!(more(&bench.events(&complete("IN_PROGRESS"))));
    assert!(!more(&bench.events(&complete("IDLE"))));
}

#[test]
fn p08_an_interruption_stops_the_reply() {
    let mut bench = Bench::ready(MODEL);
    // Two minutes of speech at once.
    let chunk = vec![7_u8; 9_600];
    let base64 = serde_json::to_value(live_proto::wire::Base64(chunk.clone())).unwrap_or_default();
    for _ in 0..600 {
        let events = bench.events(&turn(&[audio(base64.as_str().unwrap_or_default())]));
        assert_eq!(events, [sound(1, &chunk)]);
    }
    bench.events(&json!({"serverContent": {"interrupted": true}}));
    assert_eq!(bench.events(&turn(&[audio("AQA=")])), [], "its residue");
    bench.events(&json!({"serverContent": {"turnComplete": true}}));
    assert_eq!(bench.events(&turn(&[audio("AQA=")])), [sound(2, &[1, 0])]);
}

#[test]
fn p09_a_muted_microphone_ends_the_stream() {
    let mut bench = Bench::ready(MODEL);
    bench.input(Input::Audio(&[0; 640]));
    let ended = json!({"realtimeInput": {"audioStreamEnd": true}});
    assert_eq!(sent(&bench.tell(Command::AudioStreamEnd)), [ended]);
}

#[test]
fn p10_the_old_connection_is_closed_before_resuming() {
    let mut bench = Bench::ready(MODEL);
    bench.events(&json!({"sessionResumptionUpdate": {"newHandle": "good", "resumable": true}}));
    bench.events(&json!({"sessionResumptionUpdate": {"newHandle": "", "resumable": false}}));
    bench.events(&json!({"goAway": {"timeLeft": "60s"}}));
    let leaving = bench.ring();
    assert!(leaving.iter().any(|output| matches!(output, Output::Close { .. })), "{leaving:?}");
    assert!(!leaving.contains(&Output::Connect));
    assert_eq!(bench.lose(Some(1000), ""), [Output::Connect]);
    assert_eq!(bench.reconnect().0["setup"]["sessionResumption"], json!({"handle": "good"}));
}

#[test]
fn p11_the_reason_is_told_and_not_only_the_code() {
    let reason = "API key expired. Please renew the API key.";
    match Bench::ready(MODEL).lose(Some(1007), reason).as_slice() {
        [Output::Event(Event::Closed(cause))] => {
            assert_eq!((cause.code, cause.reason.as_str()), (Some(1007), reason));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn p12_transcript_pieces_are_appended_as_they_come() {
    let mut bench = Bench::ready(MODEL);
    let mut text = String::new();
    for piece in ["Hel", "lo", ",", " wor", "ld", "!"] {
        for event in bench.events(&json!({"serverContent": {"outputTranscription": {"text": piece}}})) {
            match event {
                Event::OutputTranscript { text: delta, finished: false, .. } => text.push_str(&delta),
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!(text, "Hello, world!");
    let complete = bench.events(&json!({"serverContent": {"turnComplete": true}}));
    assert!(matches!(complete[..], [Event::TurnComplete { .. }]));
}

#[test]
fn p13_a_tool_response_names_its_call_and_is_an_object() {
    let mut bench = Bench::ready(MODEL);
    bench.events(
        &json!({"toolCall": {"functionCalls": [{"id": "1", "name": "f"}, {"id": "2", "name": "g"}]}}),
    );
    bench.events(&json!({"toolCallCancellation": {"ids": ["1"]}}));
    let answer = |id: &str| Command::ToolResult { id: id.to_owned(), scheduling: None, response: json!([1]) };
    assert_eq!(bench.tell(answer("1")), []);
    let answers = sent(&bench.tell(answer("2")));
    let answer = &answers[0]["toolResponse"]["functionResponses"][0];
    assert_eq!((&answer["id"], &answer["name"]), (&json!("2"), &json!("g")));
    assert_eq!(answer["response"], json!({"output": [1]}));
}

#[test]
fn p14_silence_of_any_length_closes_nothing() {
    // A test of live-client's driver shows that no ping is sent, so that no pong can be late.
    let mut bench = Bench::ready(MODEL);
    assert_eq!(bench.session.poll_timeout(), None);
    assert_eq!(bench.wait(Duration::from_hours(1).as_millis() as u64), []);
}

#[test]
fn p15_a_thought_is_no_speech() {
    let mut bench = Bench::ready(MODEL);
    let thought = turn(&[json!({"text": "hmm", "thought": true})]);
    assert_eq!(
        bench.events(&thought),
        [Event::Thought { generation: Generation(1), text: "hmm".to_owned() }]
    );
}

#[test]
fn p16_each_turns_usage_is_its_own() {
    let mut bench = Bench::ready(MODEL);
    let mut total = 0;
    for count in [100, 250, 70] {
        match bench.events(&json!({"usageMetadata": {"totalTokenCount": count}})).as_slice() {
            [Event::Usage(usage)] => total += usage.total_token_count.unwrap_or_default(),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(total, 420, "the sum over the turns is what is paid for");
}
