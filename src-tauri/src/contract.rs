//! Every type that crosses the IPC border, and nothing else. What a conversation itself says is plain data of the crate
//! `conversation`, re-exported here; the rest is the shell's own.
//!
//! `cargo xtask bindings` writes these as TypeScript to `ui/src/ipc/bindings.gen.ts`; `tests/contract` fails when the two
//! differ. Wire types of the Live protocol never appear here (ARCHITECTURE.md, invariant 7).

mod account;
mod choices;
mod local_models;
mod microphone;
mod settings;
mod speaker;
mod speech_assets;
mod toolbox;
mod voice_sample;

use std::collections::BTreeMap;

use serde::Serialize;
use ts_rs::TS;

pub use account::{Account, KeyCheck, KeySlot, KeyState, Verdict};
pub use choices::{
    Ability, Choices, DeviceChoice, ModelChoice, ModelOptions, ModelPrices, ModelState, OptionLimit,
    SetupOption, ThinkingRule, VoiceChoice,
};
pub use local_models::{LocalChoice, LocalModel, LocalModels, LocalSearch, LocalServer};
pub use microphone::MicrophoneTest;
pub use settings::{MediaResolution, Recogniser, Sensitivity, Settings, Theme, ThinkingLevel, TurnCoverage};
pub use speaker::{SpeakerCheck, SpeakerVerdict};
pub use speech_assets::{AssetState, AssetsFetch, SpeechAssets};
pub use toolbox::{
    LeftOutTool, Note, OwnArgument, OwnKind, OwnTool, OwnWay, ToolAsks, ToolChoice, ToolServer,
    ToolServerState, ToolSource, Toolbox, ToolsFileState,
};
pub use voice_sample::{SampleSource, VoiceSample};

pub use conversation::{
    CallDecision, CameraState, Figures, Levels, Phase, Reconnect, Source, Speaker, Spoken, ToolCall,
    ToolRule, ToolState, Turn,
};

/// A message of the ordered event channel. A subscription starts with a [`UiEvent::Snapshot`], so a reloaded webview loses
/// nothing (ARCHITECTURE.md, invariant 10).
#[derive(Clone, Debug, Serialize, TS)]
pub struct UiEnvelope {
    /// Grows by one with each event of this process; a gap or a step back is a bug.
    #[ts(type = "number")]
    pub seq: u64,
    /// What happened.
    pub event: UiEvent,
}

/// An event for the window.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum UiEvent {
    /// The whole state; always the first event of a subscription.
    Snapshot {
        /// Everything that the window shows.
        snapshot: Box<Snapshot>,
    },
    /// The window fell behind and missed events. Holds the whole state, but only the turns and tool calls that changed
    /// meanwhile.
    CaughtUp {
        /// Everything that the window shows; rows that are not in it stay as they are.
        snapshot: Box<Snapshot>,
    },
    /// The phase changed.
    Phase {
        /// The new phase.
        phase: Phase,
    },
    /// A conversation began or ended, or its devices changed.
    Conversation {
        /// Absent before the first Start.
        conversation: Option<ConversationInfo>,
    },
    /// A turn began. Its text follows as deltas.
    TurnStarted {
        /// The new turn, usually still without text.
        turn: Turn,
    },
    /// More text of a turn. Append it as it is, without a space.
    TurnText {
        /// The turn's `id`.
        id: u32,
        /// What to append.
        delta: String,
    },
    /// The language of a spoken turn was recognised.
    TurnLanguage {
        /// The turn's `id`.
        id: u32,
        /// As BCP-47.
        language: String,
    },
    /// The connection broke during this turn. It is repeated, so its text starts from empty.
    TurnReset {
        /// The turn's `id`.
        id: u32,
    },
    /// A turn is final. With `heard_to` it was interrupted.
    TurnEnded {
        /// The turn's `id`.
        id: u32,
        /// How many characters (UTF-16 units) of an interrupted reply were played.
        heard_to: Option<u32>,
    },
    /// Google Search grounding of a reply.
    TurnSources {
        /// The turn's `id`.
        id: u32,
        /// The pages that the reply is based on.
        sources: Vec<Source>,
        /// The search queries, which must be shown as suggestions.
        queries: Vec<String>,
    },
    /// The audio of other turns can be saved.
    Spoken {
        /// Those turns, the oldest first.
        spoken: Vec<Spoken>,
    },
    /// A tool call is new or changed; it replaces the row with its `number`.
    Tool {
        /// The whole row.
        call: ToolCall,
    },
    /// The levels changed; at most 20 times a second.
    Levels {
        /// Of microphone and speaker.
        levels: Levels,
    },
    /// The camera's state changed.
    Camera {
        /// Its new state.
        camera: CameraState,
    },
    /// The microphone was muted or unmuted.
    Muted {
        /// True while no microphone audio is sent.
        muted: bool,
    },
    /// The push-to-talk key was pressed or released.
    Held {
        /// True while it is held.
        held: bool,
    },
    /// The connection was lost, or is back.
    Connection {
        /// Its state.
        connection: Option<Reconnect>,
    },
    /// A measured figure changed.
    Figures {
        /// All of them.
        figures: Figures,
    },
    /// A notice to show. Replaces the notice with the same `code`.
    Notice {
        /// The notice.
        notice: UiError,
    },
    /// The problem with this code is over.
    NoticeGone {
        /// Which notice to remove.
        code: ErrorCode,
    },
    /// The settings changed.
    Settings {
        /// All of them.
        settings: Box<Settings>,
    },
    /// The running conversation uses these settings now: it began, or connected again with others.
    Applied {
        /// All of them.
        settings: Box<Settings>,
    },
    /// The key for the Gemini API was set, removed or found.
    Key {
        /// Whether there is a key and where it is stored; never the key itself.
        key: KeyState,
    },
    /// Another key or the result of a check changed.
    Account {
        /// All of it.
        account: Account,
    },
    /// The list of devices changed: ask for the choices again.
    DeviceList,
    /// The state of the speaker check changed.
    SpeakerCheck {
        /// Its state.
        check: SpeakerCheck,
    },
    /// What was found of language models on this computer, or the search for them.
    LocalModels {
        /// All of it.
        local_models: LocalModels,
    },
    /// The sample of a voice began, ended or failed.
    VoiceSample {
        /// Its state.
        sample: VoiceSample,
    },
    /// The state of the microphone's test changed.
    MicrophoneTest {
        /// Its state.
        test: MicrophoneTest,
    },
    /// The functions that can be offered changed, or the notes.
    Toolbox {
        /// All of it.
        toolbox: Box<Toolbox>,
    },
    /// The practice partner's speech models, or their download, changed.
    SpeechAssets {
        /// All of them.
        speech_assets: SpeechAssets,
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
    /// The transcript.
    pub turns: Vec<Turn>,
    /// True if the oldest turns or tool calls were dropped to limit the size.
    pub earlier: bool,
    /// Bytes of both lists.
    #[serde(skip)]
    #[ts(skip)]
    pub(crate) kept: Kept,
    /// The turns whose audio can be saved, the oldest first.
    pub spoken: Vec<Spoken>,
    /// The tool calls so far, oldest first.
    pub tools: Vec<ToolCall>,
    /// See [`CameraState`].
    pub camera: CameraState,
    /// True while no microphone audio is sent.
    pub muted: bool,
    /// True while the key of push to talk is held.
    pub held: bool,
    /// See [`Reconnect`]; absent while connected.
    pub connection: Option<Reconnect>,
    /// See [`Figures`].
    pub figures: Figures,
    /// The current notices.
    pub notices: Vec<UiError>,
    /// The saved settings.
    pub settings: Settings,
    /// The settings that the running or the last conversation uses.
    pub applied: Option<Box<Settings>>,
    /// Whether there is a key for the Gemini API and where it is stored.
    pub key: KeyState,
    /// See [`Account`].
    pub account: Account,
    /// See [`SpeechAssets`].
    pub speech_assets: SpeechAssets,
    /// See [`LocalModels`].
    pub local_models: LocalModels,
    /// See [`Toolbox`].
    pub toolbox: Toolbox,
    /// See [`SpeakerCheck`].
    pub speaker_check: SpeakerCheck,
    /// See [`VoiceSample`].
    pub voice_sample: VoiceSample,
    /// See [`MicrophoneTest`].
    pub microphone_test: MicrophoneTest,
}

/// How many bytes the lists of a [`Snapshot`] hold.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Kept {
    pub(crate) turns: usize,
    pub(crate) calls: usize,
}

/// The facts of a conversation.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ConversationInfo {
    /// When the session was ready, in milliseconds since 1970; absent while connecting.
    #[ts(type = "number | null")]
    pub started_at: Option<u64>,
    /// When it ended.
    #[ts(type = "number | null")]
    pub ended_at: Option<u64>,
    /// Who answers in a conversation.
    pub partner: Partner,
    /// The model's id as sent.
    pub model: String,
    /// The voice's name as sent.
    pub voice: String,
    /// Whether you are heard only while a key is held (push to talk).
    pub push_to_talk: bool,
    /// The microphone's friendly name.
    pub microphone: Option<String>,
    /// The speaker's friendly name.
    pub speaker: Option<String>,
}

impl ConversationInfo {
    /// Returns whether it has neither begun nor ended. Its start clears the rows of the previous one.
    pub(crate) fn is_new(&self) -> bool {
        self.started_at.is_none() && self.ended_at.is_none()
    }

    /// Returns a conversation that is being opened.
    #[cfg(test)]
    pub(crate) fn of_test() -> Self {
        Self {
            started_at: None,
            ended_at: None,
            partner: Partner::Practice,
            model: "m".into(),
            voice: "v".into(),
            push_to_talk: false,
            microphone: None,
            speaker: None,
        }
    }
}

/// Who answers in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Partner {
    /// Google's service.
    Gemini,
    /// The embedded practice partner: no network, no key.
    Practice,
    /// A custom server.
    Custom,
}

/// A notice: what happened, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct UiError {
    /// Its kind. There is at most one notice of a kind.
    pub code: ErrorCode,
    /// How serious it is.
    pub severity: Severity,
    /// What happened. The sentence's attribute `explanation` says what to do.
    pub text: Text,
    /// What buttons offer, the best first.
    pub hints: Vec<Hint>,
    /// The message of the server or the system.
    pub detail: Option<String>,
    /// The model that [`Hint::UseModel`] means.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub suggestion: Option<Box<ModelSuggestion>>,
}

/// A sentence of the catalogue, `locales/*/*.ftl`, with its values. It is looked up where it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Text {
    /// Its id in the catalogue.
    pub id: String,
    /// Its variables. They may contain text from servers and devices.
    pub args: BTreeMap<String, String>,
}

/// A model to use instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ModelSuggestion {
    /// Its id.
    pub id: String,
    /// Its display name.
    pub label: String,
}

/// How serious it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// Something does not work.
    Danger,
    /// Something works, with a limit.
    Warn,
    /// For your information.
    Info,
}

/// The kind of a notice. There is a code where the window acts on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum ErrorCode {
    /// No microphone at all.
    MicrophoneMissing,
    /// The system refuses the microphone.
    MicrophoneDenied,
    /// Another program holds the microphone.
    MicrophoneBusy,
    /// The microphone has no format that we support.
    MicrophoneFormat,
    /// The microphone is gone.
    MicrophoneLost,
    /// Another microphone is used now.
    MicrophoneChanged,
    /// The microphone delivers only zeros.
    MicrophoneSilent,
    /// The microphone clips.
    MicrophoneClipping,
    /// Voices are hardly louder than the microphone's noise.
    MicrophoneQuiet,
    /// A Bluetooth headset is in call mode while its microphone is open.
    HeadsetCall,
    /// No speaker at all.
    SpeakerMissing,
    /// The speaker can't be opened.
    SpeakerFailed,
    /// The speaker is gone.
    SpeakerLost,
    /// Another speaker is used now.
    SpeakerChanged,
    /// The microphone is muted during replies, because the echo can't be cancelled.
    EchoRemains,
    /// No camera at all.
    CameraMissing,
    /// The system refuses the camera.
    CameraDenied,
    /// Another program holds the camera.
    CameraBusy,
    /// The camera has no format that we support.
    CameraFormat,
    /// The camera is gone, or its pictures stopped.
    CameraLost,
    /// A key is needed and there is none.
    KeyMissing,
    /// The service rejects the key, or does not allow it this use.
    KeyRefused,
    /// The key has expired.
    KeyExpired,
    /// The key was leaked and is blocked.
    KeyLeaked,
    /// The system has no credentials for Vertex AI.
    Credentials,
    /// The proxy refuses the connection.
    Proxy,
    /// The keyring can't be used; the key is kept for this run only.
    KeyringFailed,
    /// The service is not available in this region.
    Region,
    /// A quota is used up.
    Quota,
    /// The account has no credit, or its billing is off.
    Billing,
    /// The model is unknown, retired or does not support Live.
    Model,
    /// The service refuses the setup or a message.
    Refused,
    /// The peer does not use the Live protocol.
    Protocol,
    /// The peer exceeded one of our limits.
    LimitExceeded,
    /// The input has no answer, or only a part of one.
    NoAnswer,
    /// The conversation left its track, and a fresh session may help.
    OffTrack,
    /// The server is not reachable: no network, an unknown name, refused, TLS.
    Network,
    /// The server did not answer in time.
    TimedOut,
    /// The server closed the session.
    Closed,
    /// The connection broke and is back.
    Resumed,
    /// The last input broke every connection, and is not sent again.
    InputAbandoned,
    /// The reply can't be played.
    Reply,
    /// Microphone audio was dropped because the connection was too slow.
    SoundDropped,
    /// The practice partner's speech models could not be downloaded.
    SpeechAssets,
    /// A turn's audio or picture was saved.
    Saved,
    /// A turn's audio or picture can't be saved.
    NotSaved,
    /// A file can't be read or written.
    File,
    /// A timer is over.
    TimerOver,
    /// The talk key does not work while another window has the focus.
    TalkKey,
    /// The settings can't be read or written.
    Settings,
    /// A bug in this program.
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
    /// Open the key field.
    EnterKey,
    /// Open the web page that creates keys.
    GetKey,
    /// Open the billing page.
    OpenBilling,
    /// Start with the practice partner.
    Practice,
    /// Open the microphone picker.
    ChooseMicrophone,
    /// Open the speaker picker.
    ChooseSpeaker,
    /// Open the camera picker.
    ChooseCamera,
    /// Open the model picker.
    ChooseModel,
    /// Use the suggested model and start again.
    UseModel,
    /// Open the endpoint picker.
    ChoosePartner,
    /// Open the proxy field.
    ChooseProxy,
    /// Check the key again.
    CheckKey,
    /// Open the settings.
    OpenSettings,
    /// Show the file that was saved last in the file manager.
    ShowInFolder,
}
