//! What comes back to the backend's task from work that may block or wait for the network, and runs elsewhere.

use std::path::PathBuf;

use assets::{AssetError, Progress};
use audio::AudioError;
use live_client::{ConnectError, KeyCheck as Known, ListedModel};
use practice::SpeechModels;
use tokio::sync::oneshot;

use super::tool_request::ToolRequest;
use crate::config::functions::ToolsFile;
use crate::config::mcp_import::Imported;
use crate::config::secrets::{Found, ProxySecret, Secret};
use crate::contract::{ErrorCode, KeySlot, LocalModels, SpeechAssets, UiError};

/// What came of something that was asked elsewhere.
pub(super) enum Outcome {
    /// What the keyring holds, at the start or when it is asked again.
    Found(Found),
    /// Start may be waiting for the keyring for a while now.
    StillWaiting,
    /// A key came or went.
    Key { slot: KeySlot, secret: Secret, trouble: Option<UiError>, check: bool },
    /// The proxy's password came or went.
    Proxy(ProxySecret, Option<UiError>),
    /// A key was tried. `round` tells an answer to an older question.
    Checked { slot: KeySlot, round: u64, result: Result<Known, ConnectError> },
    /// How the speaker check goes.
    Speaker(SpeakerNews),
    /// How the test of the microphone goes.
    Microphone(MicrophoneNews),
    /// How the sample of a voice goes, and which one.
    VoiceSample(u64, SampleNews),
    /// What there is of the speech models, or how fetching them goes.
    SpeechAssets(AssetsNews),
    /// The file of MCP servers was read, and they start.
    Servers(Box<ServersRead>),
    /// There is a file of them now.
    ServersFile,
    /// Servers of another program were taken into it.
    Imported(Result<Imported, UiError>),
    /// What is to tell of them.
    ServerTroubles(Vec<UiError>),
    /// The language models on this computer.
    LocalModels(LocalModels),
    /// The person's own functions were read again.
    ToolsFile(Result<Option<ToolsFile>, UiError>),
    /// A function of the app asks for something.
    Tool(ToolRequest),
    /// A notice to show, and the code of the one that it replaces.
    Notice(UiError, ErrorCode),
    /// A file was saved, or not: the file, the notice, and the code of the one that it replaces.
    Saved(Option<PathBuf>, UiError, ErrorCode),
    /// The models of the account.
    Models { result: Result<Vec<ListedModel>, ConnectError>, done: oneshot::Sender<Result<(), UiError>> },
}

/// What came of reading the file of MCP servers.
pub(super) struct ServersRead {
    /// Which reading it was.
    pub(super) round: u64,
    /// They start; `Ok(None)` when there is no file.
    pub(super) servers: Result<Option<mcp::Servers>, UiError>,
    /// Programs whose servers can be taken.
    pub(super) programs: Vec<String>,
}

/// What the speaker check says.
pub(super) enum SpeakerNews {
    /// How much of it is done, 0 to 1.
    Progress(f32),
    /// It is over; `None` when it was stopped.
    Done(Result<Option<audio::SpeakerCheck>, AudioError>),
}

/// What the test of the microphone says.
pub(super) enum MicrophoneNews {
    /// It is on; its name.
    Opened(String),
    /// How loud it is.
    Level(audio::Level),
    /// It is off again.
    Over(Result<(), AudioError>),
}

/// What the sample of a voice says.
pub(super) enum SampleNews {
    /// It is heard now.
    Begun,
    /// It is over, was stopped, or could not be had.
    Over(Result<(), UiError>),
}

/// What the work on the speech models reports.
pub(super) enum AssetsNews {
    /// What there is.
    Found { models: SpeechModels, assets: SpeechAssets },
    /// How far fetching is.
    Progress(Progress),
    /// Fetching ended: with what there is now, and why it stopped before its end.
    Done { models: SpeechModels, assets: SpeechAssets, error: Option<AssetError> },
}
