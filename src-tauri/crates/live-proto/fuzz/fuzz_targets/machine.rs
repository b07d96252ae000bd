//! Any interleaving of frames, commands, audio, lost connections and time: the session keeps its rules, never panics,
//! and stays within its limits.

#![no_main]

use std::time::Duration;

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use live_proto::catalogue::Catalogue;
use live_proto::wire::{
    Blob, ClientMessage, Content, FunctionCall, GoAway, InteractionStatus, Part, ServerContent,
    ServerMessage, SessionResumptionUpdate, SetupComplete, ToolCall, ToolCallCancellation, Transcription,
    UsageMetadata, WireDuration, decode_client, encode,
};
use live_proto::{
    CloseCause, CloseKind, Command, Event, Generation, Input, Limits, Millis, Output, Resumption, Session,
    SessionState, SetupOptions, TransportClosed, build_setup,
};
use serde_json::{Value, json};

/// The options of the session.
#[derive(Arbitrary, Debug)]
struct Profile {
    model: u8,
    push_to_talk: bool,
    seeded: bool,
    resumption: u8,
    small_limits: bool,
}

#[derive(Arbitrary, Debug)]
enum Step<'a> {
    Opened,
    Ready,
    ConnectFailed(u8),
    NetworkChanged,
    Audio(u16),
    Writable(bool),
    Message(FuzzMessage<'a>),
    /// The same with one value replaced by another.
    Wrong(FuzzMessage<'a>, u8, u8),
    LimitExceeded,
    Raw(&'a [u8]),
    TransportClosed(Option<u16>, &'a str),
    StreamEnd,
    ActivityStart,
    ActivityEnd,
    CameraOff,
    AskAgain,
    StartFresh,
    Voiced,
    Video(u8),
    Text(&'a str),
    ToolResult(u8, bool),
    End,
    Wait(u16),
    WaitForTheTimer,
}

/// A message of the service with any combination of fields.
#[derive(Arbitrary, Debug)]
struct FuzzMessage<'a> {
    sound: Option<u8>,
    thought: Option<&'a str>,
    text: Option<&'a str>,
    heard: Option<&'a str>,
    said: Option<&'a str>,
    interrupted: bool,
    generation_complete: bool,
    turn_complete: bool,
    in_progress: Option<bool>,
    calls: Vec<u8>,
    cancelled: Vec<u8>,
    go_away: Option<u16>,
    handle: Option<(u8, bool, Option<u32>)>,
    setup_complete: bool,
    usage: bool,
}

const MODELS: &[&str] = &[
    "gemini-3.8-live",
    "gemini-3.8-live-extended-thinking",
    "gemini-3.1-flash-live-preview",
    "gemini-2.5-flash-native-audio-latest",
    "gemini-3.5-transcribe-live",
    "gemini-unheard-of",
];

/// The longest chunk of microphone audio, in bytes.
const LONGEST_CHUNK: usize = 4096;

impl Profile {
    fn limits(&self) -> Limits {
        if !self.small_limits {
            return Limits::default();
        }
        Limits {
            message_bytes: 4096,
            bad_frames: 3,
            held_audio_bytes: 4096,
            kept_audio_bytes: 2048,
            kept_silence_bytes: 512,
            kept_messages: 8,
            held_commands: 4,
            transcript_bytes: 64,
            open_calls: 3,
            calls_per_minute: 5,
            ..Limits::default()
        }
    }

    fn session(&self) -> Session {
        let options = SetupOptions {
            model: MODELS[usize::from(self.model) % MODELS.len()].to_owned(),
            manual_activity: self.push_to_talk,
            seed_history: self.seeded,
            resumption: match self.resumption % 3 {
                0 => Resumption::Fresh,
                1 => Resumption::Off,
                _ => Resumption::Resume("earlier".to_owned()),
            },
            ..SetupOptions::default()
        };
        Session::new(build_setup(&options, &Catalogue::embedded()), self.limits())
    }
}

impl FuzzMessage<'_> {
    fn message(&self) -> String {
        let text = |text: &str| Transcription { text: Some(text.to_owned()), ..Transcription::default() };
        let mut parts = Vec::new();
        if let Some(thought) = self.thought {
            parts.push(Part { thought: Some(true), ..Part::text(thought) });
        }
        if let Some(bytes) = self.sound {
            parts.push(Part::inline("audio/pcm;rate=24000", vec![7; usize::from(bytes)]));
        }
        if let Some(text) = self.text {
            parts.push(Part::text(text));
            parts.push(Part { inline_data: Some(Blob::new(text, vec![1, 2, 3])), ..Part::default() });
        }
        let turn = Content { role: None, parts };
        let content = ServerContent {
            model_turn: (!turn.parts.is_empty()).then_some(turn),
            interrupted: self.interrupted.then_some(true),
            generation_complete: self.generation_complete.then_some(true),
            turn_complete: self.turn_complete.then_some(true),
            input_transcription: self.heard.map(text),
            output_transcription: self.said.map(text),
            interaction_status: self
                .in_progress
                .map(|it| if it { InteractionStatus::InProgress } else { InteractionStatus::Idle }),
            ..ServerContent::default()
        };
        let call = |id: &u8| FunctionCall {
            id: Some(id_of(*id)),
            name: Some("f".to_owned()),
            args: (id % 2 == 0).then(|| json!({"a": id})),
            ..FunctionCall::default()
        };
        encode(&ServerMessage {
            setup_complete: self.setup_complete.then(SetupComplete::default),
            server_content: (content != ServerContent::default()).then_some(content),
            tool_call: (!self.calls.is_empty())
                .then(|| ToolCall { function_calls: self.calls.iter().map(call).collect() }),
            tool_call_cancellation: (!self.cancelled.is_empty())
                .then(|| ToolCallCancellation { ids: self.cancelled.iter().map(|id| id_of(*id)).collect() }),
            go_away: self
                .go_away
                .map(|ms| GoAway { time_left: Some(WireDuration(Duration::from_millis(u64::from(ms) * 4))) }),
            session_resumption_update: self.handle.map(|(handle, resumable, index)| {
                SessionResumptionUpdate {
                    new_handle: (handle % 8 != 0).then(|| format!("h{handle}")),
                    resumable: Some(resumable),
                    last_consumed_client_message_index: index.map(|index| i64::from(index).into()),
                }
            }),
            usage_metadata: self.usage.then(UsageMetadata::default),
            ..ServerMessage::default()
        })
    }
}

/// Collects the JSON pointers of all values.
fn places_in(value: &Value, at: &str, all: &mut Vec<String>) {
    let below: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(list) => list.iter().enumerate().map(|(n, value)| (n.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (name, value) in below {
        let place = format!("{at}/{name}");
        places_in(value, &place, all);
        all.push(place);
    }
}

/// Few ids, so that they collide.
fn id_of(id: u8) -> String {
    format!("c{}", id % 8)
}

/// A session, the time, and which outputs are still allowed.
struct Watch {
    session: Session,
    limits: Limits,
    now: Millis,
    is_ready: bool,
    was_ready: bool,
    /// Requested connections, including the first one, and sent setups.
    connections: u32,
    setups: u32,
    is_closed: bool,
    interrupted: Generation,
    open_calls: Vec<String>,
    /// When connections were requested, including the first one.
    made: Vec<Millis>,
    /// How many turns ended.
    turns: u32,
}

impl Watch {
    fn new(profile: &Profile) -> Self {
        Self {
            session: profile.session(),
            limits: profile.limits(),
            now: Millis(0),
            is_ready: false,
            was_ready: false,
            connections: 1,
            setups: 0,
            is_closed: false,
            interrupted: Generation(0),
            open_calls: Vec::new(),
            made: vec![Millis(0)],
            turns: 0,
        }
    }

    fn take(&mut self, step: &Step<'_>) {
        match *step {
            Step::Opened => self.give(Input::Opened),
            Step::Ready => self.give(Input::Frame(b"{\"setupComplete\":{}}")),
            Step::ConnectFailed(kind) => {
                let kind = match kind % 4 {
                    0 => CloseKind::KeyRefused,
                    1 => CloseKind::SessionNotFound,
                    _ => CloseKind::Network,
                };
                self.give(Input::ConnectFailed(CloseCause { kind, code: None, reason: String::new() }));
            }
            Step::NetworkChanged => self.give(Input::NetworkChanged),
            Step::Audio(bytes) => self.give(Input::Audio(&vec![3; usize::from(bytes) % LONGEST_CHUNK])),
            Step::Writable(writable) => self.session.set_writable(writable),
            Step::Message(ref said) => self.give(Input::Frame(said.message().as_bytes())),
            Step::Wrong(ref said, place, wrong) => self.wrong(said, place, wrong),
            Step::LimitExceeded => self.give(Input::LimitExceeded("much".to_owned())),
            Step::Raw(bytes) => self.give(Input::Frame(bytes)),
            Step::TransportClosed(code, reason) => {
                let reason = reason.to_owned();
                self.give(Input::TransportClosed(TransportClosed { code, reason }));
            }
            Step::StreamEnd => self.command(Command::AudioStreamEnd),
            Step::ActivityStart => self.command(Command::ActivityStart),
            Step::ActivityEnd => self.command(Command::ActivityEnd),
            Step::CameraOff => self.command(Command::CameraOff),
            Step::AskAgain => self.command(Command::AskAgain),
            Step::StartFresh => self.command(Command::StartFresh),
            Step::Voiced => self.give(Input::Voiced),
            Step::Video(bytes) => self.command(Command::Video(vec![9; usize::from(bytes)])),
            Step::Text(text) => self.command(Command::Text(text.to_owned())),
            Step::ToolResult(id, object) => self.command(Command::ToolResult {
                id: id_of(id),
                scheduling: None,
                response: if object { json!({"x": 1}) } else { Value::Null },
            }),
            Step::End => self.command(Command::End),
            Step::Wait(ms) => self.wait_until(Millis(self.now.0 + u64::from(ms))),
            Step::WaitForTheTimer => {
                if let Some(due) = self.session.poll_timeout() {
                    self.wait_until(due.max(self.now));
                }
            }
        }
        self.drain();
        // After a lost connection, uncovered input waits again.
        let sound = self.limits.held_audio_bytes + self.limits.kept_audio_bytes + LONGEST_CHUNK;
        assert!(self.session.waiting_audio_bytes() <= sound);
        assert!(self.session.waiting_commands() <= self.limits.held_commands + self.limits.kept_messages);
        assert_eq!(self.is_closed, self.session.state() == SessionState::Closed);
    }

    /// Sends a message with a wrong value somewhere. The end of the turn in it must still count.
    fn wrong(&mut self, said: &FuzzMessage<'_>, place: u8, wrong: u8) {
        const WRONG: &[&str] = &["12.5", "true", "\"x\"", "[1]", "{\"a\":1}", "null", "[]", "{}"];
        let mut message: Value = serde_json::from_str(&said.message()).expect("JSON");
        let mut places = Vec::new();
        places_in(&message, "", &mut places);
        places.retain(|place| !"/serverContent/turnComplete".starts_with(place.as_str()));
        let Some(place) = places.get(usize::from(place) % places.len().max(1)) else { return };
        let value = WRONG[usize::from(wrong) % WRONG.len()];
        *message.pointer_mut(place).expect("a place") = serde_json::from_str(value).expect("JSON");
        let before = self.turns;
        let listens = !matches!(
            self.session.state(),
            SessionState::Closed | SessionState::Connecting | SessionState::Reconnecting
        );
        self.give(Input::Frame(message.to_string().as_bytes()));
        self.drain();
        if listens && said.turn_complete && !self.is_closed {
            assert!(self.turns > before, "a turn without an end: {message}");
        }
    }

    fn command(&mut self, command: Command) {
        self.give(Input::Command(command));
    }

    fn give(&mut self, input: Input<'_>) {
        self.session.handle_input(input, self.now);
    }

    /// Advances the time and fires every timer on the way.
    fn wait_until(&mut self, then: Millis) {
        for _ in 0..1_000 {
            self.drain();
            let Some(due) = self.session.poll_timeout().filter(|due| *due <= then) else {
                self.now = then;
                return;
            };
            self.now = due.max(self.now);
            self.session.handle_timeout(self.now);
        }
        panic!("a timer that stays: {:?} at {:?}", self.session.poll_timeout(), self.now);
    }

    fn drain(&mut self) {
        while let Some(output) = self.session.poll_output() {
            self.check(output);
        }
    }

    fn check(&mut self, output: Output) {
        assert!(!self.is_closed, "after Closed came {output:?}");
        match output {
            Output::Connect => {
                assert!(!self.is_ready, "a second connection beside the first");
                self.connections += 1;
                self.made.push(self.now);
                let window = self.limits.rate_window.as_millis() as u64;
                let recent = self.made.iter().filter(|at| at.0 + window >= self.now.0).count();
                assert!(recent <= self.limits.connections, "hammered: {:?}", self.made);
            }
            Output::Send(frame) => self.sent(&frame),
            Output::Close { reason, .. } => {
                assert!(reason.len() <= 123, "a reason too long for a close frame")
            }
            Output::Event(event) => self.check_event(event),
        }
    }

    fn sent(&mut self, frame: &[u8]) {
        let fields: Value = serde_json::from_slice(frame).expect("JSON");
        assert_eq!(fields.as_object().map(serde_json::Map::len), Some(1));
        let read = decode_client(frame).expect("a message of a client");
        assert_eq!(read.skipped_count, 0);
        match read.message {
            ClientMessage::Setup(_) => {
                self.setups += 1;
                assert!(self.setups <= self.connections, "one setup for each connection");
            }
            ClientMessage::ToolResponse(answers) => {
                for answer in answers.function_responses {
                    assert!(answer.name.is_some() && answer.response.is_some_and(|it| it.is_object()));
                    // A call without an id on the wire has one only on our side.
                    let is_it = |open: &String| match &answer.id {
                        Some(id) => open == id,
                        None => !(0..8).any(|id| *open == id_of(id)),
                    };
                    // A refused call was never reported.
                    if let Some(open) = self.open_calls.iter().position(is_it) {
                        self.open_calls.remove(open);
                    }
                }
            }
            _ => assert!(self.is_ready, "sent before the setup was taken"),
        }
    }

    fn check_event(&mut self, event: Event) {
        match event {
            Event::Ready { .. } => {
                assert!(!self.was_ready, "ready twice");
                (self.is_ready, self.was_ready) = (true, true);
            }
            Event::Resumed { .. } => {
                assert!(self.was_ready && !self.is_ready, "resumed without a loss");
                self.is_ready = true;
            }
            Event::Reconnecting { .. } => {
                assert!(self.was_ready, "a first connection is not tried again");
                self.is_ready = false;
            }
            Event::Interrupted { generation } => self.interrupted = generation,
            Event::Audio { generation, pcm, rate } => {
                assert!(generation > self.interrupted, "sound of a dead reply");
                assert!(pcm.len() % 2 == 0 && !pcm.is_empty() && (8_000..=48_000).contains(&rate));
            }
            Event::ToolCall { id, args, .. } => {
                assert!(args.is_object() && !self.open_calls.contains(&id), "a call twice");
                self.open_calls.push(id);
                assert!(self.open_calls.len() <= self.limits.open_calls);
            }
            Event::ToolCallsCancelled { ids } => self.open_calls.retain(|id| !ids.contains(id)),
            Event::TurnComplete { .. } => self.turns += 1,
            Event::InputAbandoned { sent } => assert!(sent >= self.limits.send_attempts),
            Event::Closed(_) => self.is_closed = true,
            _ => {}
        }
    }
}

fuzz_target!(|life: (Profile, Vec<Step<'_>>)| {
    let (profile, steps) = life;
    let mut watch = Watch::new(&profile);
    for step in &steps {
        watch.take(step);
    }
});
