//! What may be asked of the backend's task. Plain data.

use std::path::PathBuf;
use std::sync::Arc;

use conversation::TurnSound;
use tokio::sync::oneshot;

use crate::contract::{CallDecision, KeySlot, OwnTool, Settings, UiEnvelope, UiError};

/// Where MCP servers are taken from.
#[derive(Debug)]
pub enum Source {
    /// A file that the person chose.
    File(PathBuf),
    /// One of the programs that were found.
    Program(String),
}

/// What the window asks.
pub enum Request {
    /// A page subscribes and gets its number. The last subscriber wins, because there is one window.
    Subscribe(oneshot::Sender<u32>),
    /// This subscriber took what it got and waits for more.
    NextEvents(u32, oneshot::Sender<Vec<UiEnvelope>>),
    /// The last preview picture was drawn.
    PreviewTaken,
    /// Start a conversation.
    Start,
    /// End it.
    End,
    /// Send nothing of the microphone, or send again.
    Mute(bool),
    /// The key of push to talk is pressed, or let go.
    Hold(bool),
    /// Show this.
    Notify(Box<UiError>),
    /// A typed message.
    Text(String),
    /// Ask again what has no answer.
    AskAgain,
    /// Go on in a new session of the service.
    StartFresh,
    /// What the person decides about a call that asks.
    DecideCall(u32, CallDecision),
    /// What the person typed for a call that waits for it.
    AnswerCall(u32, String),
    /// Stop a call.
    StopCall(u32),
    /// Connect again with the changed settings.
    Reconnect,
    /// Camera on or off.
    Camera(bool),
    /// New settings.
    Change(Box<Settings>),
    /// A typed key.
    SetKey(KeySlot, String, oneshot::Sender<Result<(), UiError>>),
    /// Forget this key.
    ForgetKey(KeySlot),
    /// Try this key without a conversation.
    CheckKey(KeySlot),
    /// A typed proxy, maybe with name and password.
    SetProxy(String, oneshot::Sender<Result<(), UiError>>),
    /// Look for language models on this computer.
    FindLocalModels,
    /// Read the person's own functions again.
    ReloadTools,
    /// Open their file in the system's editor.
    OpenToolsFile,
    /// Put this function in the place of the one of this name in their file, or add it. The answer is why not.
    SaveTool(Option<String>, Box<OwnTool>, oneshot::Sender<Option<UiError>>),
    /// Remove the function of this name from their file. The answer is why not.
    DeleteTool(String, oneshot::Sender<Option<UiError>>),
    /// Read the file of MCP servers again, and start them anew.
    ReloadServers,
    /// Open their file in the system's editor.
    OpenServersFile,
    /// Start the MCP server of this key again.
    RestartServer(String),
    /// Take the servers of another program.
    ImportServers(Source),
    /// Change a note, or delete it.
    ChangeNote(u32, Option<String>),
    /// Fetch what the practice partner lacks.
    FetchAssets,
    /// Stop fetching.
    CancelAssets,
    /// Take what it lacks from this file.
    TakeAsset(PathBuf),
    /// Replies are as loud as this, 0 to 100, while a conversation runs; nothing is saved.
    Volume(u8),
    /// Play through the chosen speaker, and measure what the chosen microphone hears of it.
    CheckSpeaker,
    /// Stop that.
    CancelSpeakerCheck,
    /// Turn the microphone on, to see its level.
    TestMicrophone,
    /// Turn it off.
    StopMicrophoneTest,
    /// Play the sample of this voice.
    PlayVoiceSample(String),
    /// Stop that.
    StopVoiceSample,
    /// Write the sound of this turn to this file.
    SaveSound(Arc<TurnSound>, PathBuf),
    /// Write this picture of a turn, a PNG, to this file.
    SavePicture(Vec<u8>, PathBuf),
    /// Ask which models the account has.
    RefreshModels(oneshot::Sender<Result<(), UiError>>),
    /// End the conversation and answer when its devices are released.
    Quit(oneshot::Sender<()>),
}
