//! What is heard: questions in five characters of the voice, clean or in a room that is not quiet.

use speech::{Prosody, RATE, Voice};

/// Lower and higher, with a longer and a shorter throat, slower and faster.
pub(crate) const CHARACTERS: [Prosody; 5] = [
    Prosody { pitch: 0.6, throat: 0.87, speed: 1.0 },
    Prosody { pitch: 1.0, throat: 1.0, speed: 1.0 },
    Prosody { pitch: 0.5, throat: 0.82, speed: 0.95 },
    Prosody { pitch: 1.1, throat: 1.05, speed: 1.1 },
    Prosody { pitch: 0.8, throat: 0.92, speed: 1.05 },
];
/// Louder than this is speech, of 32,768.
const SPEECH: u16 = 300;

/// A question from its first to its last sound, at 24 kHz.
pub(crate) fn spoken(voice: &Voice, text: &str, prosody: Prosody) -> Vec<i16> {
    let mut pcm: Vec<i16> = Vec::new();
    for sentence in speech::sentences(text) {
        pcm.extend(voice.speak(&sentence, prosody).expect("the voice speaks").pcm);
    }
    let loud = |sample: &i16| sample.unsigned_abs() > SPEECH;
    let end = pcm.iter().rposition(loud).map_or(0, |at| at + 1);
    let start = pcm.iter().position(loud).unwrap_or(end);
    pcm[start..end].to_vec()
}

/// A room: nothing, or noise so far below the speech.
pub(crate) struct Room {
    level: f32,
    state: u32,
    low: f32,
}

impl Room {
    /// A room in which `speech` stands `decibels` above the noise; silent without a number.
    pub(crate) fn around(speech: &[i16], decibels: Option<f32>) -> Self {
        let active: Vec<f32> = speech
            .iter()
            .filter(|sample| sample.unsigned_abs() > SPEECH)
            .map(|&sample| f32::from(sample))
            .collect();
        let power = active.iter().map(|sample| sample * sample).sum::<f32>() / active.len().max(1) as f32;
        let level = decibels.map_or(0.0, |decibels| power.sqrt() / 10_f32.powf(decibels / 20.0));
        Self { level, state: 0x2545_f491, low: 0.0 }
    }

    /// These samples as they are heard in the room.
    pub(crate) fn hear(&mut self, samples: &[i16]) -> Vec<i16> {
        samples
            .iter()
            .map(|&sample| (f32::from(sample) + self.noise()).clamp(-32_768.0, 32_767.0) as i16)
            .collect()
    }

    /// As of a fan: white noise through a gentle low pass, at this room's level.
    fn noise(&mut self) -> f32 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 17;
        self.state ^= self.state << 5;
        let white = self.state as f32 / u32::MAX as f32 * 2.0 - 1.0;
        self.low += LOW_PASS * (white - self.low);
        // Uniform noise has a power of 1/3, of which the low pass leaves a / (2 - a).
        self.low * self.level * (3.0 * (2.0 - LOW_PASS) / LOW_PASS).sqrt()
    }
}

const LOW_PASS: f32 = 0.3;

/// Samples in 20 ms.
pub(crate) const STEP: usize = RATE as usize / 50;
