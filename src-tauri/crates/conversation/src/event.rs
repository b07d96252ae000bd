//! What a conversation tells the outside: plain data, no wire types, no devices.
//!
//! The structs here cross the IPC border as they are (the shell's `contract` re-exports them), hence `Serialize` and `TS`.

use serde::Serialize;
use ts_rs::TS;

use crate::trouble::{Trouble, TroubleKind};

/// One thing that happened, in order.
#[derive(Clone, Debug)]
pub enum Event {
    /// The conversation came into another phase.
    Phase(Phase),
    /// Devices are open and the session is ready.
    Started {
        /// Milliseconds since 1970.
        at: u64,
        /// The microphone's friendly name, when there is one.
        microphone: Option<String>,
        /// The speaker's friendly name, when there is one.
        speaker: Option<String>,
    },
    /// Other devices are used from now on.
    Devices {
        /// The microphone's friendly name, when there is one.
        microphone: Option<String>,
        /// The speaker's friendly name, when there is one.
        speaker: Option<String>,
    },
    /// The file in the microphone's place was played to its end; silence follows.
    MicrophoneOver,
    /// The devices that can be chosen are others: some came or went, or the system's choice is another one.
    DeviceList,
    /// The last event: devices are released and the session is closed.
    Ended {
        /// Milliseconds since 1970.
        at: u64,
        /// True when something was answered at least once, and nothing of the conversation failed inside.
        answered: bool,
    },
    /// A speaker's turn opened.
    TurnStarted(Turn),
    /// More text of a turn, verbatim.
    TurnText {
        /// The turn's `id`.
        id: u32,
        /// What to append.
        delta: String,
    },
    /// The connection broke in the middle of this turn and it is said again: its text starts again from empty.
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
    /// What a reply rests on.
    TurnSources {
        /// The turn's `id`.
        id: u32,
        /// Pages.
        sources: Vec<Source>,
        /// Search queries.
        queries: Vec<String>,
    },
    /// The sound of this reply can be saved; the one before can't any more.
    Spoken(Spoken),
    /// The whole reply has come, words and sound; it may still be heard for a while.
    ReplyComplete,
    /// The partner finished an exchange, the answers to functions' results among it: it will say nothing more until it is
    /// asked.
    ExchangeComplete {
        /// False when there was no answer; a [`TroubleKind::NoAnswer`] says why.
        answered: bool,
    },
    /// A tool call came or changed; the whole row.
    Tool(ToolCall),
    /// The two real levels. The only event that may be dropped when nobody keeps up.
    Levels(Levels),
    /// What the camera does.
    Camera(CameraState),
    /// Muted or not.
    Muted(bool),
    /// The key of push to talk is held, or was let go.
    Held(bool),
    /// A measured figure changed.
    Figures(Figures),
    /// Between two connections: how it stands. `None`: connected again.
    Connection(Option<Reconnect>),
    /// Something went wrong; the conversation goes on unless `Ended` follows.
    Trouble(Trouble),
    /// The trouble of this kind is over.
    TroubleGone(TroubleKind),
}

/// Where the conversation stands. Each is a word, a colour and a shape in the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    /// No conversation yet.
    #[default]
    Ready,
    /// Start was pressed; devices and session are being opened.
    Connecting,
    /// The partner waits for you.
    Listening,
    /// The connection is gone and is made again; your voice is kept meanwhile.
    Reconnecting,
    /// You are done and the answer has not begun.
    Thinking,
    /// The reply is being heard.
    Speaking,
    /// Listening, but nothing of the microphone is sent.
    Muted,
    /// The conversation is over; its transcript stays.
    Ended,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Speaker {
    /// The person at this computer.
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
    /// True when typed instead of spoken.
    pub typed: bool,
    /// False while it still grows.
    pub ended: bool,
    /// For an interrupted reply: how many characters (UTF-16 units) were really heard.
    pub heard_to: Option<u32>,
    /// Pages that the reply rests on.
    pub sources: Vec<Source>,
    /// Search queries behind it.
    pub queries: Vec<String>,
}

/// How far the way back to the server has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Reconnect {
    /// Which try this is, from 1.
    pub attempt: u32,
    /// When it comes, in milliseconds since 1970; absent while it is under way.
    #[ts(type = "number | null")]
    pub retry_at: Option<u64>,
    /// How much of your voice is kept until then, in ms.
    pub kept_ms: u32,
    /// Why: the other side's own words, or the system's.
    pub reason: String,
}

/// A reply whose sound can be saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Spoken {
    /// The `id` of the turn that has its words.
    pub turn: u32,
    /// How long it is, in ms.
    pub ms: u32,
}

/// A page that a reply rests on.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// The page's title, or its host.
    pub title: String,
    /// Where it is; `https:` or `http:` only.
    pub uri: String,
}

/// A row of the tool-call log.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ToolCall {
    /// The call's id on the wire.
    pub id: String,
    /// The function's name.
    pub name: String,
    /// The arguments as compact JSON, for the row.
    pub args: String,
    /// Where it stands.
    pub state: ToolState,
    /// When it was asked for, in milliseconds since 1970.
    #[ts(type = "number")]
    pub at: u64,
    /// How long it ran; absent while it runs.
    pub elapsed_ms: Option<u32>,
    /// The answer or the error, as it was sent, pretty JSON or a sentence.
    pub result: Option<String>,
}

/// Where a tool call stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum ToolState {
    /// At work.
    Running,
    /// Answered.
    Done,
    /// Answered with an error.
    Failed,
    /// Withdrawn by the partner, usually since you spoke.
    Cancelled,
}

/// The two real levels, as fine as they are seen. `*_peak` is the loudest sample since the last event, the other its smoothed
/// value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Levels {
    /// Microphone, 0 to 1 on a scale that is linear in dB from -60 dBFS to 0.
    pub you: f32,
    /// Microphone's last peak, likewise from -48 dBFS.
    pub you_peak: f32,
    /// What the speaker really plays, same scale.
    pub gemini: f32,
    /// Its last peak.
    pub gemini_peak: f32,
    /// Microphone in whole dBFS (RMS) from -60 on, for words.
    pub you_db: f32,
    /// Speaker in dBFS (RMS), likewise.
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

/// Figures for the line under the deck.
#[derive(Clone, Copy, Debug, Default, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    /// From the end of your turn to the first sound of the reply, in ms, of the last turn.
    pub reply_ms: Option<u32>,
    /// How much silence was not sent, in ms; absent where silence is sent.
    pub saved_ms: Option<u32>,
    /// When the server will close this connection, in milliseconds since 1970, once it said so.
    #[ts(type = "number | null")]
    pub closes_at: Option<u64>,
}
