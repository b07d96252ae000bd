//! Half duplex: closes the microphone while a reply sounds, if the canceller can't remove the echo.

use super::Frame;
use super::erle::EchoMeasurement;
use super::fader::Fader;

/// Replies must have sounded for this long before anything is decided, in ms.
const LEARNING_MS: u64 = 5_000;
/// An ERLE below this does not protect the other side from its echo, in dB.
pub(crate) const SUFFICIENT_DB: f32 = 15.0;
/// An ERLE from this on opens the microphone again, in dB.
const REOPEN_DB: f32 = 20.0;
/// How many of the last [`MEMORY`] measurements must be bad to close it.
const BAD: u32 = 4;
/// Measurements that are remembered.
const MEMORY: u32 = 5;
/// How many measurements in a row must be good to open it again.
const GOOD: u32 = 3;
/// Frames for which the microphone stays closed after the last sound was written, for the devices' buffers and the
/// room.
const HANGOVER_FRAMES: u32 = 35;
/// A residue that correlates with the reply less than this is something else, such as a voice.
const ATTRIBUTABLE: f32 = 0.5;

/// Decides whether the microphone is open.
#[derive(Debug, Default)]
pub(crate) struct HalfDuplex {
    active: bool,
    /// The last measurements, the newest in the lowest bit; a one is bad.
    history: u32,
    measured: u32,
    good_in_a_row: u32,
    /// Frames for which the microphone stays closed.
    hangover: u32,
    fader: Fader,
}

impl HalfDuplex {
    /// Takes a measurement; `far_end_ms` is how long replies have sounded so far.
    pub(crate) fn judge(&mut self, measurement: &EchoMeasurement, far_end_ms: u64) {
        let bad = measurement.erle_db < SUFFICIENT_DB && measurement.residue_correlation >= ATTRIBUTABLE;
        self.history = (self.history << 1 | u32::from(bad)) & ((1 << MEMORY) - 1);
        self.measured = (self.measured + 1).min(MEMORY);
        self.good_in_a_row = if measurement.erle_db >= REOPEN_DB { self.good_in_a_row + 1 } else { 0 };
        if self.active {
            self.active = self.good_in_a_row < GOOD;
        } else {
            self.active =
                far_end_ms >= LEARNING_MS && self.measured >= BAD && self.history.count_ones() >= BAD;
        }
    }

    /// Returns true while the microphone is closed whenever a reply sounds.
    pub(crate) fn is_active(&self) -> bool {
        self.active
    }

    /// Passes or mutes one frame.
    pub(crate) fn apply(&mut self, far_end_sounds: bool, near_end: &mut Frame) {
        self.hangover = if far_end_sounds { HANGOVER_FRAMES } else { self.hangover.saturating_sub(1) };
        self.fader.apply(!(self.active && self.hangover > 0), near_end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::echo::FRAME_SAMPLES;

    fn measured(erle_db: f32) -> EchoMeasurement {
        EchoMeasurement { erle_db, residue_correlation: 0.9, echo_db: -10.0, delay_ms: 80 }
    }

    fn closed() -> HalfDuplex {
        let mut half_duplex = HalfDuplex::default();
        (1..=5).for_each(|n| half_duplex.judge(&measured(6.0), n * 1_000));
        half_duplex
    }

    #[test]
    fn the_microphone_closes_after_five_bad_seconds() {
        let mut half_duplex = HalfDuplex::default();
        for n in 1..=4 {
            half_duplex.judge(&measured(6.0), n * 1_000);
            assert!(!half_duplex.is_active());
        }
        half_duplex.judge(&measured(6.0), 5_000);
        assert!(half_duplex.is_active());
    }

    #[test]
    fn a_single_bad_second_or_a_voice_closes_nothing() {
        let mut half_duplex = HalfDuplex::default();
        for n in 0..20 {
            half_duplex.judge(&measured(if n % 2 == 0 { 30.0 } else { 3.0 }), 10_000);
            assert!(!half_duplex.is_active());
        }
        for _ in 0..10 {
            half_duplex.judge(&EchoMeasurement { residue_correlation: 0.2, ..measured(3.0) }, 20_000);
            assert!(!half_duplex.is_active());
        }
    }

    #[test]
    fn it_opens_when_the_canceller_works_again() {
        let mut half_duplex = closed();
        half_duplex.judge(&measured(17.0), 10_000);
        half_duplex.judge(&measured(25.0), 11_000);
        half_duplex.judge(&measured(25.0), 12_000);
        assert!(half_duplex.is_active());
        half_duplex.judge(&measured(25.0), 13_000);
        assert!(!half_duplex.is_active());
    }

    #[test]
    fn it_closes_and_opens_without_a_click() {
        let mut half_duplex = closed();
        let mut out = Vec::new();
        for n in 0..200 {
            let mut frame = [0.5; FRAME_SAMPLES];
            half_duplex.apply((50..100).contains(&n), &mut frame);
            out.extend_from_slice(&frame);
        }
        let frame = |n: usize| &out[n * FRAME_SAMPLES..(n + 1) * FRAME_SAMPLES];
        assert!(frame(49).iter().all(|sample| *sample == 0.5));
        assert!(frame(51).iter().chain(frame(133)).all(|sample| sample.abs() < 1e-6));
        assert!(frame(136).iter().all(|sample| *sample == 0.5));
        assert!(out.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 0.01));
    }
}
