//! Peak and RMS meters. The audio thread feeds them, the engine reads them.

/// The level of silence, in dBFS. Finite, because JSON has no infinity.
pub(crate) const FLOOR_DBFS: f32 = -120.0;

/// A level in dBFS, from −120 (silence) to 0 (full scale).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// The loudest sample.
    pub peak: f32,
    /// The root mean square: a full-scale sine reads −3.
    pub rms: f32,
}

impl Level {
    /// Digital silence.
    pub const SILENCE: Level = Level { peak: FLOOR_DBFS, rms: FLOOR_DBFS };
}

/// Both levels since the last reading; see [`crate::Engine::levels`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LevelReading {
    /// What was captured, behind the near-end stage at 16 kHz. Silence while muted.
    pub microphone: Level,
    /// What the output callback really wrote.
    pub speaker: Level,
}

/// Accumulates samples until it is read.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    peak: f32,
    squares: f64,
    samples: u64,
}

impl Meter {
    /// Takes `samples`.
    pub(crate) fn feed(&mut self, samples: &[f32]) {
        for sample in samples {
            self.peak = self.peak.max(sample.abs());
            self.squares += f64::from(sample * sample);
        }
        self.samples += samples.len() as u64;
    }

    /// Returns the level since the last call.
    pub(crate) fn read(&mut self) -> Level {
        let rms = if self.samples == 0 { 0.0 } else { (self.squares / self.samples as f64).sqrt() as f32 };
        let level = Level { peak: dbfs(self.peak), rms: dbfs(rms) };
        *self = Self::default();
        level
    }
}

fn dbfs(amplitude: f32) -> f32 {
    (20.0 * amplitude.log10()).max(FLOOR_DBFS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_scale_square_is_0_db_and_reading_resets() {
        let mut meter = Meter::default();
        meter.feed(&[1.0, -1.0, 1.0, -1.0]);
        assert_eq!(meter.read(), Level { peak: 0.0, rms: 0.0 });
        assert_eq!(meter.read(), Level::SILENCE);
    }

    #[test]
    fn half_the_amplitude_is_six_db_less() {
        let mut meter = Meter::default();
        meter.feed(&[0.5, -0.5]);
        let level = meter.read();
        assert!((level.peak + 6.02).abs() < 0.01 && (level.rms + 6.02).abs() < 0.01, "{level:?}");
    }
}
