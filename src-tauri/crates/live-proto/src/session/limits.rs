//! The limits and the counters of a session. Pure data.

use std::time::Duration;

/// The limits of a session. They bound every wait and every buffer, whatever the peer or the network does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long the answer to the setup may take: a refused option can end in silence (PROTOCOL.md §1.3).
    pub setup_timeout: Duration,
    /// The longest message taken, in bytes. Replies come in bursts, so it is generous.
    pub message_bytes: usize,
    /// How many unreadable messages in a row are tolerated. Frames that are not messages, such as heartbeats, do not
    /// count.
    pub bad_frames: u32,
    /// Audio that waits to be sent, in bytes (32 000 per second); the oldest is dropped.
    pub held_audio_bytes: usize,
    /// Sent audio that is kept until a checkpoint or an answer covers it, in bytes; the oldest is forgotten. Long
    /// enough for a monologue.
    pub kept_audio_bytes: usize,
    /// The same while no exchange is open. Silence need not be sent twice, but the beginning of a word must be kept.
    pub kept_silence_bytes: usize,
    /// Sent messages of all kinds that are kept.
    pub kept_messages: usize,
    /// Commands that wait to be sent; the newest is dropped.
    pub held_commands: usize,
    /// The longest transcript of one turn, in bytes. An hour of speech is about 60 KB.
    pub transcript_bytes: usize,
    /// The number of open calls; another one is answered with an error.
    pub open_calls: usize,
    /// Calls accepted per minute; another one is answered with an error. The same number of errors is sent per minute.
    pub calls_per_minute: usize,
    /// The longest id or name of a call and the longest resumption handle, in bytes.
    pub name_bytes: usize,
    /// How long an end waits for the last words.
    pub drain: Duration,
    /// How long the service must be quiet before an end stops waiting.
    pub drain_quiet: Duration,
    /// How many times the same input is sent over connections that break before it is answered.
    pub send_attempts: u8,
    /// The pause before the second attempt to reconnect. The first is made at once; the pause doubles with every
    /// attempt.
    pub first_pause: Duration,
    /// The longest pause between attempts. It is shorter when the queue for input would overflow.
    pub longest_pause: Duration,
    /// How long a connection with an exchange must last before it resets the count of attempts.
    pub steady: Duration,
    /// The same for a connection without an exchange.
    pub steady_silence: Duration,
    /// The most connections in any [`Limits::rate_window`].
    pub connections: usize,
    /// The window for [`Limits::connections`].
    pub rate_window: Duration,
    /// How long the service must be quiet after `goAway` before the session moves to another connection, between
    /// turns.
    pub quiet: Duration,
    /// How long before the announced end the session leaves the connection in any case.
    pub leave_before: Duration,
    /// How long to wait for the peer's close before the next connection is made.
    pub goodbye: Duration,
    /// How long a reply may pause before the connection counts as frozen.
    pub frozen: Duration,
    /// How long a question may go without an answer before the person is told. Longer for a model that was told to
    /// think.
    pub no_answer_yet: Duration,
    /// The same before the session is resumed and the question is asked again.
    pub unanswered: Duration,
    /// How long content after an interruption counts as residue when no `turnComplete` arrives. A new reply takes
    /// longer: the person has to finish and the model has to think.
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
            calls_per_minute: 600,
            name_bytes: 4 << 10,
            drain: Duration::from_secs(1),
            drain_quiet: Duration::from_millis(300),
            // Enough for some minutes of a network that breaks every few seconds.
            send_attempts: 6,
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
            no_answer_yet: Duration::from_secs(8),
            unanswered: Duration::from_secs(15),
            residue: Duration::from_secs(3),
        }
    }
}

/// Counts of what a session dropped or skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Unknown fields and messages.
    pub unknown: u64,
    /// Values of a wrong type, left out of messages that were read.
    pub malformed: u64,
    /// Unreadable messages.
    pub bad_frames: u64,
    /// Frames that were not messages: empty ones, `ping`, `null`.
    pub heartbeats: u64,
    /// Pieces of a reply that arrived after its interruption.
    pub residue: u64,
    /// Bytes of audio that were dropped while they waited.
    pub held_audio_dropped: u64,
    /// Connections after the first one.
    pub reconnects: u64,
    /// Commands that were dropped: the queue was full, or the session had ended.
    pub commands_dropped: u64,
    /// Responses to calls that were cancelled, already answered or never made.
    pub answers_dropped: u64,
    /// Calls that were refused because there were too many.
    pub calls_refused: u64,
}
