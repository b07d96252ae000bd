//! Tool calls: answered, failed, cancelled, and aborted by the end.

use std::sync::Mutex;

use conversation::{CallDecision, Command, Event, Phase, ToolCall, ToolRule, ToolState};
use serde_json::{Value, json};
use testkit::Peer;
use tokio::sync::oneshot;
use tools::{CallContext, CallFuture, Consent, Declaration, Registry, Terms, Tool, ToolError};

use crate::fixture::{EventStream, Fixture, listening_with, within};

/// The behaviour of a test tool.
enum Does {
    Echo,
    Fail,
    /// Never ends; signals when it began and when it was dropped.
    Hang(Mutex<Option<(oneshot::Sender<()>, oneshot::Sender<()>)>>),
}

struct Fake(&'static str, Does);

impl Tool for Fake {
    fn declaration(&self) -> Declaration {
        let parameters = json!({"type": "object", "properties": {"word": {"type": "string"}}});
        Declaration { name: self.0.into(), description: "For a test.".into(), parameters }
    }

    fn terms(&self) -> Terms {
        let consent = if self.0 == "asks" { Consent::Ask } else { Consent::NotNeeded };
        Terms { consent, ..Terms::default() }
    }

    fn call(&self, args: Value, _: CallContext) -> CallFuture<'_> {
        Box::pin(async move {
            match &self.1 {
                Does::Echo => Ok(json!({"again": args["word"]})),
                Does::Fail => Err(ToolError::BadArgument { reason: "no such word".into() }),
                Does::Hang(ends) => {
                    let ends = ends.lock().unwrap().take();
                    let (begun, _alive) = ends.expect("called once");
                    let _ = begun.send(());
                    std::future::pending().await
                }
            }
        })
    }
}

/// When a hanging tool begins, and when it is dropped.
struct Hanging {
    begun: oneshot::Receiver<()>,
    dropped: oneshot::Receiver<()>,
}

/// A conversation with the tools `echo`, `fail` and `hang`.
async fn with_tools() -> (Fixture, Peer, Hanging) {
    let (begins, begun) = oneshot::channel();
    let (alive, dropped) = oneshot::channel();
    let hang = Does::Hang(Mutex::new(Some((begins, alive))));
    let registry = Registry::new(vec![
        Box::new(Fake("echo", Does::Echo)),
        Box::new(Fake("fail", Does::Fail)),
        Box::new(Fake("hang", hang)),
        Box::new(Fake("asks", Does::Echo)),
    ]);
    let (fixture, peer) = listening_with(registry).await;
    (fixture, peer, Hanging { begun, dropped })
}

fn call(id: &str, name: &str) -> Value {
    json!({"toolCall": {"functionCalls": [{"id": id, "name": name, "args": {"word": "sun"}}]}})
}

async fn row(events: &mut EventStream) -> ToolCall {
    events
        .find("a row", |event| match event {
            Event::Tool(row) => Some(row.clone()),
            _ => None,
        })
        .await
}

/// Returns the only response in the next `toolResponse`.
async fn answer(peer: &mut Peer) -> Value {
    let response = peer.find_kind("toolResponse").await;
    let answers = response["functionResponses"].as_array().unwrap();
    assert_eq!(answers.len(), 1, "{response}");
    answers[0].clone()
}

#[tokio::test]
async fn a_call_is_run_and_answered() {
    let (mut fixture, mut peer, _) = with_tools().await;
    peer.send(call("7", "echo")).await;
    let running = row(&mut fixture.events).await;
    assert_eq!((running.id.as_str(), running.name.as_str()), ("7", "echo"));
    assert_eq!((running.state, running.args.as_str()), (ToolState::Running, r#"{"word":"sun"}"#));
    assert_eq!((running.elapsed_ms, running.result), (None, None));
    let answer = answer(&mut peer).await;
    assert_eq!((&answer["id"], &answer["name"]), (&json!("7"), &json!("echo")));
    assert_eq!(answer["response"], json!({"output": {"again": "sun"}}));
    let done = row(&mut fixture.events).await;
    assert_eq!((done.id.as_str(), done.state), ("7", ToolState::Done));
    assert!(done.elapsed_ms.is_some());
    assert!(done.result.unwrap().contains("sun"));
    fixture.events.phase(Phase::Listening).await;
}

#[tokio::test]
async fn a_failed_call_is_answered_with_its_error() {
    let (mut fixture, mut peer, _) = with_tools().await;
    for name in ["fail", "unheard_of"] {
        peer.send(call(name, name)).await;
        if name == "fail" {
            assert_eq!(row(&mut fixture.events).await.state, ToolState::Running);
        }
        let answer = answer(&mut peer).await;
        assert_eq!((&answer["id"], &answer["name"]), (&json!(name), &json!(name)));
        let error = answer["response"]["error"].as_str().unwrap();
        assert!(answer["response"]["code"].is_string(), "{answer}");
        assert!(error.contains("no such word") || error.contains("unheard_of"), "{error}");
        let failed = row(&mut fixture.events).await;
        assert_eq!((failed.state, failed.result.as_deref()), (ToolState::Failed, Some(error)));
    }
}

#[tokio::test]
async fn calls_of_one_message_run_side_by_side() {
    let (_stage, mut peer, hanging) = with_tools().await;
    let calls = json!([{"id": "1", "name": "hang"}, {"id": "2", "name": "echo", "args": {"word": "rain"}}]);
    peer.send(json!({"toolCall": {"functionCalls": calls}})).await;
    within("the first call", hanging.begun).await.unwrap();
    let answer = answer(&mut peer).await;
    assert_eq!(answer["id"], "2", "the first one hangs");
    assert_eq!(answer["response"], json!({"output": {"again": "rain"}}));
}

#[tokio::test]
async fn a_withdrawn_call_is_stopped_and_never_answered() {
    let (mut fixture, mut peer, hanging) = with_tools().await;
    peer.send(call("1", "hang")).await;
    assert_eq!(row(&mut fixture.events).await.state, ToolState::Running);
    within("the call", hanging.begun).await.unwrap();
    fixture.events.phase(Phase::Thinking).await;
    peer.send(json!({"toolCallCancellation": {"ids": ["1", "of nobody"]}})).await;
    let cancelled = row(&mut fixture.events).await;
    assert_eq!((cancelled.id.as_str(), cancelled.state), ("1", ToolState::Cancelled));
    fixture.events.phase(Phase::Listening).await;
    within("the call to be dropped", hanging.dropped).await.unwrap_err();

    peer.send(call("2", "echo")).await;
    assert_eq!(answer(&mut peer).await["id"], "2");
    assert!(fixture.passed_over(&mut peer, "And now?").await.is_empty(), "the first is never answered");
}

#[tokio::test]
async fn a_call_asks_first_and_runs_when_the_person_allows_it() {
    let (mut fixture, mut peer, _) = with_tools().await;
    peer.send(call("7", "asks")).await;
    let asking = row(&mut fixture.events).await;
    assert_eq!((asking.state, asking.running_since), (ToolState::Asking, None));
    fixture.events.phase(Phase::Thinking).await;
    assert!(fixture.passed_over(&mut peer, "Go on").await.is_empty(), "not before it is allowed");
    fixture.send(Command::Decide(asking.number, CallDecision::Always)).await;
    assert_eq!(row(&mut fixture.events).await.state, ToolState::Running);
    let kept = |event: &Event| match event {
        Event::Permission { name, rule } => Some((name.clone(), *rule)),
        _ => None,
    };
    let kept = fixture.events.find("what is kept", kept).await;
    assert_eq!(kept, ("asks".to_owned(), ToolRule::Always));
    assert_eq!(answer(&mut peer).await["response"], json!({"output": {"again": "sun"}}));
    peer.send(call("8", "asks")).await;
    assert_eq!(answer(&mut peer).await["id"], "8", "it asks no more");
}

#[tokio::test]
async fn a_call_that_the_person_refuses_or_stops_is_answered_with_that() {
    let (mut fixture, mut peer, hanging) = with_tools().await;
    peer.send(call("7", "asks")).await;
    let asking = row(&mut fixture.events).await;
    fixture.send(Command::Decide(asking.number, CallDecision::Refuse)).await;
    assert_eq!(row(&mut fixture.events).await.state, ToolState::Refused);
    assert_eq!(answer(&mut peer).await["response"]["code"], "refused");
    peer.send(call("8", "hang")).await;
    let running = row(&mut fixture.events).await;
    within("the call", hanging.begun).await.unwrap();
    fixture.send(Command::StopCall(running.number)).await;
    assert_eq!(row(&mut fixture.events).await.state, ToolState::Cancelled);
    assert_eq!(answer(&mut peer).await["response"]["code"], "stopped");
    within("the call to be dropped", hanging.dropped).await.unwrap_err();
}

#[tokio::test]
async fn the_end_withdraws_what_is_at_work() {
    let (mut fixture, mut peer, hanging) = with_tools().await;
    peer.send(call("1", "hang")).await;
    assert_eq!(row(&mut fixture.events).await.state, ToolState::Running);
    within("the call", hanging.begun).await.unwrap();
    fixture.send(Command::End).await;
    assert_eq!(row(&mut fixture.events).await.state, ToolState::Cancelled);
    assert_eq!(peer.closed().await.0, 1000);
    assert!(matches!(fixture.events.rest().await.last(), Some(Event::Ended { .. })));
}

#[tokio::test]
async fn no_call_is_begun_after_the_end() {
    let (mut fixture, mut peer, _) = with_tools().await;
    // After a question the end waits for a moment, since an answer may arrive.
    fixture.type_in("What is the word?").await;
    peer.expect("realtimeInput").await;
    fixture.send(Command::End).await;
    peer.send(call("1", "hang")).await;
    assert_eq!(peer.closed().await.0, 1000);
    let mut open = 0_i32;
    while let Some(event) = fixture.events.next().await {
        if let Event::Tool(row) = event {
            open += if row.state == ToolState::Running { 1 } else { -1 };
        }
    }
    assert_eq!(open, 0, "no row says for ever that it is at work");
}
