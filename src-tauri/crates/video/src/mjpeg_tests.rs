//! Properties of the walk over a camera's buffer.

use proptest::prelude::*;

use super::*;
use crate::picture::{self, Bitmap};

/// A small picture with standard tables, as the encoder writes it.
fn jpeg(width: u32, height: u32) -> Vec<u8> {
    let rgb =
        (0..width * height).flat_map(|i| [(i * 7) as u8, (i / width * 5) as u8, (i * 3) as u8]).collect();
    picture::encode(&Bitmap { width, height, rgb }, 80).unwrap()
}

fn without_tables(jpeg: &[u8]) -> Vec<u8> {
    let mut out = jpeg[..2].to_vec();
    let mut at = 2;
    loop {
        let marker = jpeg[at + 1];
        let length = 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
        if marker == SOS {
            out.extend_from_slice(&jpeg[at..]);
            return out;
        }
        if marker != DHT {
            out.extend_from_slice(&jpeg[at..at + length]);
        }
        at += length;
    }
}

fn extracted(data: &[u8]) -> Result<Vec<u8>, Damage> {
    let mut out = vec![1, 2, 3];
    extract(data, &mut out).map(|()| out)
}

fn decoded(jpeg: &[u8]) -> Vec<u8> {
    let mut bitmap = Bitmap::default();
    picture::decode_jpeg(jpeg, &mut bitmap).unwrap();
    bitmap.rgb
}

#[test]
fn padding_and_an_older_picture_behind_are_cut_off() {
    let picture = jpeg(64, 48);
    let mut mapping = picture.clone();
    mapping.extend_from_slice(&[0; 5000]);
    mapping.extend_from_slice(&picture[100..]); // an older frame's rest, with its own FF D9
    mapping.extend_from_slice(&[0xAB; 77]);
    assert_eq!(extracted(&mapping).unwrap(), picture);
}

#[test]
fn missing_tables_are_put_in() {
    let picture = jpeg(64, 48);
    let bare = without_tables(&picture);
    assert!(bare.len() < picture.len());
    let completed = extracted(&bare).unwrap();
    assert_eq!(completed.windows(2).filter(|pair| pair == &[0xFF, DHT]).count(), 1);
    assert_eq!(decoded(&completed), decoded(&picture));
}

#[test]
fn fill_bytes_and_restarts_are_passed() {
    let mut picture = jpeg(64, 48);
    picture.splice(2..2, [0xFF, 0xFF]); // before APP0
    let end = picture.len() - 2;
    picture.splice(end..end, [0xFF, 0xD3, 0x12, 0xFF, 0xFF]); // RST3, a byte, fill before EOI
    assert_eq!(extracted(&picture).unwrap(), picture);
}

#[test]
fn zeros_in_the_middle_are_damage() {
    let mut picture = jpeg(320, 240);
    let half = picture.len() / 2;
    let end = picture.len() - 2;
    picture[half..end].fill(0);
    assert_eq!(extracted(&picture), Err(Damage::ZeroFilled));
}

#[test]
fn what_is_no_picture_is_refused() {
    assert_eq!(extracted(&[]), Err(Damage::NoStart));
    assert_eq!(extracted(&[0; 4096]), Err(Damage::NoStart));
    assert_eq!(extracted(&[0xFF, SOI, 0xFF, EOI]), Err(Damage::StrayMarker));
    assert_eq!(extracted(&[0xFF, SOI, 0xFF, SOS, 0, 2, 1, 0xFF, EOI]), Err(Damage::StrayMarker));
    assert_eq!(extracted(&[0xFF, SOI, 0xFF, 0xE0, 0, 0]), Err(Damage::Truncated));
    let giant = [0xFF, SOI, 0xFF, 0xC0, 0, 11, 8, 0xFF, 0xFF, 0xFF, 0xFF, 3, 0, 0, 0];
    assert_eq!(extracted(&giant), Err(Damage::Unsupported));
}

proptest! {
    /// A picture that is cut anywhere before its end is refused.
    #[test]
    fn a_cut_picture_is_refused(width in 16u32..80, height in 16u32..80, cut in 0.0f64..1.0) {
        let picture = jpeg(width, height);
        let cut = ((picture.len() - 1) as f64 * cut) as usize;
        prop_assert!(extracted(&picture[..cut]).is_err());
    }

    /// The output is found again unchanged, whatever followed it in the buffer.
    #[test]
    fn extraction_is_idempotent(width in 16u32..80, height in 16u32..80, tail in prop::collection::vec(any::<u8>(), 0..600), bare: bool) {
        let picture = jpeg(width, height);
        let mut mapping = if bare { without_tables(&picture) } else { picture };
        mapping.extend_from_slice(&tail);
        let once = extracted(&mapping).unwrap();
        prop_assert_eq!(extracted(&once).unwrap(), once);
    }

    /// Any bytes, and any damage to a real picture, result in a picture or an error, never in a panic.
    #[test]
    fn damage_never_panics(hits in prop::collection::vec((0.0f64..1.0, any::<u8>()), 0..40), noise in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut picture = jpeg(48, 48);
        for (place, value) in hits {
            let at = (picture.len() as f64 * place) as usize;
            picture[at] = value;
        }
        if let Ok(found) = extracted(&picture) {
            let _ = picture::decode_jpeg(&found, &mut Bitmap::default());
        }
        let mut noisy = vec![0xFF, SOI];
        noisy.extend_from_slice(&noise);
        let _ = extracted(&noisy);
        let _ = extracted(&noise);
    }
}
