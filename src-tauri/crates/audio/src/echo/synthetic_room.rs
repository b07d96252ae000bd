//! A synthetic room: the way from the speaker to the microphone. Test support.

use dsp::synthetic::{RATE, Random};

/// The echo path from a speaker to a microphone.
pub(crate) struct EchoPath {
    /// The delay in samples.
    pub(crate) delay: usize,
    /// The impulse response from there on.
    pub(crate) response: Vec<f32>,
}

impl EchoPath {
    /// Returns the room of the test rig (`virtual_audio.sh echo room`): the direct path, three early reflections, and a
    /// tail that falls by 60 dB in 200 ms.
    pub(crate) fn room(delay_ms: usize, gain_db: f32) -> Self {
        let gain = 10.0_f32.powf(gain_db / 20.0);
        let mut random = Random::new(11);
        let mut response: Vec<f32> = (0..RATE / 10)
            .map(|n| gain * 0.02 * random.signed() * 10.0_f32.powf(-3.0 * n as f32 / (0.2 * RATE as f32)))
            .collect();
        for (ms, db) in [(0, 0.0_f32), (7, -6.0), (17, -10.0), (33, -16.0)] {
            response[ms * RATE / 1_000] += gain * 10.0_f32.powf(db / 20.0);
        }
        Self { delay: delay_ms * RATE / 1_000, response }
    }

    /// Returns what the microphone hears of `far`, whose clock is `ppm` faster than the microphone's.
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

/// Returns the band-limited value at a position between samples.
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

/// Returns the ratio of two energies in dB.
pub(crate) fn ratio_db(over: &[f32], under: &[f32]) -> f32 {
    let energy =
        |samples: &[f32]| samples.iter().map(|sample| f64::from(sample * sample)).sum::<f64>() + 1e-12;
    (10.0 * (energy(over) / energy(under)).log10()) as f32
}
