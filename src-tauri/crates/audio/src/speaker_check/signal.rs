//! What the check plays: soft notes that swell like syllables, each gliding and with breath in it. Pure.
//!
//! The canceller needs all of the voice's frequencies to learn a room, and the gauge needs a loudness that comes and goes
//! without repeating itself: a tone alone would have neither.

use std::f32::consts::{PI, TAU};

use dsp::pcm;

/// Its rate in Hz, that of replies.
pub(crate) const RATE: u32 = 24_000;
/// How long it lasts, in ms.
const LASTS_MS: usize = 5_600;
/// One note, in ms.
const NOTE_MS: usize = 175;
/// How loud the loudest note is at its loudest: −12 dBFS, as a voice.
const LOUDEST: f32 = 0.25;
/// A pentatonic scale that any order of its notes sounds well in, in Hz.
const SCALE: [f32; 5] = [261.6, 293.7, 329.6, 392.0, 440.0];
/// How strong the overtones are.
const OVERTONES: [f32; 6] = [1.0, 0.5, 0.35, 0.2, 0.15, 0.1];
/// How much of it is breath: with a third the canceller takes off 5 dB in the time, with a half 30, with more no more.
const BREATH: f32 = 0.7;

/// Signed 16-bit little-endian mono.
pub(crate) fn signal() -> Vec<u8> {
    let mut chance = Chance(0x5eed_cafe);
    let length = RATE as usize * NOTE_MS / 1_000;
    let mut samples = Vec::with_capacity(RATE as usize * LASTS_MS / 1_000);
    let mut breath = 0.0;
    for _ in 0..LASTS_MS / NOTE_MS {
        let note = SCALE[(chance.next() * SCALE.len() as f32) as usize % SCALE.len()];
        let glide = note * 0.03 * (chance.next() - 0.5);
        // Squared, so that soft notes are as usual as loud ones.
        let strength = 0.12 + 0.88 * chance.next().powi(2);
        let mut phase = 0.0_f32;
        for n in 0..length {
            let part = n as f32 / length as f32;
            phase = (phase + (note + glide * part) / RATE as f32).fract();
            let voiced: f32 =
                (1_u8..).zip(OVERTONES).map(|(k, loud)| loud * (TAU * f32::from(k) * phase).sin()).sum();
            // White noise, a little dulled.
            breath += 0.6 * (2.0 * chance.next() - 1.0 - breath);
            let swell = (PI * part).sin().powi(2);
            samples.push(LOUDEST * strength * swell * ((1.0 - BREATH) * voiced / 1.5 + BREATH * breath));
        }
    }
    pcm::encode(&samples)
}

/// Numbers from 0 to 1 that are the same every time (Marsaglia's xorshift).
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
    fn it_lasts_five_seconds_begins_and_ends_softly_and_is_never_loud() {
        let samples: Vec<i16> = pcm::samples(&signal()).collect();
        let ms = samples.len() * 1_000 / RATE as usize;
        assert!((5_000..6_000).contains(&ms), "{ms} ms");
        let peak = |samples: &[i16]| samples.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or(0);
        assert!(peak(&samples[..48]) < 100 && peak(&samples[samples.len() - 48..]) < 100);
        assert!((3_000..13_000).contains(&peak(&samples)), "{}", peak(&samples));
    }
}
