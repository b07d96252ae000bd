//! The events of a conversation: plain data, no wire types, no devices.
//!
//! The shell's `contract` re-exports these types for the window, hence `Serialize` and `TS`.

use serde::Serialize;
use ts_rs::TS;

use crate::permissions::ToolRule;
use crate::trouble::{Trouble, TroubleKind};

/// An event of a conversation.
#[derive(Clone, Debug)]
pub enum Event {
    /// The phase changed.
    Phase(Phase),
    /// The devices are open and the session is ready.
    Started {
        /// Milliseconds since 1970.
        at: u64,
        /// The microphone's friendly name, when there is one.
        microphone: Option<String>,
        /// The speaker's friendly name, when there is one.
        speaker: Option<String>,
    },
    /// Other devices are used now.
    Devices {
        /// The microphone's friendly name, when there is one.
        microphone: Option<String>,
        /// The speaker's friendly name, when there is one.
        speaker: Option<String>,
    },
    /// The file in place of the microphone has ended; silence follows.
    MicrophoneOver,
    /// The lists of devices changed, or the system's default did.
    DeviceList,
    /// The last event: devices are released and the session is closed.
    Ended {
        /// Milliseconds since 1970.
        at: u64,
        /// Whether there was at least one answer and no internal error.
        answered: bool,
    },
    /// A turn began.
    TurnStarted(Turn),
    /// Text to append to a turn as it is.
    TurnText {
        /// The turn's `id`.
        id: u32,
        /// What to append.
        delta: String,
    },
    /// The language of a turn of yours was recognised.
    TurnLanguage {
        /// The turn's `id`.
        id: u32,
        /// As BCP-47.
        language: String,
    },
    /// The turn is sent again after a lost connection; its text starts over.
    TurnReset {
        /// The turn's `id`.
        id: u32,
    },
    /// A turn is final.
    TurnEnded {
        /// The turn's `id`.
        id: u32,
        /// For an interrupted reply: how many characters (UTF-16 units) were really heard.
        heard_to: Option<u32>,
    },
    /// The sources of a reply.
    TurnSources {
        /// The turn's `id`.
        id: u32,
        /// Pages.
        sources: Vec<Source>,
        /// Search queries.
        queries: Vec<String>,
    },
    /// The audio of these turns can be saved; the oldest first.
    Spoken(Vec<Spoken>),
    /// The reply has arrived completely, and no answer to a call is owed; it may still be playing.
    ReplyComplete,
    /// The exchange is complete, including answers to functions' results. Nothing more follows until the next
    /// question.
    ExchangeComplete {
        /// Whether there was an answer; if not, a [`TroubleKind::NoAnswer`] says why.
        answered: bool,
    },
    /// A tool call is new or changed; contains the whole row.
    Tool(ToolCall),
    /// The person decided about a function for other conversations, too.
    Permission {
        /// The function's name.
        name: String,
        /// The decision.
        rule: ToolRule,
    },
    /// The two levels. The only event that may be dropped when the receiver is slow.
    Levels(Levels),
    /// The state of the camera.
    Camera(CameraState),
    /// The microphone was muted or unmuted.
    Muted(bool),
    /// The push-to-talk key was pressed or released.
    Held(bool),
    /// A measured figure changed.
    Figures(Figures),
    /// The status between two connections; `None` when connected again.
    Connection(Option<Reconnect>),
    /// The setup of [`Command::Reconfigure`](crate::Command::Reconfigure) is in use.
    Reconfigured(Told),
    /// The service refused that setup, in these words. The conversation continues with the one before.
    ReconfigurationRefused(String),
    /// Something went wrong; the conversation continues unless `Ended` follows.
    Trouble(Trouble),
    /// The trouble of this kind is over.
    TroubleGone(TroubleKind),
}

/// What the model knows of the conversation after another setup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Everything: the session was resumed.
    Everything,
    /// The words: a new session was told the transcript.
    Words,
    /// Nothing: the model takes no earlier turns.
    Nothing,
}

/// The phase of a conversation. Each has a label, a colour and a shape in the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    /// No conversation yet.
    #[default]
    Ready,
    /// Devices and session are being opened.
    Connecting,
    /// The partner waits for you.
    Listening,
    /// The connection was lost and is being replaced; your speech is kept.
    Reconnecting,
    /// You finished speaking and the answer has not begun.
    Thinking,
    /// A reply is playing.
    Speaking,
    /// Listening with a muted microphone.
    Muted,
    /// The conversation is over; its transcript stays.
    Ended,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Speaker {
    /// The user.
    You,
    /// The partner.
    Gemini,
}

/// One speaker's turn in the transcript.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Turn {
    /// Unique in this conversation.
    pub id: u32,
    /// Who speaks.
    pub speaker: Speaker,
    /// When it began, in milliseconds since 1970.
    #[ts(type = "number")]
    pub at: u64,
    /// The text so far.
    pub text: String,
    /// Whether it was typed.
    pub typed: bool,
    /// The language (BCP-47) that was recognised in it, where the other side tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub language: Option<String>,
    /// Whether it is final.
    pub ended: bool,
    /// For an interrupted reply: how many characters (UTF-16 units) were really heard.
    pub heard_to: Option<u32>,
    /// The reply's sources.
    pub sources: Vec<Source>,
    /// The reply's search queries.
    pub queries: Vec<String>,
}

impl Turn {
    /// Returns a turn that is not finished; `at` is in milliseconds since 1970.
    pub fn new(id: u32, speaker: Speaker, text: impl Into<String>, at: u64) -> Self {
        Self {
            id,
            speaker,
            at,
            text: text.into(),
            typed: false,
            language: None,
            ended: false,
            heard_to: None,
            sources: Vec::new(),
            queries: Vec::new(),
        }
    }
}

/// The status of reconnecting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Reconnect {
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// When it starts, in milliseconds since 1970; absent while it is in progress.
    #[ts(type = "number | null")]
    pub retry_at: Option<u64>,
    /// How much of your speech is kept, in ms.
    pub kept_ms: u32,
    /// The reason, in the server's or the system's words.
    pub reason: String,
}

/// A turn whose audio can be saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Spoken {
    /// The `id` of the turn.
    pub turn: u32,
    /// The length of its audio in ms.
    pub ms: u32,
}

/// A source of a reply.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// The page's title, or its host.
    pub title: String,
    /// Its address; `https:` or `http:` only.
    pub uri: String,
}

/// A row of the tool-call log.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ToolCall {
    /// Unique in this conversation.
    pub number: u32,
    /// The call's id on the wire.
    pub id: String,
    /// The function's name.
    pub name: String,
    /// The arguments as compact JSON, for the row.
    pub args: String,
    /// Its state.
    pub state: ToolState,
    /// When it was called, in milliseconds since 1970.
    #[ts(type = "number")]
    pub at: u64,
    /// When it began to run, in milliseconds since 1970; absent when it never did.
    #[ts(type = "number | null")]
    pub running_since: Option<u64>,
    /// How long it ran; absent until it ends.
    pub elapsed_ms: Option<u32>,
    /// The response or the error as it was sent: formatted JSON or a sentence.
    pub result: Option<String>,
    /// While it asks: leave can be given for this one call alone.
    pub each_time: bool,
    /// What it asks the person to type, while it waits for that.
    pub question: Option<String>,
}

/// The state of a tool call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum ToolState {
    /// It waits for the person's leave.
    Asking,
    /// It is running.
    Running,
    /// It waits for what the person types.
    Answering,
    /// Answered.
    Done,
    /// Answered with an error.
    Failed,
    /// Not allowed by the person, which is the answer.
    Refused,
    /// Cancelled by the partner, usually because you spoke, or stopped by you.
    Cancelled,
}

impl ToolState {
    /// Returns whether the call has an answer, or needs none any more.
    pub fn is_over(self) -> bool {
        !matches!(self, Self::Asking | Self::Running | Self::Answering)
    }
}

/// The two levels, rounded to visible steps. `*_peak` is the loudest sample since the last event, the other is
/// smoothed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Levels {
    /// Microphone level, 0 to 1, linear in dB from -60 dBFS to 0.
    pub you: f32,
    /// Microphone peak, 0 to 1 from -48 dBFS.
    pub you_peak: f32,
    /// Speaker level, on the same scale.
    pub gemini: f32,
    /// Speaker peak.
    pub gemini_peak: f32,
    /// Microphone level in whole dBFS (RMS), at least -60, as a number.
    pub you_db: f32,
    /// Speaker level in whole dBFS (RMS).
    pub gemini_db: f32,
}

/// What the camera does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, TS)]
#[serde(tag = "state", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum CameraState {
    /// Closed; its light is out.
    #[default]
    Off,
    /// Being opened.
    Starting,
    /// Pictures come.
    On {
        /// The camera's name.
        name: String,
        /// Width of a captured picture in pixels.
        width: u32,
        /// Height of a captured picture in pixels.
        height: u32,
        /// Pictures sent in this conversation.
        sent: u32,
    },
}

/// Measured figures.
#[derive(Clone, Copy, Debug, Default, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    /// From the end of your turn to the first sound of the reply, in ms, of the last turn.
    pub reply_ms: Option<u32>,
    /// How much silence was skipped, in ms; absent when silence is sent.
    pub saved_ms: Option<u32>,
    /// When the server will close this connection, in milliseconds since 1970, if it announced that.
    #[ts(type = "number | null")]
    pub closes_at: Option<u64>,
}
