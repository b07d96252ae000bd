//! ggml's q5_1: blocks of 32 weights with a scale, a minimum (both half precision) and 5 bits per weight.

/// Weights in a block.
pub(super) const BLOCK: usize = 32;
/// Bytes of a block: two halves, the 32 high bits, 32 low nibbles.
#[cfg(test)]
pub(super) const BLOCK_BYTES: usize = 2 + 2 + 4 + 16;

/// Appends one block.
pub(super) fn block(weights: &[f32], out: &mut Vec<u8>) {
    let low = weights.iter().copied().fold(f32::MAX, f32::min);
    let high = weights.iter().copied().fold(f32::MIN, f32::max);
    let scale = (high - low) / 31.0;
    let inverse = if scale == 0.0 { 0.0 } else { 1.0 / scale };
    out.extend(half_of(scale).to_le_bytes());
    out.extend(half_of(low).to_le_bytes());
    let level = |weight: f32| ((weight - low) * inverse + 0.5) as u8;
    let levels: Vec<u8> = weights.iter().map(|&weight| level(weight)).collect();
    let high_bits =
        levels.iter().enumerate().fold(0_u32, |all, (n, &level)| all | (u32::from((level >> 4) & 1) << n));
    out.extend(high_bits.to_le_bytes());
    let (first, second) = levels.split_at(BLOCK / 2);
    out.extend(first.iter().zip(second).map(|(a, b)| (a & 15) | ((b & 15) << 4)));
}

/// Converts half precision to single, exactly.
pub(super) fn single_of(half: u16) -> f32 {
    let sign = u32::from(half >> 15) << 31;
    let exponent = u32::from(half >> 10) & 31;
    let fraction = u32::from(half) & 0x3ff;
    match exponent {
        0 => {
            let value = fraction as f32 * 2.0_f32.powi(-24);
            f32::from_bits(value.to_bits() | sign)
        }
        31 => f32::from_bits(sign | 0x7f80_0000 | (fraction << 13)),
        _ => f32::from_bits(sign | ((exponent + 112) << 23) | (fraction << 13)),
    }
}

/// Converts single precision to half, rounding to nearest, ties to even.
pub(super) fn half_of(value: f32) -> u16 {
    let bits = value.to_bits();
    let sign = ((bits >> 16) & 0x8000) as u16;
    let magnitude = bits & 0x7fff_ffff;
    if magnitude >= 0x4780_0000 {
        // Out of range: infinity, or NaN if it was NaN.
        return sign | 0x7c00 | u16::from(magnitude > 0x7f80_0000) << 9;
    }
    if magnitude < 0x3880_0000 {
        // Subnormal, in steps of 2⁻²⁴; the addition rounds to even.
        let steps = f32::from_bits(magnitude) + 0.5;
        return sign | (steps.to_bits() - 0.5_f32.to_bits()) as u16;
    }
    let rounded = magnitude + 0xfff + ((magnitude >> 13) & 1);
    sign | ((rounded - 0x3800_0000) >> 13) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_half_survives_conversion_to_single() {
        for half in 0..=u16::MAX {
            let single = single_of(half);
            if !single.is_nan() {
                assert_eq!(half_of(single), half, "{half:#06x}");
            }
        }
        assert_eq!(half_of(65_520.0), 0x7c00);
        assert_eq!(half_of(1.0 + 1.0 / 2048.0), 0x3c00, "a tie goes to the even neighbour");
        assert_eq!(half_of(1.0 + 3.0 / 2048.0), 0x3c02);
    }

    #[test]
    fn a_block_is_restored_within_half_a_step() {
        let weights: Vec<f32> = (0..32).map(|n| ((n * 37 % 32) as f32).mul_add(0.11, -1.3)).collect();
        let mut bytes = Vec::new();
        block(&weights, &mut bytes);
        assert_eq!(bytes.len(), BLOCK_BYTES);
        let half = |at: usize| single_of(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
        let (scale, low) = (half(0), half(2));
        let high = u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]);
        for (n, &weight) in weights.iter().enumerate() {
            let nibble = (bytes[8 + n % 16] >> (4 * (n / 16))) & 15;
            let level = f32::from(nibble | (((high >> n) & 1) as u8) << 4);
            assert!((low + level * scale - weight).abs() < scale * 0.6, "weight {n}");
        }
    }

    #[test]
    fn a_flat_block_is_flat() {
        let mut bytes = Vec::new();
        block(&[0.25; 32], &mut bytes);
        assert_eq!(&bytes[..4], &[0, 0, 0x00, 0x34]);
        assert!(bytes[4..].iter().all(|&byte| byte == 0));
    }
}
