//! Keeps the audio of the last turns, so that it can be saved or drawn. Pure.

use std::sync::Arc;

use tokio::sync::watch;

use crate::event::Spoken;

/// Bytes of one sample of PCM, s16le mono.
const SAMPLE_BYTES: usize = 2;
/// How much audio of finished turns is kept, in ms. The newest turn is kept in any case.
const KEPT_MS: u64 = 10 * 60 * 1_000;
/// Most turns that are kept; ten minutes of short answers have fewer.
const KEPT_TURNS: usize = 400;

/// The audio of a turn: of a reply as it came, or of what you said as it was sent.
#[derive(Debug)]
pub struct TurnSound {
    /// The `id` of the turn.
    pub turn: u32,
    /// Signed 16-bit little-endian mono; [`audio::PLAYBACK_CAPACITY_BYTES`] at most.
    pub pcm: Vec<u8>,
    /// In Hz.
    pub rate: u32,
    /// When it ended, in milliseconds since 1970.
    pub at: u64,
    /// False when the turn was longer than what is kept.
    pub is_whole: bool,
}

impl TurnSound {
    /// Returns its length in milliseconds.
    pub fn ms(&self) -> u64 {
        (self.pcm.len() / SAMPLE_BYTES) as u64 * 1_000 / u64::from(self.rate.max(1))
    }

    /// Returns how loud it is over its length: so many peaks, each 0 to 255 of full scale. Enough to draw it, too little to
    /// hear it.
    pub fn shape(&self, steps: usize) -> Vec<u8> {
        let samples = self.pcm.len() / SAMPLE_BYTES;
        (0..steps)
            .map(|step| {
                let edge = |step: usize| step * samples / steps.max(1) * SAMPLE_BYTES;
                let peak = self.pcm[edge(step)..edge(step + 1)]
                    .chunks_exact(SAMPLE_BYTES)
                    .map(|pair| i16::from_le_bytes([pair[0], pair[1]]).unsigned_abs())
                    .max();
                u8::try_from(peak.unwrap_or(0) >> 7).unwrap_or(u8::MAX)
            })
            .collect()
    }
}

/// The audio of the last turns of a conversation, ten minutes at most. Cloning copies no audio.
#[derive(Clone, Debug, Default)]
pub struct TurnSounds(Vec<Arc<TurnSound>>);

/// The channel for the audio of the last turns, which is kept only while there is a receiver.
pub type SoundStore = watch::Sender<TurnSounds>;

impl TurnSounds {
    /// Returns the audio of the turn with this `id`.
    pub fn of(&self, turn: u32) -> Option<Arc<TurnSound>> {
        self.0.iter().find(|sound| sound.turn == turn).map(Arc::clone)
    }

    /// Returns the audio of the turn that ended last.
    pub fn last(&self) -> Option<Arc<TurnSound>> {
        self.0.last().map(Arc::clone)
    }

    /// Returns which turns are kept, the oldest first.
    pub fn list(&self) -> Vec<Spoken> {
        let spoken = |sound: &Arc<TurnSound>| Spoken {
            turn: sound.turn,
            ms: u32::try_from(sound.ms()).unwrap_or(u32::MAX),
        };
        self.0.iter().map(spoken).collect()
    }

    /// Adds the audio of a turn, in place of what was kept of it; the oldest go where there is too much.
    pub(crate) fn keep(&mut self, sound: TurnSound) {
        self.0.retain(|kept| kept.turn != sound.turn);
        self.0.push(Arc::new(sound));
        let mut ms: u64 = self.0.iter().map(|sound| sound.ms()).sum();
        while self.0.len() > 1 && (ms > KEPT_MS || self.0.len() > KEPT_TURNS) {
            ms -= self.0.remove(0).ms();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sound(turn: u32, ms: usize) -> TurnSound {
        TurnSound { turn, pcm: vec![0; ms * 2], rate: 1_000, at: 0, is_whole: true }
    }

    #[test]
    fn ten_minutes_are_kept_and_the_newest_turn_always() {
        let mut sounds = TurnSounds::default();
        for turn in 1..=4 {
            sounds.keep(sound(turn, 200_000));
        }
        assert_eq!(sounds.list().iter().map(|kept| kept.turn).collect::<Vec<_>>(), [2, 3, 4]);
        assert!(sounds.of(1).is_none() && sounds.of(2).is_some());
        sounds.keep(sound(5, 700_000));
        assert_eq!(sounds.list(), [Spoken { turn: 5, ms: 700_000 }]);
    }

    #[test]
    fn a_turn_is_kept_once_and_short_ones_are_counted() {
        let mut sounds = TurnSounds::default();
        sounds.keep(sound(1, 5));
        sounds.keep(sound(1, 7));
        assert_eq!(sounds.list(), [Spoken { turn: 1, ms: 7 }]);
        for turn in 2..1_000 {
            sounds.keep(sound(turn, 0));
        }
        assert_eq!(sounds.list().len(), KEPT_TURNS);
    }

    #[test]
    fn the_shape_is_loud_where_the_sound_is() {
        let pcm = [vec![0u8; 200], [0x00, 0x40].repeat(100), [0x00, 0x80].repeat(100)].concat();
        let sound = TurnSound { pcm, ..sound(1, 0) };
        assert_eq!(sound.shape(3), [0, 128, 255]);
    }

    proptest! {
        #[test]
        fn a_shape_has_as_many_steps_as_asked_for(pcm in proptest::collection::vec(any::<u8>(), 0..500), steps in 0usize..300) {
            prop_assert_eq!(TurnSound { pcm, ..sound(1, 0) }.shape(steps).len(), steps);
        }
    }
}
