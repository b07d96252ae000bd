//! Microphone and speaker of a conversation: devices, echo cancellation, playback, levels and recording.
//!
//! ```text
//! device callback ─▶ ring ─▶ mono ─▶ 16 kHz, 10 ms ─▶ echo canceller ─▶ meter, voice activity ─▶ 20 ms chunks
//!                                                          ▲ far end
//! device callback ◀─ ring ◀─ device rate ◀─ PlaybackQueue ┘ (what the callback really wrote)
//! ```
//!
//! There are three kinds of threads: the device callbacks, which only copy between rings and buffers and update
//! atomics; the thread `audio`, which owns the streams and does everything else; and the thread `audio-devices`, which
//! opens and closes devices while a conversation runs, since that may take seconds.
//!
//! [`Engine`] controls all of it; see there for an example. Its methods hold short locks that no callback ever takes.

// Samples that must pass unchanged are compared exactly.
#![cfg_attr(test, allow(clippy::float_cmp))]

mod capture;
mod config;
mod device;
mod echo;
mod engine;
mod error;
mod event;
mod listen;
mod play_sound;
mod playback;
mod recording;
mod speaker_check;
mod worker;

pub use capture::file::{check_sound_file, read_sound};
pub use capture::meter::{Level, LevelReading};
pub use capture::queue::{MIC_QUEUE_CHUNKS, MicChunk, MicReceiver};
pub use config::{DuckTrigger, EngineConfig, Microphone, Processing, SpeakerChoice};
pub use device::list::{DeviceInfo, Devices, devices};
pub use device::mic_health::MicIssue;
pub use device::watchdog::Loss;
pub use echo::EchoReport;
pub use engine::{Counters, Engine};
pub use error::{AudioError, Fault, FileFault, Side};
pub use event::{AudioEvent, EventReceiver};
pub use listen::listen;
pub use play_sound::play_sound;
pub use playback::player::Heard;
pub use playback::queue::{PLAYBACK_CAPACITY_BYTES, PlaybackFull};
pub use recording::sound_file::{check_save_path, save_sound};
pub use speaker_check::{CheckConfig, CheckOutcome, MeasuredEcho, SpeakerCheck, check_speaker};

// assert_no_alloc checks nothing unless its allocator is in use.
#[cfg(test)]
#[global_allocator]
static ALLOCATOR: assert_no_alloc::AllocDisabler = assert_no_alloc::AllocDisabler;
