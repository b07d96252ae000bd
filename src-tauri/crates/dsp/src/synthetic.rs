//! Speech and noise computed from a seed, for tests and benchmarks: nobody's recording, and the same every time.

/// The rate of [`speech`], in Hz.
pub const RATE: usize = 48_000;

/// Pseudo-random numbers (xorshift) that are the same for the same seed.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Creates a sequence for `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Returns the next number, from −1 to 1.
    pub fn signed(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    }

    /// Returns the next number, from `low` to `high`.
    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * (self.signed() + 1.0) / 2.0
    }
}

/// A two-pole resonance.
#[derive(Default)]
struct Formant {
    past: [f32; 2],
}

impl Formant {
    fn run(&mut self, input: f32, hz: f32, width: f32) -> f32 {
        let r = (-std::f32::consts::PI * width / RATE as f32).exp();
        let turn = 2.0 * r * (std::f32::consts::TAU * hz / RATE as f32).cos();
        let out = input * (1.0 - r) + turn * self.past[0] - r * r * self.past[1];
        self.past = [out, self.past[0]];
        out
    }
}

/// Computes speech-like sound at [`RATE`]: syllables of vowels and hisses around `pitch` Hz, with pauses between
/// phrases. Peak 0.5.
pub fn speech(seed: u64, pitch: f32, seconds: f32) -> Vec<f32> {
    const VOWELS: [[f32; 3]; 6] = [
        [730.0, 1_090.0, 2_440.0],
        [270.0, 2_290.0, 3_010.0],
        [530.0, 1_840.0, 2_480.0],
        [570.0, 840.0, 2_410.0],
        [300.0, 870.0, 2_240.0],
        [490.0, 1_350.0, 1_690.0],
    ];
    let mut random = Random::new(seed);
    let length = (seconds * RATE as f32) as usize;
    let mut out = Vec::with_capacity(length + RATE);
    let mut formants: [Formant; 3] = Default::default();
    let (mut phase, mut pulse_before) = (0.0_f32, 0.0_f32);
    let mut until_pause = 9;
    while out.len() < length {
        let (vowel, gain) = (VOWELS[(random.between(0.0, 5.99)) as usize], random.between(0.4, 1.0));
        let hiss = (random.between(0.02, 0.07) * RATE as f32) as usize;
        for n in 0..hiss {
            let shape = (std::f32::consts::PI * n as f32 / hiss as f32).sin();
            out.push(0.04 * shape * random.signed());
        }
        let voiced = (random.between(0.1, 0.22) * RATE as f32) as usize;
        let tune = pitch * random.between(0.85, 1.2);
        for n in 0..voiced {
            let at = n as f32 / voiced as f32;
            phase = (phase + tune * (1.0 - 0.1 * at) / RATE as f32).fract();
            // The glottis opens slowly and closes at once; radiation at the lips differentiates.
            let opening = if phase < 0.6 { (phase / 0.6).powi(2) } else { 0.0 };
            let pulse = opening - pulse_before + 0.01 * random.signed();
            pulse_before = opening;
            let widths = [80.0, 110.0, 160.0];
            let sum: f32 = (0..3).map(|k| formants[k].run(pulse, vowel[k], widths[k])).sum();
            out.push(sum * gain * (std::f32::consts::PI * at).sin().sqrt());
        }
        until_pause -= 1;
        if until_pause == 0 {
            until_pause = random.between(5.0, 12.0) as usize;
            out.resize(out.len() + (random.between(0.15, 0.5) * RATE as f32) as usize, 0.0);
        }
    }
    out.truncate(length);
    let peak = out.iter().fold(1e-9_f32, |peak, sample| peak.max(sample.abs()));
    // Rounded to sixteen bits, as a reply has them.
    out.iter().map(|sample| (sample / peak * 0.5 * 32_768.0).round() / 32_768.0).collect()
}

/// Computes white noise with an RMS level of `dbfs`.
pub fn noise(seed: u64, dbfs: f32, samples: usize) -> Vec<f32> {
    let mut random = Random::new(seed);
    let scale = 10.0_f32.powf(dbfs / 20.0) * 3.0_f32.sqrt();
    (0..samples).map(|_| random.signed() * scale).collect()
}
