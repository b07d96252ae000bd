//! Content: a message of either side, made of parts (PROTOCOL.md §2.5). Pure.

use serde_json::Value;

use super::enums::{CodeLanguage, CodeOutcome, Scheduling};
use super::message::message;
use super::scalar::{Base64, Opaque, WireDuration};

message! {
    /// A message of one side: a role and parts.
    Content {
        /// `user` or `model`; absent means `user` from a client, `model` from the service.
        role: Option<String>,
        /// The parts, in order.
        parts: Vec<Part>,
    }
}

impl Content {
    /// Returns a content with one text part.
    pub fn text(role: &str, text: impl Into<String>) -> Self {
        Self { role: Some(role.to_owned()), parts: vec![Part::text(text)] }
    }
}

message! {
    /// One part of a content. One field contains the data; the others describe it.
    Part {
        /// Text; not speech when `thought` is set.
        text: Option<String>,
        /// Whether `text` is a thought of the model.
        thought: Option<bool>,
        /// Opaque proof of a thought, to be sent back with it.
        thought_signature: Option<Base64>,
        /// Audio or a picture in the message itself.
        inline_data: Option<Blob>,
        /// A call, inside a content (history).
        function_call: Option<Box<FunctionCall>>,
        /// An answer, inside a content (history).
        function_response: Option<Box<FunctionResponse>>,
        /// A file that the service fetches.
        file_data: Option<Box<FileData>>,
        /// Code that the model runs.
        executable_code: Option<Box<ExecutableCode>>,
        /// What the code printed.
        code_execution_result: Option<Box<CodeExecutionResult>>,
        /// Which part of a video is meant.
        video_metadata: Option<Box<Opaque>>,
        /// The resolution at which this medium is processed.
        media_resolution: Option<Box<Opaque>>,
    }
}

impl Part {
    /// Returns a text part.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: Some(text.into()), ..Self::default() }
    }

    /// Returns a part with data in the message itself.
    pub fn inline(mime_type: &str, data: Vec<u8>) -> Self {
        Self { inline_data: Some(Blob::new(mime_type, data)), ..Self::default() }
    }

    /// Returns whether this part is a thought, which is never spoken.
    pub fn is_thought(&self) -> bool {
        self.thought == Some(true)
    }
}

message! {
    /// Media data.
    Blob {
        /// The MIME type; for audio with the rate: `audio/pcm;rate=16000`.
        mime_type: Option<String>,
        /// The bytes.
        data: Option<Base64>,
        /// A name for people.
        display_name: Option<String>,
    }
}

impl Blob {
    /// Returns a blob of this MIME type.
    pub fn new(mime_type: &str, data: Vec<u8>) -> Self {
        Self { mime_type: Some(mime_type.to_owned()), data: Some(Base64(data)), display_name: None }
    }

    /// Returns the bytes; empty when absent.
    pub fn bytes(&self) -> &[u8] {
        self.data.as_ref().map_or(&[], |data| &data.0)
    }

    /// Returns the sample rate in Hz if this is raw PCM: from `rate=`, otherwise `default_rate`.
    pub fn pcm_rate(&self, default_rate: u32) -> Option<u32> {
        let mut pieces = self.mime_type.as_deref()?.split(';').map(str::trim);
        if !pieces.next()?.eq_ignore_ascii_case("audio/pcm") {
            return None;
        }
        let rate = pieces.find_map(|piece| piece.strip_prefix("rate=")?.trim().parse().ok());
        Some(rate.filter(|rate| *rate > 0).unwrap_or(default_rate))
    }
}

message! {
    /// A file by address.
    FileData {
        /// The type of the file.
        mime_type: Option<String>,
        /// Where it is.
        file_uri: Option<String>,
        /// A name for people.
        display_name: Option<String>,
    }
}

message! {
    /// Code that the model runs; search is run this way too.
    ExecutableCode {
        /// Its identity, where the service gives one.
        id: Option<String>,
        /// The language.
        language: Option<CodeLanguage>,
        /// The program.
        code: Option<String>,
    }
}

message! {
    /// The result of running the code.
    CodeExecutionResult {
        /// Its identity, where the service gives one.
        id: Option<String>,
        /// How it ended.
        outcome: Option<CodeOutcome>,
        /// What it printed.
        output: Option<String>,
    }
}

message! {
    /// A function call of the model.
    FunctionCall {
        /// To be echoed in the answer.
        id: Option<String>,
        /// Which function.
        name: Option<String>,
        /// The arguments as the model wrote them; their names keep their case.
        args: Option<Value>,
        /// Pieces of arguments while they are being generated.
        partial_args: Vec<Opaque>,
        /// Whether more pieces of this call follow.
        will_continue: Option<bool>,
    }
}

message! {
    /// The answer to a call (PROTOCOL.md §2.6).
    FunctionResponse {
        /// The call's id; required on the Developer API.
        id: Option<String>,
        /// The function's name; some models take an unnamed answer for a failure.
        name: Option<String>,
        /// An object, by convention with `output` or `error`; its names keep their case.
        response: Option<Value>,
        /// When the model uses it; for non-blocking functions only.
        scheduling: Option<Scheduling>,
        /// Whether more answers for this id follow.
        will_continue: Option<bool>,
        /// Media that belong to the answer.
        parts: Vec<FunctionResponsePart>,
    }
}

message! {
    /// A medium in an answer.
    FunctionResponsePart {
        /// In the message itself.
        inline_data: Option<Blob>,
        /// By address.
        file_data: Option<FileData>,
    }
}

message! {
    /// A piece of transcript, to be appended as it is (PROTOCOL.md §3.1).
    Transcription {
        /// The piece, spaces included.
        text: Option<String>,
        /// Whether this was the last piece. It may come without text, or never.
        finished: Option<bool>,
        /// The language as BCP-47.
        language_code: Option<String>,
        /// The speaker, with diarization.
        speaker_label: Option<String>,
        /// The single words, with word timestamps.
        words: Vec<TranscribedWord>,
        /// Where it starts in the input.
        start_offset: Option<WireDuration>,
        /// Where it ends in the input.
        end_offset: Option<WireDuration>,
    }
}

message! {
    /// A word of a transcription.
    TranscribedWord {
        /// The word.
        word: Option<String>,
        /// Where it starts in the input.
        start_offset: Option<WireDuration>,
        /// Where it ends in the input.
        end_offset: Option<WireDuration>,
    }
}
