//! The same speech a tenth slower and lower, as a tape that runs slowly: for hearing it once more in another way. Pure.

/// Of so many samples the same number and one are made.
const OF: usize = 10;
const TO: usize = OF + 1;
/// Zero crossings of the sinc on each side.
const HALF: usize = 16;

/// Eleven samples for every ten, by a windowed sinc.
pub(super) fn slower(samples: &[f32]) -> Vec<f32> {
    // An output sample lies at one of eleven places between two of the input.
    let rows: Vec<[f32; 2 * HALF]> = (0..TO).map(|phase| row(phase as f32 / TO as f32)).collect();
    (0..samples.len() * TO / OF)
        .map(|n| {
            let (whole, phase) = (n * OF / TO, n * OF % TO);
            let taps = rows[phase].iter().enumerate();
            taps.filter_map(|(tap, weight)| {
                let at = (whole + tap + 1).checked_sub(HALF)?;
                Some(samples.get(at)? * weight)
            })
            .sum()
        })
        .collect()
}

/// The weights of the samples around a place that lies `fraction` behind one of them; their sum is one.
fn row(fraction: f32) -> [f32; 2 * HALF] {
    let mut weights = [0.0; 2 * HALF];
    for (tap, weight) in weights.iter_mut().enumerate() {
        let distance = tap as f32 - (HALF as f32 - 1.0) - fraction;
        let angle = std::f32::consts::PI * distance;
        let sinc = if angle.abs() < 1e-5 { 1.0 } else { angle.sin() / angle };
        *weight = sinc * (0.5 + 0.5 * (angle / HALF as f32).cos());
    }
    let sum: f32 = weights.iter().sum();
    weights.map(|weight| weight / sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(hz: f32, count: usize) -> Vec<f32> {
        (0..count).map(|n| (n as f32 / 16_000.0 * hz * std::f32::consts::TAU).sin()).collect()
    }

    #[test]
    fn a_tone_becomes_the_lower_tone_of_the_same_strength() {
        for hz in [110.0, 1_100.0, 5_500.0] {
            let (slow, wanted) = (slower(&sine(hz, 1_000)), sine(hz / 1.1, 1_100));
            assert_eq!(slow.len(), wanted.len());
            // Its ends miss their neighbours.
            let inside = 20..1_080;
            let worst = inside.map(|n| (slow[n] - wanted[n]).abs()).fold(0.0, f32::max);
            assert!(worst < 0.02, "{hz} Hz is off by {worst}");
        }
    }

    #[test]
    fn any_length_will_do() {
        for count in [0, 1, 2, 10, 33] {
            assert_eq!(slower(&vec![1.0; count]).len(), count * 11 / 10);
        }
    }
}
