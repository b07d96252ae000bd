//! A session with a manual clock, and short helpers for its inputs and outputs.

// Each test program uses a part of this, and the helpers panic for the tests that call them.
#![allow(dead_code, unreachable_pub, clippy::panic, clippy::expect_used)]

use std::time::Duration;

use live_proto::catalogue::{Catalogue, History, Model};
use live_proto::wire::{FunctionDeclaration, Setup, decode_client, encode_audio};
use live_proto::{
    CloseKind, Command, Event, Generation, Input, Limits, Millis, Output, Session, SessionState,
    SetupOptions, TransportClosed, build_setup,
};
use serde_json::{Value, json};

/// A session under test, with the time.
pub struct Bench {
    pub session: Session,
    pub now: Millis,
}

impl Bench {
    pub fn new(setup: Setup) -> Self {
        Self { session: Session::new(setup, Limits::default()), now: Millis(1_000) }
    }

    pub fn model(id: &str) -> Self {
        let functions =
            vec![FunctionDeclaration { name: "get_weather".to_owned(), ..FunctionDeclaration::default() }];
        let options = SetupOptions { model: id.to_owned(), functions, ..SetupOptions::default() };
        Self::new(build_setup(&options, &Catalogue::embedded()))
    }

    /// Returns a session that is ready, with its outputs drained.
    pub fn ready(id: &str) -> Self {
        let mut bench = Self::model(id);
        bench.input(Input::Opened);
        let outputs = bench.server(&json!({"setupComplete": {}}));
        assert_eq!(outputs, [Output::Event(Event::Ready { session_id: None })]);
        bench
    }

    /// The same for the default model, if earlier turns were provided in this way.
    pub fn ready_with(history: History) -> Self {
        let catalogue = Catalogue::embedded();
        let setup = build_setup(&SetupOptions::default(), &catalogue);
        let rules = Model { history, ..catalogue.rules(MODEL).clone() };
        let session = Session::with_rules(setup, &rules, Limits::default());
        let mut bench = Self { session, now: Millis(1_000) };
        bench.input(Input::Opened);
        bench.server(&json!({"setupComplete": {}}));
        bench
    }

    pub fn input(&mut self, input: Input<'_>) -> Vec<Output> {
        self.session.handle_input(input, self.now);
        self.drain()
    }

    pub fn drain(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.session.poll_output()).collect()
    }

    pub fn server(&mut self, message: &Value) -> Vec<Output> {
        self.input(Input::Frame(message.to_string().as_bytes()))
    }

    pub fn events(&mut self, message: &Value) -> Vec<Event> {
        let as_event = |output| match output {
            Output::Event(event) => event,
            other => panic!("not an event: {other:?}"),
        };
        self.server(message).into_iter().map(as_event).collect()
    }

    pub fn tell(&mut self, command: Command) -> Vec<Output> {
        self.input(Input::Command(command))
    }

    pub fn wait(&mut self, millis: u64) -> Vec<Output> {
        self.now = Millis(self.now.0 + millis);
        self.session.handle_timeout(self.now);
        self.drain()
    }

    pub fn lose(&mut self, code: Option<u16>, reason: &str) -> Vec<Output> {
        self.input(Input::TransportClosed(TransportClosed { code, reason: reason.to_owned() }))
    }

    /// The connection ends, and with it the session.
    pub fn close(&mut self, code: Option<u16>, reason: &str) -> CloseKind {
        match self.lose(code, reason).as_slice() {
            [Output::Event(Event::Closed(cause))] => cause.kind,
            other => panic!("{other:?}"),
        }
    }

    /// Advances the time to the next timer and fires it; does nothing when none runs.
    pub fn ring(&mut self) -> Vec<Output> {
        if self.session.state() == SessionState::Reconnecting && self.session.poll_timeout().is_none() {
            return Vec::new();
        }
        let at = self.session.poll_timeout().expect("a timer");
        self.wait(at.0.saturating_sub(self.now.0))
    }

    /// Makes the next connection until it is ready. Returns the setup, the events and the frames after the setup.
    pub fn reconnect(&mut self) -> (Value, Vec<Event>, Vec<Value>) {
        let setup = sent(&self.input(Input::Opened)).remove(0);
        let outputs = self.server(&json!({"setupComplete": {}}));
        let events = outputs.iter().filter_map(|output| match output {
            Output::Event(event) => Some(event.clone()),
            _ => None,
        });
        (setup, events.collect(), sent(&outputs))
    }
}

pub fn sent(outputs: &[Output]) -> Vec<Value> {
    let text = |output: &Output| match output {
        Output::Send(frame) => {
            decode_client(frame).expect("one known top-level field");
            Some(serde_json::from_slice(frame).expect("JSON"))
        }
        _ => None,
    };
    outputs.iter().filter_map(text).collect()
}

pub fn audio(base64: &str) -> Value {
    json!({"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": base64}})
}

pub fn turn(parts: &[Value]) -> Value {
    json!({"serverContent": {"modelTurn": {"parts": parts}}})
}

pub fn sound(generation: u32, pcm: &[u8]) -> Event {
    Event::Audio { generation: Generation(generation), pcm: pcm.to_vec(), rate: 24_000 }
}

/// The default model.
pub const MODEL: &str = "gemini-3.8-live";

// Exchanges and handles, for sessions over several connections.

pub const YOU: &str = "inputTranscription";
pub const REPLY: &str = "outputTranscription";

pub fn handle(bench: &mut Bench, name: &str) {
    bench.events(&json!({"sessionResumptionUpdate": {"newHandle": name, "resumable": true}}));
}

/// A handle that covers the client's messages up to this one; the setup has the number 0.
pub fn handle_covering(bench: &mut Bench, message: u32) {
    let index = message.to_string();
    bench.events(&json!({"sessionResumptionUpdate":
        {"newHandle": "mid-turn", "resumable": true, "lastConsumedClientMessageIndex": index}}));
}

pub fn typed(text: &str) -> Value {
    json!({"realtimeInput": {"text": text}})
}

pub fn frames(pcm: &[&[u8]]) -> Vec<Value> {
    pcm.iter().map(|pcm| serde_json::from_str(&encode_audio(pcm)).unwrap_or_default()).collect()
}

pub fn resumed(events: &[Event]) -> (bool, bool, Duration, Duration) {
    match events {
        [Event::Resumed { fresh, again, kept, lost }] => (*fresh, *again, *kept, *lost),
        other => panic!("not resumed: {other:?}"),
    }
}

pub fn says(bench: &mut Bench, who: &str, text: &str) -> Vec<Event> {
    bench.events(&json!({"serverContent": {who: {"text": text}}}))
}

/// A complete exchange with audio, transcript and a handle.
pub fn exchange(bench: &mut Bench, question: &str, answer: &str, name: &str) {
    bench.input(Input::Audio(&[7; 640]));
    says(bench, YOU, question);
    bench.events(&turn(&[audio("AQA=")]));
    says(bench, REPLY, answer);
    bench.events(&json!({"serverContent": {"generationComplete": true}}));
    bench.events(&json!({"serverContent": {"turnComplete": true}}));
    handle(bench, name);
}
