//! The messages that a session sends, ready for the wire. Pure.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use live_proto::catalogue::Behaviour;
use live_proto::wire::{
    CodeLanguage, Content, ExecutableCode, FunctionCall, GroundingMetadata, InteractionStatus, Part,
    ServerContent, ServerMessage, ToolCall, Transcription, UsageMetadata, VoiceActivity, VoiceActivityType,
    WireDuration, encode,
};
use serde_json::{Map, Value};

use crate::faults::Frame;

/// Messages that may wait for the client; no reply is continued while there are more.
pub(crate) const OUTBOX: usize = 32;
/// The same in bytes: ten messages of sound, two seconds of it.
const OUTBOX_BYTES: usize = 128 << 10;

/// Encoded messages in order, for the connection's writer.
#[derive(Default)]
pub(crate) struct Outbox {
    waiting: VecDeque<Frame>,
    bytes: usize,
    /// While the confirmation of the setup is held back: what goes before it.
    before: Option<VecDeque<Frame>>,
}

impl Outbox {
    pub(super) fn push(&mut self, message: &ServerMessage) {
        let bytes = Bytes::from(encode(message));
        self.bytes += bytes.len();
        self.waiting.push_back(Frame { bytes, is_text: false });
    }

    /// Puts this into the stream as it is, and past what is held back.
    pub(super) fn push_frame(&mut self, frame: Frame) {
        if let Some(before) = &mut self.before {
            return before.push_back(frame);
        }
        self.bytes += frame.bytes.len();
        self.waiting.push_back(frame);
    }

    /// Holds back whatever waits and comes.
    pub(super) fn hold(&mut self) {
        self.before = Some(VecDeque::new());
    }

    /// Lets it go.
    pub(super) fn release(&mut self) {
        for frame in self.before.take().into_iter().flatten().rev() {
            self.bytes += frame.bytes.len();
            self.waiting.push_front(frame);
        }
    }

    pub(super) fn content(&mut self, content: ServerContent) {
        self.push(&ServerMessage { server_content: Some(content), ..ServerMessage::default() });
    }

    pub(super) fn calls(&mut self, function_calls: Vec<FunctionCall>) {
        self.push(&ServerMessage {
            tool_call: Some(ToolCall { function_calls }),
            ..ServerMessage::default()
        });
    }

    /// Everything of a reply was sent.
    pub(super) fn generation_complete(&mut self) {
        self.content(ServerContent { generation_complete: Some(true), ..ServerContent::default() });
    }

    /// The next message, oldest first.
    pub(crate) fn pop(&mut self) -> Option<Frame> {
        if let Some(before) = &mut self.before {
            return before.pop_front();
        }
        let frame = self.waiting.pop_front()?;
        self.bytes -= frame.bytes.len();
        Some(frame)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.before.as_ref().unwrap_or(&self.waiting).is_empty()
    }

    /// Whether nothing more is read of the client until it has read. What is held back is not its fault.
    pub(crate) fn must_be_read(&self) -> bool {
        self.before.is_none() && self.is_full()
    }

    /// Whether so much waits that no reply goes on.
    pub(crate) fn is_full(&self) -> bool {
        self.waiting.len() >= OUTBOX || self.bytes >= OUTBOX_BYTES
    }
}

/// Audio at 24 kHz and the words that begin in it, in one event or in two.
pub(super) fn output_audio(pcm: &[i16], text: Option<String>, behaviour: &Behaviour) -> Vec<ServerContent> {
    let transcription = text.map(|text| Transcription { text: Some(text), ..Transcription::default() });
    if pcm.is_empty() {
        return transcription.map(output_transcription).into_iter().collect();
    }
    let bytes: Vec<u8> = pcm.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let kind = if behaviour.audio_rate { "audio/pcm;rate=24000" } else { "audio/pcm" };
    let audio = model_turn(Part::inline(kind, bytes), behaviour);
    if behaviour.events_together {
        return vec![ServerContent { output_transcription: transcription, ..audio }];
    }
    [Some(audio), transcription.map(output_transcription)].into_iter().flatten().collect()
}

/// A piece of the reply. The Developer API does not say whose it is.
fn model_turn(part: Part, behaviour: &Behaviour) -> ServerContent {
    let role = behaviour.model_role.then(|| "model".to_owned());
    let model_turn = Some(Content { role, parts: vec![part] });
    ServerContent { model_turn, ..ServerContent::default() }
}

/// A piece of the transcript of what the agent says.
pub(super) fn output_transcription(transcription: Transcription) -> ServerContent {
    ServerContent { output_transcription: Some(transcription), ..ServerContent::default() }
}

/// A reply in writing.
pub(super) fn written(text: String, behaviour: &Behaviour) -> ServerContent {
    model_turn(Part::text(text), behaviour)
}

/// What the agent thinks.
pub(super) fn thought(text: String, behaviour: &Behaviour) -> ServerContent {
    model_turn(Part { thought: Some(true), ..Part::text(text) }, behaviour)
}

/// A call as the code that models of half a cascade write for it.
pub(super) fn call_as_code(name: &str, args: &Map<String, Value>, behaviour: &Behaviour) -> ServerContent {
    let args: Vec<String> = args.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let code = Some(format!("print(default_api.{name}({}))", args.join(", ")));
    let executable_code = ExecutableCode { language: Some(CodeLanguage::Python), code, id: None };
    model_turn(Part { executable_code: Some(Box::new(executable_code)), ..Part::default() }, behaviour)
}

/// More of what the user said.
pub(super) fn input_transcription(words: String, language: Option<&String>) -> ServerContent {
    let language_code = language.cloned();
    let transcription = Some(Transcription { text: Some(words), language_code, ..Transcription::default() });
    ServerContent { input_transcription: transcription, ..ServerContent::default() }
}

/// What the user said so far of a turn; it replaces the one before.
pub(super) fn draft_transcription(words: String) -> ServerContent {
    let transcription = Some(Transcription { text: Some(words), ..Transcription::default() });
    ServerContent { interim_input_transcription: transcription, ..ServerContent::default() }
}

/// Speech starts or ends, so many milliseconds into the client's audio.
pub(super) fn activity(kind: VoiceActivityType, at_ms: u64) -> ServerMessage {
    let audio_offset = Some(WireDuration(Duration::from_millis(at_ms)));
    let activity = VoiceActivity { voice_activity_type: Some(kind), audio_offset };
    ServerMessage { voice_activity: Some(activity), ..ServerMessage::default() }
}

/// The end of a turn and what it cost, if that is told.
pub(super) fn turn_complete(
    usage: Option<UsageMetadata>,
    status: Option<InteractionStatus>,
    behaviour: &Behaviour,
) -> ServerMessage {
    let content = ServerContent {
        turn_complete: Some(true),
        interaction_status: status,
        grounding_metadata: behaviour.empty_grounding.then(GroundingMetadata::default),
        ..ServerContent::default()
    };
    ServerMessage { server_content: Some(content), usage_metadata: usage, ..ServerMessage::default() }
}

/// One function call; `args` is there even when there are none.
pub(super) fn call(id: &str, name: &str, args: Map<String, Value>) -> FunctionCall {
    FunctionCall {
        id: Some(id.to_owned()),
        name: Some(name.to_owned()),
        args: Some(args.into()),
        ..FunctionCall::default()
    }
}
