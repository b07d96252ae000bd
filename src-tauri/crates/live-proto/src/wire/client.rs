//! What a client sends (PROTOCOL.md §2): a message with exactly one top-level field. Pure.

use std::fmt;

use serde::Serialize;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use super::content::{Blob, Content, FunctionResponse};
use super::message::message;
use super::read::{Name, SlotSeed};
use super::setup::{Setup, Tool};

/// A message of a client: a proto oneof, so one top-level field and no second (PROTOCOL.md §1.3).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ClientMessage {
    /// The first message, sent once.
    Setup(Box<Setup>),
    /// Turns in order, as history or to be answered.
    ClientContent(ClientContent),
    /// Realtime input: audio, pictures, typed text.
    RealtimeInput(RealtimeInput),
    /// Answers to calls.
    ToolResponse(ToolResponse),
    /// New instructions or tools.
    ContextUpdate(ContextUpdate),
}

impl<'de> Deserialize<'de> for ClientMessage {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(OneOf)
    }
}

struct OneOf;

impl<'de> Visitor<'de> for OneOf {
    type Value = ClientMessage;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with one of setup, clientContent, realtimeInput, toolResponse, contextUpdate")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ClientMessage, A::Error> {
        const NAMES: &[&str] =
            &["setup", "client_content", "realtime_input", "tool_response", "context_update"];
        let mut message = None;
        while let Some(name) = map.next_key_seed(Name(NAMES))? {
            let next = match name {
                Some("setup") => {
                    map.next_value_seed(SlotSeed::<Option<Box<Setup>>>::new())?.map(ClientMessage::Setup)
                }
                Some("client_content") => map
                    .next_value_seed(SlotSeed::<Option<ClientContent>>::new())?
                    .map(ClientMessage::ClientContent),
                Some("realtime_input") => map
                    .next_value_seed(SlotSeed::<Option<RealtimeInput>>::new())?
                    .map(ClientMessage::RealtimeInput),
                Some("tool_response") => map
                    .next_value_seed(SlotSeed::<Option<ToolResponse>>::new())?
                    .map(ClientMessage::ToolResponse),
                Some("context_update") => map
                    .next_value_seed(SlotSeed::<Option<ContextUpdate>>::new())?
                    .map(ClientMessage::ContextUpdate),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    None
                }
            };
            if next.is_some() && message.is_some() {
                return Err(A::Error::custom("more than one top-level field"));
            }
            message = message.or(next);
        }
        message.ok_or_else(|| A::Error::custom("no known top-level field"))
    }
}

message! {
    /// Turns in order (PROTOCOL.md §2.5). Interrupts a running reply.
    ClientContent {
        /// The turns, appended to the history.
        turns: Vec<Content>,
        /// Whether the model answers now.
        turn_complete: Option<bool>,
    }
}

message! {
    /// Realtime input: one field per message (PROTOCOL.md §2.4).
    RealtimeInput {
        /// PCM, 16-bit little-endian, mono; the rate is in the MIME type.
        audio: Option<Blob>,
        /// One still picture.
        video: Option<Blob>,
        /// Typed text.
        text: Option<String>,
        /// `true`: the microphone was switched off.
        audio_stream_end: Option<bool>,
        /// The client marks the start of speech; only with detection disabled.
        activity_start: Option<ActivityMark>,
        /// The client marks the end of speech; only with detection disabled.
        activity_end: Option<ActivityMark>,
        /// Deprecated: newer models close the connection.
        media_chunks: Vec<Blob>,
    }
}

impl RealtimeInput {
    /// Returns audio input: 16 kHz, 16-bit little-endian, mono.
    pub fn audio_16k(pcm: Vec<u8>) -> Self {
        Self { audio: Some(Blob::new("audio/pcm;rate=16000", pcm)), ..Self::default() }
    }

    /// Returns a still image.
    pub fn jpeg(jpeg: Vec<u8>) -> Self {
        Self { video: Some(Blob::new("image/jpeg", jpeg)), ..Self::default() }
    }

    /// Returns typed text.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: Some(text.into()), ..Self::default() }
    }

    /// Returns the message that the microphone was switched off.
    pub fn stream_end() -> Self {
        Self { audio_stream_end: Some(true), ..Self::default() }
    }
}

message! {
    /// The empty object that marks a start or an end.
    ActivityMark {}
}

message! {
    /// Answers to calls.
    ToolResponse {
        /// One answer per call id.
        function_responses: Vec<FunctionResponse>,
    }
}

message! {
    /// New instructions or tools from here on (PROTOCOL.md §2.7).
    ContextUpdate {
        /// The new instructions.
        system_instruction: Option<Content>,
        /// The new tools.
        tools: Option<ToolSet>,
    }
}

message! {
    /// A whole set of tools; present and empty clears it.
    ToolSet {
        /// The tools.
        tools: Option<Vec<Tool>>,
    }
}
