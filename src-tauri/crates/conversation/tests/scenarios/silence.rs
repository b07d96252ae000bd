//! A model that falls silent while its connection lives, and one that left its track.

use conversation::{Command, Event, NoAnswer, OffTrack, Phase, Speaker, TroubleKind};
use serde_json::{Value, json};
use testkit::Peer;

use crate::fixture::{EventStream, content, listening_and_more, said, troubles};
use crate::turns::texts;

fn handle() -> Value {
    json!({"sessionResumptionUpdate": {"newHandle": "h", "resumable": true}})
}

async fn answer(peer: &mut Peer, words: &str) {
    peer.send(said(words)).await;
    peer.send(content(json!({"turnComplete": true}))).await;
}

async fn complete(events: &mut EventStream) -> Vec<Event> {
    events.up_to("the end of the exchange", |event| matches!(event, Event::ExchangeComplete { .. })).await
}

#[tokio::test]
async fn a_silent_model_is_reported_and_asked_again() {
    let (mut fixture, mut peer, mut callers) = listening_and_more().await;
    peer.send(handle()).await;
    fixture.type_in("Are you there?").await;
    peer.find_kind("realtimeInput").await;
    // It says nothing; a pong shows that the connection lives.
    peer.ping().await;
    let trouble = fixture.events.trouble().await;
    assert_eq!(trouble.kind, TroubleKind::NoAnswer(NoAnswer::NotYet));
    fixture.send(Command::AskAgain).await;
    let is_gone = |event: &Event| matches!(event, Event::TroubleGone(TroubleKind::NoAnswer(_))).then_some(());
    fixture.events.find("the notice's end", is_gone).await;
    let (_, mut peer) = tokio::join!(peer.closed(), callers.accept());
    assert_eq!(peer.set_up().await["sessionResumption"], json!({"handle": "h"}));
    assert_eq!(peer.expect("realtimeInput").await, json!({"text": "Are you there?"}));
    answer(&mut peer, "Here I am.").await;
    let events = complete(&mut fixture.events).await;
    assert!(matches!(events.last(), Some(Event::ExchangeComplete { answered: true })), "{events:?}");
    assert!(texts(&events, Speaker::You).is_empty(), "its row is there already: {events:?}");
    assert_eq!(texts(&events, Speaker::Gemini), ["Here I am."]);
    assert_eq!(troubles(&events), []);
}

#[tokio::test]
async fn nobody_has_to_click_for_it() {
    let (mut fixture, mut peer, mut callers) = listening_and_more().await;
    peer.send(handle()).await;
    fixture.type_in("Are you there?").await;
    peer.find_kind("realtimeInput").await;
    let is_left = |event: &Event| matches!(event, Event::Connection(Some(_)));
    let mut events = fixture.events.up_to("another connection", is_left).await;
    let kinds: Vec<TroubleKind> = troubles(&events).iter().map(|trouble| trouble.kind).collect();
    assert_eq!(kinds, [TroubleKind::NoAnswer(NoAnswer::NotYet)], "told once");
    let (_, mut peer) = tokio::join!(peer.closed(), callers.accept());
    peer.set_up().await;
    assert_eq!(peer.expect("realtimeInput").await, json!({"text": "Are you there?"}), "asked once more");
    answer(&mut peer, "Here I am.").await;
    let rest = complete(&mut fixture.events).await;
    assert_eq!(troubles(&rest), []);
    let is_gone = |event: &Event| matches!(event, Event::TroubleGone(TroubleKind::NoAnswer(_)));
    assert!(rest.iter().any(is_gone), "{rest:?}");
    events.extend(rest);
    assert_eq!(texts(&events, Speaker::You), ["Are you there?"]);
    assert_eq!(texts(&events, Speaker::Gemini), ["Here I am."]);
}

#[tokio::test]
async fn who_has_an_answer_asks_nothing_again() {
    let (mut fixture, mut peer, _callers) = listening_and_more().await;
    fixture.type_in("Hello.").await;
    peer.find_kind("realtimeInput").await;
    answer(&mut peer, "Good day.").await;
    complete(&mut fixture.events).await;
    fixture.send(Command::AskAgain).await;
    assert!(fixture.passed_over(&mut peer, "Fine.").await.is_empty(), "the connection stays");
}

#[tokio::test]
async fn one_answer_to_everything_offers_a_fresh_session() {
    let (mut fixture, mut peer, mut callers) = listening_and_more().await;
    peer.send(handle()).await;
    let mut events = Vec::new();
    for question in ["What is two and two?", "And three and three?", "Can you count?"] {
        fixture.type_in(question).await;
        peer.find_kind("realtimeInput").await;
        answer(&mut peer, "I'm sorry, I can't help with that.").await;
        events.extend(complete(&mut fixture.events).await);
    }
    let kinds: Vec<TroubleKind> = troubles(&events).iter().map(|trouble| trouble.kind).collect();
    assert_eq!(kinds, [TroubleKind::OffTrack(OffTrack::SameAnswer)]);

    fixture.send(Command::StartFresh).await;
    let (_, mut peer) = tokio::join!(peer.closed(), callers.accept());
    assert_eq!(peer.set_up().await["sessionResumption"], json!({}), "without the handle");
    let told = peer.expect("clientContent").await;
    assert_eq!(told["turns"].as_array().map(Vec::len), Some(6), "it knows the transcript: {told}");
    let events =
        fixture.events.up_to("listening", |event| matches!(event, Event::Phase(Phase::Listening))).await;
    let changes = |event: &&Event| matches!(event, Event::TurnStarted(_) | Event::TurnReset { .. });
    assert_eq!(events.iter().filter(changes).count(), 0, "the rows stay: {events:?}");
    let kinds: Vec<TroubleKind> = troubles(&events).iter().map(|trouble| trouble.kind).collect();
    assert_eq!(kinds, [TroubleKind::StartedFresh]);
}
