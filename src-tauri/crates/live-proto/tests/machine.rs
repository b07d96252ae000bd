//! Scenarios of a session on one connection, with a manual clock.

// The helpers panic for the tests that call them.
#![allow(clippy::panic)]

mod support;

use std::time::Duration;

use live_proto::catalogue::Catalogue;
use live_proto::wire::{ClientMessage, Scheduling, decode_client};
use live_proto::{
    Activity, CloseKind, Command, Event, Generation, Input, Limits, Millis, Output, SessionState,
    SetupOptions, build_setup,
};
use serde_json::{Value, json};
use support::{Bench, MODEL, audio, sent, sound, turn};

#[test]
fn nothing_is_sent_before_the_setup_is_taken() {
    let mut bench = Bench::model(MODEL);
    assert_eq!(bench.tell(Command::Text("hello".to_owned())), []);
    let opened = bench.input(Input::Opened);
    assert!(matches!(
        decode_client(sent(&opened)[0].to_string().as_bytes()).expect("setup").message,
        ClientMessage::Setup(_)
    ));
    assert_eq!(opened.len(), 1);
    assert_eq!(bench.input(Input::Audio(&[1, 0])), []);
    assert_eq!(bench.input(Input::Audio(&[2, 0])), []);
    let outputs = bench.server(&json!({"setupComplete": {"sessionId": "s"}}));
    assert_eq!(outputs[0], Output::Event(Event::Ready { session_id: Some("s".to_owned()) }));
    assert_eq!(
        sent(&outputs),
        [
            json!({"realtimeInput": {"text": "hello"}}),
            json!({"realtimeInput": {"audio": {"mimeType": "audio/pcm;rate=16000", "data": "AQACAA=="}}})
        ]
    );
    assert_eq!(bench.session.state(), SessionState::Live);
    assert_eq!(bench.session.poll_timeout(), Some(Millis(9_000)), "the answer to the text is awaited");
}

#[test]
fn a_setup_without_an_answer_ends() {
    let mut bench = Bench::model(MODEL);
    bench.input(Input::Opened);
    assert_eq!(bench.session.poll_timeout(), Some(Millis(11_000)));
    assert_eq!(bench.wait(9_999), []);
    let outputs = bench.wait(1);
    assert!(matches!(outputs[0], Output::Close { code: 1000, .. }));
    assert!(
        matches!(&outputs[1], Output::Event(Event::Closed(cause)) if cause.kind == CloseKind::SetupTimeout)
    );
    assert_eq!(bench.server(&json!({"setupComplete": {}})), []);
}

#[test]
fn every_part_and_every_field_of_an_event_counts() {
    let mut bench = Bench::ready(MODEL);
    let events = bench.events(&json!({
        "serverContent": {
            "modelTurn": {"parts": [
                {"text": "hm", "thought": true},
                audio("AQA="), {"text": "side"}, audio("AgA="),
                {"executableCode": {"code": "search()", "language": "PYTHON"}},
                {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "found"}}
            ]},
            "inputTranscription": {"text": " what"},
            "outputTranscription": {"text": "It", "finished": true},
            "groundingMetadata": {
                "groundingChunks": [{"web": {"uri": "https://example.org", "title": "Example"}}],
                "webSearchQueries": ["q"],
                "searchEntryPoint": {"renderedContent": "<div>"}
            },
            "urlContextMetadata": {"urlMetadata": [{"retrievedUrl": "https://example.org"}]},
            "generationComplete": true, "turnComplete": true, "interactionStatus": "IDLE"
        },
        "usageMetadata": {"totalTokenCount": 7},
        "voiceActivity": {"voiceActivityType": "ACTIVITY_END", "audioOffset": "1.5s"},
        "goAway": {"timeLeft": "50s"},
        "sessionResumptionUpdate": {"newHandle": "h", "resumable": true},
        "toolCall": {"functionCalls": [{"id": "c", "name": "get_weather"}]},
        "novelty": {"x": 1}
    }));
    let generation = Generation(1);
    let Some(Event::Usage(usage)) = events.iter().find(|event| matches!(event, Event::Usage(_))) else {
        panic!("{events:?}")
    };
    assert_eq!(usage.total_token_count, Some(7));
    let want = [
        Event::VoiceActivity { activity: Activity::End, offset: Some(Duration::from_millis(1_500)) },
        Event::InputTranscript { text: " what".to_owned(), finished: false, language: None },
        Event::Thought { generation, text: "hm".to_owned() },
        sound(1, &[1, 0]),
        Event::Text { generation, text: "side".to_owned() },
        sound(1, &[2, 0]),
        Event::Code { generation, code: "search()".to_owned() },
        Event::CodeResult { generation, outcome: Some("OUTCOME_OK".to_owned()), output: "found".to_owned() },
        Event::OutputTranscript { generation, text: "It".to_owned(), finished: true },
        Event::Grounding {
            generation,
            sources: vec![("Example".to_owned(), "https://example.org".to_owned())],
            queries: vec!["q".to_owned()],
            suggestion_html: Some("<div>".to_owned()),
        },
        Event::PagesRead { generation, pages: vec![("https://example.org".to_owned(), String::new())] },
        Event::GenerationComplete { generation },
        Event::TurnComplete { generation, reason: None, more_follows: false },
        Event::ToolCall { id: "c".to_owned(), name: "get_weather".to_owned(), args: json!({}) },
        Event::Usage(usage.clone()),
        Event::ResumptionHandle { handle: "h".to_owned() },
        Event::GoAway { time_left: Duration::from_secs(50) },
        Event::Unknown { what: "novelty".to_owned() },
    ];
    assert_eq!(events, want);
}

#[test]
fn interrupted_audio_never_comes_back() {
    let mut bench = Bench::ready(MODEL);
    assert_eq!(bench.events(&turn(&[audio("AQA=")])), [sound(1, &[1, 0])]);
    let broken = bench.events(&json!({"serverContent": {
        "interrupted": true, "inputTranscription": {"text": "stop"}, "modelTurn": {"parts": [audio("AgA=")]}
    }}));
    assert_eq!(
        broken,
        [
            Event::Interrupted { generation: Generation(1) },
            Event::InputTranscript { text: "stop".to_owned(), finished: false, language: None }
        ]
    );
    assert_eq!(bench.events(&turn(&[audio("AwA="), json!({"text": "late"})])), []);
    // Late transcript still belongs to the interrupted reply.
    let late = json!({"serverContent": {"outputTranscription": {"text": " words"}}});
    let lagging =
        Event::OutputTranscript { generation: Generation(1), text: " words".to_owned(), finished: false };
    assert_eq!(bench.events(&late), std::slice::from_ref(&lagging));
    bench.events(&json!({"serverContent": {"turnComplete": true}}));
    assert_eq!(bench.events(&turn(&[audio("BAA=")])), [sound(2, &[4, 0])]);
    assert_eq!(bench.session.counters().residue, 3);
}

fn words(generation: u32, text: &str) -> Event {
    Event::OutputTranscript { generation: Generation(generation), text: text.to_owned(), finished: false }
}

fn says(text: &str) -> Value {
    json!({"serverContent": {"outputTranscription": {"text": text}}})
}

#[test]
fn transcript_after_an_interruption_waits_for_its_audio() {
    for heard in [true, false] {
        let mut bench = Bench::ready(MODEL);
        bench.events(&turn(&[audio("AQA=")]));
        bench.events(&json!({"serverContent": {"interrupted": true}}));
        if heard {
            bench.events(&json!({"serverContent": {"inputTranscription": {"text": "stop"}}}));
        }
        bench.events(&json!({"serverContent": {"turnComplete": true}}));
        assert_eq!(bench.events(&says("Fresh")), [], "whose they are is not clear yet");
        assert_eq!(bench.events(&says(" ")), []);
        let answer = bench.events(&turn(&[audio("BAA=")]));
        assert_eq!(answer, [words(2, "Fresh "), sound(2, &[4, 0])]);
        assert_eq!(bench.events(&says("answer.")), [words(2, "answer.")]);
    }
}

#[test]
fn late_transcript_after_an_interruption_keeps_its_reply() {
    let mut bench = Bench::ready(MODEL);
    bench.events(&turn(&[audio("AQA=")]));
    bench.events(&json!({"serverContent": {"interrupted": true, "turnComplete": true}}));
    assert_eq!(bench.events(&says("old")), []);
    bench.wait(3_000);
    assert_eq!(bench.events(&turn(&[audio("BAA=")])), [words(1, "old"), sound(2, &[4, 0])]);
}

#[test]
fn a_reply_of_transcript_only_is_emitted_at_its_end() {
    let mut bench = Bench::ready(MODEL);
    bench.events(&turn(&[audio("AQA=")]));
    bench.events(&json!({"serverContent": {"interrupted": true, "turnComplete": true}}));
    assert_eq!(bench.events(&says("Fresh answer.")), []);
    let end = Event::TurnComplete { generation: Generation(2), reason: None, more_follows: false };
    assert_eq!(
        bench.events(&json!({"serverContent": {"turnComplete": true}})),
        [words(2, "Fresh answer."), end]
    );
}

#[test]
fn transcript_after_the_turn_belongs_to_its_reply() {
    let mut bench = Bench::ready(MODEL);
    bench.events(&turn(&[audio("AQA=")]));
    bench.events(&json!({"serverContent": {"turnComplete": true}}));
    assert_eq!(bench.events(&says(" late.")), [words(1, " late.")]);
    assert_eq!(bench.events(&turn(&[audio("AgA=")])), [sound(2, &[2, 0])], "and the next is another");
}

#[test]
fn a_reply_cut_at_odd_bytes_loses_no_sample() {
    let mut bench = Bench::ready(MODEL);
    let samples: Vec<u8> = (0..9_600).map(|n| (n * 7 % 251) as u8).collect();
    let piece = |bytes: &[u8]| {
        let blob = live_proto::wire::Part::inline("audio/pcm;rate=24000", bytes.to_vec());
        json!({"serverContent": {"modelTurn": {"parts": [blob]}}})
    };
    let mut heard = Vec::new();
    for (at, end) in [(0, 4_801), (4_801, 9_600)] {
        for event in bench.events(&piece(&samples[at..end])) {
            let Event::Audio { pcm, .. } = event else { panic!("{event:?}") };
            assert_eq!(pcm.len() % 2, 0);
            heard.extend(pcm);
        }
    }
    assert_eq!(heard, samples);
    // Half a sample at the end of a reply does not belong to the next reply.
    bench.events(&piece(&samples[..3]));
    bench.events(&json!({"serverContent": {"turnComplete": true}}));
    assert_eq!(bench.events(&piece(&samples[..2])), [sound(2, &samples[..2])]);
    bench.events(&piece(&[9]));
    bench.events(&json!({"serverContent": {"interrupted": true, "turnComplete": true}}));
    assert_eq!(bench.events(&piece(&samples[..2])), [sound(3, &samples[..2])]);
}

#[test]
fn endless_calls_use_bounded_memory() {
    let mut bench = Bench::ready(MODEL);
    bench.session.set_writable(false);
    let mut answered = 0;
    for n in 0..20_000 {
        let call = json!({"id": format!("c{n}"), "name": "f", "args": {"x": "y".repeat(40)}});
        let outputs = bench.server(&json!({"toolCall": {"functionCalls": [call]}}));
        answered += sent(&outputs).len();
    }
    assert_eq!(answered, Limits::default().calls_per_minute, "a peer that reads nothing gets no more");
    // The id of an open call is kept in memory, so its length is limited.
    let long = "x".repeat(1 << 20);
    let mut bench = Bench::ready(MODEL);
    for call in [json!({"id": long, "name": "f"}), json!({"id": "a", "name": long})] {
        let outputs = bench.server(&json!({"toolCall": {"functionCalls": [call]}}));
        assert!(matches!(outputs[..], [Output::Send(_)]), "refused at once");
    }
}

#[test]
fn an_endless_text_reply_exceeds_a_limit() {
    let mut bench = Bench::ready(MODEL);
    let piece = turn(&[json!({"text": "x".repeat(60_000)})]);
    let outputs: Vec<Output> = (0..5).flat_map(|_| bench.server(&piece)).collect();
    assert!(
        matches!(outputs.last(), Some(Output::Event(Event::Closed(cause))) if cause.kind == CloseKind::LimitExceeded)
    );
}

#[test]
fn an_interruption_without_turn_complete_still_allows_replies() {
    let mut bench = Bench::ready(MODEL);
    bench.events(&turn(&[audio("AQA=")]));
    bench.events(&json!({"serverContent": {"interrupted": true}}));
    bench.wait(2_999);
    assert_eq!(bench.events(&turn(&[audio("AgA=")])), []);
    bench.wait(1);
    assert_eq!(bench.events(&turn(&[audio("AwA=")])), [sound(2, &[3, 0])]);
}

#[test]
fn a_spurious_interruption_before_a_turn_is_harmless() {
    let mut bench = Bench::ready(MODEL);
    bench.events(&json!({"serverContent": {"interrupted": true}}));
    bench.events(&json!({"serverContent": {"turnComplete": true}}));
    assert_eq!(bench.events(&turn(&[audio("AQA=")])), [sound(1, &[1, 0])]);
    bench.events(&json!({"serverContent": {"turnComplete": true}}));
    // After its turn a reply may still be playing: the flush is passed on, and the next reply is not lost.
    assert_eq!(
        bench.events(&json!({"serverContent": {"interrupted": true}})),
        [Event::Interrupted { generation: Generation(1) }]
    );
    assert_eq!(bench.events(&turn(&[audio("AQA=")])), [sound(2, &[1, 0])]);
}

#[test]
fn in_progress_is_not_the_end() {
    let mut bench = Bench::ready("gemini-3.8-live-extended-thinking");
    bench.events(&turn(&[audio("AQA=")]));
    let status = |status: &str| json!({"serverContent": {"turnComplete": true, "interactionStatus": status}});
    for (text, more_follows) in
        [("IN_PROGRESS", true), ("IDLE", false), ("REQUIRES_ACTION", false), ("NEW", true)]
    {
        let generation = Generation(1);
        assert_eq!(
            bench.events(&status(text)),
            [Event::TurnComplete { generation, reason: None, more_follows }],
            "{text}"
        );
    }
    assert_eq!(bench.events(&turn(&[audio("AQA=")])), [sound(2, &[1, 0])]);
}

#[test]
fn answers_carry_id_and_name_and_an_object() {
    let mut bench = Bench::ready(MODEL);
    bench.events(&json!({"toolCall": {"functionCalls": [
        {"id": "a", "name": "get_weather", "args": {"city_name": "Oslo"}}, {"id": "b", "name": "get_weather"}
    ]}}));
    let result =
        |id: &str, response: Value| Command::ToolResult { id: id.to_owned(), scheduling: None, response };
    let answer = |id: &str, response: Value| {
        json!({"toolResponse": {"functionResponses": [
            {"id": id, "name": "get_weather", "response": response, "scheduling": "WHEN_IDLE"}
        ]}})
    };
    assert_eq!(sent(&bench.tell(result("a", json!({"temp_c": 3})))), [answer("a", json!({"temp_c": 3}))]);
    assert_eq!(sent(&bench.tell(result("b", json!("cold")))), [answer("b", json!({"output": "cold"}))]);
    for unasked in ["a", "z"] {
        assert_eq!(bench.tell(result(unasked, json!({}))), [], "{unasked}");
    }
    assert_eq!(bench.session.counters().answers_dropped, 2);
}

#[test]
fn blocking_and_extended_models_get_no_scheduling() {
    for model in ["gemini-3.1-flash-live-preview", "gemini-3.8-live-extended-thinking"] {
        let mut bench = Bench::ready(model);
        bench.events(&json!({"toolCall": {"functionCalls": [{"id": "a", "name": "get_weather"}]}}));
        let scheduling = Some(Scheduling::Silent);
        let result = Command::ToolResult { id: "a".to_owned(), scheduling, response: json!({}) };
        let answer = json!({"id": "a", "name": "get_weather", "response": {}});
        assert_eq!(
            sent(&bench.tell(result)),
            [json!({"toolResponse": {"functionResponses": [answer]}})],
            "{model}"
        );
    }
}

#[test]
fn cancelled_calls_are_not_answered() {
    let mut bench = Bench::ready(MODEL);
    bench.events(
        &json!({"toolCall": {"functionCalls": [{"id": "a", "name": "f"}, {"id": "b", "name": "f"}]}}),
    );
    let cancelled = bench.events(&json!({"toolCallCancellation": {"ids": ["a", "never"]}}));
    assert_eq!(cancelled, [Event::ToolCallsCancelled { ids: vec!["a".to_owned()] }]);
    let result = |id: &str| Command::ToolResult { id: id.to_owned(), scheduling: None, response: json!({}) };
    assert_eq!(bench.tell(result("a")), []);
    assert_eq!(sent(&bench.tell(result("b"))).len(), 1);
}

#[test]
fn a_flood_of_calls_is_refused_and_bounded() {
    let mut bench = Bench::ready(MODEL);
    let calls: Vec<Value> = (0..1_200).map(|n| json!({"id": format!("c{n}"), "name": "f"})).collect();
    let outputs = bench.server(&json!({"toolCall": {"functionCalls": calls}}));
    let taken = outputs.iter().filter(|o| matches!(o, Output::Event(Event::ToolCall { .. }))).count();
    assert_eq!(taken, Limits::default().open_calls);
    let refused = &sent(&outputs)[0]["toolResponse"]["functionResponses"];
    let most = Limits::default().calls_per_minute;
    assert_eq!(refused.as_array().map(Vec::len), Some(most), "the rest gets no answer");
    assert!(refused[0]["response"]["error"].is_string());
    assert_eq!(refused[0]["response"]["code"], "too_many_calls");
}

#[test]
fn a_duplicate_id_is_answered_as_that_and_the_first_call_stays_open() {
    let mut bench = Bench::ready(MODEL);
    let call = json!({"toolCall": {"functionCalls": [{"id": "a", "name": "get_weather"}]}});
    assert_eq!(bench.events(&call).len(), 1);
    let answers = sent(&bench.server(&call));
    let [answer] = answers.as_slice() else { panic!("{answers:?}") };
    let answer = &answer["toolResponse"]["functionResponses"][0];
    assert_eq!((&answer["id"], &answer["name"]), (&json!("a"), &json!("get_weather")));
    assert_eq!(answer["response"]["code"], "duplicate_id");
    assert!(answer["response"]["error"].as_str().is_some_and(|words| words.contains("this id")));
    let result = Command::ToolResult { id: "a".to_owned(), scheduling: None, response: json!({"output": 3}) };
    let answers = sent(&bench.tell(result));
    assert_eq!(answers[0]["toolResponse"]["functionResponses"][0]["response"], json!({"output": 3}));
}

#[test]
fn an_answer_is_scheduled_as_its_function_wants_it() {
    let mut bench = Bench::ready(MODEL);
    for (wanted, sent_as) in [
        (None, "WHEN_IDLE"),
        (Some(Scheduling::Interrupt), "INTERRUPT"),
        (Some(Scheduling::Silent), "SILENT"),
        (Some(Scheduling::WhenIdle), "WHEN_IDLE"),
    ] {
        bench.events(&json!({"toolCall": {"functionCalls": [{"id": "a", "name": "get_weather"}]}}));
        let result = Command::ToolResult { id: "a".to_owned(), scheduling: wanted, response: json!({}) };
        let answer = &sent(&bench.tell(result))[0]["toolResponse"]["functionResponses"][0];
        assert_eq!(answer["scheduling"], sent_as);
    }
}

#[test]
fn typed_text_is_sent_as_the_model_accepts_it() {
    let text = || Command::Text("hi".to_owned());
    for id in [MODEL, "gemini-3.1-flash-live-preview", "gemini-unheard-of"] {
        assert_eq!(sent(&Bench::ready(id).tell(text())), [json!({"realtimeInput": {"text": "hi"}})], "{id}");
    }
    let content = json!({"turns": [{"role": "user", "parts": [{"text": "hi"}]}], "turnComplete": true});
    assert_eq!(
        sent(&Bench::ready("gemini-2.5-flash-native-audio-preview").tell(text())),
        [json!({"clientContent": content})]
    );
    assert_eq!(Bench::ready(MODEL).tell(Command::Text(" \n".to_owned())), []);
}

#[test]
fn mute_ends_the_stream_once() {
    let mut bench = Bench::ready(MODEL);
    assert_eq!(bench.tell(Command::AudioStreamEnd), []);
    bench.input(Input::Audio(&[0; 640]));
    assert_eq!(
        sent(&bench.tell(Command::AudioStreamEnd)),
        [json!({"realtimeInput": {"audioStreamEnd": true}})]
    );
    assert_eq!(bench.tell(Command::AudioStreamEnd), []);
}

#[test]
fn without_turn_detection_no_stream_end_is_sent() {
    let options = SetupOptions { manual_activity: true, ..SetupOptions::default() };
    let mut bench = Bench::new(build_setup(&options, &Catalogue::embedded()));
    bench.input(Input::Opened);
    bench.server(&json!({"setupComplete": {}}));
    assert_eq!(sent(&bench.tell(Command::ActivityStart)), [json!({"realtimeInput": {"activityStart": {}}})]);
    bench.input(Input::Audio(&[0; 640]));
    assert_eq!(sent(&bench.tell(Command::ActivityEnd)), [json!({"realtimeInput": {"activityEnd": {}}})]);
    assert_eq!(bench.tell(Command::AudioStreamEnd), []);
}

#[test]
fn the_last_resumable_handle_is_kept() {
    let mut bench = Bench::ready(MODEL);
    let update = |update: Value| json!({ "sessionResumptionUpdate": update });
    bench.events(&update(json!({"newHandle": "h1", "resumable": true})));
    for useless in
        [json!({}), json!({"resumable": true}), json!({"newHandle": "h2"}), json!({"resumable": false})]
    {
        assert_eq!(bench.events(&update(useless)), []);
    }
    assert_eq!(bench.session.resumption_handle(), Some("h1"));
}

#[test]
fn an_end_waits_for_the_last_words() {
    let mut bench = Bench::ready(MODEL);
    bench.input(Input::Audio(&[0; 640]));
    assert_eq!(sent(&bench.tell(Command::End)), [json!({"realtimeInput": {"audioStreamEnd": true}})]);
    assert_eq!(bench.session.state(), SessionState::Draining);
    assert_eq!(bench.input(Input::Audio(&[0; 640])), []);
    assert_eq!(bench.wait(200), []);
    let words = bench.events(&json!({"serverContent": {"inputTranscription": {"text": "bye"}}}));
    assert_eq!(words, [Event::InputTranscript { text: "bye".to_owned(), finished: false, language: None }]);
    assert_eq!(bench.wait(299), []);
    let outputs = bench.wait(1);
    assert!(matches!(outputs[0], Output::Close { code: 1000, .. }));
    assert!(matches!(&outputs[1], Output::Event(Event::Closed(cause)) if cause.kind == CloseKind::Normal));
}

#[test]
fn an_end_waits_only_for_what_is_in_progress() {
    let mut bench = Bench::ready(MODEL);
    bench.events(&turn(&[audio("AQA=")]));
    assert_eq!(bench.tell(Command::End), []);
    let mut outputs = Vec::new();
    for _ in 0..10 {
        bench.events(&turn(&[audio("AQA=")]));
        outputs = bench.wait(100);
    }
    assert!(matches!(outputs[0], Output::Close { code: 1000, .. }));

    let mut idle = Bench::ready(MODEL);
    assert!(matches!(idle.tell(Command::End)[0], Output::Close { code: 1000, .. }));
    let mut early = Bench::model(MODEL);
    assert!(matches!(early.tell(Command::End)[0], Output::Close { code: 1000, .. }));
}

#[test]
fn the_end_of_the_connection_says_why() {
    assert_eq!(Bench::ready(MODEL).close(Some(1011), "RESOURCE_EXHAUSTED"), CloseKind::Quota);
    let mut unreachable = Bench::model(MODEL);
    assert_eq!(unreachable.close(None, ""), CloseKind::Network, "a person is there to try again");
    let mut early = Bench::model(MODEL);
    early.input(Input::Opened);
    assert_eq!(early.close(Some(1000), ""), CloseKind::Refused);
    let mut wrong_key = Bench::model(MODEL);
    wrong_key.input(Input::Opened);
    assert_eq!(
        wrong_key.close(Some(1007), "API key not valid. Please pass a valid API key."),
        CloseKind::KeyRefused
    );
    let mut wished = Bench::ready(MODEL);
    wished.input(Input::Audio(&[0; 640]));
    wished.tell(Command::End);
    assert_eq!(wished.close(None, ""), CloseKind::Normal);
    assert_eq!(wished.tell(Command::Text("?".to_owned())), []);
}

#[test]
fn some_unreadable_messages_are_tolerated() {
    let mut bench = Bench::ready(MODEL);
    let bad = bench.input(Input::Frame(b"{<html>"));
    assert_eq!(bad, [Output::Event(Event::BadFrame { first_bytes: "{<html>".to_owned() })]);
    // One in an hour does not end a session.
    for _ in 0..100 {
        assert_eq!(bench.input(Input::Frame(b"{\"serverContent\":{")).len(), 1);
        assert_eq!(bench.events(&json!({"serverContent": {}})), []);
    }
    for _ in 0..32 {
        assert_eq!(bench.input(Input::Frame(b"{\xff")).len(), 1);
    }
    let last = bench.input(Input::Frame(b"{"));
    assert!(matches!(last[1], Output::Close { code: 1007, .. }));
    assert!(matches!(&last[2], Output::Event(Event::Closed(cause)) if cause.kind == CloseKind::Protocol));

    let mut huge = Bench::ready(MODEL);
    let outputs = huge.input(Input::Frame(&vec![b' '; (16 << 20) + 1]));
    assert!(
        matches!(&outputs[..], [Output::Close { code: 1009, .. }, Output::Event(Event::Closed(cause))]
            if cause.kind == CloseKind::LimitExceeded && cause.reason.contains("bytes")),
        "a limit of ours, and no refusal: {outputs:?}"
    );
    let outputs = Bench::ready(MODEL).input(Input::LimitExceeded("a message of 17 MB".to_owned()));
    assert!(
        matches!(&outputs[1], Output::Event(Event::Closed(cause)) if cause.kind == CloseKind::LimitExceeded)
    );
}

#[test]
fn incomplete_samples_are_handled() {
    let mut bench = Bench::ready(MODEL);
    let blob = |mime: &str, data: &str| turn(&[json!({"inlineData": {"mimeType": mime, "data": data}})]);
    assert_eq!(bench.events(&blob("audio/pcm", "AQACAA==")), [sound(1, &[1, 0, 2, 0])]);
    assert_eq!(bench.events(&blob("audio/pcm;rate=24000", "AQAC")), [sound(1, &[1, 0])]);
    assert_eq!(bench.events(&blob("audio/pcm;rate=24000", "AAMA")), [sound(1, &[2, 0, 3, 0])], "its rest");
    assert_eq!(bench.events(&blob("audio/pcm;rate=24000", "")), []);
    let slow = Event::Audio { generation: Generation(1), pcm: vec![1, 0], rate: 16_000 };
    assert_eq!(bench.events(&blob("audio/PCM; rate=16000", "AQA=")), [slow]);
    for mime in ["audio/pcm;rate=1", "audio/pcm;rate=4000000000", "audio/mpeg"] {
        assert_eq!(bench.events(&blob(mime, "AQA=")), [Event::Unplayable { mime: mime.to_owned() }]);
        assert_eq!(bench.events(&blob(mime, "AQA=")), [], "said once");
    }
    let picture = Event::Unknown { what: "inlineData image/png".to_owned() };
    assert_eq!(bench.events(&blob("image/png", "AQA=")), [picture]);
    let untyped = turn(&[json!({"inlineData": {"data": "AQA="}})]);
    assert_eq!(bench.events(&untyped), [sound(1, &[1, 0])]);
}

#[test]
fn empty_content_emits_no_events() {
    let mut bench = Bench::ready(MODEL);
    assert_eq!(bench.events(&json!({"serverContent": {}})), []);
    assert_eq!(bench.events(&json!({"serverContent": {"turnComplete": false, "interrupted": false}})), []);
    assert_eq!(bench.events(&json!({"serverContent": {"waitingForInput": true}})), [Event::WaitingForInput]);
}
