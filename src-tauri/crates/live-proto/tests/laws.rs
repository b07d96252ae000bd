//! Properties that hold for every order of events and every message.

use live_proto::wire::{
    Base64, Blob, ClientContent, ClientMessage, Content, FunctionResponse, Int64, Part, RealtimeInput,
    ServerContent, ServerMessage, SlidingWindow, ToolResponse, Transcription, TurnCompleteReason,
    WireDuration, decode_client, decode_server, encode,
};
use live_proto::{
    CloseCause, CloseKind, Command, Event, Generation, Input, Limits, Millis, Output, Session, SetupOptions,
    TransportClosed, build_setup,
};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

#[derive(Clone, Debug)]
enum Step {
    Opened,
    ConnectFailed(CloseKind),
    NetworkChanged,
    Audio(Vec<u8>),
    Voiced,
    Writable(bool),
    Message(Value),
    Garbage(Vec<u8>),
    TransportClosed(Option<u16>, String),
    Command(Command),
    Wait(u64),
}

fn content() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => Just(json!({"modelTurn": {"parts": [
            {"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": "AQA="}}
        ]}})),
        1 => Just(json!({"modelTurn": {"parts": [
            {"text": "t", "thought": true}, {"inlineData": {"mimeType": "audio/pcm", "data": "AQAC"}}
        ]}, "interrupted": true, "turnComplete": true})),
        2 => Just(json!({"interrupted": true})),
        2 => Just(json!({"turnComplete": true})),
        1 => Just(json!({"turnComplete": true, "interactionStatus": "IN_PROGRESS"})),
        1 => Just(json!({"generationComplete": true, "outputTranscription": {"text": "x"}})),
        1 => Just(json!({"inputTranscription": {"text": "y", "finished": true}})),
        1 => Just(json!({})),
    ]
}

fn message() -> impl Strategy<Value = Value> {
    prop_oneof![
        8 => content().prop_map(|content| json!({ "serverContent": content })),
        3 => Just(json!({"setupComplete": {}})),
        1 => "[a-c]".prop_map(|id| json!({"toolCall": {"functionCalls": [{"id": id, "name": "f"}]}})),
        1 => "[a-c]".prop_map(|id| json!({"toolCallCancellation": {"ids": [id]}})),
        1 => Just(json!({"goAway": {"timeLeft": "1s"}, "usageMetadata": {}})),
        1 => "[a-c]".prop_map(|handle| json!({"sessionResumptionUpdate": {"newHandle": handle, "resumable": true}})),
        1 => Just(json!({"unheardOf": 1})),
    ]
}

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        1 => Just(Command::AudioStreamEnd),
        1 => Just(Command::ActivityStart),
        1 => Just(Command::ActivityEnd),
        1 => Just(Command::CameraOff),
        1 => Just(Command::AskAgain),
        1 => Just(Command::StartFresh),
        1 => vec(any::<u8>(), 0..8).prop_map(Command::Video),
        2 => ".{0,8}".prop_map(Command::Text),
        2 => ("[a-c]", any::<bool>()).prop_map(|(id, object)| Command::ToolResult {
            id,
            scheduling: None,
            response: if object { json!({"x": 1}) } else { Value::Null },
        }),
        1 => Just(Command::End),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Opened),
        1 => prop_oneof![Just(CloseKind::Network), Just(CloseKind::Internal), Just(CloseKind::KeyRefused)]
            .prop_map(Step::ConnectFailed),
        1 => Just(Step::NetworkChanged),
        6 => vec(any::<u8>(), 0..64).prop_map(Step::Audio),
        1 => Just(Step::Voiced),
        1 => any::<bool>().prop_map(Step::Writable),
        12 => message().prop_map(Step::Message),
        1 => vec(any::<u8>(), 0..16).prop_map(Step::Garbage),
        1 => (proptest::option::of(1000..1016u16), ".{0,40}").prop_map(|(code, why)| Step::TransportClosed(code, why)),
        8 => command().prop_map(Step::Command),
        4 => prop_oneof![0..500u64, 2_000..12_000u64].prop_map(Step::Wait),
    ]
}

/// A session, the time, and which outputs are still allowed.
struct Watch {
    session: Session,
    now: Millis,
    ready: bool,
    was_ready: bool,
    setups: u32,
    /// Requested connections, including the first one.
    connections: u32,
    closed: bool,
    interrupted: Generation,
    open_calls: Vec<String>,
    /// When connections reached the server.
    made: Vec<Millis>,
}

impl Watch {
    fn new() -> Self {
        let options = SetupOptions::default();
        let setup = build_setup(&options, &live_proto::catalogue::Catalogue::embedded());
        Self {
            session: Session::new(setup, Limits { bad_frames: 3, ..Limits::default() }),
            now: Millis(0),
            ready: false,
            was_ready: false,
            setups: 0,
            connections: 1,
            closed: false,
            interrupted: Generation(0),
            open_calls: Vec::new(),
            made: Vec::new(),
        }
    }

    /// Checks the number of connections in any ten seconds.
    fn connected(&mut self) -> Result<(), TestCaseError> {
        self.made.push(self.now);
        let recent = self.made.iter().filter(|at| at.0 + 10_000 >= self.now.0).count();
        prop_assert!(recent <= 8, "{:?}", self.made);
        Ok(())
    }

    fn take(&mut self, step: Step) -> Result<(), TestCaseError> {
        match step {
            Step::Opened => self.session.handle_input(Input::Opened, self.now),
            Step::ConnectFailed(kind) => {
                let cause = CloseCause { kind, code: None, reason: String::new() };
                self.session.handle_input(Input::ConnectFailed(cause), self.now);
            }
            Step::NetworkChanged => self.session.handle_input(Input::NetworkChanged, self.now),
            Step::Audio(pcm) => self.session.handle_input(Input::Audio(&pcm), self.now),
            Step::Voiced => self.session.handle_input(Input::Voiced, self.now),
            Step::Writable(writable) => self.session.set_writable(writable),
            Step::Message(message) => {
                self.session.handle_input(Input::Frame(message.to_string().as_bytes()), self.now);
            }
            Step::Garbage(bytes) => self.session.handle_input(Input::Frame(&bytes), self.now),
            Step::TransportClosed(code, reason) => {
                self.session.handle_input(Input::TransportClosed(TransportClosed { code, reason }), self.now);
            }
            Step::Command(command) => self.session.handle_input(Input::Command(command), self.now),
            Step::Wait(millis) => {
                self.now = Millis(self.now.0 + millis);
                if self.session.poll_timeout().is_some_and(|due| due <= self.now) {
                    self.session.handle_timeout(self.now);
                    while let Some(output) = self.session.poll_output() {
                        self.check(output)?;
                    }
                    prop_assert!(
                        self.session.poll_timeout().is_none_or(|due| due > self.now),
                        "a timer that stays"
                    );
                }
            }
        }
        while let Some(output) = self.session.poll_output() {
            self.check(output)?;
        }
        Ok(())
    }

    fn check(&mut self, output: Output) -> Result<(), TestCaseError> {
        prop_assert!(!self.closed, "after Closed came {output:?}");
        match output {
            Output::Send(frame) => {
                let text = String::from_utf8_lossy(&frame).into_owned();
                let read = decode_client(&frame);
                prop_assert!(read.is_ok(), "{text}");
                let fields = serde_json::from_slice::<Value>(&frame)
                    .ok()
                    .and_then(|v| v.as_object().map(serde_json::Map::len));
                prop_assert_eq!(fields, Some(1));
                match read.map(|read| read.message) {
                    Ok(ClientMessage::Setup(_)) => self.setups += 1,
                    Ok(ClientMessage::ToolResponse(answers)) => {
                        for answer in answers.function_responses {
                            let open = self.open_calls.iter().position(|id| Some(id) == answer.id.as_ref());
                            prop_assert!(open.is_some(), "an answer that nobody waits for: {answer:?}");
                            let Some(Value::Object(response)) = answer.response else {
                                return Err(TestCaseError::fail(format!("not an object: {answer:?}")));
                            };
                            // A second call with the id of an open one is refused; the first stays open.
                            if response.get("code").is_none_or(|code| code != "duplicate_id") {
                                open.map(|at| self.open_calls.remove(at));
                            }
                        }
                    }
                    _ => prop_assert!(self.ready, "sent before the setup was taken: {text}"),
                }
                prop_assert!(self.setups <= self.connections, "one setup for each connection");
            }
            Output::Event(Event::Ready { .. }) => {
                prop_assert!(!self.was_ready, "ready twice");
                (self.ready, self.was_ready) = (true, true);
            }
            Output::Event(Event::Resumed { .. }) => {
                prop_assert!(self.was_ready && !self.ready, "resumed without a loss");
                self.ready = true;
            }
            Output::Event(Event::Reconnecting { .. }) => {
                prop_assert!(self.was_ready, "a first connection is not tried again");
                self.ready = false;
            }
            Output::Connect => {
                prop_assert!(!self.ready, "a second connection beside the first");
                self.connections += 1;
                self.connected()?;
            }
            Output::Event(Event::Interrupted { generation }) => self.interrupted = generation,
            Output::Event(Event::Audio { generation, pcm, .. }) => {
                prop_assert!(generation > self.interrupted, "sound of a dead reply");
                prop_assert!(pcm.len() % 2 == 0 && !pcm.is_empty());
            }
            Output::Event(Event::ToolCall { id, .. }) => self.open_calls.push(id),
            Output::Event(Event::ToolCallsCancelled { ids }) => {
                self.open_calls.retain(|id| !ids.contains(id));
            }
            Output::Event(Event::Closed(_)) => self.closed = true,
            Output::Event(_) | Output::Close { .. } => {}
        }
        Ok(())
    }
}

fn text() -> impl Strategy<Value = Option<String>> {
    proptest::option::of(".{0,12}")
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..40)
}

fn part() -> impl Strategy<Value = Part> {
    (
        text(),
        proptest::option::of(any::<bool>()),
        proptest::option::of(bytes()),
        proptest::option::of(bytes()),
    )
        .prop_map(|(text, thought, signature, data)| Part {
            text,
            thought,
            thought_signature: signature.map(Base64),
            inline_data: data.map(|data| Blob::new("audio/pcm;rate=24000", data)),
            ..Part::default()
        })
}

fn client_message() -> impl Strategy<Value = ClientMessage> {
    prop_oneof![
        (vec(part(), 0..4), proptest::option::of(any::<bool>())).prop_map(|(parts, turn_complete)| {
            let turns = vec![Content { role: Some("user".to_owned()), parts }];
            ClientMessage::ClientContent(ClientContent { turns, turn_complete })
        }),
        bytes().prop_map(|pcm| ClientMessage::RealtimeInput(RealtimeInput::audio_16k(pcm))),
        (text(), text(), ".{0,12}").prop_map(|(id, name, key)| {
            let response = Some(json!({ key: [null, 1, "x"] }));
            let answer = FunctionResponse { id, name, response, ..FunctionResponse::default() };
            ClientMessage::ToolResponse(ToolResponse { function_responses: vec![answer] })
        }),
    ]
}

fn server_message() -> impl Strategy<Value = ServerMessage> {
    (vec(part(), 0..4), text(), 0..1_000_000_000_000u64, ".{0,12}").prop_map(
        |(parts, text, nanos, reason)| {
            let start_offset = Some(WireDuration(std::time::Duration::from_nanos(nanos)));
            ServerMessage {
                server_content: Some(ServerContent {
                    model_turn: Some(Content { role: None, parts }),
                    output_transcription: Some(Transcription {
                        text,
                        start_offset,
                        ..Transcription::default()
                    }),
                    turn_complete_reason: Some(TurnCompleteReason::from(reason.as_str())),
                    ..ServerContent::default()
                }),
                ..ServerMessage::default()
            }
        },
    )
}

/// What a malicious service and a bad network do, as fast as they can.
fn hostile_step() -> impl Strategy<Value = Step> {
    let closes =
        proptest::option::of(prop_oneof![Just(1000), Just(1001), Just(1008), Just(1011), Just(4000)]);
    let reasons = prop_oneof![
        Just(String::new()),
        Just("BidiGenerateContent session not found".to_owned()),
        Just("Internal error encountered.".to_owned()),
        Just("Deadline expired before operation could complete.".to_owned()),
    ];
    prop_oneof![
        6 => Just(Step::Opened),
        4 => Just(Step::Message(json!({"setupComplete": {}}))),
        2 => Just(Step::Message(json!({"sessionResumptionUpdate": {"newHandle": "h", "resumable": true}}))),
        3 => prop_oneof![Just("0s"), Just("2s"), Just("50s")]
            .prop_map(|left| Step::Message(json!({"goAway": {"timeLeft": left}}))),
        3 => content().prop_map(|content| Step::Message(json!({ "serverContent": content }))),
        6 => (closes, reasons).prop_map(|(code, why)| Step::TransportClosed(code, why)),
        3 => prop_oneof![Just(CloseKind::Network), Just(CloseKind::Internal)].prop_map(Step::ConnectFailed),
        3 => Just(Step::NetworkChanged),
        1 => Just(Step::Command(Command::Text("hi".to_owned()))),
        1 => prop_oneof![Just(Command::AskAgain), Just(Command::StartFresh)].prop_map(Step::Command),
        1 => Just(Step::Audio(vec![1; 64])),
        6 => prop_oneof![Just(0), 0..50u64, 50..2_000u64, 9_000..16_000u64].prop_map(Step::Wait),
    ]
}

/// A field of a message and a value of a wrong type.
fn wrong_field() -> impl Strategy<Value = (&'static str, &'static str, Value)> {
    let places = prop_oneof![
        Just(("usageMetadata", "totalTokenCount")),
        Just(("usageMetadata", "promptTokensDetails")),
        Just(("goAway", "timeLeft")),
        Just(("toolCall", "functionCalls")),
        Just(("toolCallCancellation", "ids")),
        Just(("sessionResumptionUpdate", "resumable")),
        Just(("serverContent", "modelTurn")),
        Just(("serverContent", "interrupted")),
        Just(("serverContent", "outputTranscription")),
        Just(("serverContent", "groundingMetadata")),
        Just(("serverContent", "generationComplete")),
        Just(("voiceActivity", "audioOffset")),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        ".{0,8}".prop_map(Value::from),
    ];
    let value = leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[a-z]{1,5}", inner, 0..4).prop_map(|map| json!(map)),
        ]
    });
    (places, value).prop_map(|((message, field), value)| (message, field, value))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_events_keeps_the_rules(steps in vec(step(), 0..80)) {
        let mut watch = Watch::new();
        for step in steps {
            watch.take(step)?;
        }
    }

    /// The same with a session that is ready, so that later phases are tested as often.
    #[test]
    fn any_order_of_events_after_readiness_keeps_the_rules(steps in vec(step(), 0..80)) {
        let mut watch = Watch::new();
        watch.take(Step::Opened)?;
        watch.take(Step::Message(json!({"setupComplete": {}})))?;
        for step in steps {
            watch.take(step)?;
        }
    }

    /// Pauses, `goAway`, handles and the network together, with a session that is ready.
    #[test]
    fn no_mischief_makes_more_than_8_connections_in_10_s(steps in vec(hostile_step(), 0..200)) {
        let mut watch = Watch::new();
        watch.connected()?;
        watch.take(Step::Opened)?;
        watch.take(Step::Message(json!({"setupComplete": {}})))?;
        for step in steps {
            watch.take(step)?;
        }
    }

    #[test]
    fn no_wrong_value_costs_the_end_of_the_turn_beside_it(wrong in vec(wrong_field(), 1..4)) {
        let mut message = json!({"serverContent": {"turnComplete": true}});
        for (kind, field, value) in wrong {
            message[kind][field] = value;
        }
        let read = decode_server(message.to_string().as_bytes()).map_err(|e| TestCaseError::fail(e.to_string()))?;
        prop_assert_eq!(read.message.server_content.and_then(|content| content.turn_complete), Some(true));
    }

    #[test]
    fn client_messages_come_back_as_they_were(message in client_message()) {
        let read = decode_client(encode(&message).as_bytes()).map_err(|e| TestCaseError::fail(e.to_string()))?;
        prop_assert_eq!(read.skipped_count, 0);
        prop_assert_eq!(read.message, message);
    }

    #[test]
    fn server_messages_come_back_as_they_were(message in server_message()) {
        let read = decode_server(encode(&message).as_bytes()).map_err(|e| TestCaseError::fail(e.to_string()))?;
        prop_assert_eq!(read.message, message);
    }

    #[test]
    fn an_int64_keeps_its_value(value in any::<i64>()) {
        let window = SlidingWindow { target_tokens: Some(Int64::from(value)) };
        let read: SlidingWindow = serde_json::from_str(&encode(&window)).map_err(|e| TestCaseError::fail(e.to_string()))?;
        prop_assert_eq!(read.target_tokens.map(Int64::get), Some(value));
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in vec(any::<u8>(), 0..200)) {
        let _ = decode_server(&bytes);
        let _ = decode_client(&bytes);
    }
}
