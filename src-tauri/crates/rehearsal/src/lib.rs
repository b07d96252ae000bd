//! An embedded Gemini Live server to rehearse with and to test against.
//!
//! It speaks the Live protocol (PROTOCOL.md in docs) over any byte stream or over a port on this machine, hears turns with
//! a real voice-activity net, understands and speaks when it is given the models for it, and answers in a sketched voice
//! when not. It is no language model and says so.
//!
//! A connection is one task (`connection`) around a [`session`] that is free of sockets and tasks: frames and the time go
//! in, frames and the next due time come out. A session owns all its state; sessions share the store of resumption
//! handles and the counters of what was received, nothing else.

mod admission;
mod admission_slots;
mod budget;
mod close;
mod compute_pool;
mod config;
mod connection;
mod image_stats;
mod intents;
mod limited_stream;
mod listener;
mod llm;
mod picture;
mod received;
mod resample;
mod resumption;
mod session;
mod speech_models;
mod turns;
mod voice;

use std::sync::Arc;

use live_proto::catalogue::Catalogue;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

pub use config::{AudioObserver, Clock, ReceivedAudio, RehearsalConfig};
pub use listener::Listener;
pub use llm::{Connect, Endpoint, EndpointError, NoStream, Stream};
pub use received::Received;
pub use speech_models::{SpeechModels, SpeechToText, TextToSpeech};

/// The server. Cheap to clone; all clones are the same server.
#[derive(Clone, Debug)]
pub struct Rehearsal {
    shared: Arc<Shared>,
}

/// What all sessions of a server have in common.
pub(crate) struct Shared {
    pub(crate) config: RehearsalConfig,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) store: resumption::Store,
    pub(crate) received: received::Recorder,
    pub(crate) compute_pool: Arc<compute_pool::ComputePool>,
    /// The language model, where one is configured.
    pub(crate) llm: Option<llm::Llm>,
    /// How much all connections may hold together.
    pub(crate) budgets: budget::Budgets,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Rehearsal {
    /// A server with these settings. Opens nothing yet.
    pub fn new(config: RehearsalConfig) -> Self {
        let received = received::Recorder::new(config.dump_pictures.clone());
        let store = resumption::Store::default();
        let compute_pool = Arc::new(compute_pool::ComputePool::new(config.models.clone()));
        let llm = config.thinking.as_ref().map(|endpoint| llm::Llm::new(endpoint, config.connect.clone()));
        let budgets = budget::Budgets::default();
        let catalogue = Catalogue::embedded();
        let shared = Shared { config, catalogue, store, received, compute_pool, llm, budgets };
        Self { shared: Arc::new(shared) }
    }

    /// Makes sure that received pictures can be kept where the settings say, and creates the folder.
    ///
    /// # Errors
    /// What the system says. Blocks on the file system for moments.
    pub fn check_pictures_folder(&self) -> std::io::Result<()> {
        self.shared.config.dump_pictures.as_deref().map_or(Ok(()), received::check_folder)
    }

    /// Serves one client on this stream, from the WebSocket handshake to the end of the connection.
    ///
    /// Needs a tokio runtime with time. Dropping the future drops the connection.
    pub async fn serve_stream<S>(&self, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        // Nobody ends it but its client, and whoever drops this future.
        let (_never, closing) = watch::channel(false);
        connection::serve(&self.shared, stream, None, closing).await;
    }

    /// What the sessions of this server have received so far, all together.
    pub fn received(&self) -> Received {
        self.shared.received.now()
    }

    /// The same, to be waited on.
    pub fn watch_received(&self) -> watch::Receiver<Received> {
        self.shared.received.watch()
    }
}
