//! What goes wrong with the service, as the scripts of `vivavoce serve --script` play it (docs/SDK.md), and what the app
//! makes of it.
//!
//! The clock is tokio's, paused, so the waits of a script pass at once and independently of the machine.

use std::sync::Arc;
use std::time::Duration;

use conversation::{Command, Config, Event, NoAnswer, OffTrack, Phase, Speaker, ToolState, TroubleKind};
use live_client::{BoxFuture, ConnectError, Dialer, Request, Stream};
use live_proto::{CloseKind, SetupOptions};
use live_server::{Direction, LiveServer, Seen, ServerConfig, TapReceiver, tap};
use practice::{PracticeAgent, PracticeConfig, Script};
use serde_json::{Value, json};
use tokio::time::Instant;
use tools::Registry;

use crate::fixture::{Fixture, config, over, troubles, within};
use crate::turns::texts;

const SILENT: &str = include_str!("../../../../../tests/fixtures/scripts/silent.toml");
const DEAF: &str = include_str!("../../../../../tests/fixtures/scripts/deaf.toml");
const REFUSALS: &str = include_str!("../../../../../tests/fixtures/scripts/refusals.toml");
const FLIPPED: &str = include_str!("../../../../../tests/fixtures/scripts/flipped.toml");
const MID_TURN: &str = include_str!("../../../../../tests/fixtures/scripts/mid_turn.toml");
const BREAKS: &str = include_str!("../../../../../tests/fixtures/scripts/breaks.toml");
const MALFORMED: &str = include_str!("../../../../../tests/fixtures/scripts/malformed.toml");

/// By when the person is told, and by when it is asked again.
const TELL: Duration = Duration::from_secs(8);
const ASK: Duration = Duration::from_secs(15);
/// How much later than its time something may come on the paused clock: the time of the answer before it.
const LATE: Duration = Duration::from_secs(1);

/// Connects to a server in memory.
struct InMemory(LiveServer, Request);

impl Dialer for InMemory {
    fn request(&self) -> Request {
        self.1.clone()
    }

    fn dial(&self) -> BoxFuture<'_, Result<Box<dyn Stream>, ConnectError>> {
        let server = self.0.clone();
        Box::pin(async move {
            let (ours, theirs) = tokio::io::duplex(64 * 1024);
            tokio::spawn(async move { server.serve_stream(theirs).await });
            Ok(Box::new(ours) as Box<dyn Stream>)
        })
    }
}

/// A conversation over a server that plays a script, and the frames between them.
struct Scripted {
    fixture: Fixture,
    wire: TapReceiver,
    /// All events so far.
    events: Vec<Event>,
}

/// A message on the wire.
struct Message {
    connection: u64,
    is_ours: bool,
    content: Value,
}

impl Scripted {
    /// Begins a conversation over a server that plays this script.
    async fn begin(script: &str) -> Self {
        Self::begin_with(script, config(), Request::in_memory()).await
    }

    async fn begin_with(script: &str, config: Config, request: Request) -> Self {
        let script = Script::read(script).unwrap();
        let (tap, wire) = tap();
        let faults = script.connection_faults().to_vec();
        let server = ServerConfig { faults, tap: Some(tap), ..ServerConfig::default() };
        let practice = PracticeConfig { script: Some(Arc::new(script)), ..PracticeConfig::default() };
        let server = LiveServer::new(server, PracticeAgent::factory(practice));
        let fixture = over(Arc::new(InMemory(server, request)), config, Registry::builtin());
        let mut scripted = Self { fixture, wire, events: Vec::new() };
        scripted.until("listening", |event| matches!(event, Event::Phase(Phase::Listening))).await;
        scripted
    }

    /// Collects events up to the first for which `wanted` is true, and returns those.
    async fn until(&mut self, what: &str, wanted: impl Fn(&Event) -> bool) -> Vec<Event> {
        let events = self.fixture.events.up_to(what, wanted).await;
        self.events.extend(events.iter().cloned());
        events
    }

    /// Types a question.
    async fn ask(&mut self, text: &str) {
        self.fixture.type_in(text).await;
    }

    /// Types a question and collects everything up to the end of its exchange.
    async fn answer_to(&mut self, text: &str) -> Vec<Event> {
        self.ask(text).await;
        self.answered().await
    }

    async fn answered(&mut self) -> Vec<Event> {
        self.until("the end of the exchange", |event| matches!(event, Event::ExchangeComplete { .. })).await
    }

    async fn told(&mut self, kind: TroubleKind) -> Vec<Event> {
        let is_it = |event: &Event| matches!(event, Event::Trouble(trouble) if trouble.kind == kind);
        self.until("the trouble", is_it).await
    }

    /// Lets time pass, and collects what happens.
    async fn pass(&mut self, time: Duration) {
        let events = self.fixture.events.during(time).await;
        self.events.extend(events);
    }

    /// The texts of the transcript, as the window has them after all events so far.
    fn transcript(&self, speaker: Speaker) -> Vec<String> {
        texts(&self.events, speaker)
    }

    fn kinds(&self) -> Vec<TroubleKind> {
        troubles(&self.events).iter().map(|trouble| trouble.kind).collect()
    }

    /// Ends the conversation and returns what went over the wire.
    async fn wire(mut self) -> Vec<Message> {
        self.fixture.send(Command::End).await;
        within("the end", async { while self.fixture.events.next().await.is_some() {} }).await;
        let mut messages = Vec::new();
        while let Some(seen) = self.wire.try_recv() {
            assert_eq!(seen.left_out, 0, "the test reads the wire too late");
            if let Seen::Frame { direction, bytes } = seen.what {
                let content = serde_json::from_slice(&bytes).unwrap_or_default();
                messages.push(Message {
                    connection: seen.connection,
                    is_ours: direction == Direction::Sent,
                    content,
                });
            }
        }
        messages
    }
}

/// Returns over which connections this was typed.
fn asked_over(wire: &[Message], text: &str) -> Vec<u64> {
    let is_it = |message: &&Message| message.is_ours && message.content["realtimeInput"]["text"] == text;
    wire.iter().filter(is_it).map(|message| message.connection).collect()
}

/// Returns the setup of a connection.
fn setup_of(wire: &[Message], connection: u64) -> &Value {
    let setup = |message: &&Message| message.connection == connection && message.content["setup"].is_object();
    &wire.iter().find(setup).unwrap().content["setup"]
}

fn is_gone(event: &Event) -> bool {
    matches!(event, Event::TroubleGone(TroubleKind::NoAnswer(_)))
}

const NOT_YET: TroubleKind = TroubleKind::NoAnswer(NoAnswer::NotYet);

#[tokio::test(start_paused = true)]
async fn a_silent_model_is_asked_again_after_fifteen_seconds_once() {
    let mut scripted = Scripted::begin(SILENT).await;
    let begun = Instant::now();
    scripted.ask("Are you there?").await;
    scripted.told(NOT_YET).await;
    assert!((TELL..TELL + LATE).contains(&begun.elapsed()), "{:?}", begun.elapsed());
    scripted.until("the next connection", |event| matches!(event, Event::Connection(Some(_)))).await;
    assert!((ASK..ASK + LATE).contains(&begun.elapsed()), "{:?}", begun.elapsed());
    let events = scripted.answered().await;
    assert!(events.iter().any(is_gone), "{events:?}");
    assert!(matches!(events.last(), Some(Event::ExchangeComplete { answered: true })));
    assert_eq!(scripted.kinds(), [NOT_YET]);
    assert_eq!(scripted.transcript(Speaker::You), ["Are you there?"]);
    assert_eq!(scripted.transcript(Speaker::Gemini), ["Here I am."]);
    let wire = scripted.wire().await;
    assert_eq!(asked_over(&wire, "Are you there?"), [1, 2]);
    assert!(setup_of(&wire, 2)["sessionResumption"]["handle"].is_string(), "resumed");
}

#[tokio::test(start_paused = true)]
async fn ask_again_resumes_at_once() {
    let mut scripted = Scripted::begin(SILENT).await;
    scripted.ask("Are you there?").await;
    scripted.told(NOT_YET).await;
    let told = Instant::now();
    scripted.fixture.send(Command::AskAgain).await;
    scripted.until("the notice's end", is_gone).await;
    scripted.answered().await;
    assert!(told.elapsed() + TELL < ASK, "{:?}", told.elapsed());
    assert_eq!(scripted.transcript(Speaker::You), ["Are you there?"]);
    assert_eq!(scripted.transcript(Speaker::Gemini), ["Here I am."]);
    assert_eq!(asked_over(&scripted.wire().await, "Are you there?"), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_model_that_stays_silent_is_asked_again_only_once() {
    let mut scripted = Scripted::begin(DEAF).await;
    scripted.answer_to("Good morning.").await;
    scripted.ask("Are you there?").await;
    scripted.pass(Duration::from_mins(5)).await;
    assert_eq!(scripted.kinds(), [NOT_YET], "told once");
    assert_eq!(asked_over(&scripted.wire().await, "Are you there?"), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn one_refusal_to_everything_leads_to_a_fresh_session_with_the_transcript() {
    let mut scripted = Scripted::begin(REFUSALS).await;
    for question in ["What is two and two?", "And three and three?", "Can you count?"] {
        scripted.answer_to(question).await;
    }
    assert_eq!(scripted.kinds(), [TroubleKind::OffTrack(OffTrack::SameAnswer)]);
    starts_fresh(scripted, "And four and four?", "Eight.").await;
}

#[tokio::test(start_paused = true)]
async fn another_language_leads_to_a_fresh_session_with_the_transcript() {
    let mut scripted = Scripted::begin(FLIPPED).await;
    for question in ["Good morning.", "How are you?", "Can you speak English?"] {
        scripted.answer_to(question).await;
    }
    assert_eq!(scripted.kinds(), [TroubleKind::OffTrack(OffTrack::OtherScript)]);
    starts_fresh(scripted, "And how are you now?", "I am fine, thank you.").await;
}

/// One command begins a fresh session, which knows the six turns so far; their rows stay. The next question is answered.
async fn starts_fresh(mut scripted: Scripted, question: &str, answer: &str) {
    let before = [Speaker::You, Speaker::Gemini].map(|speaker| scripted.transcript(speaker));
    scripted.fixture.send(Command::StartFresh).await;
    scripted.told(TroubleKind::StartedFresh).await;
    let events = scripted.answer_to(question).await;
    assert_eq!(texts(&events, Speaker::Gemini), [answer]);
    let resets = scripted.events.iter().filter(|event| matches!(event, Event::TurnReset { .. })).count();
    assert_eq!(resets, 0, "the rows stay");
    for (speaker, before) in [Speaker::You, Speaker::Gemini].into_iter().zip(before) {
        assert_eq!(scripted.transcript(speaker)[..3], before);
    }
    let wire = scripted.wire().await;
    assert_eq!(setup_of(&wire, 2)["sessionResumption"], json!({}), "without the handle");
    let told =
        wire.iter().find(|message| message.connection == 2 && message.content["clientContent"].is_object());
    let turns = told.unwrap().content["clientContent"]["turns"].as_array().map(Vec::len);
    assert_eq!(turns, Some(6), "it knows the transcript");
}

#[tokio::test(start_paused = true)]
async fn a_handle_in_mid_turn_loses_neither_the_question_nor_the_answer() {
    for (request, transparent) in [(Request::in_memory(), false), (vertex(), true)] {
        for (question, answer) in
            [("How is the weather?", "It rains in Oslo."), ("What time is it?", "It is noon.")]
        {
            let config = Config::without_devices(SetupOptions { transparent, ..SetupOptions::default() });
            let mut scripted = Scripted::begin_with(MID_TURN, config, request.clone()).await;
            let events = scripted.answer_to(question).await;
            assert!(matches!(events.last(), Some(Event::ExchangeComplete { answered: true })), "{events:?}");
            assert_eq!(scripted.transcript(Speaker::You), [question]);
            assert_eq!(
                scripted.transcript(Speaker::Gemini),
                [answer],
                "{question} transparent: {transparent}"
            );
            assert_eq!(scripted.kinds(), []);
            let mut states = scripted.events.iter().filter_map(|event| match event {
                Event::Tool(call) => Some(call.state),
                _ => None,
            });
            assert!(states.next_back().is_none_or(|last| last == ToolState::Done), "the call was answered");
            let wire = scripted.wire().await;
            assert_eq!(asked_over(&wire, question), [1, 2], "once over each connection");
            assert!(setup_of(&wire, 2)["sessionResumption"]["handle"].is_string());
        }
    }
}

/// A request by Vertex AI's path, where handles tell which messages they cover.
fn vertex() -> Request {
    let path = "ws://localhost/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent";
    Request::custom(path).unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_cut_comes_whole_over_the_next_connection() {
    let mut scripted = Scripted::begin(BREAKS).await;
    scripted.answer_to("Hello.").await;
    scripted.answer_to("Break off.").await;
    assert_eq!(scripted.transcript(Speaker::You), ["Hello.", "Break off."]);
    assert_eq!(scripted.transcript(Speaker::Gemini), ["All of the answer."; 2]);
    assert_eq!(scripted.kinds(), [], "it lasted a moment");
    assert_eq!(asked_over(&scripted.wire().await, "Break off."), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn an_announced_end_is_shown_and_left_between_turns() {
    let mut scripted = Scripted::begin(BREAKS).await;
    scripted.ask("Leave us soon.").await;
    let says_when = |event: &Event| matches!(event, Event::Figures(figures) if figures.closes_at.is_some());
    scripted.until("the time of the end", says_when).await;
    let resumed = |event: &Event| matches!(event, Event::Connection(None));
    scripted.until("the next connection", resumed).await;
    let events = scripted.answer_to("Are you still there?").await;
    assert_eq!(texts(&events, Speaker::Gemini), ["All of the answer."]);
    assert_eq!(scripted.transcript(Speaker::Gemini), ["As you like.", "All of the answer."]);
    assert_eq!(scripted.kinds(), []);
    let wire = scripted.wire().await;
    assert_eq!(asked_over(&wire, "Leave us soon."), [1], "it was answered");
    assert!(setup_of(&wire, 2)["sessionResumption"]["handle"].is_string());
}

#[tokio::test(start_paused = true)]
async fn what_the_service_may_take_back_is_asked_again() {
    for question in ["An internal error.", "No session.", "Not implemented.", "Going away."] {
        let mut scripted = Scripted::begin(BREAKS).await;
        scripted.answer_to("Hello.").await;
        let events = scripted.answer_to(question).await;
        assert_eq!(texts(&events, Speaker::Gemini), ["All of the answer."], "{question}");
        assert_eq!(scripted.transcript(Speaker::You), ["Hello.", question]);
        assert_eq!(asked_over(&scripted.wire().await, question), [1, 2], "{question}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_service_refuses_for_good_ends_the_conversation() {
    for (question, kind) in [("A bad argument.", CloseKind::Refused), ("No quota.", CloseKind::Quota)] {
        let mut scripted = Scripted::begin(BREAKS).await;
        scripted.ask(question).await;
        scripted.until("the end", |event| matches!(event, Event::Ended { .. })).await;
        assert_eq!(scripted.kinds(), [TroubleKind::Closed(kind)], "{question}");
        let words = troubles(&scripted.events).remove(0).detail.unwrap_or_default();
        assert!(words.contains("argument") || words.contains("quota"), "in the service's words: {words}");
    }
}

#[tokio::test(start_paused = true)]
async fn malformed_frames_and_missing_usage_cost_no_word() {
    let mut scripted = Scripted::begin(MALFORMED).await;
    for (question, answer) in [("Good morning.", "Good morning all the same."), ("How are you?", "Fine.")] {
        let events = scripted.answer_to(question).await;
        assert_eq!(texts(&events, Speaker::Gemini), [answer]);
        assert!(matches!(events.last(), Some(Event::ExchangeComplete { answered: true })), "{events:?}");
    }
    assert_eq!(scripted.kinds(), []);
    let wire = scripted.wire().await;
    let ends = |with: bool| {
        let is_end = |message: &&Message| {
            message.content["serverContent"]["turnComplete"] == true
                && message.content["usageMetadata"].is_object() == with
        };
        wire.iter().filter(is_end).count()
    };
    assert_eq!((ends(false), ends(true)), (1, 1), "the script left one out");
    assert!(wire.iter().all(|message| message.connection == 1), "and the connection stays");
}
