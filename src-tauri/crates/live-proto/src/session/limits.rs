//! What a session takes at most, and what it counts. Pure data.

use std::time::Duration;

/// Bounds of a session. With these, no peer and no network can make it wait or grow without end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long the answer to the setup may take: a refused option can end in silence (PROTOCOL.md §1.3).
    pub setup_timeout: Duration,
    /// The longest message taken, in bytes. Replies come in bursts, so it is generous.
    pub message_bytes: usize,
    /// How many unreadable messages are borne.
    pub bad_frames: u32,
    /// Sound held back until the session is ready, in bytes; the oldest is dropped. 32 000 are a second.
    pub held_audio_bytes: usize,
    /// Other commands held back until the session is ready; the newest is dropped.
    pub held_commands: usize,
    /// Calls that may be open at a time; one more is answered with an error.
    pub open_calls: usize,
    /// Calls taken per minute; one more is answered with an error.
    pub calls_per_minute: usize,
    /// How long an end waits for the last words at most.
    pub drain: Duration,
    /// How long it must be quiet for an end not to wait any more.
    pub drain_quiet: Duration,
    /// How long what arrives after an interruption counts as its residue when no `turnComplete` ends it. A new reply
    /// needs the person to finish and the model to think, so it is not that quick.
    pub residue: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            setup_timeout: Duration::from_secs(10),
            message_bytes: 16 << 20,
            bad_frames: 32,
            held_audio_bytes: 30 * 32_000,
            held_commands: 64,
            open_calls: 64,
            calls_per_minute: 120,
            drain: Duration::from_secs(1),
            drain_quiet: Duration::from_millis(300),
            residue: Duration::from_secs(3),
        }
    }
}

/// What a session dropped or skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Fields and messages of kinds that are not known.
    pub unknown: u64,
    /// Messages that could not be read.
    pub bad_frames: u64,
    /// Pieces of a reply that arrived after its interruption.
    pub residue: u64,
    /// Bytes of sound that were held back too long.
    pub held_audio_dropped: u64,
    /// Commands that came before the session was ready and found no room, or after its end.
    pub commands_dropped: u64,
    /// Answers to calls that were cancelled, answered or never made.
    pub answers_dropped: u64,
    /// Calls that were answered with an error because there were too many.
    pub calls_refused: u64,
}
