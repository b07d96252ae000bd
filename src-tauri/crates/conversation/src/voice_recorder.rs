//! Collects what you say, as it is sent, and gives it to your turn when that ends. Pure.
//!
//! A turn is known by its transcript, which comes in its own time, before or after the reply begins. So what you said until
//! a reply began is set aside for the turn of that exchange, and what you say over the reply is collected anew.

use std::collections::VecDeque;

use crate::event::{Event, Speaker};
use crate::turn_sounds::TurnSound;

/// The rate of what is sent, in Hz.
const RATE: u32 = 16_000;
/// Bytes of a millisecond: s16le mono.
const BYTES_PER_MS: usize = RATE as usize / 1_000 * 2;
/// 300 ms before a voice is detected belong to what it says.
const BEFORE: usize = 300 * BYTES_PER_MS;
/// And as much after it.
const AFTER: usize = 300 * BYTES_PER_MS;
/// A noise after which nothing was said or written for so long was no turn.
const NO_TURN: usize = 10_000 * BYTES_PER_MS;
/// Most of one turn: ten minutes.
const MOST: usize = 10 * 60 * 1_000 * BYTES_PER_MS;
/// Memory grows in steps of this size.
const STEP: usize = 1 << 18;

/// What was said in one go.
#[derive(Debug)]
struct Take {
    pcm: Vec<u8>,
    /// Where the voice ends.
    voiced_to: usize,
    is_whole: bool,
}

/// Collects your voice.
#[derive(Debug, Default)]
pub(crate) struct VoiceRecorder {
    before: VecDeque<u8>,
    current: Option<Take>,
    /// What was said before the reply began.
    set_aside: Option<Take>,
    /// Your open turn.
    turn: Option<u32>,
    /// The reply that began last.
    reply: Option<u32>,
}

impl VoiceRecorder {
    /// Takes audio that is sent; `voice` tells whether somebody speaks in it.
    pub(crate) fn hear(&mut self, pcm: &[u8], voice: bool) {
        let Some(take) = &mut self.current else {
            if voice {
                let mut said: Vec<u8> = std::mem::take(&mut self.before).into();
                said.extend_from_slice(pcm);
                self.current = Some(Take { voiced_to: said.len(), pcm: said, is_whole: true });
            } else {
                self.before.extend(pcm);
                self.before.drain(..self.before.len().saturating_sub(BEFORE));
            }
            return;
        };
        // After a gap nothing can follow.
        take.is_whole &= take.pcm.len() + pcm.len() <= MOST;
        if take.is_whole {
            if take.pcm.capacity() - take.pcm.len() < pcm.len() {
                take.pcm.reserve_exact(pcm.len().max(STEP));
            }
            take.pcm.extend_from_slice(pcm);
            if voice {
                take.voiced_to = take.pcm.len();
            }
        }
        if self.turn.is_none() && take.pcm.len() - take.voiced_to > NO_TURN {
            self.current = None;
        }
    }

    /// A reply has audio or words; the first time ends what was said before it.
    pub(crate) fn reply(&mut self, generation: u32) {
        if self.reply == Some(generation) {
            return;
        }
        self.reply = Some(generation);
        if self.current.is_some() && (self.turn.is_none() || self.set_aside.is_none()) {
            self.set_aside = self.current.take();
        }
    }

    /// Follows your turns by what the window is told; returns the sound of one that ended. `now` is in milliseconds since
    /// 1970.
    pub(crate) fn follow(&mut self, event: &Event, now: u64) -> Option<TurnSound> {
        match event {
            Event::TurnStarted(turn) if turn.speaker == Speaker::You && !turn.typed => {
                self.turn = Some(turn.id);
                None
            }
            Event::TurnEnded { id, .. } if self.turn == Some(*id) => {
                self.turn = None;
                let Take { mut pcm, voiced_to, is_whole } =
                    self.set_aside.take().or_else(|| self.current.take())?;
                pcm.truncate(voiced_to + AFTER);
                pcm.shrink_to_fit();
                Some(TurnSound { turn: *id, pcm, rate: RATE, at: now, is_whole })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Turn;

    const CHUNK: usize = 20 * BYTES_PER_MS;

    fn begin(id: u32) -> Event {
        Event::TurnStarted(Turn::new(id, Speaker::You, "", 0))
    }
    fn end(id: u32) -> Event {
        Event::TurnEnded { id, heard_to: None }
    }
    fn say(recorder: &mut VoiceRecorder, byte: u8, chunks: usize, voice: bool) {
        for _ in 0..chunks {
            recorder.hear(&[byte; CHUNK], voice);
        }
    }
    fn count(sound: &TurnSound, byte: u8) -> usize {
        sound.pcm.chunks(CHUNK).filter(|chunk| chunk.iter().all(|one| *one == byte)).count()
    }

    #[test]
    fn a_turn_has_what_was_said_and_a_little_around_it() {
        let mut recorder = VoiceRecorder::default();
        say(&mut recorder, 1, 100, false);
        say(&mut recorder, 2, 50, true);
        say(&mut recorder, 3, 100, false);
        assert!(recorder.follow(&begin(7), 1).is_none());
        recorder.reply(1);
        let sound = recorder.follow(&end(7), 9).expect("it was heard");
        assert_eq!([1, 2, 3].map(|byte| count(&sound, byte)), [15, 50, 15]);
        assert_eq!((sound.turn, sound.rate, sound.at, sound.is_whole), (7, RATE, 9, true));
        assert!(recorder.follow(&end(7), 9).is_none(), "late words end it again");
    }

    #[test]
    fn what_is_said_over_a_reply_is_of_the_next_turn() {
        let mut recorder = VoiceRecorder::default();
        say(&mut recorder, 1, 10, true);
        recorder.follow(&begin(1), 0);
        recorder.reply(1);
        say(&mut recorder, 2, 10, true);
        recorder.reply(1);
        let first = recorder.follow(&end(1), 0).expect("the question");
        assert_eq!((count(&first, 1), count(&first, 2)), (10, 0));
        recorder.follow(&begin(3), 0);
        recorder.reply(2);
        let second = recorder.follow(&end(3), 0).expect("the objection");
        assert_eq!((count(&second, 1), count(&second, 2)), (0, 10));
    }

    #[test]
    fn the_transcript_may_come_after_the_reply_began() {
        let mut recorder = VoiceRecorder::default();
        say(&mut recorder, 1, 10, true);
        recorder.reply(1);
        recorder.follow(&begin(1), 0);
        assert_eq!(count(&recorder.follow(&end(1), 0).expect("the question"), 1), 10);
    }

    #[test]
    fn a_noise_is_no_turn_and_typed_words_have_no_sound() {
        let mut recorder = VoiceRecorder::default();
        say(&mut recorder, 1, 3, true);
        say(&mut recorder, 0, 600, false);
        say(&mut recorder, 2, 10, true);
        recorder.follow(&begin(1), 0);
        let sound = recorder.follow(&end(1), 0).expect("words");
        assert_eq!((count(&sound, 1), count(&sound, 2)), (0, 10));
        say(&mut recorder, 3, 10, true);
        let typed = Event::TurnStarted(Turn { typed: true, ..Turn::new(2, Speaker::You, "typed", 0) });
        recorder.follow(&typed, 0);
        assert!(recorder.follow(&end(2), 0).is_none());
    }

    #[test]
    fn an_endless_turn_is_cut_and_marked() {
        let mut recorder = VoiceRecorder::default();
        recorder.follow(&begin(1), 0);
        say(&mut recorder, 1, MOST / CHUNK + 10, true);
        let sound = recorder.follow(&end(1), 0).expect("its beginning");
        assert!(sound.pcm.len() <= MOST && !sound.is_whole);
    }
}
