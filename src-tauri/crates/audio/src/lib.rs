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

mod capture;
mod config;
mod device;
mod echo;
mod engine;
mod error;
mod event;
mod playback;
mod recording;
mod speaker_check;
mod worker;

pub use capture::file::check_sound_file;
pub use capture::meter::{Level, LevelReading};
pub use capture::queue::{MIC_QUEUE_CHUNKS, MicChunk, MicReceiver};
pub use config::{EngineConfig, Floor, Microphone, Processing, SpeakerChoice};
pub use device::list::{DeviceInfo, Devices, devices};
pub use device::mic_health::Complaint;
pub use device::watchdog::Loss;
pub use echo::EchoReport;
pub use engine::{Counters, Engine};
pub use error::{AudioError, Fault, FileFault, Side};
pub use event::{Trouble, TroubleReceiver};
pub use playback::player::Heard;
pub use playback::queue::{PLAYBACK_CAPACITY_BYTES, PlaybackFull};
pub use recording::sound_file::{save_sound, try_to_save};
pub use speaker_check::{CheckConfig, Echo, Found, SpeakerCheck, check_speaker};

// assert_no_alloc counts nothing unless its allocator is the one in use.
#[cfg(test)]
#[global_allocator]
static ALLOCATOR: assert_no_alloc::AllocDisabler = assert_no_alloc::AllocDisabler;
