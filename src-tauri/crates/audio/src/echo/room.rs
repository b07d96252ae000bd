//! A room to test in: voices that nobody recorded, and a way from the speaker to the microphone. Test support, pure.

/// The rate of everything here, in Hz.
pub(crate) const RATE: usize = 48_000;

/// Numbers that look random and are the same every time.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// From −1 to 1.
    pub(crate) fn roll(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    }

    /// From `low` to `high`.
    pub(crate) fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * (self.roll() + 1.0) / 2.0
    }
}

/// Two poles at a formant.
#[derive(Default)]
struct Formant {
    past: [f32; 2],
}

impl Formant {
    fn pass(&mut self, input: f32, hz: f32, width: f32) -> f32 {
        let r = (-std::f32::consts::PI * width / RATE as f32).exp();
        let turn = 2.0 * r * (std::f32::consts::TAU * hz / RATE as f32).cos();
        let out = input * (1.0 - r) + turn * self.past[0] - r * r * self.past[1];
        self.past = [out, self.past[0]];
        out
    }
}

/// Someone talking: syllables of vowels and hisses, with pauses between phrases. Peak 0.5.
pub(crate) fn voice(seed: u64, pitch: f32, seconds: f32) -> Vec<f32> {
    const VOWELS: [[f32; 3]; 6] = [
        [730.0, 1_090.0, 2_440.0],
        [270.0, 2_290.0, 3_010.0],
        [530.0, 1_840.0, 2_480.0],
        [570.0, 840.0, 2_410.0],
        [300.0, 870.0, 2_240.0],
        [490.0, 1_350.0, 1_690.0],
    ];
    let mut dice = Dice::new(seed);
    let length = (seconds * RATE as f32) as usize;
    let mut out = Vec::with_capacity(length + RATE);
    let mut formants: [Formant; 3] = Default::default();
    let (mut phase, mut pulse_before) = (0.0_f32, 0.0_f32);
    let mut until_pause = 9;
    while out.len() < length {
        let (vowel, louder) = (VOWELS[(dice.between(0.0, 5.99)) as usize], dice.between(0.4, 1.0));
        let hiss = (dice.between(0.02, 0.07) * RATE as f32) as usize;
        for n in 0..hiss {
            let shape = (std::f32::consts::PI * n as f32 / hiss as f32).sin();
            out.push(0.04 * shape * dice.roll());
        }
        let sung = (dice.between(0.1, 0.22) * RATE as f32) as usize;
        let tune = pitch * dice.between(0.85, 1.2);
        for n in 0..sung {
            let at = n as f32 / sung as f32;
            phase = (phase + tune * (1.0 - 0.1 * at) / RATE as f32).fract();
            // An opening that closes at once, differentiated at the lips.
            let opening = if phase < 0.6 { (phase / 0.6).powi(2) } else { 0.0 };
            let pulse = opening - pulse_before + 0.01 * dice.roll();
            pulse_before = opening;
            let widths = [80.0, 110.0, 160.0];
            let mouth: f32 = (0..3).map(|k| formants[k].pass(pulse, vowel[k], widths[k])).sum();
            out.push(mouth * louder * (std::f32::consts::PI * at).sin().sqrt());
        }
        until_pause -= 1;
        if until_pause == 0 {
            until_pause = dice.between(5.0, 12.0) as usize;
            out.resize(out.len() + (dice.between(0.15, 0.5) * RATE as f32) as usize, 0.0);
        }
    }
    out.truncate(length);
    let peak = out.iter().fold(1e-9_f32, |peak, sample| peak.max(sample.abs()));
    // Sixteen bits, as a reply has them.
    out.iter().map(|sample| (sample / peak * 0.5 * 32_768.0).round() / 32_768.0).collect()
}

/// White noise of `dbfs` (RMS).
pub(crate) fn noise(seed: u64, dbfs: f32, samples: usize) -> Vec<f32> {
    let mut dice = Dice::new(seed);
    let scale = 10.0_f32.powf(dbfs / 20.0) * 3.0_f32.sqrt();
    (0..samples).map(|_| dice.roll() * scale).collect()
}

/// From the speaker into the microphone.
pub(crate) struct EchoPath {
    /// Samples after which it begins.
    pub(crate) delay: usize,
    /// What comes from there on.
    pub(crate) response: Vec<f32>,
}

impl EchoPath {
    /// The rig's room (`virtual_audio.sh echo room`): the straight way and three early reflections; then a tail that is
    /// 60 dB down after 200 ms.
    pub(crate) fn room(delay_ms: usize, gain_db: f32) -> Self {
        let gain = 10.0_f32.powf(gain_db / 20.0);
        let mut dice = Dice::new(11);
        let mut response: Vec<f32> = (0..RATE / 10)
            .map(|n| gain * 0.02 * dice.roll() * 10.0_f32.powf(-3.0 * n as f32 / (0.2 * RATE as f32)))
            .collect();
        for (ms, db) in [(0, 0.0_f32), (7, -6.0), (17, -10.0), (33, -16.0)] {
            response[ms * RATE / 1_000] += gain * 10.0_f32.powf(db / 20.0);
        }
        Self { delay: delay_ms * RATE / 1_000, response }
    }

    /// What the microphone hears of `far`, whose clock is `ppm` faster than the microphone's.
    pub(crate) fn carry(&self, far: &[f32], ppm: f64) -> Vec<f32> {
        let drifted: Vec<f32> = if ppm == 0.0 {
            far.to_vec()
        } else {
            let speed = 1.0 + ppm * 1e-6;
            (0..(far.len() as f64 / speed) as usize).map(|n| sinc_at(far, n as f64 * speed)).collect()
        };
        let mut out = vec![0.0; drifted.len()];
        for (ago, gain) in self.response.iter().enumerate().filter(|(_, gain)| gain.abs() > 1e-6) {
            let shift = self.delay + ago;
            for (heard, played) in out[shift.min(drifted.len())..].iter_mut().zip(&drifted) {
                *heard += gain * played;
            }
        }
        out
    }
}

/// The band-limited value between samples.
fn sinc_at(samples: &[f32], at: f64) -> f32 {
    const REACH: i64 = 16;
    let (whole, part) = (at.floor() as i64, at.fract());
    let mut sum = 0.0;
    for k in -REACH + 1..=REACH {
        let Some(sample) = usize::try_from(whole + k).ok().and_then(|index| samples.get(index)) else {
            continue;
        };
        let x = k as f64 - part;
        let sinc =
            if x.abs() < 1e-9 { 1.0 } else { (std::f64::consts::PI * x).sin() / (std::f64::consts::PI * x) };
        let window = (std::f64::consts::FRAC_PI_2 * x / REACH as f64).cos().powi(2);
        sum += f64::from(*sample) * sinc * window;
    }
    sum as f32
}

/// Ten times the logarithm of the ratio of two energies.
pub(crate) fn ratio_db(over: &[f32], under: &[f32]) -> f32 {
    let energy =
        |samples: &[f32]| samples.iter().map(|sample| f64::from(sample * sample)).sum::<f64>() + 1e-12;
    (10.0 * (energy(over) / energy(under)).log10()) as f32
}
