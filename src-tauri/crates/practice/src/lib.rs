//! The practice partner: the agent that ships, for a [`live_server::LiveServer`].
//!
//! It understands speech and speaks when it is given the models for it; otherwise it plays speech back in another voice, and
//! answers in the formant voice. A language model answers where one is configured, with the client's functions and the
//! newest picture; else a handful of built-in intents does, and says that it is no language model.
//!
//! An agent lives in its session's task and never waits: what computes is done in the `compute_pool`, and a question to a
//! language model is a task of its own.

mod agent;
mod compute_pool;
mod config;
mod image_stats;
mod intents;
mod llm;
pub mod local_models;
mod parts;
mod script;
mod speech_models;
mod transcription;
mod voice;

pub use agent::PracticeAgent;
pub use config::{Clock, PracticeConfig};
pub use llm::{LlmEndpoint, LlmEndpointError};
pub use script::{Problem, Script, ScriptError, Wanted};
pub use speech_models::{SpeechModels, SpeechToText, TextToSpeech};
pub use voice::imitate;
