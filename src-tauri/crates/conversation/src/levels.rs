//! Converts dBFS to the levels of the visualizer. Pure.

use crate::event::Levels;

/// The level of silence: a quiet room has about -60 dBFS.
const FLOOR_DB: f32 = -60.0;
/// The same for peaks, which are 12 dB higher in a quiet room.
const PEAK_FLOOR_DB: f32 = -48.0;
/// Steps from silence to full scale; one is a pixel or two.
const STEPS: f32 = 64.0;
/// Smoothing factor for rising levels, per event (20 per second): fast, so that syllables show at once.
const ATTACK: f32 = 0.6;
/// Smoothing factor for falling levels.
const RELEASE: f32 = 0.3;
/// The least fall per event, so that a level does not approach its target endlessly.
const LEAST_FALL: f32 = 3.0 / STEPS;

/// Smooths the readings of the two sides.
#[derive(Debug, Default)]
pub struct Meter {
    you: f32,
    gemini: f32,
}

/// One side's reading since the last event, in dBFS.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// Root mean square.
    pub rms_db: f32,
    /// Loudest sample.
    pub peak_db: f32,
}

impl Meter {
    /// Adds the next reading of both sides and returns the levels.
    pub fn update(&mut self, you: Reading, gemini: Reading) -> Levels {
        self.you = approach(self.you, scale(you.rms_db, FLOOR_DB));
        self.gemini = approach(self.gemini, scale(gemini.rms_db, FLOOR_DB));
        Levels {
            you: step(self.you),
            you_peak: step(scale(you.peak_db, PEAK_FLOOR_DB)),
            gemini: step(self.gemini),
            gemini_peak: step(scale(gemini.peak_db, PEAK_FLOOR_DB)),
            you_db: you.rms_db.max(FLOOR_DB).round(),
            gemini_db: gemini.rms_db.max(FLOOR_DB).round(),
        }
    }
}

fn scale(db: f32, floor_db: f32) -> f32 {
    ((db - floor_db) / -floor_db).clamp(0.0, 1.0)
}

/// Rounds to visible steps, so that equal looks are equal values and need no redraw.
fn step(level: f32) -> f32 {
    (level * STEPS).round() / STEPS
}

fn approach(from: f32, to: f32) -> f32 {
    if to > from {
        from + (to - from) * ATTACK
    } else {
        (from - ((from - to) * RELEASE).max(LEAST_FALL)).max(to)
    }
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
        let rests = (0..15).any(|_| meter.update(SILENCE, SILENCE).you == 0.0);
        assert!(rests, "still falling after 15 events");
    }

    #[test]
    fn steady_levels_cause_equal_events() {
        let mut meter = Meter::default();
        let sound = |rms_db: f32| Reading { rms_db, peak_db: rms_db + 12.0 };
        for _ in 0..100 {
            meter.update(sound(-70.0), sound(-20.0));
        }
        assert_eq!(meter.update(sound(-70.0), sound(-20.0)), meter.update(sound(-61.0), sound(-20.1)));
    }
}
