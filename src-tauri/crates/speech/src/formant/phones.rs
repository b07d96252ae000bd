//! The sounds of English as numbers: what a vocal tract does for each phone.
//!
//! Pure tables. Formants follow the averages of Peterson and Barney (1952) and the synthesis strategy of Klatt (1980),
//! rounded and adjusted by ear.

/// How a phone is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Phone {
    /// Its phoneme in the alphabet of `g2p`.
    pub(super) name: char,
    /// Length in ms at normal speed.
    pub(super) ms: f32,
    /// Strength of the voice, 0 to 1.
    pub(super) voice: f32,
    /// Strength of breath through the formants, 0 to 1.
    pub(super) breath: f32,
    /// Strength of the friction noise, 0 to 1, and its centre and width in Hz.
    pub(super) hiss: (f32, f32, f32),
    /// The first three formants in Hz where the phone begins.
    pub(super) from: [f32; 3],
    /// And where it ends: other than `from` in diphthongs.
    pub(super) to: [f32; 3],
    /// A stop: the mouth is shut for this many ms before the phone bursts open.
    pub(super) closure_ms: f32,
}

impl Phone {
    /// Whether this is a syllable's core.
    pub(super) fn is_vowel(&self) -> bool {
        self.voice >= 1.0
    }
}

const NO_HISS: (f32, f32, f32) = (0.0, 3000.0, 1000.0);
const NEUTRAL: [f32; 3] = [500.0, 1500.0, 2500.0];

const fn vowel(name: char, ms: f32, formants: [f32; 3]) -> Phone {
    glide(name, ms, formants, formants)
}

const fn glide(name: char, ms: f32, from: [f32; 3], to: [f32; 3]) -> Phone {
    Phone { name, ms, voice: 1.0, breath: 0.03, hiss: NO_HISS, from, to, closure_ms: 0.0 }
}

const fn sonorant(name: char, ms: f32, voice: f32, at: [f32; 3]) -> Phone {
    Phone { name, ms, voice, breath: 0.01, hiss: NO_HISS, from: at, to: at, closure_ms: 0.0 }
}

const fn fricative(name: char, ms: f32, voice: f32, hiss: (f32, f32, f32), at: [f32; 3]) -> Phone {
    Phone { name, ms, voice, breath: 0.0, hiss, from: at, to: at, closure_ms: 0.0 }
}

const fn stop(name: char, ms: f32, voice: f32, hiss: (f32, f32, f32), at: [f32; 3]) -> Phone {
    // An unvoiced stop is followed by a breath that runs through the next vowel's shape.
    let breath = if voice > 0.0 { 0.05 } else { 0.35 };
    Phone { name, ms, voice, breath, hiss, from: at, to: at, closure_ms: 55.0 }
}

/// Every phone the letters can name.
pub(super) const PHONES: &[Phone] = &[
    vowel('ɑ', 130.0, [730.0, 1090.0, 2440.0]),
    vowel('æ', 125.0, [680.0, 1720.0, 2410.0]),
    vowel('ʌ', 85.0, [620.0, 1220.0, 2550.0]),
    vowel('ə', 60.0, NEUTRAL),
    vowel('ɔ', 130.0, [570.0, 840.0, 2410.0]),
    vowel('ɛ', 105.0, [530.0, 1840.0, 2480.0]),
    vowel('ɜ', 120.0, [490.0, 1350.0, 1690.0]),
    vowel('ɪ', 90.0, [400.0, 1990.0, 2550.0]),
    vowel('i', 125.0, [280.0, 2290.0, 3010.0]),
    vowel('ʊ', 95.0, [440.0, 1020.0, 2240.0]),
    vowel('u', 125.0, [310.0, 870.0, 2240.0]),
    glide('W', 165.0, [730.0, 1250.0, 2440.0], [400.0, 900.0, 2240.0]),
    glide('I', 165.0, [700.0, 1150.0, 2440.0], [350.0, 2100.0, 2700.0]),
    glide('A', 145.0, [480.0, 1950.0, 2500.0], [310.0, 2230.0, 2850.0]),
    glide('O', 145.0, [540.0, 950.0, 2400.0], [360.0, 800.0, 2300.0]),
    glide('Y', 175.0, [550.0, 850.0, 2410.0], [350.0, 2000.0, 2600.0]),
    sonorant('l', 65.0, 0.6, [350.0, 1050.0, 2800.0]),
    sonorant('ɹ', 65.0, 0.65, [330.0, 1150.0, 1550.0]),
    sonorant('w', 65.0, 0.6, [300.0, 640.0, 2200.0]),
    sonorant('j', 60.0, 0.6, [270.0, 2250.0, 3000.0]),
    sonorant('m', 75.0, 0.38, [250.0, 1000.0, 2200.0]),
    sonorant('n', 70.0, 0.38, [250.0, 1650.0, 2500.0]),
    sonorant('ŋ', 80.0, 0.38, [250.0, 2100.0, 2700.0]),
    Phone {
        name: 'h',
        ms: 65.0,
        voice: 0.0,
        breath: 0.4,
        hiss: NO_HISS,
        from: NEUTRAL,
        to: NEUTRAL,
        closure_ms: 0.0,
    },
    fricative('s', 110.0, 0.0, (0.34, 6500.0, 2600.0), [320.0, 1650.0, 2600.0]),
    fricative('z', 85.0, 0.35, (0.2, 6500.0, 2600.0), [300.0, 1650.0, 2600.0]),
    fricative('ʃ', 110.0, 0.0, (0.36, 3100.0, 1700.0), [320.0, 1850.0, 2600.0]),
    fricative('ʒ', 85.0, 0.35, (0.2, 3100.0, 1700.0), [300.0, 1850.0, 2600.0]),
    fricative('f', 95.0, 0.0, (0.13, 5000.0, 7000.0), [340.0, 1100.0, 2300.0]),
    fricative('v', 65.0, 0.45, (0.06, 5000.0, 7000.0), [300.0, 1100.0, 2300.0]),
    fricative('θ', 95.0, 0.0, (0.12, 6500.0, 6000.0), [320.0, 1400.0, 2600.0]),
    fricative('ð', 50.0, 0.5, (0.05, 6000.0, 6000.0), [300.0, 1400.0, 2600.0]),
    stop('p', 45.0, 0.0, (0.16, 900.0, 1200.0), [300.0, 950.0, 2300.0]),
    stop('b', 20.0, 0.4, (0.1, 800.0, 1000.0), [280.0, 950.0, 2300.0]),
    stop('t', 50.0, 0.0, (0.32, 4800.0, 2400.0), [300.0, 1750.0, 2650.0]),
    stop('d', 22.0, 0.4, (0.16, 4300.0, 2200.0), [280.0, 1750.0, 2650.0]),
    stop('k', 55.0, 0.0, (0.28, 2000.0, 1000.0), [300.0, 1900.0, 2400.0]),
    stop('ɡ', 25.0, 0.4, (0.16, 1900.0, 900.0), [280.0, 1900.0, 2400.0]),
    Phone {
        name: 'ʧ',
        ms: 95.0,
        voice: 0.0,
        breath: 0.0,
        hiss: (0.36, 3300.0, 1800.0),
        from: [300.0, 1850.0, 2600.0],
        to: [300.0, 1850.0, 2600.0],
        closure_ms: 45.0,
    },
    Phone {
        name: 'ʤ',
        ms: 70.0,
        voice: 0.35,
        breath: 0.0,
        hiss: (0.24, 3100.0, 1800.0),
        from: [280.0, 1850.0, 2600.0],
        to: [280.0, 1850.0, 2600.0],
        closure_ms: 35.0,
    },
];

/// The phones of these phonemes. A vowel that is coloured by the r behind it is one phone.
pub(super) fn phones_of(phonemes: &str) -> Vec<&'static Phone> {
    let mut phones = Vec::new();
    let mut letters = phonemes.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter == 'ɜ' {
            letters.next_if_eq(&'ɹ');
        }
        phones.extend(PHONES.iter().find(|phone| phone.name == letter));
    }
    phones
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::g2p::phonemes_of;

    #[test]
    fn every_phoneme_that_is_spelled_has_a_phone() {
        for word in ["the", "measure", "chin", "joy", "thing", "bird", "voice", "W", "own", "now", "should"] {
            let phonemes = phonemes_of(word);
            let coloured = phonemes.matches("ɜɹ").count();
            assert_eq!(
                phones_of(&phonemes).len(),
                phonemes.chars().count() - coloured,
                "{word} is {phonemes}"
            );
        }
    }
}
