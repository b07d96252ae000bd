//! The server's settings. Plain data.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::admission::WebOrigin;
use crate::agent::OUTPUT_RATE;
use crate::faults::ConnectionFaults;
use crate::replay::Replay;
use crate::tap::Tap;

/// How a server behaves. `Default` is what the app uses.
#[derive(Clone)]
pub struct ServerConfig {
    /// The key that a client must present; any or none when `None`.
    pub key: Option<String>,
    /// Whether [`listen`](crate::LiveServer::listen) may be given an address that other machines reach.
    pub allow_remote: bool,
    /// The web pages that are served; none by default, since every page that a browser opens could reach this machine.
    pub allow_origins: Vec<WebOrigin>,
    /// How many clients a listener serves at once; more wait to be accepted.
    pub max_connections: usize,
    /// How much faster than real time audio is sent; 4 by default, as the service does.
    pub pace: f32,
    /// Audio per message; 200 ms by default.
    pub chunk: Duration,
    /// Whether a turn is complete only when the client has played the reply in real time, as the service does it; otherwise
    /// as soon as the reply is sent. True by default.
    pub waits_for_playback: bool,
    /// Whether models are served that the service has shut down, to replay what was recorded of them. Not by default.
    pub retired_models: bool,
    /// How long a connection may last. None by default: `goAway` is sent only when this is set.
    pub connection_limit: Option<Duration>,
    /// How long before its end `goAway` is sent.
    pub go_away_notice: Duration,
    /// What is done to connections on purpose. Nothing by default.
    pub faults: Vec<ConnectionFaults>,
    /// What is played to clients instead of a session with an agent. Nothing by default.
    pub replay: Option<Arc<Replay>>,
    /// Where received pictures are written, as `picture-000001.jpg` and so on. Nowhere by default.
    pub dump_pictures: Option<PathBuf>,
    /// Is shown all sound that is received, for tests that count samples. Nobody by default.
    pub audio_observer: Option<AudioObserver>,
    /// Is shown every frame of every connection. Nobody by default.
    pub tap: Option<Tap>,
}

/// Takes note of received sound; called while a session works, so it must not wait.
pub type AudioObserver = Arc<dyn Fn(&ReceivedAudio<'_>) + Send + Sync>;

/// A piece of received sound.
#[derive(Clone, Copy, Debug)]
pub struct ReceivedAudio<'a> {
    /// The session, across its connections.
    pub session: u64,
    /// Where it stands in the session's state, in samples at 16 kHz: a resumed session goes on where its handle was.
    pub at: u64,
    /// The samples.
    pub samples: &'a [i16],
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            key: None,
            allow_remote: false,
            allow_origins: Vec::new(),
            max_connections: 1_000,
            pace: 4.0,
            chunk: Duration::from_millis(200),
            waits_for_playback: true,
            retired_models: false,
            connection_limit: None,
            go_away_notice: Duration::from_mins(1),
            faults: Vec::new(),
            replay: None,
            dump_pictures: None,
            audio_observer: None,
            tap: None,
        }
    }
}

impl ServerConfig {
    /// What is done to this connection.
    pub(crate) fn faults_of(&self, connection: u64) -> Option<&ConnectionFaults> {
        self.faults.iter().find(|faults| faults.number.is_none_or(|number| number == connection))
    }

    /// Samples at 24 kHz in one message: between 20 ms and 2 s.
    pub(crate) fn chunk_samples(&self) -> usize {
        let ms = self.chunk.as_millis().clamp(20, 2_000) as usize;
        ms * OUTPUT_RATE as usize / 1000
    }

    /// The pause between two messages that hold `samples` at 24 kHz each.
    pub(crate) fn pause_for(&self, samples: usize) -> Duration {
        let pace = if self.pace.is_finite() { self.pace.clamp(0.25, 1_000.0) } else { 1_000.0 };
        Duration::from_secs_f32(samples as f32 / OUTPUT_RATE as f32 / pace)
    }
}

impl fmt::Debug for ServerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerConfig")
            .field("key", &self.key.as_ref().map(|_| "…"))
            .field("allow_remote", &self.allow_remote)
            .field("allow_origins", &self.allow_origins)
            .field("max_connections", &self.max_connections)
            .field("pace", &self.pace)
            .field("chunk", &self.chunk)
            .field("waits_for_playback", &self.waits_for_playback)
            .field("retired_models", &self.retired_models)
            .field("connection_limit", &self.connection_limit)
            .field("go_away_notice", &self.go_away_notice)
            .field("faults", &self.faults)
            .field("replay", &self.replay.is_some())
            .field("dump_pictures", &self.dump_pictures)
            .field("audio_observer", &self.audio_observer.is_some())
            .field("tap", &self.tap.is_some())
            .finish()
    }
}
