//! Every type that crosses the IPC border, and nothing else. What a conversation itself says is plain data of the crate
//! `conversation`, re-exported here; the rest is the shell's own.
//!
//! `cargo xtask bindings` writes these as TypeScript to `ui/src/ipc/bindings.gen.ts`; `tests/contract` fails when the two
//! differ. Wire types of the Live protocol never appear here (ARCHITECTURE.md, invariant 7).

mod account;
mod choices;
mod parts;
mod settings;
mod speaker;

use std::collections::BTreeMap;

use serde::Serialize;
use ts_rs::TS;

pub use account::{Account, KeyCheck, KeySlot, KeyState, Verdict};
pub use choices::{
    Choices, DeviceChoice, ModelChoice, ModelOptions, OptionLimit, SetupOption, ThinkingRule, VoiceChoice,
};
pub use parts::{PartState, Parts, PartsFetch};
pub use settings::{MediaResolution, Sensitivity, Settings, Theme, ThinkingLevel, TurnCoverage};
pub use speaker::{SpeakerCheck, SpeakerVerdict};

pub use conversation::{
    CameraState, Figures, Levels, Phase, Reconnect, Source, Speaker, Spoken, ToolCall, ToolState, Turn,
};

/// One message of the ordered event channel. A subscription starts with a [`UiEvent::Snapshot`], so a webview that was
/// reloaded has lost nothing (ARCHITECTURE.md, invariant 10).
#[derive(Clone, Debug, Serialize, TS)]
pub struct UiEnvelope {
    /// Grows by one per event of this process; a gap or a step back is a fault of ours.
    #[ts(type = "number")]
    pub seq: u64,
    /// What happened.
    pub event: UiEvent,
}

/// What the backend tells the window.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum UiEvent {
    /// The whole state; always the first event of a subscription.
    Snapshot {
        /// Everything that the window shows.
        snapshot: Box<Snapshot>,
    },
    /// The window fell behind and events were left out: the whole state, but of the turns and the tool calls only those that
    /// changed meanwhile.
    CaughtUp {
        /// Everything that the window shows; rows that are not in it stay as they are.
        snapshot: Box<Snapshot>,
    },
    /// The conversation came into another phase.
    Phase {
        /// The phase from now on.
        phase: Phase,
    },
    /// A conversation began or ended; its times and its partner.
    Conversation {
        /// Absent before the first Start.
        conversation: Option<ConversationInfo>,
    },
    /// A speaker's turn opened in the transcript. Its text follows as deltas.
    TurnStarted {
        /// The new turn, usually still without text.
        turn: Turn,
    },
    /// More text of a turn, verbatim: joined to what is there without a space of our own.
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
    /// A turn is final; with `heard_to` it was cut off.
    TurnEnded {
        /// The turn's `id`.
        id: u32,
        /// For an interrupted reply: how many characters (UTF-16 units) were really heard.
        heard_to: Option<u32>,
    },
    /// Google Search grounding of a reply.
    TurnSources {
        /// The turn's `id`.
        id: u32,
        /// The pages it rests on.
        sources: Vec<Source>,
        /// Search queries that the reply rests on, to be shown as suggestions.
        queries: Vec<String>,
    },
    /// The sound of the last reply can be saved.
    Spoken {
        /// Which reply that is; absent while there is none.
        spoken: Option<Spoken>,
    },
    /// A tool call came or changed; the row with this `id` is replaced.
    Tool {
        /// The whole row.
        call: ToolCall,
    },
    /// The two real levels, at most 20 times a second.
    Levels {
        /// Of microphone and speaker.
        levels: Levels,
    },
    /// What the camera does.
    Camera {
        /// Its state from now on.
        camera: CameraState,
    },
    /// Muted or not.
    Muted {
        /// True when nothing of the microphone is sent.
        muted: bool,
    },
    /// The key of push to talk is held, or was let go.
    Held {
        /// True while it is held.
        held: bool,
    },
    /// Between two connections; absent when connected again.
    Connection {
        /// How it stands.
        connection: Option<Reconnect>,
    },
    /// A measured figure changed.
    Figures {
        /// All of them.
        figures: Figures,
    },
    /// Something went wrong, or right again. Replaces a notice with the same `code`.
    Notice {
        /// What, why and the way out.
        notice: UiError,
    },
    /// The trouble of this code is over.
    NoticeGone {
        /// Whose notice to take away.
        code: ErrorCode,
    },
    /// Settings changed, by this window or from elsewhere.
    Settings {
        /// All of them.
        settings: Box<Settings>,
    },
    /// The key came, went or was found elsewhere.
    Key {
        /// Whether there is one and where it is kept; never the key.
        key: KeyState,
    },
    /// Another key came or went, or a check was made.
    Account {
        /// All of it.
        account: Account,
    },
    /// The devices that can be chosen are others: ask for the choices again.
    DeviceList,
    /// The speaker check began, goes on or is over.
    SpeakerCheck {
        /// How it stands.
        check: SpeakerCheck,
    },
    /// What the practice partner speaks and hears with came, or is on its way.
    Parts {
        /// All of them.
        parts: Parts,
    },
}

/// Everything that the window shows.
#[derive(Clone, Debug, Default, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// See [`Phase`].
    pub phase: Phase,
    /// The running or the last conversation.
    pub conversation: Option<ConversationInfo>,
    /// The transcript so far.
    pub turns: Vec<Turn>,
    /// True when the oldest turns or tool calls are not among them any more: there is a bound to what is kept.
    pub earlier: bool,
    /// Bytes of both lists.
    #[serde(skip)]
    #[ts(skip)]
    pub(crate) kept: Kept,
    /// The reply whose sound can be saved.
    pub spoken: Option<Spoken>,
    /// The tool calls so far, oldest first.
    pub tools: Vec<ToolCall>,
    /// See [`CameraState`].
    pub camera: CameraState,
    /// True when nothing of the microphone is sent.
    pub muted: bool,
    /// True while the key of push to talk is held.
    pub held: bool,
    /// See [`Reconnect`]; absent while connected.
    pub connection: Option<Reconnect>,
    /// See [`Figures`].
    pub figures: Figures,
    /// What is wrong now.
    pub notices: Vec<UiError>,
    /// The saved settings.
    pub settings: Settings,
    /// Whether there is a key for the Gemini API and where it is kept.
    pub key: KeyState,
    /// See [`Account`].
    pub account: Account,
    /// See [`Parts`].
    pub parts: Parts,
    /// See [`SpeakerCheck`].
    pub speaker_check: SpeakerCheck,
}

/// How many bytes the lists of a [`Snapshot`] hold.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Kept {
    pub(crate) turns: usize,
    pub(crate) calls: usize,
}

/// A conversation's facts.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ConversationInfo {
    /// When the session was ready, in milliseconds since 1970; absent while connecting.
    #[ts(type = "number | null")]
    pub started_at: Option<u64>,
    /// When it ended.
    #[ts(type = "number | null")]
    pub ended_at: Option<u64>,
    /// Whom one talks with.
    pub partner: Partner,
    /// The model's id as sent.
    pub model: String,
    /// The voice's name as sent.
    pub voice: String,
    /// You are heard while a key is held, and not otherwise.
    pub push_to_talk: bool,
    /// The microphone's friendly name.
    pub microphone: Option<String>,
    /// The speaker's friendly name.
    pub speaker: Option<String>,
}

impl ConversationInfo {
    /// Neither begun nor over: the rows of the one before go.
    pub(crate) fn is_new(&self) -> bool {
        self.started_at.is_none() && self.ended_at.is_none()
    }
}

/// Whom one talks with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Partner {
    /// Google's service.
    Gemini,
    /// The embedded practice partner: no network, no key.
    Rehearsal,
    /// A server of one's own.
    Custom,
}

/// Something the person should know, with a way out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct UiError {
    /// What kind, one for each text and icon.
    pub code: ErrorCode,
    /// How bad.
    pub severity: Severity,
    /// The thing and what happened to it; the sentence's attribute `explanation` says what to do.
    pub text: Text,
    /// What buttons can do about it, the best first.
    pub hints: Vec<Hint>,
    /// The other side's own words: close code and reason, the system's error.
    pub detail: Option<String>,
    /// The model that [`Hint::UseModel`] means.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub suggestion: Option<Box<ModelSuggestion>>,
}

/// A sentence of the catalogue, `locales/*/*.ftl`, and what stands in it. Words are looked up where they are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Text {
    /// Its name in the catalogue.
    pub id: String,
    /// Its variables. They may be another side's words.
    pub args: BTreeMap<String, String>,
}

/// A model to take instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ModelSuggestion {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub label: String,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// Something does not work.
    Danger,
    /// Something to know.
    Warn,
    /// Something that went well.
    Info,
}

/// What kind of trouble. A code exists where the window acts on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum ErrorCode {
    /// No microphone at all.
    MicrophoneMissing,
    /// The system refuses the microphone.
    MicrophoneDenied,
    /// Another program holds the microphone.
    MicrophoneBusy,
    /// The microphone offers no format that we can use.
    MicrophoneFormat,
    /// The microphone went away.
    MicrophoneLost,
    /// Another microphone is used now.
    MicrophoneChanged,
    /// The microphone gives nothing but zeros.
    MicrophoneSilent,
    /// The microphone is too loud for itself.
    MicrophoneClipping,
    /// Voices are hardly louder than the microphone's noise.
    MicrophoneQuiet,
    /// A Bluetooth headset sounds like a telephone while its microphone is open.
    HeadsetCall,
    /// No speaker at all.
    SpeakerMissing,
    /// The speaker can't be opened.
    SpeakerFailed,
    /// The speaker went away.
    SpeakerLost,
    /// Another speaker is used now.
    SpeakerChanged,
    /// The microphone is shut while a reply sounds, since the echo can't be cancelled.
    EchoRemains,
    /// No camera at all.
    CameraMissing,
    /// The system refuses the camera.
    CameraDenied,
    /// Another program holds the camera.
    CameraBusy,
    /// The camera offers no format that we can use.
    CameraFormat,
    /// The camera went away or its pictures stopped.
    CameraLost,
    /// There is no key, and one is needed.
    KeyMissing,
    /// The service does not know the key, or does not let it do this.
    KeyRefused,
    /// The key's time is over.
    KeyExpired,
    /// The key was found in public and is blocked.
    KeyLeaked,
    /// There is no way into Vertex AI with the system's credentials.
    Credentials,
    /// The proxy does not let us through.
    Proxy,
    /// The keyring can't be used; the key is kept for this run alone.
    KeyringFailed,
    /// The service is not offered in this region.
    Region,
    /// A quota is used up.
    Quota,
    /// The account has no credit, or its billing is off.
    Billing,
    /// The model is unknown, retired or not for Live.
    Model,
    /// The service refuses the setup or a message.
    Refused,
    /// What the other side sends is no Live protocol.
    Protocol,
    /// The other side sent more than we take.
    TooMuch,
    /// What was asked has no answer, or only a part of one.
    NoAnswer,
    /// The conversation left its track, and a fresh session may help.
    OffTrack,
    /// Not reachable: no network, no name, refused, TLS.
    Network,
    /// The server did not answer in time.
    TimedOut,
    /// The session was closed by the server.
    Closed,
    /// The connection broke and was made again.
    Resumed,
    /// What was said last broke every connection, and is not sent once more.
    GivenUp,
    /// The reply can't be shown or played as it came.
    Reply,
    /// The microphone's sound could not be sent fast enough and some was dropped.
    SoundDropped,
    /// What the practice partner lacks could not be had.
    Parts,
    /// The sound of a reply was saved.
    ReplySaved,
    /// The sound of a reply can't be saved.
    ReplyNotSaved,
    /// A file can't be read or written.
    File,
    /// The talk key is not heard from everywhere.
    TalkKey,
    /// The settings can't be read or written.
    Settings,
    /// A fault of ours.
    Internal,
}

/// What a button can do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Hint {
    /// Resume the session and ask again what has no answer.
    AskAgain,
    /// Go on in a new session of the service; the transcript stays.
    StartFresh,
    /// Start again.
    TryAgain,
    /// Open the field for a key.
    EnterKey,
    /// Open the page where keys are made.
    GetKey,
    /// Open the page where an account is paid for.
    OpenBilling,
    /// Start with the practice partner.
    Rehearse,
    /// Open the microphone picker.
    ChooseMicrophone,
    /// Open the speaker picker.
    ChooseSpeaker,
    /// Open the camera picker.
    ChooseCamera,
    /// Open the model picker.
    ChooseModel,
    /// Take the suggested model and start again.
    UseModel,
    /// Open the choice of partner.
    ChoosePartner,
    /// Open the proxy's address.
    ChooseProxy,
    /// Check the key again.
    CheckKey,
    /// Open the settings.
    OpenSettings,
}
