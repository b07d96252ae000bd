//! The test sound: soft notes that swell like syllables, with a glide and breath noise.
//!
//! The canceller needs all frequencies of a voice to adapt, and measuring the ERLE needs a loudness that varies without
//! repeating itself. A plain tone has neither.

use std::f32::consts::{PI, TAU};

use dsp::pcm;

/// The rate in Hz, that of replies.
pub(crate) const RATE: u32 = 24_000;
/// The duration in ms.
const LASTS_MS: usize = 5_600;
/// The duration of a note in ms.
const NOTE_MS: usize = 175;
/// The peak of the loudest note: −12 dBFS, as a voice.
const LOUDEST: f32 = 0.25;
/// A pentatonic scale, which sounds well in any order, in Hz.
const SCALE: [f32; 5] = [261.6, 293.7, 329.6, 392.0, 440.0];
/// The amplitudes of the harmonics.
const OVERTONES: [f32; 6] = [1.0, 0.5, 0.35, 0.2, 0.15, 0.1];
/// The share of noise. With a third the canceller reaches 5 dB in this time, with a half 30, and more does not help.
const BREATH: f32 = 0.7;

/// Returns the sound as signed 16-bit little-endian mono.
pub(crate) fn signal() -> Vec<u8> {
    let mut chance = Chance(0x5eed_cafe);
    let length = RATE as usize * NOTE_MS / 1_000;
    let mut samples = Vec::with_capacity(RATE as usize * LASTS_MS / 1_000);
    let mut breath = 0.0;
    for _ in 0..LASTS_MS / NOTE_MS {
        let note = SCALE[(chance.next() * SCALE.len() as f32) as usize % SCALE.len()];
        let glide = note * 0.03 * (chance.next() - 0.5);
        // Squared, so that most notes are soft.
        let strength = 0.12 + 0.88 * chance.next().powi(2);
        let mut phase = 0.0_f32;
        for n in 0..length {
            let part = n as f32 / length as f32;
            phase = (phase + (note + glide * part) / RATE as f32).fract();
            let voiced: f32 =
                (1_u8..).zip(OVERTONES).map(|(k, loud)| loud * (TAU * f32::from(k) * phase).sin()).sum();
            // White noise, slightly low-passed.
            breath += 0.6 * (2.0 * chance.next() - 1.0 - breath);
            let swell = (PI * part).sin().powi(2);
            samples.push(LOUDEST * strength * swell * ((1.0 - BREATH) * voiced / 1.5 + BREATH * breath));
        }
    }
    pcm::encode(&samples)
}

/// Pseudo-random numbers from 0 to 1, the same every time (Marsaglia's xorshift).
struct Chance(u32);

impl Chance {
    fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        (self.0 >> 8) as f32 / (1 << 24) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_sound_lasts_five_seconds_and_is_never_loud() {
        let samples: Vec<i16> = pcm::samples(&signal()).collect();
        let ms = samples.len() * 1_000 / RATE as usize;
        assert!((5_000..6_000).contains(&ms), "{ms} ms");
        let peak = |samples: &[i16]| samples.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or(0);
        assert!(peak(&samples[..48]) < 100 && peak(&samples[samples.len() - 48..]) < 100);
        assert!((3_000..13_000).contains(&peak(&samples)), "{}", peak(&samples));
    }
}
