//! The filters and the noise that the voice is made of. Pure arithmetic on single samples.

use std::f32::consts::TAU;

/// One formant: a two-pole resonator with unity gain at 0 Hz (Klatt 1980, equation 1).
#[derive(Clone, Copy, Default)]
pub(super) struct Resonator {
    a: f32,
    b: f32,
    c: f32,
    last: f32,
    before: f32,
}

impl Resonator {
    /// Moves the resonance to `hz`, `width` Hz wide, and keeps what is ringing.
    pub(super) fn tune(&mut self, hz: f32, width: f32, rate: f32) {
        let radius = (-TAU / 2.0 * width / rate).exp();
        self.c = -radius * radius;
        self.b = 2.0 * radius * (TAU * hz.min(rate * 0.45) / rate).cos();
        self.a = 1.0 - self.b - self.c;
    }

    /// One sample.
    pub(super) fn run(&mut self, sample: f32) -> f32 {
        let out = self.a * sample + self.b * self.last + self.c * self.before;
        self.before = self.last;
        self.last = out;
        out
    }
}

/// A band of noise: two poles, zeros at 0 Hz and at half the rate, gain 1 at the centre.
#[derive(Clone, Copy, Default)]
pub(super) struct BandPass {
    gain: f32,
    b: f32,
    c: f32,
    inputs: [f32; 2],
    last: f32,
    before: f32,
}

impl BandPass {
    /// Moves the band to `hz`, `width` Hz wide.
    pub(super) fn tune(&mut self, hz: f32, width: f32, rate: f32) {
        let radius = (-TAU / 2.0 * width / rate).exp();
        self.c = -radius * radius;
        self.b = 2.0 * radius * (TAU * hz / rate).cos();
        self.gain = (1.0 - radius * radius) / 2.0;
    }

    /// One sample.
    pub(super) fn run(&mut self, sample: f32) -> f32 {
        let out = self.gain * (sample - self.inputs[1]) + self.b * self.last + self.c * self.before;
        self.inputs = [sample, self.inputs[0]];
        self.before = self.last;
        self.last = out;
        out
    }
}

/// White noise that is the same every time (xorshift).
#[derive(Clone, Copy)]
pub(super) struct Noise(u32);

impl Noise {
    pub(super) fn new() -> Self {
        Self(0x9e37_79b9)
    }

    /// A sample from -1 to 1.
    pub(super) fn sample(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 as f32 / u32::MAX as f32 * 2.0 - 1.0
    }
}
