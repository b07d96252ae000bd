//! Reads what must be known of a JPEG file before decoding it (ITU-T T.81, annex B). Pure.

use super::fault::PictureFault;

/// The coding of a JPEG.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// Whether it comes in several passes, so that the decoder keeps all of it in memory.
    pub(super) is_progressive: bool,
}

impl Shape {
    /// Walks to the end of the picture. Anything after it (a video, another picture) is ignored.
    pub(super) fn of(bytes: &[u8]) -> Result<Self, PictureFault> {
        const PROGRESSIVE: u8 = 0xc2;
        const SCAN: u8 = 0xda;
        const END: u8 = 0xd9;
        let mut is_progressive = false;
        let mut at = 2;
        loop {
            let marker = next_marker(bytes, &mut at).ok_or(PictureFault::CutOff)?;
            match marker {
                END => return Ok(Self { is_progressive }),
                // Segments without a body.
                0x01 | 0xd0..=0xd8 => continue,
                PROGRESSIVE => is_progressive = true,
                _ => {}
            }
            let length = bytes.get(at..at + 2).ok_or(PictureFault::CutOff)?;
            at += usize::from(u16::from_be_bytes([length[0], length[1]])).max(2);
            if marker == SCAN {
                at = end_of_scan(bytes, at).ok_or(PictureFault::CutOff)?;
            }
        }
    }
}

/// Returns the next marker at or after `at` and moves `at` behind it.
fn next_marker(bytes: &[u8], at: &mut usize) -> Option<u8> {
    loop {
        let from = *at + bytes.get(*at..)?.iter().position(|byte| *byte == 0xff)?;
        let mark = from + bytes.get(from..)?.iter().position(|byte| *byte != 0xff)?;
        *at = mark + 1;
        // A zero is stuffing, not a marker. Between segments decoders skip it.
        if bytes[mark] != 0 {
            return Some(bytes[mark]);
        }
    }
}

/// Returns where a scan's data ends: at the first marker that is neither a restart nor a stuffed byte.
fn end_of_scan(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += bytes.get(at..)?.iter().position(|byte| *byte == 0xff)?;
        match bytes.get(at + 1)? {
            0 | 0xd0..=0xd7 => at += 2,
            0xff => at += 1,
            _ => return Some(at),
        }
    }
}
