//! Second-order filters that can be retuned between two samples, as a formant synthesiser needs them.

use std::f32::consts::TAU;

/// A two-pole resonator with unity gain at 0 Hz: one formant (Klatt 1980, equation 1).
#[derive(Clone, Copy, Debug, Default)]
pub struct Resonator {
    a: f32,
    b: f32,
    c: f32,
    last: f32,
    before: f32,
}

impl Resonator {
    /// Moves the resonance to `hz` with a bandwidth of `width` Hz, at `rate` samples a second. The state is kept, so
    /// that a resonance may glide.
    pub fn tune(&mut self, hz: f32, width: f32, rate: f32) {
        let radius = (-TAU / 2.0 * width / rate).exp();
        self.c = -radius * radius;
        self.b = 2.0 * radius * (TAU * hz.min(rate * 0.45) / rate).cos();
        self.a = 1.0 - self.b - self.c;
    }

    /// Filters one sample.
    #[inline]
    pub fn run(&mut self, sample: f32) -> f32 {
        let out = self.a * sample + self.b * self.last + self.c * self.before;
        self.before = self.last;
        self.last = out;
        out
    }
}

/// A two-pole band-pass with zeros at 0 Hz and at half the rate, and gain 1 at its centre.
#[derive(Clone, Copy, Debug, Default)]
pub struct BandPass {
    gain: f32,
    b: f32,
    c: f32,
    inputs: [f32; 2],
    last: f32,
    before: f32,
}

impl BandPass {
    /// Moves the band's centre to `hz` with a bandwidth of `width` Hz, at `rate` samples a second. The state is kept.
    pub fn tune(&mut self, hz: f32, width: f32, rate: f32) {
        let radius = (-TAU / 2.0 * width / rate).exp();
        self.c = -radius * radius;
        self.b = 2.0 * radius * (TAU * hz / rate).cos();
        self.gain = (1.0 - radius * radius) / 2.0;
    }

    /// Filters one sample.
    #[inline]
    pub fn run(&mut self, sample: f32) -> f32 {
        let out = self.gain * (sample - self.inputs[1]) + self.b * self.last + self.c * self.before;
        self.inputs = [sample, self.inputs[0]];
        self.before = self.last;
        self.last = out;
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: f32 = 24_000.0;

    /// The amplitude of a tone behind the filter, once it has settled.
    fn gain(hz: f32, mut run: impl FnMut(f32) -> f32) -> f32 {
        let tone = |n: usize| (TAU * hz * n as f32 / RATE).cos();
        let out: Vec<f32> = (0..24_000).map(|n| run(tone(n))).collect();
        out[12_000..].iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()))
    }

    #[test]
    fn resonator_passes_dc_and_raises_its_formant() {
        let filter = |hz| {
            let mut resonator = Resonator::default();
            resonator.tune(500.0, 60.0, RATE);
            gain(hz, |sample| resonator.run(sample))
        };
        assert!((0.99..1.01).contains(&filter(0.0)));
        assert!(filter(500.0) > 5.0 && filter(4_000.0) < 0.1);
    }

    #[test]
    fn band_pass_keeps_its_centre_only() {
        let filter = |hz| {
            let mut band = BandPass::default();
            band.tune(3_000.0, 300.0, RATE);
            gain(hz, |sample| band.run(sample))
        };
        assert!((0.97..1.03).contains(&filter(3_000.0)));
        assert!(filter(0.0) < 1e-3 && filter(1_000.0) < 0.2 && filter(8_000.0) < 0.2);
    }
}
