//! Joins audio, video, tools and the Live session into one conversation.
//!
//! [`Conversation::start`] spawns the session task, the one owner of all session state; commands go in by a bounded queue,
//! what happens comes out as one ordered stream of [`Event`]s that ends with [`Event::Ended`]. The camera may go, the
//! microphone may go, a tool may fail, the connection may break and be made again: the conversation goes on. It ends by
//! [`Command::End`], or when the service refuses it for good.

mod calls;
mod camera;
mod clock;
mod event;
mod exchange;
mod levels;
mod off_track;
mod permissions;
mod phase;
mod reconnect_status;
mod reply;
mod reply_recorder;
mod sound;
mod startup;
mod task;
mod transcript;
mod trouble;
mod turn_sounds;
mod uplink;
mod voice_recorder;
mod you;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use live_client::Dialer;
use live_proto::SetupOptions;
use live_proto::catalogue::Catalogue;
use tokio::sync::{mpsc, watch};

pub use event::{
    CameraState, Event, Figures, Levels, Phase, Reconnect, Source, Speaker, Spoken, Told, ToolCall,
    ToolState, Turn,
};
pub use exchange::NoAnswer;
pub use levels::{Meter, Reading};
pub use off_track::OffTrack;
pub use permissions::{CallDecision, Otherwise, Permissions, ToolRule};
pub use trouble::{NoConnection, Trouble, TroubleKind, of_audio, of_camera, of_connect};
pub use turn_sounds::{SoundStore, TurnSound, TurnSounds};
pub use uplink::may_save_silence;

/// Commands that may wait; when it is full, `send` waits.
const COMMANDS: usize = 32;
/// Events that may wait for the window (ARCHITECTURE.md, queues). Levels are dropped when it is full, all else waits.
const EVENTS: usize = 256;

/// A preview picture for the window: an `f64` of milliseconds since 1970 (little endian), then a JPEG.
pub type PreviewFrame = Arc<Vec<u8>>;

/// The configuration of a conversation.
#[derive(Debug)]
pub struct Config {
    /// The partner is in this program. It says itself when it can't answer, and may think for long, so its silence is not
    /// watched.
    pub is_local: bool,
    /// Model, voice, instructions, search. The tools' declarations are added to it.
    pub setup: SetupOptions,
    /// What the models accept and refuse.
    pub catalogue: Arc<Catalogue>,
    /// The microphone.
    pub microphone: audio::Microphone,
    /// The speaker.
    pub speaker: audio::SpeakerChoice,
    /// How loud the replies are, 0.0 to 1.0 as an amplitude.
    pub volume: f32,
    /// Also write the replies to this file, 24 kHz mono 16 bit: FLAC when its name ends so, else WAV.
    pub save: Option<PathBuf>,
    /// Send no long silences, where the model needs none to notice that you are done ([`may_save_silence`]). Under push to
    /// talk there are none.
    pub save_silence: bool,
    /// The camera to open at the start; `None` keeps it closed.
    pub camera: Option<video::CameraChoice>,
    /// Which functions may run, and whether the person can be asked.
    pub permissions: Permissions,
    /// The channel for preview pictures; the newest replaces older ones.
    pub preview: watch::Sender<Option<PreviewFrame>>,
    /// The channel for the audio of the last turns, which is kept only while there is a receiver.
    pub sounds: SoundStore,
}

impl Config {
    /// Returns a conversation without microphone, speaker and camera: texts go out, and replies are played by the clock.
    pub fn without_devices(setup: SetupOptions) -> Self {
        Self {
            is_local: false,
            setup,
            catalogue: Catalogue::embedded(),
            microphone: audio::Microphone::None,
            speaker: audio::SpeakerChoice::None,
            volume: 1.0,
            save: None,
            save_silence: false,
            camera: None,
            permissions: Permissions::default(),
            preview: watch::Sender::new(None),
            sounds: watch::Sender::new(TurnSounds::default()),
        }
    }
}

/// A command for a running conversation.
#[derive(Debug)]
pub enum Command {
    /// Send a typed text.
    Text(String),
    /// Tell the model what nobody said, such as that a timer is over. It answers by itself.
    Tell(String),
    /// Resume the session and ask again what has no answer.
    AskAgain,
    /// Continue in a new session of the service, which is told the transcript.
    StartFresh,
    /// Continue with another setup: model, voice, instructions. The session is resumed where the model stays the same;
    /// another model is told the transcript, if it takes one.
    Reconfigure {
        /// As in [`Config::setup`].
        setup: Box<SetupOptions>,
        /// As in [`Config::save_silence`].
        save_silence: bool,
    },
    /// Calls mean these functions from now on; those that run go on. The model is told with the next
    /// [`Reconfigure`](Self::Reconfigure).
    Functions(Arc<tools::Registry>),
    /// Send one still picture (JPEG).
    Picture(Vec<u8>),
    /// Mute or unmute the microphone.
    Mute(bool),
    /// The push-to-talk key was pressed or released. Ignored without push to talk.
    PushToTalk(bool),
    /// Open this camera, or close it.
    Camera(Option<video::CameraChoice>),
    /// Change the devices.
    Sound {
        /// The microphone from now on.
        microphone: audio::Microphone,
        /// The speaker from now on.
        speaker: audio::SpeakerChoice,
    },
    /// How loud the replies are from now on, 0.0 to 1.0 as an amplitude.
    Volume(f32),
    /// What the person decides about a call that asks; both by the call's `number`.
    Decide(u32, CallDecision),
    /// What the person typed for a call that waits for it.
    Answer(u32, String),
    /// Stop a call; the partner is told.
    StopCall(u32),
    /// The rules about functions from now on.
    Rules(BTreeMap<String, ToolRule>),
    /// The window drew the last preview picture.
    PreviewTaken,
    /// End: release the devices, close the session.
    End,
}

/// A running conversation. Dropping it ends it.
///
/// The example is not run, since it opens a microphone, a speaker and a connection.
///
/// ```no_run
/// # async fn talk() -> Result<(), Box<dyn std::error::Error>> {
/// use std::sync::Arc;
///
/// use conversation::{Command, Config, Conversation, Event};
/// use live_client::{ApiKey, ServiceDialer};
///
/// let dialer = ServiceDialer::gemini(&ApiKey::new(&std::env::var("GEMINI_API_KEY")?)?);
/// let config = Config {
///     microphone: audio::Microphone::Default,
///     speaker: audio::SpeakerChoice::Default,
///     ..Config::without_devices(live_proto::SetupOptions::default())
/// };
/// let tools = Arc::new(tools::Registry::builtin());
/// let (conversation, mut events) = Conversation::start(config, Arc::new(dialer), tools);
/// conversation.send(Command::Text("Hello. Who are you?".to_owned())).await;
/// while let Some(event) = events.recv().await {
///     match event {
///         Event::TurnText { delta, .. } => print!("{delta}"),
///         Event::ExchangeComplete { .. } => conversation.send(Command::End).await,
///         Event::Trouble(trouble) => eprintln!("{trouble:?}"),
///         // The last event: the devices are released.
///         Event::Ended { .. } => break,
///         _ => {}
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Conversation {
    commands: mpsc::Sender<Command>,
}

impl Conversation {
    /// Starts the session task on the current runtime: microphone, speaker and connection open side by side. A panic in it
    /// or in anything that it started ends the conversation, with a trouble that says so.
    pub fn start(
        config: Config,
        dialer: Arc<dyn Dialer>,
        tools: Arc<tools::Registry>,
    ) -> (Self, mpsc::Receiver<Event>) {
        let (commands, inbox) = mpsc::channel(COMMANDS);
        let (events, stream) = mpsc::channel(EVENTS);
        let (owner, deaths) = threads::owner();
        tokio::spawn(owner.scope(task::run_guarded(config, dialer, tools, (inbox, deaths), events)));
        (Self { commands }, stream)
    }

    /// Sends a command without waiting; returns it if the queue is full.
    ///
    /// # Errors
    /// When the queue is full. After the end the command is ignored, which is not an error.
    pub fn try_send(&self, command: Command) -> Result<(), Command> {
        match self.commands.try_send(command) {
            Err(mpsc::error::TrySendError::Full(command)) => Err(command),
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => Ok(()),
        }
    }

    /// Waits until the queue has room. Cancel safe.
    pub async fn room(&self) {
        let _ = self.commands.reserve().await;
    }

    /// Sends a command; waits while the queue is full. After the end the command is ignored.
    pub async fn send(&self, command: Command) {
        let _ = self.commands.send(command).await;
    }
}
