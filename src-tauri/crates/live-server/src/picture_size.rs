//! The size of a picture, read from its header. Pure; never decodes a pixel.

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::options::DecoderOptions;

/// What stands before the pixels is looked at for so many bytes: metadata, thumbnails and colour profiles.
const LONGEST_HEADER: usize = 1 << 20;

/// Returns width and height in pixels of a JPEG or PNG; `None` for anything else or a damaged header. Decodes no pixel.
pub fn picture_size(picture: &[u8]) -> Option<(u32, u32)> {
    if picture.starts_with(b"\x89PNG\r\n\x1a\n") {
        let read = |at: usize| Some(u32::from_be_bytes(picture.get(at..at + 4)?.try_into().ok()?));
        return Some((read(16)?, read(20)?));
    }
    let header = &picture[..picture.len().min(LONGEST_HEADER)];
    let most = usize::from(u16::MAX);
    let options = DecoderOptions::default().set_max_width(most).set_max_height(most);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(header), options);
    decoder.decode_headers().ok()?;
    let (width, height) = decoder.dimensions()?;
    Some((u32::try_from(width).ok()?, u32::try_from(height).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An application segment, a fill byte, a frame of one component, a scan.
    const HEADER: &[u8] = &[
        0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xff, 0xc0, 0, 11, 8, 1, 0xe0, 2, 0x80, 1, 1, 0x11, 0,
        0xff, 0xda, 0, 8, 1, 1, 0, 0, 0x3f, 0, 0xff, 0xd9,
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
