//! How conversations end: on request, by the server, by a lost connection, and before they begin.

use conversation::{Command, Event, NoConnection, Phase, Trouble, TroubleKind};
use live_proto::CloseKind;
use serde_json::json;
use tools::Registry;

use crate::fixture::{config, content, dialling, listening, phases, said, troubles, within};

/// Returns whether a reply was complete. Checks that the events end with the phase and a single, last `Ended`.
fn ended(events: &[Event]) -> bool {
    assert_eq!(events.iter().filter(|event| matches!(event, Event::Ended { .. })).count(), 1, "{events:?}");
    match events {
        [.., Event::Phase(Phase::Ended), Event::Ended { answered, .. }] => *answered,
        other => panic!("expected the end, got {other:?}"),
    }
}

/// Returns the only trouble of an ended conversation.
fn only_trouble(events: &[Event]) -> Trouble {
    let troubles = troubles(events);
    assert_eq!(troubles.len(), 1, "{events:?}");
    troubles[0].clone()
}

#[tokio::test]
async fn ended_is_the_last_event() {
    let (fixture, mut peer) = listening().await;
    peer.send(said("Hello.")).await;
    peer.send(content(json!({"turnComplete": true}))).await;
    let mut stream = fixture.events;
    stream.up_to("the reply", |event| matches!(event, Event::ExchangeComplete { .. })).await;
    fixture.conversation.send(Command::End).await;
    assert_eq!(peer.closed().await.0, 1000);
    let events = stream.rest().await;
    assert!(ended(&events), "a reply was complete");
    assert_eq!(troubles(&events), []);
    // After the end a command is ignored.
    within("nobody", fixture.conversation.send(Command::Text("Still there?".into()))).await;
}

#[tokio::test]
async fn a_dropped_handle_is_an_end() {
    let (fixture, peer) = listening().await;
    drop(fixture.conversation);
    assert_eq!(peer.closed().await.0, 1000);
    let events = fixture.events.rest().await;
    assert!(!ended(&events), "no reply was complete");
    assert_eq!(troubles(&events), []);
}

#[tokio::test]
async fn an_end_does_not_wait_for_a_server_that_does_not_answer() {
    let (fixture, mut callers) = dialling(config(), Registry::builtin());
    // The upgrade is never answered; its time limit would cause a trouble.
    let _caller = callers.next().await;
    fixture.send(Command::End).await;
    let events = fixture.events.rest().await;
    assert!(!ended(&events));
    assert_eq!(phases(&events), [Phase::Connecting, Phase::Ended]);
    assert_eq!(troubles(&events), []);
}

#[tokio::test]
async fn an_end_does_not_wait_for_the_setup_to_be_taken() {
    let (mut fixture, mut callers) = dialling(config(), Registry::builtin());
    let mut peer = callers.accept().await;
    peer.expect("setup").await;
    // Handled once audio and connection are open; before that the connection would just break.
    fixture.send(Command::Mute(true)).await;
    fixture.events.up_to("muted", |event| matches!(event, Event::Muted(true))).await;
    fixture.send(Command::End).await;
    assert_eq!(peer.closed().await.0, 1000);
    let events = fixture.events.rest().await;
    assert!(!ended(&events));
    assert_eq!(phases(&events), [Phase::Ended], "never ready");
    assert_eq!(troubles(&events), []);
}

#[tokio::test]
async fn a_dropped_handle_gives_a_dial_up() {
    let (fixture, mut callers) = dialling(config(), Registry::builtin());
    let _caller = callers.next().await;
    drop(fixture.conversation);
    let events = fixture.events.rest().await;
    assert!(!ended(&events));
    assert_eq!(troubles(&events), []);
}

#[tokio::test]
async fn a_refused_key_shows_the_services_reason() {
    let (fixture, peer) = listening().await;
    let reason = "API key not valid. Please pass a valid API key.";
    peer.close(1007, reason).await;
    let events = fixture.events.rest().await;
    ended(&events);
    let trouble = only_trouble(&events);
    assert_eq!(trouble.kind, TroubleKind::Closed(CloseKind::KeyRefused));
    let detail = trouble.detail.unwrap_or_default();
    assert!(detail.contains("1007") && detail.contains(reason), "{detail}");
}

#[tokio::test]
async fn a_key_refused_at_the_setup_is_reported() {
    let (fixture, mut callers) = dialling(config(), Registry::builtin());
    let mut peer = callers.accept().await;
    peer.expect("setup").await;
    peer.close(1007, "API key not valid. Please pass a valid API key.").await;
    let events = fixture.events.rest().await;
    ended(&events);
    assert_eq!(only_trouble(&events).kind, TroubleKind::Closed(CloseKind::KeyRefused));
    assert_eq!(phases(&events), [Phase::Connecting, Phase::Ended]);
}

#[tokio::test]
async fn a_used_up_quota_refuses_the_upgrade() {
    let (fixture, mut callers) = dialling(config(), Registry::builtin());
    let body =
        r#"{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "Try again tomorrow."}}"#;
    callers.next().await.refuse(429, body).await;
    let events = fixture.events.rest().await;
    ended(&events);
    let trouble = only_trouble(&events);
    assert_eq!(trouble.kind, TroubleKind::Closed(CloseKind::Quota));
    let detail = trouble.detail.unwrap_or_default();
    assert!(detail.contains("429") && detail.contains("Try again tomorrow."), "{detail}");
}

#[tokio::test]
async fn a_server_that_closes_at_once_is_reported() {
    let (fixture, mut callers) = dialling(config(), Registry::builtin());
    drop(callers.next().await);
    let events = fixture.events.rest().await;
    ended(&events);
    assert_eq!(only_trouble(&events).kind, TroubleKind::NoConnection(NoConnection::HungUp));
}
