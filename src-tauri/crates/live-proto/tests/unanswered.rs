//! A model that falls silent while its connection lives (PROTOCOL.md §14): the person is told, then the question is asked
//! again, once. And a fresh session when a person asks for it.

// The helpers panic for the tests that call them.
#![allow(clippy::panic)]

mod support;

use live_proto::catalogue::Catalogue;
use live_proto::{Command, Event, Input, Output, SetupOptions, build_setup};
use serde_json::{Value, json};
use support::{Bench, MODEL, audio, sent, turn};

const OLDER: &str = "gemini-2.5-flash-native-audio-latest";
const TELL: u64 = 8_000;
const ASK: u64 = 15_000;
const NOT_YET: Output = Output::Event(Event::NoAnswerYet);

fn content(fields: &Value) -> Value {
    json!({ "serverContent": fields })
}

fn typed(model: &str, text: &str) -> Bench {
    let mut bench = Bench::ready(model);
    handle(&mut bench, "h");
    bench.tell(Command::Text(text.to_owned()));
    bench
}

fn spoken(model: &str, text: &str) -> Bench {
    let mut bench = Bench::ready(model);
    handle(&mut bench, "h");
    bench.input(Input::Audio(&[1; 640]));
    bench.events(&content(&json!({"inputTranscription": {"text": text}})));
    bench
}

fn handle(bench: &mut Bench, name: &str) {
    bench.events(&json!({"sessionResumptionUpdate": {"newHandle": name, "resumable": true}}));
}

/// Waits until the question is asked again, and returns what the next connection is sent after its setup.
fn asked_again(bench: &mut Bench) -> Vec<Value> {
    let outputs = bench.ring();
    assert!(matches!(outputs[0], Output::Event(Event::Reconnecting { .. })), "{outputs:?}");
    assert!(matches!(outputs[1], Output::Close { code: 1000, .. }), "{outputs:?}");
    over_the_next_one(bench)
}

fn over_the_next_one(bench: &mut Bench) -> Vec<Value> {
    let mut outputs = bench.lose(Some(1000), "");
    while !outputs.contains(&Output::Connect) {
        outputs = bench.ring();
    }
    let (setup, events, said) = bench.reconnect();
    assert_eq!(setup["setup"]["sessionResumption"], json!({"handle": "h"}));
    assert!(matches!(events[..], [Event::Resumed { fresh: false, .. }]), "{events:?}");
    said
}

fn text(text: &str) -> Value {
    json!({"realtimeInput": {"text": text}})
}

#[test]
fn a_typed_question_is_asked_again_once() {
    let mut bench = typed(MODEL, "hello?");
    assert_eq!(bench.wait(TELL - 1), []);
    assert_eq!(bench.wait(1), [NOT_YET]);
    assert_eq!(bench.wait(ASK - TELL - 1), [], "told once");
    assert_eq!(asked_again(&mut bench), [text("hello?")]);
    assert_eq!(bench.wait(3_600_000), [], "neither told nor asked a third time");
}

#[test]
fn the_words_that_were_heard_are_asked_again_as_words() {
    let mut bench = spoken(OLDER, " What's the");
    bench.wait(1_000);
    bench.events(&content(&json!({"inputTranscription": {"text": " weather?"}})));
    assert_eq!(bench.wait(TELL - 1), [], "since the last word");
    assert_eq!(bench.wait(1), [NOT_YET]);
    let said = asked_again(&mut bench);
    let turns = json!([{"role": "user", "parts": [{"text": " What's the weather?"}]}]);
    assert_eq!(said, [json!({"clientContent": {"turns": turns, "turnComplete": true}})], "and no sound");
}

#[test]
fn sound_that_followed_the_question_is_not_lost() {
    for mut bench in [spoken(OLDER, " Hello?"), typed(OLDER, "Hello?")] {
        for n in 2..=4 {
            bench.input(Input::Audio(&[n; 640]));
        }
        bench.wait(TELL);
        let said = asked_again(&mut bench);
        let kinds: Vec<bool> = said.iter().map(|frame| frame.get("clientContent").is_some()).collect();
        assert_eq!(kinds, [true, false]);
        let sound = said[1]["realtimeInput"]["audio"]["data"].as_str().map_or(0, str::len);
        assert_eq!(sound, 3 * 640 / 3 * 4, "and no sound of the question");
    }
}

#[test]
fn an_answer_that_comes_meanwhile_is_not_asked_for_again() {
    for answer in [
        turn(&[audio("AQA=")]),
        content(&json!({"outputTranscription": {"text": "Yes"}})),
        content(&json!({"modelTurn": {"parts": [{"text": "hm", "thought": true}]}})),
        content(&json!({"waitingForInput": true})),
        content(&json!({"turnComplete": true})),
    ] {
        for before in [TELL - 1, ASK - 1] {
            let mut bench = typed(MODEL, "hello?");
            if before > TELL {
                bench.wait(TELL);
            }
            bench.wait(before % TELL);
            bench.events(&answer);
            bench.events(&content(&json!({"generationComplete": true, "turnComplete": true})));
            assert_eq!(bench.wait(3_600_000), [], "{answer}");
        }
    }
}

#[test]
fn an_answer_on_the_connection_that_is_left_is_dropped() {
    let mut bench = typed(MODEL, "hello?");
    bench.wait(TELL);
    bench.ring();
    assert_eq!(bench.events(&turn(&[audio("AQA=")])), [], "it will come over the next one");
    assert_eq!(over_the_next_one(&mut bench), [text("hello?")]);
    assert_eq!(bench.events(&turn(&[audio("AQA=")])).len(), 1);
}

#[test]
fn noise_and_late_words_ask_nothing() {
    let mut bench = spoken(OLDER, " .");
    bench.events(&content(&json!({"inputTranscription": {"text": "<noise>"}})));
    assert_eq!(bench.wait(3_600_000), []);
    bench.events(&turn(&[audio("AQA=")]));
    bench.events(&content(&json!({"turnComplete": true})));
    bench.wait(500);
    bench.events(&content(&json!({"inputTranscription": {"text": " please"}})));
    assert_eq!(bench.wait(3_600_000), [], "the last words of what was answered");
}

#[test]
fn a_quick_word_after_a_reply_is_a_question() {
    let mut bench = Bench::ready(OLDER);
    bench.events(&turn(&[audio("AQA=")]));
    bench.events(&content(&json!({"turnComplete": true})));
    bench.wait(500);
    bench.input(Input::Voiced);
    bench.events(&content(&json!({"inputTranscription": {"text": " Why?"}})));
    assert_eq!(bench.wait(TELL), [NOT_YET]);
}

#[test]
fn nobody_is_interrupted_while_speaking() {
    let mut bench = spoken(OLDER, " Well,");
    for _ in 0..20 {
        assert_eq!(bench.wait(1_000), []);
        bench.input(Input::Voiced);
    }
    assert_eq!(bench.wait(TELL - 1), []);
    assert_eq!(bench.wait(1), [NOT_YET]);
    let mut noisy = spoken(OLDER, " Well,");
    let told = (0..60).flat_map(|_| {
        noisy.input(Input::Voiced);
        noisy.wait(1_000)
    });
    assert!(told.into_iter().any(|output| output == NOT_YET), "a voice in the room defers it no longer");
}

#[test]
fn a_call_or_a_reply_is_no_silence() {
    let mut bench = typed(MODEL, "the weather?");
    bench.events(&json!({"toolCall": {"functionCalls": [{"id": "a", "name": "get_weather"}]}}));
    assert_eq!(bench.wait(60_000), [], "it runs, and the model waits or not");
    bench.tell(Command::Text("And now?".to_owned()));
    assert_eq!(bench.wait(60_000), [], "nor while it still runs");
    bench.tell(Command::ToolResult { id: "a".to_owned(), scheduling: None, response: json!({}) });
    assert_eq!(bench.wait(TELL - 1), []);
    assert_eq!(bench.wait(1), [NOT_YET], "what was typed meanwhile is still open");
    bench.events(&turn(&[audio("AQA=")]));
    assert_eq!(bench.wait(20_000), [], "it speaks");
}

#[test]
fn a_model_that_may_ignore_speech_is_not_asked_again() {
    let mut bench = spoken(MODEL, "Pass me the salt.");
    assert_eq!(bench.wait(TELL), [NOT_YET]);
    assert_eq!(bench.wait(3_600_000), [], "it may be meant for somebody else");
    bench.tell(Command::AskAgain);
    assert_eq!(over_the_next_one(&mut bench), [text("Pass me the salt.")], "the person decides");
}

#[test]
fn who_asks_again_does_not_wait() {
    let mut bench = typed(MODEL, "hello?");
    let outputs = bench.tell(Command::AskAgain);
    assert!(matches!(outputs[0], Output::Event(Event::Reconnecting { .. })), "{outputs:?}");
    assert_eq!(over_the_next_one(&mut bench), [text("hello?")]);
    bench.events(&turn(&[audio("AQA=")]));
    bench.events(&content(&json!({"turnComplete": true})));
    assert_eq!(bench.tell(Command::AskAgain), [], "it is answered");
}

#[test]
fn a_model_that_thinks_is_waited_for_longer() {
    let options = SetupOptions {
        model: "gemini-3.1-flash-live-preview".to_owned(),
        thinking: Some(live_proto::ThinkingChoice::Level(live_proto::wire::ThinkingLevel::High)),
        ..SetupOptions::default()
    };
    let mut bench = Bench::new(build_setup(&options, &Catalogue::embedded()));
    bench.input(Input::Opened);
    bench.server(&json!({"setupComplete": {}}));
    bench.tell(Command::Text("hello?".to_owned()));
    assert_eq!(bench.wait(3 * TELL - 1), []);
    assert_eq!(bench.wait(1), [NOT_YET]);
}

#[test]
fn speech_that_the_client_marks_is_said_again() {
    let options = SetupOptions { model: OLDER.to_owned(), manual_activity: true, ..SetupOptions::default() };
    let mut bench = Bench::new(build_setup(&options, &Catalogue::embedded()));
    bench.input(Input::Opened);
    bench.server(&json!({"setupComplete": {}}));
    handle(&mut bench, "h");
    bench.tell(Command::ActivityStart);
    bench.input(Input::Audio(&[1; 640]));
    bench.tell(Command::ActivityEnd);
    assert_eq!(bench.wait(TELL), [NOT_YET]);
    let kinds: Vec<String> = asked_again(&mut bench)
        .iter()
        .filter_map(|frame| frame["realtimeInput"].as_object()?.keys().next().cloned())
        .collect();
    assert_eq!(kinds, ["activityStart", "audio", "activityEnd"], "nobody wrote its words down");
}

#[test]
fn a_marked_turn_is_never_said_again_in_half() {
    let options = SetupOptions { model: OLDER.to_owned(), manual_activity: true, ..SetupOptions::default() };
    let mut bench = Bench::new(build_setup(&options, &Catalogue::embedded()));
    bench.input(Input::Opened);
    bench.server(&json!({"setupComplete": {}}));
    handle(&mut bench, "h");
    bench.tell(Command::ActivityStart);
    bench.input(Input::Audio(&[1; 640]));
    bench.events(&content(&json!({"inputTranscription": {"text": " Are you"}})));
    bench.tell(Command::ActivityEnd);
    bench.wait(TELL);
    let said = asked_again(&mut bench);
    assert_eq!(said.first(), Some(&json!({"realtimeInput": {"activityStart": {}}})), "{said:?}");
    assert_eq!(said.last(), Some(&json!({"realtimeInput": {"activityEnd": {}}})), "{said:?}");
}

#[test]
fn a_question_that_the_handle_covers_is_asked_again_later() {
    let mut bench = typed(MODEL, "hello?");
    bench.events(&json!({"sessionResumptionUpdate": {
        "newHandle": "h", "resumable": true, "lastConsumedClientMessageIndex": 2
    }}));
    bench.lose(None, "reset");
    bench.ring();
    assert_eq!(bench.reconnect().2, Vec::<Value>::new(), "the service knows it");
    assert_eq!(bench.wait(TELL), [NOT_YET], "but it may not be answering it");
    assert_eq!(asked_again(&mut bench), [text("hello?")]);
}

#[test]
fn a_fresh_session_is_told_the_conversation() {
    let mut bench = typed(MODEL, "I am Ada.");
    bench.events(&content(&json!({"outputTranscription": {"text": "Hello Ada."}})));
    bench.events(&content(&json!({"turnComplete": true})));
    let outputs = bench.tell(Command::StartFresh);
    assert!(matches!(outputs[0], Output::Event(Event::Reconnecting { .. })), "{outputs:?}");
    assert_eq!(bench.lose(Some(1000), ""), [Output::Connect]);
    let (setup, events, said) = bench.reconnect();
    assert_eq!(setup["setup"]["sessionResumption"], json!({}), "without a handle");
    assert!(matches!(events[..], [Event::Resumed { fresh: true, .. }]), "{events:?}");
    let told = json!([
        {"role": "user", "parts": [{"text": "I am Ada."}]},
        {"role": "model", "parts": [{"text": "Hello Ada."}]}
    ]);
    assert_eq!(said, [json!({"clientContent": {"turns": told, "turnComplete": false}})]);
}

#[test]
fn a_fresh_session_can_be_asked_for_at_any_time() {
    let mut early = Bench::model(MODEL);
    assert_eq!(early.tell(Command::StartFresh), [], "it is fresh");
    let mut waiting = typed(MODEL, "hello?");
    waiting.lose(None, "");
    waiting.input(Input::Opened);
    let outputs = waiting.tell(Command::StartFresh);
    assert!(matches!(outputs[0], Output::Close { code: 1000, .. }), "{outputs:?}");
    while waiting.session.poll_timeout().is_some() {
        waiting.ring();
    }
    let (setup, ..) = waiting.reconnect();
    assert_eq!(setup["setup"]["sessionResumption"], json!({}));
}

#[test]
fn a_turn_typed_during_a_reply_is_answered_after_it() {
    let mut bench = typed(OLDER, "A story.");
    bench.events(&turn(&[audio("AQA=")]));
    assert_eq!(sent(&bench.tell(Command::Text("And a joke.".to_owned()))).len(), 1, "sent at once");
    bench.events(&content(&json!({"outputTranscription": {"text": "Once."}})));
    assert_eq!(bench.wait(TELL), [], "the story runs");
    bench.events(&content(&json!({"generationComplete": true})));
    bench.events(&content(&json!({"turnComplete": true})));
    assert_eq!(bench.wait(TELL), [NOT_YET], "the joke is owed");
    let said = asked_again(&mut bench);
    let question = json!([{"role": "user", "parts": [{"text": "And a joke."}]}]);
    assert_eq!(said.last().unwrap_or(&Value::Null)["clientContent"]["turns"], question);
    let words = bench.events(&content(&json!({"outputTranscription": {"text": "Two fish."}})));
    assert!(
        matches!(&words[..], [Event::OutputTranscript { generation, .. }] if generation.0 == 2),
        "a reply of its own: {words:?}"
    );
}

#[test]
fn a_picture_is_repeated_in_the_turn_that_would_not_see_it() {
    let jpeg = || Command::Video(vec![1, 2, 3]);
    let mut bench = Bench::ready(OLDER);
    assert_eq!(sent(&bench.tell(jpeg()))[0]["realtimeInput"]["video"]["mimeType"], "image/jpeg");
    let ask = |bench: &mut Bench| sent(&bench.tell(Command::Text("What is this?".to_owned())));
    let parts = |frames: &[Value]| frames[0]["clientContent"]["turns"][0]["parts"].clone();
    let picture = json!({"inlineData": {"mimeType": "image/jpeg", "data": "AQID"}});
    let question = json!({"text": "What is this?"});
    assert_eq!(parts(&ask(&mut bench)), json!([picture, question]));
    assert_eq!(parts(&ask(&mut bench)), json!([question]), "it was seen");
    bench.tell(jpeg());
    bench.tell(Command::CameraOff);
    assert_eq!(parts(&ask(&mut bench)), json!([question]), "nothing is shown any more");

    let mut newer = Bench::ready(MODEL);
    newer.tell(jpeg());
    assert_eq!(ask(&mut newer), [text("What is this?")], "it sees what came before");
}
