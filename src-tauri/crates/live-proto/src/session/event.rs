//! What goes into the machine and what comes out. Pure data.

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use crate::close::CloseCause;
use crate::wire::UsageMetadata;

/// A point on a monotonic clock, in milliseconds. Whoever drives the machine chooses the zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub u64);

impl Millis {
    /// That much later.
    #[must_use]
    pub fn after(self, span: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(span.as_millis()).unwrap_or(u64::MAX)))
    }

    /// That much earlier, not before the zero.
    #[must_use]
    pub fn before(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(span.as_millis()).unwrap_or(u64::MAX)))
    }
}

/// Which reply of the model something belongs to; grows with every reply. What was interrupted never comes back:
/// after [`Event::Interrupted`] no audio of that generation or an earlier one comes out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(pub u32);

/// What happened outside.
#[derive(Debug)]
pub enum Input<'a> {
    /// The WebSocket is open.
    Opened,
    /// A text or binary message, whole.
    Frame(&'a [u8]),
    /// The WebSocket is closed or broken.
    TransportClosed(TransportClosed),
    /// What [`Output::Connect`] asked for did not come about.
    ConnectFailed(CloseCause),
    /// The peer sent more than whoever reads it takes, in words: the end, since it would do so again.
    TooMuch(String),
    /// The computer has a network again, or another one: a good moment to try.
    NetworkChanged,
    /// Sound of the microphone: 16 kHz, 16-bit little-endian, mono; 20 ms as a rule.
    Audio(&'a [u8]),
    /// What the person or the app wants.
    Command(Command),
}

/// How the WebSocket ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransportClosed {
    /// The code of the close frame; `None`: broken without one.
    pub code: Option<u16>,
    /// The reason of the close frame.
    pub reason: String,
}

/// What the person or the app wants. While there is no connection it waits (see [`Limits`](super::Limits)).
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// The microphone was muted: what was said so far counts. Sound opens the stream again.
    AudioStreamEnd,
    /// Speech starts; only in a session without turn detection.
    ActivityStart,
    /// Speech ends; only in a session without turn detection.
    ActivityEnd,
    /// One still picture, JPEG.
    Video(Vec<u8>),
    /// A typed text; it is answered.
    Text(String),
    /// The answer to a call.
    ToolResult {
        /// The call's id.
        id: String,
        /// The function's name; the call's own name is what is sent.
        name: String,
        /// An object is sent as it is, anything else as its `output`.
        response: Value,
    },
    /// End the session: the last words arrive, then it closes.
    End,
}

/// What is to be done outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Connect again. What is left of the old connection goes first: the service refuses to resume beside it.
    Connect,
    /// Send this JSON as one text message; it is UTF-8.
    Send(Bytes),
    /// Tell the app.
    Event(Event),
    /// Close the WebSocket, after everything that was sent before.
    Close {
        /// The close code.
        code: u16,
        /// The reason, at most 123 bytes.
        reason: String,
    },
}

/// What the app learns.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The setup was taken; the conversation can begin.
    Ready {
        /// The session's name, where the service gives one.
        session_id: Option<String>,
    },
    /// The connection is gone, or is being left as the service asked; the conversation goes on over the next one.
    Reconnecting {
        /// Why.
        cause: CloseCause,
        /// Which try comes next, from 1.
        attempt: u32,
        /// When it comes.
        retry_in: Duration,
    },
    /// What was said last was sent again and again, and every connection broke before its answer was complete. It is not
    /// sent once more.
    GivenUp {
        /// How often it was sent.
        sent: u8,
    },
    /// The conversation goes on. What was said meanwhile is on its way.
    Resumed {
        /// Whether the service had to be told what was said before, as it had forgotten it.
        fresh: bool,
        /// Whether the exchange that was under way is said again: its words, and the reply, come again from their beginning.
        again: bool,
        /// Sound of the microphone that was kept for the new connection.
        kept: Duration,
        /// Sound that had to be dropped.
        lost: Duration,
    },
    /// Sound of a reply.
    Audio {
        /// Of which reply.
        generation: Generation,
        /// 16-bit little-endian, mono; whole samples.
        pcm: Vec<u8>,
        /// Its rate in Hz; 24 000 as a rule.
        rate: u32,
    },
    /// Sound of a reply in a form that is not played. Told once for each form.
    Unplayable {
        /// Its type, as the service calls it; may be empty.
        mime: String,
    },
    /// A piece of what the person said, to be appended as it is.
    InputTranscript {
        /// The piece; may be empty when `finished`.
        text: String,
        /// Whether it was the last piece. Not every service says so.
        finished: bool,
    },
    /// A draft of what the person is saying; replaces the draft before.
    InterimInputTranscript {
        /// The draft.
        text: String,
    },
    /// A piece of what the model said, to be appended as it is. May come late, even after the turn.
    OutputTranscript {
        /// Of which reply.
        generation: Generation,
        /// The piece; may be empty when `finished`.
        text: String,
        /// Whether it was the last piece. Not every service says so.
        finished: bool,
    },
    /// A piece of a written reply (from models that write).
    Text {
        /// Of which reply.
        generation: Generation,
        /// The piece.
        text: String,
    },
    /// A piece of a thought; never speech.
    Thought {
        /// Of which reply.
        generation: Generation,
        /// The piece.
        text: String,
    },
    /// Code that the model runs for this reply; searches look like this too.
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
    /// The reply is complete here; it may play for long yet.
    GenerationComplete {
        /// Which reply.
        generation: Generation,
    },
    /// The turn is over.
    TurnComplete {
        /// Which reply.
        generation: Generation,
        /// Why it ended without a normal reply, by the name on the wire.
        reason: Option<String>,
        /// Whether the model will speak again without further input (`interactionStatus` is not `IDLE`).
        more_follows: bool,
    },
    /// The person broke in: stop playing at once.
    Interrupted {
        /// The reply that was broken off.
        generation: Generation,
    },
    /// The model stays silent on purpose.
    WaitingForInput,
    /// The model asks for a function.
    ToolCall {
        /// To be given back in [`Command::ToolResult`].
        id: String,
        /// The function.
        name: String,
        /// Its arguments; an empty object when there are none.
        args: Value,
    },
    /// These calls need no answer any more.
    ToolCallsCancelled {
        /// Their ids; only those that were still open.
        ids: Vec<String>,
    },
    /// What a reply stands on.
    Grounding {
        /// Which reply.
        generation: Generation,
        /// Title and address of each page.
        sources: Vec<(String, String)>,
        /// What was searched for.
        queries: Vec<String>,
        /// HTML that Google asks to be displayed; foreign markup.
        suggestion_html: Option<String>,
    },
    /// The pages that were read for a reply, with how it went (`URL_RETRIEVAL_STATUS_…`).
    PagesRead {
        /// Which reply.
        generation: Generation,
        /// Address and status of each page.
        pages: Vec<(String, String)>,
    },
    /// The service will close the connection. Told again only when it says another time.
    GoAway {
        /// In how long.
        time_left: Duration,
    },
    /// With this handle the session can be resumed.
    ResumptionHandle {
        /// Opaque; a secret of the session.
        handle: String,
    },
    /// The tokens of a turn, the whole context among them.
    Usage(Box<UsageMetadata>),
    /// The service saw speech start or end.
    VoiceActivity {
        /// Which.
        activity: Activity,
        /// Where in the sound that was sent, where the service says so.
        offset: Option<Duration>,
    },
    /// Something that this version does not know; it was skipped.
    Unknown {
        /// What it called itself.
        what: String,
    },
    /// A value of a wrong type; it was left out of its message, and the rest counted.
    Misread {
        /// Where it stood.
        what: String,
        /// How many there were in the message.
        count: usize,
    },
    /// A message that could not be read; it was skipped.
    BadFrame {
        /// How it started.
        first_bytes: String,
    },
    /// The session is over; nothing comes after this.
    Closed(CloseCause),
}

/// Speech starts or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// It starts.
    Start,
    /// It ends.
    End,
}
