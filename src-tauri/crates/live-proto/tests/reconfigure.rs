//! Another setup while the session runs: resumed with the same model, told as text with another one, and given up where
//! the service refuses it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail where it stands")]

mod support;

use live_proto::catalogue::Catalogue;
use live_proto::{Command, Configuration, Event, Input, Output, SessionState, SetupOptions, build_setup};
use serde_json::{Value, json};
use support::{Bench, MODEL, sent};

const OTHER: &str = "gemini-3.8-live-extended-thinking";

fn with(change: impl FnOnce(&mut SetupOptions)) -> Command {
    let mut options = SetupOptions::default();
    change(&mut options);
    let catalogue = Catalogue::embedded();
    let rules = catalogue.rules(&options.model).clone();
    Command::Reconfigure(Box::new(Configuration { setup: build_setup(&options, &catalogue), rules }))
}

fn voice(name: &str) -> Command {
    with(|options| options.voice = Some(name.to_owned()))
}

fn model(id: &str) -> Command {
    with(|options| id.clone_into(&mut options.model))
}

/// A session in which something was said, with a handle when one is named.
fn talked(handle: Option<&str>) -> Bench {
    let mut bench = Bench::ready(MODEL);
    bench.tell(Command::Text("Hello".to_owned()));
    bench.server(&json!({"serverContent": {"outputTranscription": {"text": "Hi"}}}));
    bench.server(&json!({"serverContent": {"turnComplete": true}}));
    if let Some(handle) = handle {
        bench.server(&json!({"sessionResumptionUpdate": {"newHandle": handle, "resumable": true}}));
    }
    // Long enough to count as stable, so that the next connection is made at once.
    bench.wait(60_000);
    bench
}

/// Closes the old connection, as the driver does, and makes the next one.
fn over(bench: &mut Bench) -> (Value, Vec<Event>, Vec<Value>) {
    bench.lose(Some(1000), "");
    bench.ring();
    bench.reconnect()
}

fn voice_of(setup: &Value) -> &Value {
    &setup["setup"]["generationConfig"]["speechConfig"]["voiceConfig"]["prebuiltVoiceConfig"]["voiceName"]
}

fn told(texts: &[(&str, &str)]) -> Value {
    let turns: Vec<_> =
        texts.iter().map(|(role, text)| json!({"role": role, "parts": [{"text": text}]})).collect();
    json!({"clientContent": {"turns": turns, "turnComplete": false}})
}

fn is_taken(events: &[Event]) -> bool {
    matches!(events, [Event::Resumed { .. }, Event::Reconfigured])
}

#[test]
fn another_voice_resumes_the_session() {
    let mut bench = talked(Some("h1"));
    let outputs = bench.tell(voice("Kore"));
    assert!(matches!(
        &outputs[..],
        [Output::Event(Event::Reconnecting { attempt: 1, .. }), Output::Close { code: 1000, .. }]
    ));
    let (setup, events, frames) = over(&mut bench);
    assert_eq!(setup["setup"]["sessionResumption"], json!({"handle": "h1"}));
    assert_eq!(voice_of(&setup), "Kore");
    assert!(is_taken(&events) && matches!(events[0], Event::Resumed { fresh: false, .. }), "{events:?}");
    assert_eq!(frames, [] as [Value; 0], "the service knows everything");
    // A later connection has it too.
    bench.lose(None, "reset");
    bench.ring();
    let (setup, events, _) = bench.reconnect();
    assert_eq!((voice_of(&setup), events.len()), (&json!("Kore"), 1), "and it is told once");
}

#[test]
fn another_model_is_told_the_conversation_as_text() {
    let mut bench = talked(Some("h1"));
    bench.tell(model(OTHER));
    let (setup, events, frames) = over(&mut bench);
    assert_eq!(setup["setup"]["sessionResumption"], json!({}));
    assert_eq!(setup["setup"]["model"], json!(format!("models/{OTHER}")));
    assert!(is_taken(&events) && matches!(events[0], Event::Resumed { fresh: true, .. }), "{events:?}");
    assert_eq!(frames, [told(&[("user", "Hello"), ("model", "Hi")])]);
}

#[test]
fn without_a_handle_the_same_model_is_told_as_text() {
    let mut bench = talked(None);
    bench.tell(voice("Kore"));
    let (_, events, frames) = over(&mut bench);
    assert!(matches!(events[0], Event::Resumed { fresh: true, .. }));
    assert_eq!(frames, [told(&[("user", "Hello"), ("model", "Hi")])]);
}

#[test]
fn a_refused_handle_is_dropped_before_the_change() {
    let mut bench = talked(Some("h1"));
    bench.tell(voice("Kore"));
    bench.lose(Some(1000), "");
    bench.ring();
    bench.input(Input::Opened);
    bench.lose(Some(1007), "Request contains an invalid argument.");
    bench.ring();
    let (setup, events, frames) = bench.reconnect();
    assert_eq!((&setup["setup"]["sessionResumption"], voice_of(&setup)), (&json!({}), &json!("Kore")));
    assert!(is_taken(&events), "{events:?}");
    assert_eq!(frames, [told(&[("user", "Hello"), ("model", "Hi")])]);
}

#[test]
fn a_refused_setup_leads_back_to_the_one_before() {
    let mut bench = talked(Some("h1"));
    bench.tell(model("gemini-9-live"));
    bench.lose(Some(1000), "");
    bench.ring();
    bench.input(Input::Opened);
    let outputs = bench.lose(Some(1008), "models/gemini-9-live is not found for API version v1beta");
    let refused = |output: &Output| matches!(output, Output::Event(Event::ReconfigurationRefused(_)));
    assert_eq!(outputs.iter().filter(|output| refused(output)).count(), 1, "{outputs:?}");
    bench.ring();
    let (setup, events, _) = bench.reconnect();
    assert_eq!(setup["setup"]["model"], json!(format!("models/{MODEL}")));
    assert_eq!(setup["setup"]["sessionResumption"], json!({"handle": "h1"}));
    assert!(matches!(&events[..], [Event::Resumed { fresh: false, .. }]), "{events:?}");
    // The one before is refused for good like any other.
    bench.lose(None, "reset");
    bench.ring();
    bench.input(Input::Opened);
    bench.lose(Some(1008), "Your API key was reported as leaked.");
    assert_eq!(bench.session.state(), SessionState::Closed);
}

#[test]
fn what_is_asked_while_the_first_connection_is_made_waits_for_it() {
    let mut bench = Bench::model(MODEL);
    bench.input(Input::Opened);
    bench.tell(voice("Kore"));
    bench.tell(voice("Puck"));
    let outputs = bench.server(&json!({"setupComplete": {}}));
    assert!(matches!(outputs[0], Output::Event(Event::Ready { .. })));
    assert!(matches!(outputs[1], Output::Event(Event::Reconnecting { .. })), "{outputs:?}");
    let (setup, events, _) = over(&mut bench);
    assert_eq!(voice_of(&setup), "Puck");
    assert!(is_taken(&events), "{events:?}");
}

#[test]
fn changes_during_a_pause_and_a_setup_take_the_newest() {
    let mut bench = talked(Some("h1"));
    bench.lose(None, "reset");
    bench.tell(voice("Kore"));
    let setup = sent(&bench.input(Input::Opened)).remove(0);
    assert_eq!(voice_of(&setup), "Kore");
    // Its setup is in flight.
    bench.tell(voice("Zephyr"));
    bench.ring();
    let (setup, events, _) = bench.reconnect();
    assert_eq!(voice_of(&setup), "Zephyr");
    assert!(is_taken(&events), "{events:?}");
}

#[test]
fn a_change_to_voice_detection_drops_marks_of_turns() {
    let options = SetupOptions { manual_activity: true, ..SetupOptions::default() };
    let mut bench = Bench::new(build_setup(&options, &Catalogue::embedded()));
    bench.reconnect();
    bench.tell(Command::ActivityStart);
    bench.input(Input::Audio(&[1; 640]));
    bench.tell(Command::ActivityEnd);
    bench.tell(voice("Kore"));
    let (_, _, frames) = over(&mut bench);
    let marks = frames.iter().filter(|frame| {
        let input = &frame["realtimeInput"];
        input.get("activityStart").is_some() || input.get("activityEnd").is_some()
    });
    assert_eq!(marks.count(), 0, "{frames:?}");
}
