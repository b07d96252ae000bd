//! Plays speech back in a changed voice: a granular pitch shifter that keeps the timing.
//!
//! Overlapping grains of the input are read faster or slower and laid down at their own pace; each grain is moved by a
//! few milliseconds to where it fits the end of the one before (as in WSOLA, Verhelst and Roelands 1993), so that
//! periods meet and the voice does not warble. Goes from 16 kHz to 24 kHz in the same reading. Works in pieces, so
//! that a minute of speech is never shifted at once.

use std::sync::LazyLock;

use super::INPUT_RATE;
use super::OUTPUT_RATE;

/// Output samples between two grains (15 ms); a grain is twice as long.
const HOP: usize = 360;
/// How far a grain may move to fit, in input samples (8 ms: a period of a 125 Hz voice).
const REACH: i64 = 128;
/// Steps of the search, in input samples.
const STRIDE: usize = 4;
/// Samples of a grain that the search compares.
const COMPARED: usize = HOP / STRIDE;
/// Quieter than this is left silent, or room noise would be raised with the voice.
const PEAK_TARGET: f32 = 18_000.0;
const MOST_GAIN: f32 = 6.0;

/// The shape of a grain: rises and falls so that two halves add up to one.
static WINDOW: LazyLock<[f32; HOP * 2]> = LazyLock::new(|| {
    std::array::from_fn(|n| 0.5 - 0.5 * (std::f32::consts::PI * (n as f32 + 0.5) / HOP as f32).cos())
});

/// A turn's audio on its way back to the speaker.
pub struct PlayedBack {
    input: Vec<i16>,
    /// Output samples in all: exactly as long as what was said.
    total: usize,
    made: usize,
    /// Input samples per output sample.
    step: f32,
    gain: f32,
    /// The second half of the last grain, still to be added to.
    overlap: Vec<f32>,
    /// Grain samples read beyond the part already laid down.
    grain: usize,
}

impl PlayedBack {
    /// Prepares speech at 16 kHz to be played back `factor` times as high.
    pub fn new(input: Vec<i16>, factor: f32) -> Self {
        let total = input.len() * OUTPUT_RATE as usize / INPUT_RATE as usize;
        let peak = input.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or(0).max(1);
        let gain = (PEAK_TARGET / f32::from(peak)).min(MOST_GAIN);
        let step = factor * INPUT_RATE as f32 / OUTPUT_RATE as f32;
        Self { input, total, made: 0, step, gain, overlap: vec![0.0; HOP], grain: 0 }
    }

    fn grain_from(&self, start: f32) -> Vec<f32> {
        (0..HOP * 2).map(|n| self.at(start + n as f32 * self.step) * WINDOW[n] * self.gain).collect()
    }

    /// The input at a fractional position: cubic (Catmull-Rom), silent outside.
    fn at(&self, position: f32) -> f32 {
        let base = position.floor();
        let t = position - base;
        let base = base as i64;
        let read = |offset: i64| {
            let index = usize::try_from(base + offset).ok();
            index.and_then(|index| self.input.get(index)).map_or(0.0, |&sample| f32::from(sample))
        };
        let (before, here, next, after) = (read(-1), read(0), read(1), read(2));
        let bend = 3.0 * (here - next) + after - before;
        let slope = 2.0 * before - 5.0 * here + 4.0 * next - after;
        here + 0.5 * t * (next - before + t * (slope + t * bend))
    }

    /// Where near `nominal` a grain continues best what the last one left.
    fn best_start(&self, nominal: f32) -> f32 {
        // All places that are looked at are these, moved by whole samples: found once, not for each of 65 starts.
        let places: [i64; COMPARED] =
            std::array::from_fn(|n| (nominal + (n * STRIDE) as f32 * self.step).floor() as i64);
        let left: [f32; COMPARED] = std::array::from_fn(|n| self.overlap[n * STRIDE]);
        let first = places[0] - REACH;
        let near: Vec<f32> =
            (first..=places[COMPARED - 1] + REACH).map(|place| self.at_whole(place)).collect();
        let mut best = (f32::MIN, 0);
        for offset in (-REACH..=REACH).step_by(STRIDE) {
            let moved = offset - first;
            let (mut product, mut energy) = (0.0, 1.0);
            for (place, left) in places.iter().zip(left) {
                let sample = near[(place + moved) as usize];
                product += sample * left;
                energy += sample * sample;
            }
            let likeness = product / energy.sqrt();
            if likeness > best.0 {
                best = (likeness, offset);
            }
        }
        nominal + best.1 as f32
    }

    fn at_whole(&self, place: i64) -> f32 {
        usize::try_from(place).ok().and_then(|index| self.input.get(index)).map_or(0.0, |&s| f32::from(s))
    }
}

impl Iterator for PlayedBack {
    type Item = Vec<i16>;

    /// The next few milliseconds, 24 kHz.
    fn next(&mut self) -> Option<Vec<i16>> {
        if self.made >= self.total {
            return None;
        }
        // The grain's middle lies where the speech is at this moment, whatever the speed it is read with.
        let middle = (self.grain * HOP + HOP) as f32 * INPUT_RATE as f32 / OUTPUT_RATE as f32;
        let nominal = middle - HOP as f32 * self.step;
        let start = if self.grain == 0 { nominal } else { self.best_start(nominal) };
        let grain = self.grain_from(start);
        let length = HOP.min(self.total - self.made);
        let piece =
            (0..length).map(|n| (self.overlap[n] + grain[n]).clamp(-32_768.0, 32_767.0) as i16).collect();
        self.overlap.copy_from_slice(&grain[HOP..]);
        self.grain += 1;
        self.made += length;
        Some(piece)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hum(hz: f32, seconds: f32) -> Vec<i16> {
        let rate = INPUT_RATE as f32;
        (0..(seconds * rate) as usize)
            .map(|n| ((n as f32 * hz / rate * std::f32::consts::TAU).sin() * 12_000.0) as i16)
            .collect()
    }

    fn pitch(samples: &[i16]) -> f32 {
        let rising = samples.windows(2).filter(|pair| pair[0] < 0 && pair[1] >= 0).count();
        rising as f32 * OUTPUT_RATE as f32 / samples.len() as f32
    }

    #[test]
    fn the_duration_stays_and_the_pitch_moves() {
        for factor in [0.75, 0.9, 1.2, 1.4] {
            let shifted: Vec<i16> = PlayedBack::new(hum(150.0, 1.5), factor).flatten().collect();
            assert_eq!(shifted.len(), 36_000);
            let heard = pitch(&shifted[2_000..34_000]);
            assert!((heard / (150.0 * factor) - 1.0).abs() < 0.04, "{heard} Hz at factor {factor}");
        }
    }

    #[test]
    fn loud_stays_where_it_was() {
        let mut input = vec![0; 8_000];
        input.extend(hum(140.0, 0.5));
        input.extend(vec![0; 8_000]);
        let shifted: Vec<i16> = PlayedBack::new(input, 1.3).flatten().collect();
        let energy = |range: std::ops::Range<usize>| -> f64 {
            shifted[range].iter().map(|&sample| f64::from(sample).powi(2)).sum()
        };
        let (before, during, after) = (energy(0..11_000), energy(12_000..24_000), energy(25_000..36_000));
        assert!(during > 100.0 * (before + after), "{before} {during} {after}");
    }

    #[test]
    fn nothing_in_is_nothing_out() {
        assert_eq!(PlayedBack::new(Vec::new(), 1.3).flatten().count(), 0);
        assert_eq!(PlayedBack::new(vec![i16::MIN; 3], 0.8).flatten().count(), 4);
    }
}
