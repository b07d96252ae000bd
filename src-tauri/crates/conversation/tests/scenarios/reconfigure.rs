//! Another setup while the conversation runs: what the service is told, what the window hears, and that the rows stay.

use std::sync::Arc;

use conversation::{Command, Event, Phase, Told};
use live_proto::SetupOptions;
use serde_json::{Value, json};
use testkit::Peer;
use tools::Registry;

use crate::fixture::{Fixture, content, listening_and_more, said, troubles};

const OTHER: &str = "gemini-3.8-live-extended-thinking";

fn with(change: impl FnOnce(&mut SetupOptions)) -> Command {
    let mut setup = SetupOptions::default();
    change(&mut setup);
    Command::Reconfigure { setup: Box::new(setup), save_silence: false }
}

/// What a call of the weather without its argument is answered with.
async fn weather_error(peer: &mut Peer) -> String {
    peer.send(json!({"toolCall": {"functionCalls": [{"id": "w", "name": "get_weather", "args": {}}]}})).await;
    let response = peer.find_kind("toolResponse").await;
    response["functionResponses"][0]["response"]["code"].as_str().unwrap_or_default().to_owned()
}

/// Something is said and answered, and the service gives a handle.
async fn exchange(fixture: &mut Fixture, peer: &mut Peer) {
    fixture.type_in("Hello.").await;
    peer.find_kind("realtimeInput").await;
    peer.send(said("Good day.")).await;
    peer.send(content(json!({"turnComplete": true}))).await;
    peer.send(json!({"sessionResumptionUpdate": {"newHandle": "h1", "resumable": true}})).await;
    let complete = |event: &Event| matches!(event, Event::ExchangeComplete { .. }).then_some(());
    fixture.events.find("the end of the exchange", complete).await;
}

/// The events until the new setup is in use.
async fn until_taken(fixture: &mut Fixture) -> Vec<Event> {
    fixture.events.up_to("the new setup", |event| matches!(event, Event::Reconfigured(_))).await
}

fn told(events: &[Event]) -> Vec<Told> {
    let told = |event: &Event| match event {
        Event::Reconfigured(told) => Some(*told),
        _ => None,
    };
    events.iter().filter_map(told).collect()
}

fn voice_of(setup: &Value) -> &Value {
    &setup["generationConfig"]["speechConfig"]["voiceConfig"]["prebuiltVoiceConfig"]["voiceName"]
}

#[tokio::test]
async fn another_voice_is_taken_and_the_rows_stay() {
    let (mut fixture, mut peer, mut callers) = listening_and_more().await;
    exchange(&mut fixture, &mut peer).await;
    fixture.send(with(|setup| setup.voice = Some("Kore".into()))).await;
    let (_, mut peer) = tokio::join!(peer.closed(), callers.accept());
    let setup = peer.set_up().await;
    assert_eq!((&setup["sessionResumption"]["handle"], voice_of(&setup)), (&json!("h1"), &json!("Kore")));
    assert!(setup["tools"].to_string().contains("get_weather"), "with the tools: {setup}");
    let events = until_taken(&mut fixture).await;
    assert_eq!((told(&events), troubles(&events)), (vec![Told::Everything], vec![]));
    let changes = |event: &&Event| matches!(event, Event::TurnStarted(_) | Event::TurnReset { .. });
    assert_eq!(events.iter().filter(changes).count(), 0, "{events:?}");
    // It goes on as before.
    exchange(&mut fixture, &mut peer).await;
}

#[tokio::test]
async fn another_model_is_told_the_words_and_says_so() {
    let (mut fixture, mut peer, mut callers) = listening_and_more().await;
    exchange(&mut fixture, &mut peer).await;
    fixture.send(with(|setup| OTHER.clone_into(&mut setup.model))).await;
    let (_, mut peer) = tokio::join!(peer.closed(), callers.accept());
    assert_eq!(peer.set_up().await["sessionResumption"], json!({}));
    let history = peer.expect("clientContent").await;
    assert_eq!(history["turns"].as_array().map(Vec::len), Some(2), "{history}");
    let events = until_taken(&mut fixture).await;
    assert_eq!((told(&events), troubles(&events)), (vec![Told::Words], vec![]));
}

#[tokio::test]
async fn a_refused_model_leaves_the_conversation_as_it_was() {
    let (mut fixture, mut peer, mut callers) = listening_and_more().await;
    exchange(&mut fixture, &mut peer).await;
    fixture.send(with(|setup| "gemini-9-live".clone_into(&mut setup.model))).await;
    let (_, mut refusing) = tokio::join!(peer.closed(), callers.accept());
    refusing.find_kind("setup").await;
    refusing.close(1008, "models/gemini-9-live is not found for API version v1beta").await;
    let mut peer = callers.accept().await;
    let setup = peer.set_up().await;
    assert_eq!(setup["sessionResumption"]["handle"], "h1");
    let events =
        fixture.events.up_to("listening", |event| matches!(event, Event::Phase(Phase::Listening))).await;
    let refusals = events
        .iter()
        .filter(|event| matches!(event, Event::ReconfigurationRefused(words) if words.contains("not found")));
    assert_eq!((refusals.count(), told(&events)), (1, vec![]), "{events:?}");
    exchange(&mut fixture, &mut peer).await;
}

#[tokio::test]
async fn other_functions_are_called_at_once_and_declared_with_the_next_setup() {
    let (mut fixture, mut peer, mut callers) = listening_and_more().await;
    exchange(&mut fixture, &mut peer).await;
    assert_eq!(weather_error(&mut peer).await, "bad_arguments");
    let fewer = Registry::builtin().only(|name| name != "get_weather");
    fixture.send(Command::Functions(Arc::new(fewer))).await;
    fixture.passed_over(&mut peer, "marker").await;
    assert_eq!(weather_error(&mut peer).await, "unknown_function");
    fixture.send(with(|_| {})).await;
    let (_, mut peer) = tokio::join!(peer.closed(), callers.accept());
    let tools = peer.set_up().await["tools"].to_string();
    assert!(tools.contains("get_current_time") && !tools.contains("get_weather"), "{tools}");
    until_taken(&mut fixture).await;
    assert_eq!(weather_error(&mut peer).await, "unknown_function");
}

#[tokio::test]
async fn push_to_talk_begins_with_the_new_connection() {
    let (mut fixture, mut peer, mut callers) = listening_and_more().await;
    exchange(&mut fixture, &mut peer).await;
    fixture.send(with(|setup| setup.manual_activity = true)).await;
    let (_, mut peer) = tokio::join!(peer.closed(), callers.accept());
    let setup = peer.set_up().await;
    assert_eq!(setup["realtimeInputConfig"]["automaticActivityDetection"]["disabled"], true);
    until_taken(&mut fixture).await;
    fixture.send(Command::PushToTalk(true)).await;
    let held = |event: &Event| matches!(event, Event::Held(true)).then_some(());
    fixture.events.find("the key is held", held).await;
}
