//! Keeps the audio of the last reply, so that it can be saved. Pure.

use std::sync::Arc;

use tokio::sync::watch;

use crate::event::Spoken;

/// Bytes of one sample of the service's PCM, s16le mono.
const SAMPLE_BYTES: usize = 2;
/// Memory grows in steps of this size, so that a long reply does not take twice its size.
const STEP: usize = 1 << 20;

/// The audio of a reply.
#[derive(Debug)]
pub struct ReplySound {
    /// Signed 16-bit little-endian mono; [`audio::PLAYBACK_CAPACITY_BYTES`] at most.
    pub pcm: Vec<u8>,
    /// In Hz.
    pub rate: u32,
    /// When it ended, in milliseconds since 1970.
    pub at: u64,
    /// False when the reply was longer than what is kept.
    pub is_whole: bool,
}

/// The channel for the audio of the last reply; the newest replaces older ones.
pub type ReplySounds = watch::Sender<Option<Arc<ReplySound>>>;

/// Collects the audio of a reply.
#[derive(Debug)]
pub(crate) struct ReplyRecorder {
    sounds: ReplySounds,
    limit: usize,
    reply: Option<(u32, ReplySound)>,
}

impl ReplyRecorder {
    /// Creates a recorder that publishes replies in `sounds`. Without a receiver nothing is kept.
    pub(crate) fn new(sounds: ReplySounds) -> Self {
        Self { sounds, limit: audio::PLAYBACK_CAPACITY_BYTES, reply: None }
    }

    /// Adds audio of a reply; a new generation starts a new recording.
    pub(crate) fn take(&mut self, pcm: &[u8], rate: u32, generation: u32) {
        if self.sounds.is_closed() {
            return;
        }
        if self.reply.as_ref().is_none_or(|(known, _)| *known != generation) {
            self.reply = Some((generation, ReplySound { pcm: Vec::new(), rate, at: 0, is_whole: true }));
        }
        let Some((_, reply)) = &mut self.reply else { return };
        // After a gap nothing can follow.
        reply.is_whole &= reply.rate == rate && reply.pcm.len() + pcm.len() <= self.limit;
        if reply.is_whole {
            if reply.pcm.capacity() - reply.pcm.len() < pcm.len() {
                reply.pcm.reserve_exact(pcm.len().max(STEP));
            }
            reply.pcm.extend_from_slice(pcm);
        }
    }

    /// Drops the recording, because the reply is sent again.
    pub(crate) fn forget(&mut self) {
        self.reply = None;
    }

    /// Publishes the reply, which ended at `now` (milliseconds since 1970); `turn` has its text.
    pub(crate) fn finish(&mut self, turn: Option<u32>, now: u64) -> Option<Spoken> {
        let (_, reply) = self.reply.take()?;
        let turn = turn.filter(|_| reply.pcm.len() >= SAMPLE_BYTES)?;
        let ms = (reply.pcm.len() / SAMPLE_BYTES) as u64 * 1_000 / u64::from(reply.rate.max(1));
        self.sounds.send_replace(Some(Arc::new(ReplySound { at: now, ..reply })));
        Some(Spoken { turn, ms: u32::try_from(ms).unwrap_or(u32::MAX) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorder() -> (ReplyRecorder, watch::Receiver<Option<Arc<ReplySound>>>) {
        let (sounds, seen) = watch::channel(None);
        (ReplyRecorder { limit: 1_000, ..ReplyRecorder::new(sounds) }, seen)
    }

    #[test]
    fn the_last_reply_is_kept_as_it_came() {
        let (mut recorder, seen) = recorder();
        recorder.take(&[9; 100], 24_000, 1);
        recorder.take(&[1; 101], 24_000, 2);
        recorder.take(&[2; 99], 24_000, 2);
        assert!(seen.borrow().is_none(), "not before it is over");
        assert_eq!(recorder.finish(Some(7), 5), Some(Spoken { turn: 7, ms: 4 }));
        let kept = seen.borrow().clone().expect("a reply");
        assert_eq!(kept.pcm, [[1; 101].as_slice(), &[2; 99]].concat());
        assert!((kept.rate, kept.at, kept.is_whole) == (24_000, 5, true));
        assert_eq!(recorder.finish(Some(8), 6), None, "once a reply");
    }

    #[test]
    fn long_text_is_cut_at_the_end_and_marked() {
        let (mut recorder, seen) = recorder();
        for burst in [600, 600, 100] {
            recorder.take(&vec![3; burst], 24_000, 1);
        }
        assert!(recorder.finish(Some(1), 0).is_some());
        let kept = seen.borrow().clone().expect("a reply");
        assert_eq!((kept.pcm.len(), kept.is_whole), (600, false));
    }

    #[test]
    fn replies_without_text_or_listener_are_not_kept() {
        let (mut recorder, seen) = recorder();
        recorder.take(&[3; 10], 24_000, 1);
        recorder.forget();
        assert_eq!(recorder.finish(Some(1), 0), None);
        recorder.take(&[3; 10], 24_000, 2);
        assert_eq!(recorder.finish(None, 0), None);
        drop(seen);
        recorder.take(&[3; 10], 24_000, 3);
        assert_eq!(recorder.finish(Some(1), 0), None);
    }
}
