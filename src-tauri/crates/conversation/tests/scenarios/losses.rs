//! Connections that break or are about to: the conversation continues over the next one.

use conversation::{Command, Event, Phase, Reconnect, TroubleKind};
use serde_json::{Value, json};

use crate::fixture::{Fixture, content, listening, listening_and_more, said, troubles};

fn handle(name: &str) -> Value {
    json!({"sessionResumptionUpdate": {"newHandle": name, "resumable": true}})
}

/// Returns the first reconnect status.
async fn lost(fixture: &mut Fixture) -> Reconnect {
    let is_lost = |event: &Event| match event {
        Event::Connection(Some(reconnect)) => Some(reconnect.clone()),
        _ => None,
    };
    fixture.events.find("the loss", is_lost).await
}

#[tokio::test]
async fn a_conversation_continues_after_a_lost_connection() {
    let (mut fixture, mut peer, mut callers) = listening_and_more().await;
    fixture.passed_over(&mut peer, "Hello?").await;
    peer.send(said("Hello.")).await;
    peer.send(content(json!({"turnComplete": true}))).await;
    peer.send(handle("h1")).await;
    fixture.events.up_to("the reply", |event| matches!(event, Event::ExchangeComplete { .. })).await;
    // What was sent before the connection breaks has arrived.
    peer.send(json!({"goAway": {"timeLeft": "500s"}})).await;
    let closes_at = |event: &Event| match event {
        Event::Figures(figures) => figures.closes_at,
        _ => None,
    };
    fixture.events.find("the last message", closes_at).await;
    peer.cut();
    let reconnect = lost(&mut fixture).await;
    assert_eq!(reconnect.attempt, 1);
    assert!(reconnect.reason.starts_with("The connection broke"), "{reconnect:?}");
    fixture.events.phase(Phase::Reconnecting).await;
    fixture.type_in("Are you there?").await;
    let mut peer = callers.accept().await;
    assert_eq!(peer.set_up().await["sessionResumption"], json!({"handle": "h1"}));
    assert_eq!(peer.next().await["realtimeInput"], json!({"text": "Are you there?"}));
    let events =
        fixture.events.up_to("listening", |event| matches!(event, Event::Phase(Phase::Thinking))).await;
    assert!(events.iter().any(|event| matches!(event, Event::Connection(None))), "{events:?}");
    assert_eq!(troubles(&events), [], "it lasted a moment, and nothing needs a person");
    peer.send(said("Yes.")).await;
    peer.send(content(json!({"turnComplete": true}))).await;
    fixture.events.up_to("the reply", |event| matches!(event, Event::ExchangeComplete { .. })).await;
}

#[tokio::test]
async fn what_is_said_again_is_shown_once() {
    let (mut fixture, mut peer, mut callers) = listening_and_more().await;
    peer.send(content(json!({"inputTranscription": {"text": "What is"}}))).await;
    peer.send(said("It")).await;
    let is_reply =
        |event: &Event| matches!(event, Event::TurnText { delta, .. } if delta == "It").then_some(());
    fixture.events.find("the words", is_reply).await;
    peer.cut();
    let mut peer = callers.accept().await;
    peer.set_up().await;
    peer.send(content(json!({"inputTranscription": {"text": "What is it?"}}))).await;
    peer.send(said("It is a test.")).await;
    peer.send(content(json!({"turnComplete": true}))).await;
    let events =
        fixture.events.up_to("the reply", |event| matches!(event, Event::ExchangeComplete { .. })).await;
    let reset = events.iter().filter(|event| matches!(event, Event::TurnReset { .. })).count();
    assert_eq!(reset, 2, "{events:?}");
    let begun = events.iter().filter(|event| matches!(event, Event::TurnStarted(_))).count();
    assert_eq!(begun, 0, "the same two turns go on: {events:?}");
    let texts: Vec<&str> = events
        .iter()
        .skip_while(|event| !matches!(event, Event::TurnReset { .. }))
        .filter_map(|event| match event {
            Event::TurnText { delta, .. } => Some(delta.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(texts, ["What is it?", "It is a test."]);
}

#[tokio::test]
async fn a_lost_session_is_reported() {
    let (mut fixture, mut peer, mut callers) = listening_and_more().await;
    peer.send(handle("h1")).await;
    fixture.passed_over(&mut peer, "My name is Ada.").await;
    peer.send(said("Hello Ada.")).await;
    peer.send(content(json!({"turnComplete": true}))).await;
    fixture.events.up_to("the reply", |event| matches!(event, Event::ExchangeComplete { .. })).await;
    peer.cut();
    let mut forgetful = callers.accept().await;
    forgetful.expect("setup").await;
    let closing = forgetful.close(1008, "BidiGenerateContent session not found");
    let (mut peer, ()) = tokio::join!(callers.accept(), closing);
    assert_eq!(peer.set_up().await["sessionResumption"], json!({}));
    let history = peer.expect("clientContent").await;
    assert_eq!(history["turns"][0]["parts"][0]["text"], "My name is Ada.");
    assert_eq!(history["turns"][1]["parts"][0]["text"], "Hello Ada.");
    let is_notice = |event: &Event| match event {
        Event::Trouble(trouble) => Some(trouble.clone()),
        _ => None,
    };
    let notice = fixture.events.find("the notice", is_notice).await;
    assert_eq!(notice.kind, TroubleKind::Resumed);
    assert!(notice.detail.is_some_and(|detail| detail.contains("forgotten")));
}

#[tokio::test]
async fn an_end_does_not_wait_for_the_way_back() {
    let (mut fixture, peer, callers) = listening_and_more().await;
    drop(callers);
    peer.cut();
    lost(&mut fixture).await;
    fixture.send(Command::End).await;
    let events = fixture.events.rest().await;
    assert!(matches!(events.last(), Some(Event::Ended { .. })));
    assert_eq!(troubles(&events), []);
}

#[tokio::test]
async fn a_server_that_will_close_says_when() {
    let (mut fixture, mut peer) = listening().await;
    peer.send(json!({"goAway": {"timeLeft": "9.5s"}})).await;
    let closes_at = |event: &Event| match event {
        Event::Figures(figures) => figures.closes_at,
        _ => None,
    };
    fixture.events.find("the time", closes_at).await;
    // A warning does not end the conversation.
    assert!(fixture.passed_over(&mut peer, "Still there?").await.is_empty());
}
