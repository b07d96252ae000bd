//! What replaces the instructions of a session: a turn of the role `system` on Vertex AI, and nothing like it elsewhere.

use std::sync::{Arc, Mutex};

use futures_util::{SinkExt, StreamExt};
use live_server::{Agent, AgentState, Event, LiveServer, Opening, Prompt, ServerConfig, Step};
use serde_json::json;
use tokio::time::Instant;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;

/// Takes note of what it is told.
struct Listener(Arc<Mutex<Vec<String>>>);

impl Agent for Listener {
    fn on_event(&mut self, event: Event<'_>, _: Instant) {
        let told = match event {
            Event::Instructions(words) => format!("instructions: {words}"),
            Event::Said(_, words) => format!("said: {words}"),
            _ => return,
        };
        self.0.lock().expect("unharmed").push(told);
    }

    fn answer(&mut self, _: Prompt, _: Instant) {}

    fn next_step(&mut self, _: Instant) -> Step {
        Step::Done
    }

    fn save(&self) -> AgentState {
        AgentState::new(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_system_turn_replaces_the_instructions_on_vertex() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&told);
    let agents = move |_: Opening| -> Box<dyn Agent> { Box::new(Listener(Arc::clone(&log))) };
    let server = LiveServer::new(ServerConfig::default(), agents);
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    tokio::spawn(async move { server.serve_stream(theirs).await });
    let url = "ws://localhost/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent";
    let (mut client, _) = client_async(url, ours).await.expect("an upgrade");
    let turns = json!([
        {"role": "system", "parts": [{"text": "Speak like a sailor."}]},
        {"role": "user", "parts": [{"text": "Hello"}]}
    ]);
    for message in [
        json!({"setup": {"model": "publishers/google/models/gemini-live-2.5-flash"}}),
        json!({"clientContent": {"turns": turns, "turnComplete": true}}),
    ] {
        client.send(Message::text(message.to_string())).await.expect("sent");
    }
    while let Some(Ok(message)) = client.next().await {
        if message.to_string().contains("turnComplete") {
            break;
        }
    }
    assert_eq!(*told.lock().expect("unharmed"), ["instructions: Speak like a sailor.", "said: Hello"]);
}
