//! The current reply: how much of it arrived, and how long the user waited for it. Pure.

/// Bytes of one sample of the service's PCM, s16le mono.
const SAMPLE_BYTES: u64 = 2;

/// One reply's counts.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    received_ms: f64,
    complete: bool,
    waiting_since: Option<u64>,
    /// When your voice was last detected, for partners that do not report the end of your turn.
    voiced_at: Option<u64>,
}

impl Reply {
    /// Records the end of your turn at `now`, in steady milliseconds. The wait lasts until the first audio.
    pub(crate) fn asked(&mut self, now: u64) {
        self.waiting_since = Some(now);
    }

    /// Records that your voice was detected at `now`.
    pub(crate) fn voiced(&mut self, now: u64) {
        self.voiced_at = Some(now);
    }

    /// Records audio. For the first audio of a reply, returns how long the user waited.
    pub(crate) fn sound(&mut self, bytes: usize, rate: u32, now: u64) -> Option<u32> {
        if self.complete {
            self.received_ms = 0.0;
            self.complete = false;
        }
        self.received_ms += (bytes as u64 / SAMPLE_BYTES) as f64 * 1000.0 / f64::from(rate.max(1));
        let voiced = self.voiced_at.take();
        self.waiting_since
            .take()
            .or(voiced)
            .map(|since| u32::try_from(now.saturating_sub(since)).unwrap_or(u32::MAX))
    }

    /// Records that the reply is complete.
    pub(crate) fn complete(&mut self) {
        self.complete = true;
    }

    /// Returns whether the reply has arrived completely.
    pub(crate) fn is_complete(&self) -> bool {
        self.complete
    }

    /// Drops the reply: it was interrupted, or none is coming.
    pub(crate) fn clear(&mut self) {
        *self = Self { waiting_since: self.waiting_since, voiced_at: self.voiced_at, ..Self::default() };
    }

    /// Returns whether a reply is awaited: from the end of your turn to the first audio.
    pub(crate) fn awaited(&self) -> bool {
        self.waiting_since.is_some()
    }

    /// Ends the wait: the exchange ended without audio, or for another reason.
    pub(crate) fn no_longer_awaited(&mut self) {
        self.waiting_since = None;
    }

    /// Returns the received audio in milliseconds.
    pub(crate) fn received_ms(&self) -> u64 {
        self.received_ms as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_came_and_starts_anew_after_the_end() {
        let mut reply = Reply::default();
        reply.asked(100);
        assert_eq!(reply.sound(9600, 24_000, 740), Some(640));
        assert_eq!(reply.sound(9600, 24_000, 800), None);
        assert_eq!(reply.received_ms(), 400);
        reply.complete();
        assert_eq!(reply.received_ms(), 400, "still being heard");
        reply.sound(9600, 24_000, 900);
        assert_eq!(reply.received_ms(), 200);
    }

    #[test]
    fn without_a_turn_signal_the_voice_marks_its_end() {
        let mut reply = Reply::default();
        reply.voiced(100);
        reply.voiced(200);
        assert_eq!(reply.sound(2, 24_000, 900), Some(700));
        assert_eq!(reply.sound(2, 24_000, 950), None, "once a reply");
    }

    #[test]
    fn the_wait_lasts_until_the_first_audio() {
        let mut reply = Reply::default();
        assert!(!reply.awaited());
        reply.asked(1);
        assert!(reply.awaited());
        reply.clear();
        assert!(reply.awaited(), "an interruption is itself a question");
        reply.sound(2, 24_000, 2);
        assert!(!reply.awaited());
    }
}
