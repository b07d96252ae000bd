//! Finds a known utterance in a recording by its energy contour: the log energy of 20 ms steps keeps its shape when
//! the pitch changes, and differs between sentences.

use std::path::Path;

/// Steps per second.
const STEPS: usize = 50;

/// Returns the best correlation (-1 to 1) of the utterance's contour with any part of the recording.
pub(crate) fn likeness(utterance: &Path, recording: &Path) -> f64 {
    let whole = course(utterance);
    let wanted = trimmed(&whole);
    let heard = course(recording);
    if heard.len() < wanted.len() {
        return 0.0;
    }
    heard.windows(wanted.len()).map(|stretch| correlation(wanted, stretch)).fold(-1.0, f64::max)
}

fn course(file: &Path) -> Vec<f64> {
    let mut reader = hound::WavReader::open(file).unwrap();
    let spec = reader.spec();
    let samples: Vec<f64> =
        reader.samples::<i16>().map_while(Result::ok).map(|s| f64::from(s) / 32768.0).collect();
    let step = spec.sample_rate as usize * usize::from(spec.channels) / STEPS;
    samples
        .chunks_exact(step)
        .map(|chunk| chunk.iter().map(|s| s * s).sum::<f64>() / step as f64)
        .map(|power| 10.0 * power.max(1e-7).log10())
        .collect()
}

/// Returns the contour without the silence around it.
fn trimmed(course: &[f64]) -> &[f64] {
    let loud = |level: &f64| *level > -50.0;
    let from = course.iter().position(loud).unwrap_or(0);
    let to = course.iter().rposition(loud).unwrap_or(course.len() - 1);
    &course[from..=to]
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        ab += (x - mean_a) * (y - mean_b);
        aa += (x - mean_a).powi(2);
        bb += (y - mean_b).powi(2);
    }
    if aa == 0.0 || bb == 0.0 { 0.0 } else { ab / (aa * bb).sqrt() }
}
