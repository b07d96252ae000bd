//! What a session takes at most, and what it counts. Pure data.

use std::time::Duration;

/// Bounds of a session. With these, no peer and no network can make it wait or grow without end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long the answer to the setup may take: a refused option can end in silence (PROTOCOL.md §1.3).
    pub setup_timeout: Duration,
    /// The longest message taken, in bytes. Replies come in bursts, so it is generous.
    pub message_bytes: usize,
    /// How many unreadable messages in a row are borne. Frames that are no message at all, such as heartbeats, are no
    /// such.
    pub bad_frames: u32,
    /// Sound that waits for a session or a connection that takes it, in bytes; the oldest is dropped. 32 000 are a second.
    pub held_audio_bytes: usize,
    /// Sound that was sent and is kept until a checkpoint or an answer covers it, in bytes; the oldest is forgotten. Long
    /// enough for a monologue.
    pub kept_audio_bytes: usize,
    /// The same while nothing was said: silence need not travel twice, but the beginning of a word must be among it.
    pub kept_silence_bytes: usize,
    /// The same for messages of all kinds.
    pub kept_messages: usize,
    /// Other commands that wait; the newest is dropped.
    pub held_commands: usize,
    /// Text of a transcript that one turn may have, in bytes. An hour of speech is about 60 KB.
    pub transcript_bytes: usize,
    /// Calls that may be open at a time; one more is answered with an error.
    pub open_calls: usize,
    /// Calls taken per minute; one more is answered with an error. So many of those are sent per minute, too.
    pub calls_per_minute: usize,
    /// The longest id or name of a call, and the longest resumption handle, in bytes: they are kept.
    pub name_bytes: usize,
    /// How long an end waits for the last words at most.
    pub drain: Duration,
    /// How long it must be quiet for an end not to wait any more.
    pub drain_quiet: Duration,
    /// How often the same thing is said over connections that break before it is answered.
    pub says: u8,
    /// The pause before the second try to connect again; the first is made at once, and the pause doubles with every try.
    pub first_pause: Duration,
    /// The longest pause between tries. It ends earlier where what is said meanwhile would find no room.
    pub longest_pause: Duration,
    /// How long a connection on which something is said must hold for the next loss to count as the first.
    pub steady: Duration,
    /// The same for one on which nothing is said.
    pub steady_silence: Duration,
    /// How many connections are made in [`Limits::rate_window`] at most, whatever happens.
    pub connections: usize,
    /// See [`Limits::connections`].
    pub rate_window: Duration,
    /// How long an announced end (`goAway`) waits for quiet, so that the move falls between turns.
    pub quiet: Duration,
    /// How long before the announced end the connection is left in any case.
    pub leave_before: Duration,
    /// How long the other side's close may take before the next connection is made.
    pub goodbye: Duration,
    /// How long a reply may stop in its middle before the stream counts as frozen.
    pub frozen: Duration,
    /// How long a typed text may go without any sign of life before the same is assumed. Thinking takes its time.
    pub unanswered: Duration,
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
            kept_audio_bytes: 300 * 32_000,
            kept_silence_bytes: 5 * 32_000,
            kept_messages: 16_384,
            held_commands: 64,
            transcript_bytes: 256 << 10,
            open_calls: 64,
            calls_per_minute: 120,
            name_bytes: 4 << 10,
            drain: Duration::from_secs(1),
            drain_quiet: Duration::from_millis(300),
            // Some minutes of a network that breaks every few seconds, so that nothing is lost to one.
            says: 6,
            first_pause: Duration::from_millis(250),
            longest_pause: Duration::from_secs(15),
            steady: Duration::from_secs(10),
            steady_silence: Duration::from_mins(1),
            connections: 8,
            rate_window: Duration::from_secs(10),
            quiet: Duration::from_millis(1_500),
            leave_before: Duration::from_secs(3),
            goodbye: Duration::from_secs(2),
            frozen: Duration::from_secs(30),
            unanswered: Duration::from_mins(1),
            residue: Duration::from_secs(3),
        }
    }
}

/// What a session dropped or skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Fields and messages of kinds that are not known.
    pub unknown: u64,
    /// Values of a wrong type, left out of messages that were read.
    pub misread: u64,
    /// Messages that could not be read.
    pub bad_frames: u64,
    /// Frames that were no message: empty ones, `ping`, `null`.
    pub heartbeats: u64,
    /// Pieces of a reply that arrived after its interruption.
    pub residue: u64,
    /// Bytes of sound that waited too long.
    pub held_audio_dropped: u64,
    /// Connections that were made after the first one.
    pub reconnects: u64,
    /// Commands that found no room while they waited, or came after the end.
    pub commands_dropped: u64,
    /// Answers to calls that were cancelled, answered or never made.
    pub answers_dropped: u64,
    /// Calls that were answered with an error because there were too many.
    pub calls_refused: u64,
}
