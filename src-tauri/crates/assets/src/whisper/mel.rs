//! Whisper's mel filters: 80 triangles of equal area on Slaney's mel scale over the 201 bins of a 400-point FFT at 16
//! kHz. The package does not contain them, so they are computed.

/// Number of filters.
pub(super) const MELS: usize = 80;
/// Bins of the spectrum.
pub(super) const BINS: usize = 201;

const RATE: f64 = 16_000.0;
/// The scale is linear below and logarithmic above (Slaney, "Auditory Toolbox", 1998).
const CORNER_HZ: f64 = 1_000.0;
const HZ_PER_MEL: f64 = 200.0 / 3.0;
/// 27 steps from 1 kHz to 6.4 kHz.
const STEPS: f64 = 27.0;

fn log_step() -> f64 {
    6.4_f64.ln() / STEPS
}

fn mel_of(hz: f64) -> f64 {
    if hz < CORNER_HZ { hz / HZ_PER_MEL } else { CORNER_HZ / HZ_PER_MEL + (hz / CORNER_HZ).ln() / log_step() }
}

fn hz_of(mel: f64) -> f64 {
    let corner = CORNER_HZ / HZ_PER_MEL;
    if mel < corner { HZ_PER_MEL * mel } else { CORNER_HZ * (log_step() * (mel - corner)).exp() }
}

/// `MELS` rows of `BINS` weights.
pub(super) fn filters() -> Vec<f32> {
    let top = mel_of(RATE / 2.0);
    let step = top / (MELS + 1) as f64;
    let mut edges: Vec<f64> = (0..=MELS).map(|n| hz_of(n as f64 * step)).collect();
    edges.push(hz_of(top));
    let mut filters = Vec::with_capacity(MELS * BINS);
    for edge in edges.windows(3) {
        let (low, middle, high) = (edge[0], edge[1], edge[2]);
        let area = 2.0 / (high - low);
        for bin in 0..BINS {
            let hz = bin as f64 * RATE / 400.0;
            let rising = (hz - low) / (middle - low);
            let falling = (high - hz) / (high - middle);
            // Round before scaling, like the original's single-precision array.
            let weight = rising.min(falling).max(0.0) as f32;
            filters.push((f64::from(weight) * area) as f32);
        }
    }
    filters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_filter_peaks_after_the_one_before_and_has_unit_area() {
        let filters = filters();
        assert_eq!(filters.len(), MELS * BINS);
        let mut last = 0;
        for row in filters.chunks(BINS) {
            let peak = (0..BINS).max_by(|&a, &b| row[a].total_cmp(&row[b])).expect("bins");
            assert!(peak >= last);
            last = peak;
        }
        // At high frequencies, where a filter covers many bins, the sum approximates the integral.
        let area: f32 = filters[79 * BINS..].iter().map(|weight| weight * 40.0).sum();
        assert!((area - 1.0).abs() < 0.02, "{area}");
    }
}
