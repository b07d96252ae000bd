//! What tells the thirty voices apart: pitch, size of the throat, speed, breath, and how far they shift a played-back voice.
//!
//! Pure tables. The names are the service's (PROTOCOL.md §8); the sounds are ours and make no claim to be theirs.

/// How a voice sounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Character {
    /// Mean pitch of the formant voice in Hz.
    pub pitch_hz: f32,
    /// Formants relative to the tables: above 1 is a shorter throat.
    pub tract: f32,
    /// Speed relative to normal.
    pub speed: f32,
    /// Air in the voice, 0 to 1.
    pub breathiness: f32,
    /// Factor by which a played-back voice is raised; never near 1, so that nobody takes it for an echo.
    pub shift: f32,
}

/// Name, pitch in Hz, throat, speed, breath, shift.
const VOICES: [(&str, f32, f32, f32, f32, f32); 30] = [
    ("Puck", 135.0, 1.03, 1.10, 0.05, 1.22),
    ("Charon", 96.0, 0.95, 0.95, 0.05, 0.82),
    ("Kore", 198.0, 1.14, 1.00, 0.08, 1.30),
    ("Fenrir", 88.0, 0.92, 1.05, 0.04, 0.76),
    ("Aoede", 215.0, 1.17, 1.05, 0.12, 1.36),
    ("Zephyr", 208.0, 1.16, 1.08, 0.06, 1.34),
    ("Leda", 226.0, 1.19, 1.08, 0.08, 1.40),
    ("Orus", 104.0, 0.96, 1.00, 0.04, 0.84),
    ("Callirrhoe", 188.0, 1.12, 0.95, 0.10, 1.27),
    ("Autonoe", 204.0, 1.15, 1.04, 0.06, 1.32),
    ("Enceladus", 110.0, 0.98, 0.94, 0.30, 0.86),
    ("Iapetus", 118.0, 1.00, 1.02, 0.03, 0.88),
    ("Umbriel", 112.0, 0.99, 0.95, 0.08, 0.85),
    ("Algieba", 106.0, 0.97, 0.96, 0.06, 0.83),
    ("Despina", 194.0, 1.13, 0.97, 0.07, 1.28),
    ("Erinome", 186.0, 1.12, 1.02, 0.04, 1.26),
    ("Algenib", 84.0, 0.91, 0.96, 0.15, 0.74),
    ("Rasalgethi", 116.0, 0.99, 1.03, 0.05, 0.87),
    ("Laomedeia", 218.0, 1.18, 1.12, 0.06, 1.37),
    ("Achernar", 180.0, 1.11, 0.94, 0.22, 1.25),
    ("Alnilam", 100.0, 0.95, 1.02, 0.04, 0.81),
    ("Schedar", 108.0, 0.97, 1.00, 0.05, 0.84),
    ("Gacrux", 168.0, 1.08, 0.93, 0.08, 1.20),
    ("Pulcherrima", 200.0, 1.14, 1.10, 0.05, 1.31),
    ("Achird", 122.0, 1.01, 1.04, 0.06, 0.89),
    ("Zubenelgenubi", 114.0, 0.98, 1.06, 0.07, 0.86),
    ("Vindemiatrix", 176.0, 1.10, 0.92, 0.14, 1.23),
    ("Sadachbia", 128.0, 1.02, 1.12, 0.05, 1.18),
    ("Sadaltager", 120.0, 1.00, 1.00, 0.05, 0.88),
    ("Sulafat", 190.0, 1.13, 0.98, 0.10, 1.29),
];

impl Character {
    /// Returns the character behind a voice's name; an unknown name gets the default voice, Puck.
    pub fn named(name: &str) -> Self {
        let found = VOICES.iter().find(|voice| voice.0.eq_ignore_ascii_case(name)).unwrap_or(&VOICES[0]);
        let (_, pitch_hz, tract, speed, breathiness, shift) = *found;
        Self { pitch_hz, tract, speed, breathiness, shift }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_voice_differs_from_the_speaker_and_from_the_others() {
        for (at, voice) in VOICES.iter().enumerate() {
            assert!((voice.5 - 1.0).abs() > 0.1, "{} shifts too little", voice.0);
            assert!(
                VOICES[..at].iter().all(|other| Character::named(other.0) != Character::named(voice.0)),
                "{} sounds like another",
                voice.0
            );
        }
    }
}
