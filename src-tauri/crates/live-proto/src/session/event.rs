//! The inputs and outputs of a session. Pure data.

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use crate::catalogue::Model;
use crate::close::CloseCause;
use crate::wire::{Scheduling, Setup, UsageMetadata};

/// A point on a monotonic clock, in milliseconds. The caller chooses the zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub u64);

impl Millis {
    /// Returns the time `span` later; saturates.
    #[must_use]
    pub fn after(self, span: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(span.as_millis()).unwrap_or(u64::MAX)))
    }

    /// Returns the time `span` earlier, at least zero.
    #[must_use]
    pub fn before(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(span.as_millis()).unwrap_or(u64::MAX)))
    }
}

/// The number of a reply of the model; it grows with every reply. After [`Event::Interrupted`] the session returns no
/// audio of that generation or an earlier one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(pub u32);

/// Something that happened outside the session.
#[derive(Debug)]
pub enum Input<'a> {
    /// The WebSocket is open.
    Opened,
    /// A whole text or binary message arrived.
    Frame(&'a [u8]),
    /// The WebSocket closed or broke.
    TransportClosed(TransportClosed),
    /// The connection that [`Output::Connect`] requested failed.
    ConnectFailed(CloseCause),
    /// The peer exceeded a limit of the socket's reader; the text says which. The session ends without a retry.
    LimitExceeded(String),
    /// The network came back or changed. A pending pause ends, and the session reconnects.
    NetworkChanged,
    /// Microphone audio: 16 kHz, 16-bit little-endian, mono; usually 20 ms.
    Audio(&'a [u8]),
    /// The microphone hears a voice. Not sent: a question that has not ended needs no answer yet.
    Voiced,
    /// A command of the person or the app.
    Command(Command),
}

/// How the WebSocket ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransportClosed {
    /// The code of the close frame; `None` when the connection broke without one.
    pub code: Option<u16>,
    /// The reason of the close frame.
    pub reason: String,
}

/// A command of the person or the app. Without a connection it waits, within [`Limits`](super::Limits).
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// The microphone was muted. The service processes what it has; new audio opens the stream again.
    AudioStreamEnd,
    /// Speech starts; only in a session without turn detection.
    ActivityStart,
    /// Speech ends; only in a session without turn detection.
    ActivityEnd,
    /// One still image, JPEG.
    Video(Vec<u8>),
    /// A typed text, which the model answers.
    Text(String),
    /// The answer to a call.
    ToolResult {
        /// The call's id. The session sends the name of the call itself.
        id: String,
        /// An object is sent as it is, anything else as its `output`.
        response: Value,
        /// When the model shall speak of it; `None` is when it has finished what it says. Left out where the model does
        /// not take such a wish.
        scheduling: Option<Scheduling>,
    },
    /// The camera was closed: its last picture is no longer what the person shows.
    CameraOff,
    /// Resumes the session and asks again what has no answer. Does nothing when nothing waits for one.
    AskAgain,
    /// Continues in a new session without a handle, which is told the conversation as text.
    StartFresh,
    /// Continues with another setup: resumed where the model stays the same, else in a new session that is told the
    /// conversation as text.
    Reconfigure(Box<Configuration>),
    /// Ends the session after the last words have arrived.
    End,
}

/// What a session is set up with.
#[derive(Clone, Debug, PartialEq)]
pub struct Configuration {
    /// The setup; its resumption handle is the session's to fill in.
    pub setup: Setup,
    /// The rules of its model.
    pub rules: Model,
}

/// Something that the caller must do.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Open a new connection. Drop the old one first: the service refuses to resume while it is open.
    Connect,
    /// Send this JSON as one text message; it is UTF-8.
    Send(Bytes),
    /// Pass this event to the app.
    Event(Event),
    /// Close the WebSocket, after everything that was sent before.
    Close {
        /// The close code.
        code: u16,
        /// The reason, at most 123 bytes.
        reason: String,
    },
}

/// An event for the app.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The service confirmed the setup; the conversation can begin.
    Ready {
        /// The session's name, if the service gives one.
        session_id: Option<String>,
    },
    /// The connection was lost, or the service asked to leave it. The conversation continues over the next one.
    Reconnecting {
        /// Why.
        cause: CloseCause,
        /// The number of the next attempt, from 1.
        attempt: u32,
        /// The pause before it.
        retry_in: Duration,
    },
    /// A question has no answer for [`Limits::no_answer_yet`](super::Limits::no_answer_yet), though the connection lives.
    /// Emitted once for a question.
    NoAnswerYet,
    /// The last input was sent [`Limits::send_attempts`](super::Limits::send_attempts) times, and every connection
    /// broke before its answer was complete. It is not sent again.
    InputAbandoned {
        /// How many times it was sent.
        sent: u8,
    },
    /// The conversation continues; input from the meantime is sent now.
    Resumed {
        /// Whether the service lost the session, so that the history was sent to a new one.
        fresh: bool,
        /// Whether the open exchange is sent again: its transcript and its reply start over. Words that are said again as
        /// text follow as [`Event::InputTranscript`].
        again: bool,
        /// Microphone audio that was kept for the new connection.
        kept: Duration,
        /// Microphone audio that had to be dropped.
        lost: Duration,
    },
    /// The service took the setup of [`Command::Reconfigure`]. Follows [`Event::Resumed`].
    Reconfigured,
    /// The service refused the setup of [`Command::Reconfigure`]: the conversation continues with the one before, after
    /// the next [`Event::Resumed`].
    ReconfigurationRefused(CloseCause),
    /// Audio of a reply.
    Audio {
        /// Of which reply.
        generation: Generation,
        /// 16-bit little-endian, mono; whole samples.
        pcm: Vec<u8>,
        /// Its sample rate in Hz; usually 24 000.
        rate: u32,
    },
    /// Audio of a reply in a format that we can't play. Emitted once per format.
    Unplayable {
        /// The MIME type that the service gave; may be empty.
        mime: String,
    },
    /// A piece of what the person said, to be appended as it is.
    InputTranscript {
        /// The piece; may be empty when `finished`.
        text: String,
        /// Whether it was the last piece; not every service sets it.
        finished: bool,
        /// The language (BCP-47), where the service tells; as it came.
        language: Option<String>,
    },
    /// A draft of what the person is saying; replaces the previous draft.
    InterimInputTranscript {
        /// The draft.
        text: String,
    },
    /// A piece of what the model said, to be appended as it is. It may arrive after the turn.
    OutputTranscript {
        /// Of which reply.
        generation: Generation,
        /// The piece; may be empty when `finished`.
        text: String,
        /// Whether it was the last piece; not every service sets it.
        finished: bool,
    },
    /// A piece of a text reply, from models with the modality TEXT.
    Text {
        /// Of which reply.
        generation: Generation,
        /// The piece.
        text: String,
    },
    /// A piece of a thought, which is never spoken.
    Thought {
        /// Of which reply.
        generation: Generation,
        /// The piece.
        text: String,
    },
    /// Code that the model runs for this reply; searches appear as code too.
    Code {
        /// For which reply.
        generation: Generation,
        /// The program.
        code: String,
    },
    /// What the code printed.
    CodeResult {
        /// For which reply.
        generation: Generation,
        /// `OUTCOME_…`.
        outcome: Option<String>,
        /// What it printed.
        output: String,
    },
    /// The reply has arrived completely; playing it may take much longer.
    GenerationComplete {
        /// Which reply.
        generation: Generation,
    },
    /// The turn is over.
    TurnComplete {
        /// Which reply.
        generation: Generation,
        /// Why it ended without a normal reply: the enum value on the wire.
        reason: Option<String>,
        /// Whether the model will continue without further input (`interactionStatus` is not `IDLE`).
        more_follows: bool,
    },
    /// The person interrupted the reply: stop playing at once.
    Interrupted {
        /// The interrupted reply.
        generation: Generation,
    },
    /// The model stays silent on purpose.
    WaitingForInput,
    /// The model calls a function.
    ToolCall {
        /// The call's id, for [`Command::ToolResult`].
        id: String,
        /// The function.
        name: String,
        /// Its arguments; an empty object when there are none.
        args: Value,
    },
    /// The service cancelled these calls; they need no response.
    ToolCallsCancelled {
        /// Their ids, without calls that were already answered.
        ids: Vec<String>,
    },
    /// The sources of a reply.
    Grounding {
        /// Which reply.
        generation: Generation,
        /// Title and address of each page.
        sources: Vec<(String, String)>,
        /// What was searched for.
        queries: Vec<String>,
        /// HTML that Google requires to be displayed; untrusted markup.
        suggestion_html: Option<String>,
    },
    /// The pages that were read for a reply, with the result (`URL_RETRIEVAL_STATUS_…`).
    PagesRead {
        /// Which reply.
        generation: Generation,
        /// Address and status of each page.
        pages: Vec<(String, String)>,
    },
    /// The service will close the connection. Emitted again only when the announced time changes.
    GoAway {
        /// The time until then.
        time_left: Duration,
    },
    /// A handle for resuming the session.
    ResumptionHandle {
        /// The handle: opaque and secret.
        handle: String,
    },
    /// The token counts of a turn, including the whole context.
    Usage(Box<UsageMetadata>),
    /// The service detected the start or the end of speech.
    VoiceActivity {
        /// Which.
        activity: Activity,
        /// The position in the sent audio, if the service gives it.
        offset: Option<Duration>,
    },
    /// An unknown message or field, which was skipped.
    Unknown {
        /// Its name on the wire.
        what: String,
    },
    /// A value of a wrong type. It was left out; the rest of its message was read.
    Malformed {
        /// The path of the first one.
        what: String,
        /// How many the message contained.
        count: usize,
    },
    /// An unreadable message, which was skipped.
    BadFrame {
        /// The start of the message.
        first_bytes: String,
    },
    /// The session is over. This is the last event.
    Closed(CloseCause),
}

/// The start or the end of speech.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// It starts.
    Start,
    /// It ends.
    End,
}
