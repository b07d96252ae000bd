//! Normally distributed noise, the same every time for the same seed.

/// xorshift64* behind Marsaglia's polar method.
#[derive(Clone, Debug)]
pub(super) struct Noise {
    state: u64,
}

impl Noise {
    pub(super) fn new(seed: u64) -> Self {
        Self { state: seed | 1 }
    }

    /// Uniform in −1..1.
    fn uniform(&mut self) -> f32 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        let bits = self.state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 40;
        bits as f32 / 8_388_608.0 - 1.0
    }

    /// Two independent values of mean 0 and variance 1.
    pub(super) fn pair(&mut self) -> (f32, f32) {
        loop {
            let (a, b) = (self.uniform(), self.uniform());
            let square = a * a + b * b;
            if square > 1e-12 && square < 1.0 {
                let factor = (-2.0 * square.ln() / square).sqrt();
                return (a * factor, b * factor);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_normal() {
        let mut noise = Noise::new(7);
        let values: Vec<f32> = (0..50_000).flat_map(|_| <[f32; 2]>::from(noise.pair())).collect();
        let count = values.len() as f32;
        let mean = values.iter().sum::<f32>() / count;
        let variance = values.iter().map(|value| value * value).sum::<f32>() / count;
        let beyond_two = values.iter().filter(|value| value.abs() > 2.0).count() as f32 / count;
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.03, "{mean} {variance}");
        assert!((beyond_two - 0.0455).abs() < 0.005, "{beyond_two}");
    }
}
