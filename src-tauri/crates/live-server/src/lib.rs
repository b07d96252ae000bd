//! A Gemini Live server for any agent, to practise with and to test against.
//!
//! It speaks the Live protocol (PROTOCOL.md in docs) over any byte stream or over a port on this machine, and finds where
//! turns begin and end with a voice-activity net. What it hears, thinks and says is an [`Agent`]'s business.
//!
//! Over plain HTTP the same port lists the models and makes ephemeral tokens, which open sessions.
//!
//! A connection is one task around a session that is free of sockets and tasks: frames and the time go in, frames and the
//! next due time come out. A session owns all its state and its agent; sessions share the store of resumption handles and
//! the counters of what was received, nothing else.

mod admission;
mod agent;
mod budget;
mod close;
mod config;
mod faults;
mod listen;
mod picture_size;
mod received;
mod replay;
mod rest;
mod resumption;
mod session;
mod shared;
mod tap;
mod tokens;
mod usage;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

pub use admission::WebOrigin;
pub use agent::{
    Agent, AgentFactory, AgentState, Call, Delivery, Duty, Event, Heard, INPUT_RATE, Keeper, Kept,
    OUTPUT_RATE, Opening, Prompt, Role, SentCall, Speech, Step, ToolResult, Waker,
};
pub use config::{AudioObserver, ReceivedAudio, ServerConfig};
pub use faults::{ConnectionFaults, Fault, Frame, Refusal};
pub use listen::Listener;
pub use picture_size::picture_size;
pub use received::Received;
pub use replay::{Replay, ReplayError, ReplayProblem};
pub use tap::{Direction, Secrets, Seen, Tap, TapReceiver, Tapped, tap};

use shared::Shared;

/// The server. Cheap to clone; all clones are the same server.
///
/// # Examples
///
/// On a port of this machine, until it is shut down; [`Agent`] has a client, too:
///
/// ```
/// use live_server::{Agent, AgentFactory, LiveServer, ServerConfig};
///
/// # struct Nobody;
/// # impl Agent for Nobody {
/// #     fn on_event(&mut self, _: live_server::Event<'_>, _: tokio::time::Instant) {}
/// #     fn answer(&mut self, _: live_server::Prompt, _: tokio::time::Instant) {}
/// #     fn next_step(&mut self, _: tokio::time::Instant) -> live_server::Step { live_server::Step::Done }
/// #     fn save(&self) -> live_server::AgentState { live_server::AgentState::new(()) }
/// # }
/// async fn serve(agents: impl AgentFactory) -> std::io::Result<()> {
///     let config = ServerConfig { key: Some("secret".to_owned()), ..ServerConfig::default() };
///     let server = LiveServer::new(config, agents);
///     let listener = server.listen(([127, 0, 0, 1], 0).into()).await?;
///     println!("clients connect to ws://{}", listener.local_addr());
///     listener.shutdown().await;
///     Ok(())
/// }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// #     serve(|_: live_server::Opening| -> Box<dyn Agent> { Box::new(Nobody) }).await
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct LiveServer {
    shared: Arc<Shared>,
}

impl LiveServer {
    /// Returns a server with these settings, in which `agents` talk. Opens nothing yet.
    pub fn new(config: ServerConfig, agents: impl AgentFactory) -> Self {
        Self { shared: Arc::new(Shared::new(config, Box::new(agents))) }
    }

    /// Makes sure that received pictures can be kept where the settings say, and creates the folder. Blocks on the file
    /// system for moments.
    ///
    /// # Errors
    ///
    /// What the system says when the folder can't be created or written to.
    pub fn check_pictures_folder(&self) -> io::Result<()> {
        self.shared.config.dump_pictures.as_deref().map_or(Ok(()), received::check_folder)
    }

    /// Serves one client on this stream, from the WebSocket handshake to the end of the connection.
    ///
    /// Needs a tokio runtime with time. Dropping the future drops the connection.
    pub async fn serve_stream<S>(&self, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        listen::serve_stream(&self.shared, stream).await;
    }

    /// Opens a port, on this machine alone unless the configuration allows more.
    ///
    /// # Errors
    ///
    /// `PermissionDenied` for an address that other machines reach without leave; otherwise what the system says.
    pub async fn listen(&self, addr: SocketAddr) -> io::Result<Listener> {
        Listener::open(Arc::clone(&self.shared), addr).await
    }

    /// Returns what the sessions of this server have received so far, all together.
    pub fn received(&self) -> Received {
        self.shared.received.now()
    }

    /// Returns the same, to be waited on.
    pub fn watch_received(&self) -> watch::Receiver<Received> {
        self.shared.received.watch()
    }
}
