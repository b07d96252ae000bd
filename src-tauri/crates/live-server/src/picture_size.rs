//! The size of a picture, read from its header. Pure; never decodes a pixel.

/// Returns width and height in pixels of a JPEG or PNG; `None` for anything else or a damaged header. Decodes no pixel.
pub fn picture_size(picture: &[u8]) -> Option<(u32, u32)> {
    if picture.starts_with(b"\x89PNG\r\n\x1a\n") {
        let read = |at: usize| Some(u32::from_be_bytes(picture.get(at..at + 4)?.try_into().ok()?));
        return Some((read(16)?, read(20)?));
    }
    jpeg_size(picture)
}

/// Walks the segments to the frame header (ITU-T T.81, B.1.1 and B.2.2).
fn jpeg_size(picture: &[u8]) -> Option<(u32, u32)> {
    if !picture.starts_with(&[0xff, 0xd8]) {
        return None;
    }
    let mut at = 2;
    loop {
        if *picture.get(at)? != 0xff {
            return None;
        }
        let marker = *picture.get(at + 1)?;
        match marker {
            // Fill bytes may stand before a marker.
            0xff => at += 1,
            0x01 | 0xd0..=0xd7 => at += 2,
            // Every start-of-frame marker; C4, C8 and CC are tables.
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                let read = |at: usize| {
                    Some(u32::from(u16::from_be_bytes(picture.get(at..at + 2)?.try_into().ok()?)))
                };
                return Some((read(at + 7)?, read(at + 5)?));
            }
            0xd8..=0xda => return None,
            _ => {
                let length = u16::from_be_bytes(picture.get(at + 2..at + 4)?.try_into().ok()?);
                at += 2 + usize::from(length.max(2));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &[u8] = &[
        0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xff, 0xc0, 0, 11, 8, 1, 0xe0, 2, 0x80, 1, 1, 0x11, 0,
        0xff, 0xd9,
    ];

    #[test]
    fn headers_tell_the_size() {
        assert_eq!(picture_size(HEADER), Some((640, 480)));
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        png.extend([0, 0, 3, 0, 0, 0, 2, 0]);
        assert_eq!(picture_size(&png), Some((768, 512)));
    }

    #[test]
    fn every_cut_and_every_flipped_byte_is_survived() {
        for end in 0..HEADER.len() {
            let _ = picture_size(&HEADER[..end]);
            for value in 0..=u8::MAX {
                let mut damaged = HEADER.to_vec();
                damaged[end] = value;
                let _ = picture_size(&damaged);
            }
        }
    }
}
