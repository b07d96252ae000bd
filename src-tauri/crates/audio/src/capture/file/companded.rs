//! A-law and µ-law (ITU-T G.711), decoded to −1.0..=1.0.

/// Decodes one byte of µ-law.
pub(super) fn mu_law(byte: u8) -> f32 {
    let byte = !byte;
    let exponent = (byte >> 4) & 7;
    let magnitude = ((i32::from(byte & 0x0f) << 3) + 0x84) << exponent;
    signed(magnitude - 0x84, byte & 0x80 != 0)
}

/// Decodes one byte of A-law.
pub(super) fn a_law(byte: u8) -> f32 {
    let byte = byte ^ 0x55;
    let exponent = (byte >> 4) & 7;
    let mantissa = (i32::from(byte & 0x0f) << 4) + 8;
    let magnitude = if exponent == 0 { mantissa } else { (mantissa + 0x100) << (exponent - 1) };
    signed(magnitude, byte & 0x80 == 0)
}

fn signed(magnitude: i32, is_negative: bool) -> f32 {
    let sample = magnitude as f32 / 32_768.0;
    if is_negative { -sample } else { sample }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extreme_codes_decode_as_in_the_standard() {
        let of = |sample: f32| (sample * 32_768.0) as i32;
        assert_eq!([0xff, 0x7f, 0x80, 0x00].map(|byte| of(mu_law(byte))), [0, 0, 32_124, -32_124]);
        assert_eq!([0xd5, 0x55, 0xaa, 0x2a].map(|byte| of(a_law(byte))), [8, -8, 32_256, -32_256]);
    }
}
