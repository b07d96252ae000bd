//! The practice partner's settings. Plain data.

use std::fmt;
use std::sync::Arc;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use net::{Connector, ProxyChoice};

use crate::llm::LlmEndpoint;
use crate::script::Script;
use crate::speech_models::SpeechModels;

/// Tells the local time when the partner is asked for it.
pub type Clock = Arc<dyn Fn() -> DateTime + Send + Sync>;

/// How the practice partner behaves. `Default` is what the app uses.
#[derive(Clone)]
pub struct PracticeConfig {
    /// The clock behind "what time is it".
    pub clock: Clock,
    /// The time zone of that clock; by default this computer's.
    pub zone: TimeZone,
    /// What it speaks and hears with; by default the formant voice, and no recogniser.
    pub models: SpeechModels,
    /// The language model that answers; the built-in intents when `None`, and when it fails.
    pub llm: Option<LlmEndpoint>,
    /// What it is told to answer, before anything else answers.
    pub script: Option<Arc<Script>>,
    /// Whether it begins a conversation that has no history, with one sentence that says what it is. Not by default: a server
    /// for other programs waits for them, as the service does.
    pub greets: bool,
    /// The way to that model's server; by default directly, without a proxy.
    pub connector: Connector,
}

impl Default for PracticeConfig {
    fn default() -> Self {
        Self {
            clock: Arc::new(|| jiff::Zoned::now().datetime()),
            zone: TimeZone::system(),
            models: SpeechModels::none(),
            llm: None,
            script: None,
            greets: false,
            connector: Connector::new(ProxyChoice::None),
        }
    }
}

impl fmt::Debug for PracticeConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PracticeConfig")
            .field("models", &self.models)
            .field("llm", &self.llm)
            .finish_non_exhaustive()
    }
}
