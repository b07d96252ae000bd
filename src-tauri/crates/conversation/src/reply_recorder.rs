//! Collects the audio of a reply while it comes. Pure.

use crate::turn_sounds::{SoundStore, TurnSound};

/// Memory grows in steps of this size, so that a long reply does not take twice its size.
const STEP: usize = 1 << 20;
/// The shortest reply, in bytes: a sample.
const LEAST: usize = 2;

/// Collects the audio of a reply.
#[derive(Debug)]
pub(crate) struct ReplyRecorder {
    sounds: SoundStore,
    limit: usize,
    reply: Option<(u32, TurnSound)>,
}

impl ReplyRecorder {
    /// Creates a recorder for this store. Without a receiver nothing is collected.
    pub(crate) fn new(sounds: SoundStore) -> Self {
        Self { sounds, limit: audio::PLAYBACK_CAPACITY_BYTES, reply: None }
    }

    /// Adds audio of a reply; a new generation starts a new recording.
    pub(crate) fn take(&mut self, pcm: &[u8], rate: u32, generation: u32) {
        if self.sounds.is_closed() {
            return;
        }
        if self.reply.as_ref().is_none_or(|(known, _)| *known != generation) {
            self.reply =
                Some((generation, TurnSound { turn: 0, pcm: Vec::new(), rate, at: 0, is_whole: true }));
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

    /// Returns the reply, which ended at `now` (milliseconds since 1970); `turn` has its text.
    pub(crate) fn finish(&mut self, turn: Option<u32>, now: u64) -> Option<TurnSound> {
        let (_, reply) = self.reply.take()?;
        let turn = turn.filter(|_| reply.pcm.len() >= LEAST)?;
        Some(TurnSound { turn, at: now, ..reply })
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::watch;

    use super::*;
    use crate::turn_sounds::TurnSounds;

    fn recorder() -> (ReplyRecorder, watch::Receiver<TurnSounds>) {
        let (sounds, seen) = watch::channel(TurnSounds::default());
        (ReplyRecorder { limit: 1_000, ..ReplyRecorder::new(sounds) }, seen)
    }

    #[test]
    fn a_reply_is_kept_as_it_came() {
        let (mut recorder, _seen) = recorder();
        recorder.take(&[9; 100], 24_000, 1);
        recorder.take(&[1; 101], 24_000, 2);
        recorder.take(&[2; 99], 24_000, 2);
        let kept = recorder.finish(Some(7), 5).expect("a reply");
        assert_eq!(kept.pcm, [[1; 101].as_slice(), &[2; 99]].concat());
        assert_eq!((kept.turn, kept.ms(), kept.rate, kept.at, kept.is_whole), (7, 4, 24_000, 5, true));
        assert!(recorder.finish(Some(8), 6).is_none(), "once a reply");
    }

    #[test]
    fn long_text_is_cut_at_the_end_and_marked() {
        let (mut recorder, _seen) = recorder();
        for burst in [600, 600, 100] {
            recorder.take(&vec![3; burst], 24_000, 1);
        }
        let kept = recorder.finish(Some(1), 0).expect("a reply");
        assert_eq!((kept.pcm.len(), kept.is_whole), (600, false));
    }

    #[test]
    fn replies_without_text_or_listener_are_not_kept() {
        let (mut recorder, seen) = recorder();
        recorder.take(&[3; 10], 24_000, 1);
        recorder.forget();
        assert!(recorder.finish(Some(1), 0).is_none());
        recorder.take(&[3; 10], 24_000, 2);
        assert!(recorder.finish(None, 0).is_none());
        drop(seen);
        recorder.take(&[3; 10], 24_000, 3);
        assert!(recorder.finish(Some(1), 0).is_none());
    }
}
