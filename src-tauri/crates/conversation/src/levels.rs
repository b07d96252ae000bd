//! From dBFS to what the two strings follow. Pure.

use crate::event::Levels;

/// Below this the string lies straight: a quiet room is about -60 dBFS.
const FLOOR_DB: f32 = -60.0;
/// Share of the way to a louder reading per event (20 a second): fast up, so a syllable is seen at once.
const ATTACK: f32 = 0.6;
/// Share of the way to a quieter reading.
const RELEASE: f32 = 0.25;

/// Smooths the readings of the two sides.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    you: f32,
    gemini: f32,
}

/// One side's reading since the last one, in dBFS.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    /// Root mean square.
    pub rms_db: f32,
    /// Loudest sample.
    pub peak_db: f32,
}

impl Meter {
    /// Takes the next reading of both sides.
    pub(crate) fn update(&mut self, you: Reading, gemini: Reading) -> Levels {
        self.you = approach(self.you, scale(you.rms_db));
        self.gemini = approach(self.gemini, scale(gemini.rms_db));
        Levels {
            you: self.you,
            you_peak: scale(you.peak_db),
            gemini: self.gemini,
            gemini_peak: scale(gemini.peak_db),
            you_db: you.rms_db.max(-120.0),
            gemini_db: gemini.rms_db.max(-120.0),
        }
    }
}

fn scale(db: f32) -> f32 {
    ((db - FLOOR_DB) / -FLOOR_DB).clamp(0.0, 1.0)
}

fn approach(from: f32, to: f32) -> f32 {
    from + (to - from) * if to > from { ATTACK } else { RELEASE }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SILENCE: Reading = Reading { rms_db: f32::NEG_INFINITY, peak_db: f32::NEG_INFINITY };

    #[test]
    fn silence_is_zero_and_full_scale_is_one() {
        let loud = Reading { rms_db: 0.0, peak_db: 0.0 };
        let mut meter = Meter::default();
        let levels = meter.update(SILENCE, loud);
        assert!(levels.you == 0.0 && levels.you_peak == 0.0);
        assert!((levels.gemini_peak - 1.0).abs() < 1e-6);
        assert!(levels.you_db.is_finite(), "JSON has no infinity");
    }

    #[test]
    fn rises_faster_than_it_falls_and_comes_to_rest() {
        let mut meter = Meter::default();
        let speech = Reading { rms_db: -20.0, peak_db: -10.0 };
        let up = meter.update(speech, SILENCE).you;
        let down = up - meter.update(SILENCE, SILENCE).you;
        assert!(up > down);
        let rest = (0..100).fold(1.0, |_, _| meter.update(SILENCE, SILENCE).you);
        assert!(rest < 1e-3);
    }
}
