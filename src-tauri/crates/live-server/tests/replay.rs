//! A recording played to a client, and recorded again: the same.

// A test says by a panic what it saw; in helper functions clippy does not know that they are tests.
#![allow(clippy::panic)]

use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use live_server::{
    Agent, AgentState, Direction, Event, LiveServer, Opening, Prompt, Replay, Seen, ServerConfig, Step, tap,
};
use serde_json::{Value, json};
use tokio::io::DuplexStream;
use tokio::time::{Duration, Instant, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

const URL: &str = "ws://localhost/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent?key=sesame-1";

/// A recording has no agent.
struct Nobody;

impl Agent for Nobody {
    fn on_event(&mut self, _: Event<'_>, _: Instant) {}
    fn answer(&mut self, _: Prompt, _: Instant) {}

    fn next_step(&mut self, _: Instant) -> Step {
        Step::Done
    }

    fn save(&self) -> AgentState {
        AgentState::new(())
    }
}

fn server(config: ServerConfig) -> LiveServer {
    LiveServer::new(config, |_: Opening| -> Box<dyn Agent> { Box::new(Nobody) })
}

async fn client(server: &LiveServer) -> WebSocketStream<DuplexStream> {
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    let server = server.clone();
    tokio::spawn(async move { server.serve_stream(theirs).await });
    client_async(URL, ours).await.expect("a connection").0
}

/// A question, a call with its result, and an end, as the service might have it.
fn recorded() -> Vec<Value> {
    let call = json!({"toolCall": {"functionCalls": [{"id": "c1", "name": "get_weather", "args": {}}]}});
    let result = json!({"toolResponse": {"functionResponses": [{"id": "c1", "response": {}}]}});
    let question = json!({"clientContent": {"turns": [{"role": "user", "parts": [{"text": "Hi"}]}], "turnComplete": true}});
    vec![
        json!({"source": "a test"}),
        json!({"ms": 0, "dir": "sent", "frame": {"setup": {"model": "models/nobody-has-this"}}}),
        json!({"ms": 20, "dir": "received", "frame": {"setupComplete": {}}}),
        json!({"ms": 1_000, "dir": "sent", "frame": question}),
        json!({"ms": 1_500, "dir": "received", "frame": call}),
        json!({"ms": 2_000, "dir": "sent", "frame": result}),
        json!({"ms": 2_100, "dir": "received", "frame": {"serverContent": {"turnComplete": true}}}),
        json!({"ms": 9_000, "dir": "received", "close": {"code": 1011, "reason": "over"}}),
    ]
}

fn replay() -> Arc<Replay> {
    let lines: Vec<_> = recorded().iter().map(Value::to_string).collect();
    Arc::new(Replay::read(&lines.join("\n")).unwrap_or_else(|error| panic!("{error:?}")))
}

#[tokio::test(start_paused = true)]
async fn a_recording_is_played_to_what_a_client_sends() {
    let (tap, mut tapped) = tap();
    let server = server(ServerConfig { replay: Some(replay()), tap: Some(tap), ..ServerConfig::default() });
    let mut client = client(&server).await;
    let begun = Instant::now();
    let mut received = Vec::new();
    for line in &recorded()[1..] {
        if line["dir"] == "sent" {
            client.send(Message::text(line["frame"].to_string())).await.expect("sent");
            continue;
        }
        let message = timeout(Duration::from_mins(1), client.next())
            .await
            .expect("in time")
            .expect("more")
            .expect("whole");
        match message {
            Message::Binary(frame) => {
                let frame: Value = serde_json::from_slice(&frame).expect("JSON");
                received.push(json!({"dir": "received", "frame": frame}));
            }
            Message::Close(Some(close)) => {
                let close = json!({"code": u16::from(close.code), "reason": close.reason.as_str()});
                received.push(json!({"dir": "received", "close": close}));
            }
            other => panic!("{other:?}"),
        }
    }
    // 20 ms, 500 ms after the question, 100 ms after the result, and the end 7 s after that.
    assert_eq!(begun.elapsed().as_millis(), 20 + 500 + 7_000);
    let expected: Vec<Value> = recorded()
        .into_iter()
        .filter(|line| line["dir"] == "received")
        .map(|mut line| {
            line.as_object_mut().expect("an object").remove("ms");
            line
        })
        .collect();
    assert_eq!(received, expected);
    while let Some(Ok(_)) = client.next().await {}
    drop((client, server));
    let mut seen = Vec::new();
    while let Some(next) = tapped.recv().await {
        assert_eq!((next.connection, next.left_out), (1, 0));
        seen.push(next.what);
    }
    let Some(Seen::Opened { path, secrets }) = seen.first() else { panic!("{seen:?}") };
    assert!(path.starts_with("/ws/") && !path.contains("sesame"), "{path}");
    assert_eq!(secrets.0, ["sesame-1"]);
    let kinds: Vec<&str> = seen[1..]
        .iter()
        .map(|what| match what {
            Seen::Opened { .. } => "opened",
            Seen::Frame { direction: Direction::Sent, .. } => "sent",
            Seen::Frame { .. } => "received",
            Seen::Close { direction: Direction::Sent, .. } => "closed by the client",
            Seen::Close { code, .. } if *code == 1011 => "closed",
            Seen::Close { .. } => "closed otherwise",
            Seen::Ended => "ended",
        })
        .collect();
    assert_eq!(kinds, ["sent", "received", "sent", "received", "sent", "received", "closed", "ended"]);
}
