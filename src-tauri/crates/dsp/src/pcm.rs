//! Converts between signed 16-bit little-endian samples, the wire's format, and `f32` in −1.0..=1.0.

/// Full scale of a 16-bit sample.
const FULL_SCALE: f32 = 32768.0;

/// The largest magnitude that [`sanitize`] lets through: 18 dB over full scale, more than any real device or file
/// gives.
const LARGEST: f32 = 8.0;

/// Converts a 16-bit sample to `f32`.
#[inline]
pub fn to_f32(sample: i16) -> f32 {
    f32::from(sample) / FULL_SCALE
}

/// Converts to the nearest 16-bit sample. Values beyond full scale are clipped, NaN becomes 0.
#[inline]
pub fn to_i16(sample: f32) -> i16 {
    // `as` saturates, and maps NaN to zero.
    (sample * FULL_SCALE).round() as i16
}

/// Makes a sample from outside safe to compute with: NaN and infinities become 0, and the magnitude is limited to 18 dB
/// over full scale.
#[inline]
pub fn sanitize(sample: f32) -> f32 {
    if sample.is_finite() { sample.clamp(-LARGEST, LARGEST) } else { 0.0 }
}

/// Reads the samples in `bytes`; a trailing odd byte is ignored.
pub fn samples(bytes: &[u8]) -> impl Iterator<Item = i16> + '_ {
    bytes.chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]]))
}

/// Encodes samples for the wire, two bytes each.
pub fn encode(samples: &[f32]) -> Vec<u8> {
    samples.iter().flat_map(|s| to_i16(*s).to_le_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn decode_then_encode_gives_the_same_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let decoded: Vec<f32> = samples(&bytes).map(to_f32).collect();
            prop_assert_eq!(&encode(&decoded)[..], &bytes[..bytes.len() / 2 * 2]);
        }
    }

    #[test]
    fn overload_is_clipped_and_nan_becomes_silence() {
        assert_eq!([1.0, 7.5, -7.5, f32::NAN].map(to_i16), [i16::MAX, i16::MAX, i16::MIN, 0]);
    }

    #[test]
    fn sanitize_limits_overload_and_silences_non_numbers() {
        assert_eq!([0.5, 100.0, f32::NEG_INFINITY, f32::NAN].map(sanitize), [0.5, 8.0, 0.0, 0.0]);
    }
}
