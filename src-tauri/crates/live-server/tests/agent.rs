//! What the server promises an agent, by an agent that does what it is written to do.

// A test says by a panic what it saw; in helper functions clippy does not know that they are tests.
#![allow(clippy::panic)]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::{SinkExt, StreamExt};
use live_server::{
    Agent, AgentState, Call, Event, Heard, LiveServer, Opening, Prompt, ServerConfig, Speech, Step,
};
use serde_json::{Map, Value, json};
use tokio::io::DuplexStream;
use tokio::time::{Duration, Instant, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

const METHOD: &str = "google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent";
/// Virtual time, so it costs nothing.
const PATIENCE: Duration = Duration::from_mins(2);

/// What happened to all agents of a server, in order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn add(&self, what: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(what);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Obeys the words that it is asked: `say`, `think`, `call`, `nothing`.
struct Obedient {
    log: Log,
    steps: VecDeque<Step>,
    heard: VecDeque<Heard>,
    /// How many turns it had, over all connections.
    turns: usize,
}

impl Agent for Obedient {
    fn on_event(&mut self, event: Event<'_>, _: Instant) {
        match event {
            Event::SpeechEnded(_) => {
                self.heard.push_back(Heard::Words("say".to_owned()));
                self.heard.push_back(Heard::Turn(Prompt::Text("say".to_owned())));
            }
            Event::Called { calls, waits, said } => {
                self.log.add(format!("called {} {waits} after {said:?}", calls[0].name));
                if !waits {
                    self.steps.push_back(say("Meanwhile."));
                }
            }
            Event::ToolResults(results) => {
                self.log.add(format!("results {} {}", results[0].value, results[0].note));
                self.steps.push_back(say("Thanks."));
            }
            Event::ToolResultNoted(result) => self.log.add(format!("noted {} {}", result.value, result.note)),
            Event::TurnEnded { said, .. } => {
                self.log.add(format!("said {said:?}"));
                self.steps.clear();
                self.turns += 1;
            }
            _ => {}
        }
    }

    fn heard(&mut self, _: Instant) -> Option<Heard> {
        self.heard.pop_front()
    }

    fn answer(&mut self, prompt: Prompt, _: Instant) {
        let Prompt::Text(text) = prompt else { return self.log.add(format!("asked {prompt:?}")) };
        self.steps.extend(text.split(' ').map(|word| match word {
            "think" => Step::Think("Hm.".to_owned()),
            "call" => Step::Call(vec![Call { name: "count".into(), args: Map::new(), note: json!("mine") }]),
            "nothing" => Step::Nothing,
            "turns" => say(&format!("{} turns", self.turns)),
            word => say(word),
        }));
    }

    fn next_step(&mut self, _: Instant) -> Step {
        self.steps.pop_front().unwrap_or(Step::Done)
    }

    fn save(&self) -> AgentState {
        AgentState::new(self.turns)
    }
}

/// Four seconds of speech.
fn say(text: &str) -> Step {
    Step::Say(Speech { pcm: vec![1; 96_000], text: Some(text.to_owned()) })
}

fn server() -> (LiveServer, Log) {
    let log = Log::default();
    let shared = log.clone();
    let agents = move |opening: Opening| -> Box<dyn Agent> {
        let turns = opening.saved.as_ref().and_then(AgentState::get).copied().unwrap_or_default();
        shared.add(format!("opened {} {}", opening.voice, opening.instructions));
        Box::new(Obedient { log: shared.clone(), steps: VecDeque::new(), heard: VecDeque::new(), turns })
    };
    (LiveServer::new(ServerConfig::default(), agents), log)
}

struct Client(WebSocketStream<DuplexStream>);

impl Client {
    async fn ready(server: &LiveServer, more: Value) -> Self {
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        let server = server.clone();
        tokio::spawn(async move { server.serve_stream(theirs).await });
        let (socket, _) =
            client_async(format!("ws://localhost/ws/{METHOD}"), ours).await.expect("a connection");
        let mut client = Self(socket);
        let mut setup = json!({"model": "models/gemini-3.8-live"});
        if let (Some(setup), Value::Object(more)) = (setup.as_object_mut(), more) {
            setup.extend(more);
        }
        client.send(json!({ "setup": setup })).await;
        client.until("/setupComplete").await;
        client
    }

    /// Ends the connection; its session is over when the server acknowledges that.
    async fn close(mut self) {
        self.0.close(None).await.expect("closed");
        while let Some(Ok(_)) = self.0.next().await {}
    }

    async fn send(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.expect("sent");
    }

    async fn write(&mut self, text: &str) {
        self.send(json!({"realtimeInput": {"text": text}})).await;
    }

    /// Everything up to and with the first message that has this.
    async fn until(&mut self, pointer: &str) -> Vec<Value> {
        let mut all = Vec::new();
        loop {
            let message =
                timeout(PATIENCE, self.0.next()).await.expect("in time").expect("more").expect("whole");
            let Message::Binary(frame) = message else { panic!("{message:?}") };
            let message: Value = serde_json::from_slice(&frame).expect("JSON");
            let found = message.pointer(pointer).is_some();
            all.push(message);
            if found {
                return all;
            }
        }
    }

    async fn turn(&mut self) -> Vec<Value> {
        self.until("/serverContent/turnComplete").await
    }
}

fn has(messages: &[Value], pointer: &str) -> bool {
    messages.iter().any(|message| message.pointer(pointer).is_some())
}

#[tokio::test(start_paused = true)]
async fn agent_knows_voice_and_instructions_from_the_start() {
    let (server, log) = server();
    let more = json!({
        "generationConfig": {"speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}}}},
        "systemInstruction": {"parts": [{"text": "Be kind."}]}
    });
    Client::ready(&server, more).await;
    assert_eq!(log.take(), ["opened Kore Be kind."]);
}

#[tokio::test(start_paused = true)]
async fn interrupted_agent_is_told_what_was_sent_of_its_turn() {
    let (server, log) = server();
    let mut client = Client::ready(&server, json!({})).await;
    client.write("one two three").await;
    client.until("/serverContent/outputTranscription").await;
    client.write("four").await;
    client.until("/serverContent/interrupted").await;
    client.turn().await;
    client.turn().await;
    assert_eq!(log.take()[1..], [r#"said "one""#, r#"said "four""#]);
}

#[tokio::test(start_paused = true)]
async fn turn_that_is_nothing_generates_nothing() {
    let (server, log) = server();
    let mut client = Client::ready(&server, json!({})).await;
    client.write("nothing").await;
    let turn = client.turn().await;
    assert!(!has(&turn, "/serverContent/generationComplete"), "{turn:?}");
    client.write("said").await;
    assert!(has(&client.turn().await, "/serverContent/generationComplete"));
    assert_eq!(log.take()[1..], [r#"said """#, r#"said "said""#]);
}

#[tokio::test(start_paused = true)]
async fn notes_of_calls_come_back_with_their_results() {
    let (server, log) = server();
    for (behavior, expected) in [
        ("BLOCKING", vec![r#"called count true after "before""#, r#"results {"output":3} "mine""#]),
        ("NON_BLOCKING", vec![r#"called count false after "before""#, r#"noted {"output":3} "mine""#]),
    ] {
        let tools = json!({"tools": [{"functionDeclarations": [{"name": "count", "behavior": behavior}]}]});
        let mut client = Client::ready(&server, tools).await;
        log.take();
        client.write("before call").await;
        let call = client.until("/toolCall").await.pop().expect("a call");
        let id = call.pointer("/toolCall/functionCalls/0/id");
        let silent = if behavior == "BLOCKING" { Value::Null } else { "SILENT".into() };
        let result = json!({"id": id, "name": "count", "response": {"output": 3}, "scheduling": silent});
        client.send(json!({"toolResponse": {"functionResponses": [result]}})).await;
        client.turn().await;
        assert_eq!(log.take()[..2], expected, "{behavior}");
    }
}

#[tokio::test(start_paused = true)]
async fn thoughts_are_sent_only_to_who_asked_for_them() {
    let (server, _log) = server();
    for shows in [false, true] {
        let config = json!({"thinkingLevel": "LOW", "includeThoughts": shows});
        let more = json!({
            "model": "models/gemini-3.8-live-extended-thinking",
            "generationConfig": {"thinkingConfig": config}
        });
        let mut client = Client::ready(&server, more).await;
        client.write("think say").await;
        let turn = client.turn().await;
        assert_eq!(has(&turn, "/serverContent/modelTurn/parts/0/thought"), shows);
    }
}

#[tokio::test(start_paused = true)]
async fn words_that_are_heard_are_transcribed_and_answered() {
    let (server, _log) = server();
    let more = json!({
        "inputAudioTranscription": {},
        "realtimeInputConfig": {"automaticActivityDetection": {"disabled": true}}
    });
    let mut client = Client::ready(&server, more).await;
    client.send(json!({"realtimeInput": {"activityStart": {}}})).await;
    client.send(json!({"realtimeInput": {"activityEnd": {}}})).await;
    let turn = client.turn().await;
    assert_eq!(turn[0].pointer("/serverContent/inputTranscription/text"), Some(&json!("say")));
    assert!(has(&turn, "/serverContent/outputTranscription"));
}

#[tokio::test(start_paused = true)]
async fn resumed_agent_has_the_state_that_it_saved() {
    let (server, _log) = server();
    let mut client = Client::ready(&server, json!({"sessionResumption": {}})).await;
    client.write("one").await;
    let update = client.until("/sessionResumptionUpdate").await.pop().expect("an update");
    let handle = update.pointer("/sessionResumptionUpdate/newHandle").cloned();
    client.close().await;
    let mut client = Client::ready(&server, json!({"sessionResumption": {"handle": handle}})).await;
    client.write("turns").await;
    let turn = client.turn().await;
    let said = turn.iter().find_map(|message| message.pointer("/serverContent/outputTranscription/text"));
    assert_eq!(said, Some(&json!("1 turns")));
}
