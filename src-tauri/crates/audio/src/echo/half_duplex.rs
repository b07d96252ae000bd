//! Half duplex, when the echo can't be cancelled: the microphone is shut while a reply sounds. Pure; on the audio thread.

use super::Frame;
use super::erle::Second;
use super::fader::Shutter;

/// A reply must have sounded this long before anything is judged, in ms.
const PATIENCE_MS: u64 = 5_000;
/// Less than this is no protection, in dB.
pub(crate) const HELD_DB: f32 = 15.0;
/// This much opens the microphone again, in dB.
const ENOUGH_DB: f32 = 20.0;
/// Of the last [`MEMORY`] measured seconds, so many must be bad.
const BAD: u32 = 4;
/// Measured seconds that are remembered.
const MEMORY: u32 = 5;
/// Measured seconds in a row that must be good to open again.
const GOOD: u32 = 3;
/// The microphone stays shut for this long after the last sound was written: the devices' buffers and the room, in frames.
const HANGOVER_FRAMES: u32 = 35;
/// A residue that follows the reply this little is something else, such as a voice.
const ATTRIBUTABLE: f32 = 0.5;

/// Whether the microphone is open.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    half_duplex: bool,
    /// The last measured seconds, the newest in the lowest bit; a one is bad.
    history: u32,
    measured: u32,
    good_in_a_row: u32,
    /// Frames for which the microphone stays shut.
    shut_for: u32,
    shutter: Shutter,
}

impl Gate {
    /// Judges a second in which an echo was heard; `far_end_ms` is how long replies have sounded.
    pub(crate) fn judge(&mut self, second: &Second, far_end_ms: u64) {
        let bad = second.erle_db < HELD_DB && second.residue_follows >= ATTRIBUTABLE;
        self.history = (self.history << 1 | u32::from(bad)) & ((1 << MEMORY) - 1);
        self.measured = (self.measured + 1).min(MEMORY);
        self.good_in_a_row = if second.erle_db >= ENOUGH_DB { self.good_in_a_row + 1 } else { 0 };
        if self.half_duplex {
            self.half_duplex = self.good_in_a_row < GOOD;
        } else {
            self.half_duplex =
                far_end_ms >= PATIENCE_MS && self.measured >= BAD && self.history.count_ones() >= BAD;
        }
    }

    /// True while the microphone is shut whenever a reply sounds.
    pub(crate) fn is_half_duplex(&self) -> bool {
        self.half_duplex
    }

    /// Shuts or opens the microphone over one frame.
    pub(crate) fn apply(&mut self, far_end_sounds: bool, near_end: &mut Frame) {
        self.shut_for = if far_end_sounds { HANGOVER_FRAMES } else { self.shut_for.saturating_sub(1) };
        self.shutter.apply(!(self.half_duplex && self.shut_for > 0), near_end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::echo::FRAME_SAMPLES;

    fn second(erle_db: f32) -> Second {
        Second { erle_db, residue_follows: 0.9, echo_db: -10.0, delay_ms: 80 }
    }

    fn shut() -> Gate {
        let mut gate = Gate::default();
        (1..=5).for_each(|n| gate.judge(&second(6.0), n * 1_000));
        gate
    }

    #[test]
    fn the_microphone_is_shut_after_five_seconds_that_could_not_be_held() {
        let mut gate = Gate::default();
        for n in 1..=4 {
            gate.judge(&second(6.0), n * 1_000);
            assert!(!gate.is_half_duplex());
        }
        gate.judge(&second(6.0), 5_000);
        assert!(gate.is_half_duplex());
    }

    #[test]
    fn a_disturbed_second_or_a_voice_shuts_nothing() {
        let mut gate = Gate::default();
        for n in 0..20 {
            gate.judge(&second(if n % 2 == 0 { 30.0 } else { 3.0 }), 10_000);
            assert!(!gate.is_half_duplex());
        }
        for _ in 0..10 {
            gate.judge(&Second { residue_follows: 0.2, ..second(3.0) }, 20_000);
            assert!(!gate.is_half_duplex());
        }
    }

    #[test]
    fn it_opens_when_the_canceller_holds_again() {
        let mut gate = shut();
        gate.judge(&second(17.0), 10_000);
        gate.judge(&second(25.0), 11_000);
        gate.judge(&second(25.0), 12_000);
        assert!(gate.is_half_duplex());
        gate.judge(&second(25.0), 13_000);
        assert!(!gate.is_half_duplex());
    }

    #[test]
    fn it_shuts_and_opens_without_a_step_and_passes_what_is_said_in_between() {
        let mut gate = shut();
        let mut heard = Vec::new();
        for n in 0..200 {
            let mut frame = [0.5; FRAME_SAMPLES];
            gate.apply((50..100).contains(&n), &mut frame);
            heard.extend_from_slice(&frame);
        }
        let frame = |n: usize| &heard[n * FRAME_SAMPLES..(n + 1) * FRAME_SAMPLES];
        assert!(frame(49).iter().all(|sample| *sample == 0.5));
        assert!(frame(51).iter().chain(frame(133)).all(|sample| sample.abs() < 1e-6));
        assert!(frame(136).iter().all(|sample| *sample == 0.5));
        assert!(heard.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 0.01));
    }
}
