//! What a session and whoever talks in it say to each other.
//!
//! The server owns the protocol: admission, setup, where turns begin and end, interruptions, the pace of frames, transcripts
//! and calls on the wire, resumption and the count of tokens. An [`Agent`] owns what is understood and said. It is one
//! session's, lives in that session's task, is called and never calls: an event goes in, steps are taken out. What takes long
//! it has done elsewhere, and then has the session come back by its [`Waker`].

mod keeper;
mod waker;

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use live_proto::wire::FunctionDeclaration;
use serde_json::{Map, Value};
use tokio::time::Instant;

use crate::faults::Fault;

pub(crate) use keeper::LARGEST_KEPT;
pub use keeper::{Keeper, Kept};
pub use waker::Waker;

/// The rate of all sound that an agent hears, in Hz (PROTOCOL.md §4).
pub const INPUT_RATE: u32 = 16_000;
/// The rate of all sound that an agent makes, in Hz (PROTOCOL.md §4).
pub const OUTPUT_RATE: u32 = 24_000;

/// Talks in one session: hears, thinks and speaks.
///
/// No method may wait or compute for long; the session, and every other of the same thread, stands still meanwhile. A panic
/// ends the session with the close code 1011, and no other session.
///
/// The order of calls:
///
/// 1. [`on_event`](Self::on_event) tells what happens. After sound and after each wake-up the server takes what the agent
///    makes of it with [`heard`](Self::heard), until that is `None`.
/// 2. When a turn is to be answered, the server calls [`answer`](Self::answer), at once or after a reply that may not be
///    interrupted; so each turn of the agent begins. When nobody speaks, [`speak_up`](Self::speak_up) may begin one, too.
/// 3. It takes the turn's [`next_step`](Self::next_step)s, no sooner than each is sent, until [`Step::Done`].
/// 4. [`Event::TurnEnded`] tells how much of it was sent, and [`save`](Self::save) is called when the client wants to be able
///    to resume the session.
///
/// # Examples
///
/// An agent that says again what is written to it, served in memory:
///
/// ```
/// use futures_util::{SinkExt, StreamExt};
/// use live_server::{Agent, AgentState, Event, LiveServer, Opening, Prompt, ServerConfig, Speech, Step};
/// use tokio::time::Instant;
/// use tokio_tungstenite::{client_async, tungstenite::Message};
///
/// #[derive(Default)]
/// struct Echo(Option<String>);
///
/// impl Agent for Echo {
///     fn on_event(&mut self, _: Event<'_>, _: Instant) {}
///
///     fn answer(&mut self, prompt: Prompt, _: Instant) {
///         if let Prompt::Text(text) = prompt {
///             self.0 = Some(text);
///         }
///     }
///
///     fn next_step(&mut self, _: Instant) -> Step {
///         match self.0.take() {
///             // A tenth of a second of silence, and its transcript.
///             Some(text) => Step::Say(Speech { pcm: vec![0; 2_400], text: Some(text) }),
///             None => Step::Done,
///         }
///     }
///
///     fn save(&self) -> AgentState {
///         AgentState::new(())
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let agents = |_: Opening| -> Box<dyn Agent> { Box::new(Echo::default()) };
/// let server = LiveServer::new(ServerConfig::default(), agents);
/// let (ours, theirs) = tokio::io::duplex(64 * 1024);
/// tokio::spawn(async move { server.serve_stream(theirs).await });
///
/// let method = "google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent";
/// let (mut client, _) = client_async(format!("ws://localhost/ws/{method}"), ours).await?;
/// client.send(Message::text(r#"{"setup": {"model": "models/gemini-3.8-live"}}"#)).await?;
/// client.send(Message::text(r#"{"realtimeInput": {"text": "Good morning"}}"#)).await?;
/// while let Some(message) = client.next().await {
///     if message?.into_text()?.contains(r#""outputTranscription":{"text":"Good morning"}"#) {
///         return Ok(());
///     }
/// }
/// # Err("the echo is not heard".into())
/// # }
/// ```
pub trait Agent: Send {
    /// Takes what happened.
    fn on_event(&mut self, event: Event<'_>, now: Instant);

    /// Returns the next thing that became known of the user's speech.
    fn heard(&mut self, now: Instant) -> Option<Heard> {
        let _ = now;
        None
    }

    /// Returns whether speech that ended is still being understood. Meanwhile the server begins nothing by itself, and does
    /// not call a session idle.
    fn is_understanding(&self) -> bool {
        false
    }

    /// Begins a turn that answers `prompt`.
    fn answer(&mut self, prompt: Prompt, now: Instant);

    /// Returns when the agent wants to speak by itself, if nobody speaks then.
    fn due(&self) -> Option<Instant> {
        None
    }

    /// Begins a turn by itself; returns whether it did. Called when nobody speaks.
    fn speak_up(&mut self, now: Instant) -> bool {
        let _ = now;
        false
    }

    /// Takes the next step of the turn that was begun.
    fn next_step(&mut self, now: Instant) -> Step;

    /// Returns whether the turn would rather have the answers to its calls now than in a turn of their own, though it does not
    /// wait for them. Then they come as [`Event::ToolResults`], one by one, whatever their scheduling.
    fn awaits_results(&self) -> bool {
        false
    }

    /// Returns what outlives a connection, for [`Opening::saved`].
    fn save(&self) -> AgentState;
}

/// Makes an agent for each session. Every function that takes an [`Opening`] and returns a boxed agent is one.
pub trait AgentFactory: Send + Sync + 'static {
    /// Returns the agent of a session whose setup was accepted.
    fn open(&self, opening: Opening) -> Box<dyn Agent>;
}

impl<F: Fn(Opening) -> Box<dyn Agent> + Send + Sync + 'static> AgentFactory for F {
    fn open(&self, opening: Opening) -> Box<dyn Agent> {
        self(opening)
    }
}

/// What an agent knows when its session begins.
#[derive(Clone, Debug)]
pub struct Opening {
    /// Over which connection of the server it talks, counted from 1 in the order in which clients connect.
    pub connection: u64,
    /// The model that the client asked for, without `models/`.
    pub model: String,
    /// The name of the voice, one of the service's.
    pub voice: String,
    /// The system instruction, cut to 16,000 characters.
    pub instructions: String,
    /// The functions that may be called.
    pub functions: Arc<[FunctionDeclaration]>,
    /// How what it says reaches the client.
    pub delivery: Delivery,
    /// What the model of the service is for.
    pub duty: Duty,
    /// What [`Agent::save`] returned when the resumed handle was given out.
    pub saved: Option<AgentState>,
    /// Has the session come back when something was done elsewhere.
    pub waker: Waker,
    /// Where pictures and other large things are kept, so that all sessions together stay within bounds.
    pub keeper: Keeper,
}

/// What a model of the service is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Duty {
    /// To talk.
    #[default]
    Converse,
    /// To write down what is said: the agent is never asked to answer.
    Transcribe,
    /// To say again, in another language, what is said.
    Interpret {
        /// The language, as a BCP-47 tag. Without one nothing is heard of what the agent says.
        to: Option<String>,
        /// Whether speech already in that language is repeated; otherwise nothing is said to it.
        echo: bool,
    },
}

/// How what an agent says reaches the client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Delivery {
    /// Words are sent with the sound that they begin in.
    #[default]
    Together,
    /// Words are sent before their sound. Whatever is known of them is best given at once, without sound, and
    /// [`Step::WordsDone`] after the last of them.
    WordsFirst,
    /// Only words are sent. Sound is not needed.
    WordsOnly,
}

/// Something that happened. Samples are mono, at [`INPUT_RATE`].
#[derive(Debug)]
pub enum Event<'a> {
    /// The user began to speak.
    SpeechStarted,
    /// The user goes on; all of the turn so far.
    Speech(&'a [i16]),
    /// The user is silent for a moment, perhaps at the end; all of the turn so far.
    SpeechPaused(&'a [i16]),
    /// The user went on after a pause.
    SpeechResumed,
    /// The user finished; the whole turn. [`Agent::heard`] tells what is to be answered.
    SpeechEnded(Vec<i16>),
    /// Somebody said this, in a turn of the history. The last one may be answered next.
    Text(Role, &'a str),
    /// The user wrote this in the stream, beside speech and pictures. It is answered next, with what was streamed before.
    Wrote(&'a str),
    /// A picture came.
    Picture {
        /// As it came: a JPEG as a rule.
        bytes: Bytes,
        /// Width and height in pixels, if its header tells.
        size: Option<(u32, u32)>,
        /// Whether it came in the stream. Such a picture is seen with the next words that are spoken or streamed: a turn of
        /// the history sees only its own pictures and those that were seen before.
        streamed: bool,
    },
    /// The client changed the system instruction.
    Instructions(String),
    /// The client changed the functions.
    Functions(Arc<[FunctionDeclaration]>),
    /// The calls of [`Step::Call`] were sent.
    Called {
        /// In the same order.
        calls: &'a [SentCall],
        /// Whether the turn waits for the answers, which come as [`Event::ToolResults`]. Otherwise it goes on at once, and
        /// each answer comes as a [`Prompt::ToolResult`] or a [`Event::ToolResultNoted`].
        waits: bool,
        /// The transcript of what was said in this turn before.
        said: &'a str,
    },
    /// All calls that the turn waited for are answered, in this order; or the next, while the agent
    /// [awaits](Agent::awaits_results) them. It goes on.
    ToolResults(Vec<ToolResult>),
    /// An answer that is to be known and not spoken of.
    ToolResultNoted(ToolResult),
    /// The turn is over: everything was said, or the user interrupted.
    TurnEnded {
        /// The transcript of what was sent.
        said: &'a str,
        /// When the user interrupted: how much of its sound a client can have played by then.
        heard: Option<Duration>,
    },
    /// The [`Waker`] was used.
    Woken,
}

/// Who said something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The user.
    User,
    /// The agent.
    Model,
}

/// What became known of the user's speech.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// More words for the transcript, with the space before them.
    Words(String),
    /// The language (BCP-47) of the words that follow.
    Language(String),
    /// A turn to be answered.
    Turn(Prompt),
}

/// What an agent is to answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Prompt {
    /// Words, written or understood.
    Text(String),
    /// Speech that was not understood, at [`INPUT_RATE`].
    Audio(Vec<i16>),
    /// Whatever in the history has no answer yet.
    History,
    /// The answer to a call that no turn waited for.
    ToolResult(ToolResult),
}

/// The next thing in an agent's turn.
#[derive(Debug, PartialEq)]
pub enum Step {
    /// Says something. Short pieces are best: one is taken only when it is about to be sent.
    Say(Speech),
    /// Thinks something, which is sent to clients that asked for thoughts, and by some models to all.
    Think(String),
    /// All words of what is being said were given; only their sound follows. Need not be said.
    WordsDone,
    /// Calls functions. [`Event::Called`] follows, and tells whether the turn waits for the answers.
    Call(Vec<Call>),
    /// There is nothing yet. The session asks again when the [`Waker`] was used.
    Wait,
    /// The same, and the session asks again at this time in any case.
    WaitUntil(Instant),
    /// Everything is said.
    Done,
    /// The turn is over without an answer; nothing is said to have been generated.
    Nothing,
    /// Has the server make a fault, when everything before was sent. After some of them the turn is over.
    Fault(Fault),
}

/// A piece of speech.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Speech {
    /// Mono samples at [`OUTPUT_RATE`].
    pub pcm: Vec<i16>,
    /// The words that begin in it. Between two texts the server puts a space where neither brings one.
    pub text: Option<String>,
}

/// A call of a declared function.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The function's name as declared.
    pub name: String,
    /// Arguments.
    pub args: Map<String, Value>,
    /// Comes back with the answer.
    pub note: Value,
}

/// A call that was sent.
#[derive(Clone, Debug, PartialEq)]
pub struct SentCall {
    /// The id that the server gave it.
    pub id: String,
    /// The function's name.
    pub name: String,
    /// The arguments.
    pub args: Map<String, Value>,
}

/// An answer to a call.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolResult {
    /// The call's id.
    pub id: String,
    /// The function's name.
    pub name: String,
    /// What the function returned: an object.
    pub value: Value,
    /// Whether it is to be known but not spoken of.
    pub silent: bool,
    /// What the agent noted with its call.
    pub note: Value,
}

/// What an agent saved of itself, opaque to the server. Cheap to clone.
#[derive(Clone)]
pub struct AgentState(Arc<dyn Any + Send + Sync>);

impl AgentState {
    /// Wraps a state.
    pub fn new<T: Send + Sync + 'static>(state: T) -> Self {
        Self(Arc::new(state))
    }

    /// Returns the state, if it is one of this type.
    pub fn get<T: 'static>(&self) -> Option<&T> {
        self.0.downcast_ref()
    }
}

impl fmt::Debug for AgentState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AgentState")
    }
}
