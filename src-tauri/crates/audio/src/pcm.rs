//! Signed 16-bit little-endian samples, the wire's format, to and from `f32` in −1.0..1.0. Pure.

/// Full scale of a 16-bit sample.
const FULL_SCALE: f32 = 32768.0;

/// One sample as `f32`.
pub(crate) fn to_f32(sample: i16) -> f32 {
    f32::from(sample) / FULL_SCALE
}

/// Louder than any device or file means: 18 dB over full scale.
const LOUDEST: f32 = 8.0;

/// A sample from outside, so that everything after it may compute: what is no number, or infinite, is silence, and what
/// is louder than 18 dB over full scale is as loud as that.
#[inline]
pub(crate) fn sane(sample: f32) -> f32 {
    if sample.is_finite() { sample.clamp(-LOUDEST, LOUDEST) } else { 0.0 }
}

/// The nearest 16-bit sample; what is louder than full scale is clipped.
pub(crate) fn to_i16(sample: f32) -> i16 {
    // `as` saturates, and maps NaN to zero.
    (sample * FULL_SCALE).round() as i16
}

/// Whole samples of `bytes`; a trailing odd byte is left out.
pub(crate) fn samples(bytes: &[u8]) -> impl Iterator<Item = i16> + '_ {
    bytes.chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]]))
}

/// Encodes for the wire: two bytes for each sample.
pub(crate) fn encode(samples: &[f32]) -> Vec<u8> {
    samples.iter().flat_map(|s| to_i16(*s).to_le_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn encoding_what_was_decoded_gives_the_same_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let decoded: Vec<f32> = samples(&bytes).map(to_f32).collect();
            prop_assert_eq!(&encode(&decoded)[..], &bytes[..bytes.len() / 2 * 2]);
        }
    }

    #[test]
    fn what_is_too_loud_is_clipped_and_nonsense_is_silence() {
        assert_eq!([1.0, 7.5, -7.5, f32::NAN].map(to_i16), [i16::MAX, i16::MAX, i16::MIN, 0]);
    }
}
