//! Microphone and speaker: devices, rings, resampling, playback queue, meters.
//!
//! ```text
//! device callback ─▶ ring ─▶ mono ─▶ 48 kHz/10 ms ─▶ echo canceller ─▶ 16 kHz ─▶ meter ─▶ 20 ms chunks
//!                                                         ▲ far end
//! device callback ◀─ ring ◀─ device rate ◀─ PlaybackQueue ┘ (what the callback really wrote)
//! ```
//!
//! Three kinds of threads: the device callbacks, which copy between rings and buffers and bump atomics; one thread named
//! `audio`, which owns the streams and does everything else; and one named `audio-devices`, which opens and closes
//! them while a conversation runs, since that may take seconds. [`Engine`] is the door to all of it; its methods
//! hold a short lock that no callback ever takes.

// Samples that must go through untouched are compared exactly.
#![cfg_attr(test, allow(clippy::float_cmp))]

mod barge_in;
mod callback;
mod capture;
mod check;
mod clock;
mod condition;
mod devices;
mod downmix;
mod echo;
mod ends;
mod engine;
mod error;
mod file_mic;
mod installer;
mod meter;
mod mic_queue;
mod playback;
mod playback_queue;
#[cfg(target_os = "linux")]
mod pulse;
mod recorder;
mod shared;
mod sound_file;
mod stream;
mod supervisor;
mod watch;
mod worker;

pub use check::{CheckConfig, Echo, Found, SpeakerCheck, check_speaker};
pub use condition::Complaint;
pub use devices::{DeviceInfo, Devices, devices};
pub use echo::EchoReport;
pub use engine::{
    Counters, Engine, EngineConfig, Floor, Microphone, Processing, SpeakerChoice, Trouble, TroubleReceiver,
};
pub use error::{AudioError, Fault, Side};
pub use file_mic::{FileFault, check_sound_file};
pub use meter::{Level, LevelReading};
pub use mic_queue::{MIC_QUEUE_CHUNKS, MicChunk, MicReceiver};
pub use playback::Heard;
pub use playback_queue::{PLAYBACK_CAPACITY_BYTES, PlaybackFull};
pub use sound_file::{save_sound, try_to_save};
pub use watch::Loss;

// assert_no_alloc counts nothing unless its allocator is the one in use.
#[cfg(test)]
#[global_allocator]
static ALLOCATOR: assert_no_alloc::AllocDisabler = assert_no_alloc::AllocDisabler;
