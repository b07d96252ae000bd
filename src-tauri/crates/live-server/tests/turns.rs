//! What an agent is told of turns: instructions of the role `system` on Vertex AI, and sound on the models that hear it.

use std::sync::{Arc, Mutex};

use futures_util::{SinkExt, StreamExt};
use live_server::{Agent, AgentState, Event, LiveServer, Opening, Prompt, ServerConfig, Step};
use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;

/// Takes note of what it is told.
struct Listener(Arc<Mutex<Vec<String>>>);

impl Agent for Listener {
    fn on_event(&mut self, event: Event<'_>, _: Instant) {
        let told = match event {
            Event::Instructions(words) => format!("instructions: {words}"),
            Event::Text(_, words) | Event::Wrote(words) => format!("said: {words}"),
            Event::SpeechEnded(samples) => format!("heard: {} samples", samples.len()),
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

/// What the agent is told when these turns are completed.
async fn told_of(path: &str, model: &str, turns: Value) -> Vec<String> {
    let told = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&told);
    let agents = move |_: Opening| -> Box<dyn Agent> { Box::new(Listener(Arc::clone(&log))) };
    let server = LiveServer::new(ServerConfig::default(), agents);
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    tokio::spawn(async move { server.serve_stream(theirs).await });
    let (mut client, _) = client_async(format!("ws://localhost{path}"), ours).await.expect("an upgrade");
    for message in [
        json!({ "setup": { "model": model } }),
        json!({"clientContent": {"turns": turns, "turnComplete": true}}),
        // Answered when everything before it was taken.
        json!({"realtimeInput": {"text": "end"}}),
    ] {
        client.send(Message::text(message.to_string())).await.expect("sent");
    }
    while !told.lock().expect("unharmed").iter().any(|told| told == "said: end") {
        client.next().await.expect("a message").expect("a message");
    }
    let mut told = std::mem::take(&mut *told.lock().expect("unharmed"));
    told.pop();
    told
}

const DEVELOPER: &str = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent";
const VERTEX: &str = "/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent";

#[tokio::test(start_paused = true)]
async fn a_system_turn_replaces_the_instructions_on_vertex() {
    let turns = json!([
        {"role": "system", "parts": [{"text": "Speak like a sailor."}]},
        {"role": "user", "parts": [{"text": "Hello"}]}
    ]);
    let told = told_of(VERTEX, "publishers/google/models/gemini-live-2.5-flash", turns).await;
    assert_eq!(told, ["instructions: Speak like a sailor.", "said: Hello"]);
}

#[tokio::test(start_paused = true)]
async fn sound_in_the_last_turn_is_heard() {
    let sound = |rate: u32| {
        let mime_type = format!("audio/pcm;rate={rate}");
        json!({"role": "user", "parts": [{"inlineData": {"mimeType": mime_type, "data": "AAAA".repeat(400)}}]})
    };
    for model in ["models/gemini-3.8-live", "models/gemini-3.1-flash-live-preview"] {
        let told = told_of(DEVELOPER, model, json!([sound(16_000)])).await;
        assert_eq!(told, ["heard: 600 samples"], "{model}");
    }
    let answered = json!([sound(16_000), {"role": "model", "parts": [{"text": "Yes."}]}]);
    assert_eq!(told_of(DEVELOPER, "models/gemini-3.8-live", answered).await, ["said: Yes."]);
    let told = told_of(DEVELOPER, "models/gemini-3.8-live", json!([sound(48_000)])).await;
    assert!(told.last().is_some_and(|told| told.starts_with("heard: ")), "{told:?}");
}
