//! The parts of a JPEG file, as far as one must know them before it is decoded (ITU-T T.81, annex B). Pure.

use super::fault::PictureFault;

/// How a JPEG is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// It comes in several passes, so that all of it lies in memory until the last one.
    pub(super) is_progressive: bool,
}

impl Shape {
    /// Walks to the end of the picture. What stands behind it (a video, another picture) does not matter.
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
                // Without a body.
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

/// The next marker at or after `at`, which then stands behind it.
fn next_marker(bytes: &[u8], at: &mut usize) -> Option<u8> {
    loop {
        let from = *at + bytes.get(*at..)?.iter().position(|byte| *byte == 0xff)?;
        let mark = from + bytes.get(from..)?.iter().position(|byte| *byte != 0xff)?;
        *at = mark + 1;
        // A zero is no marker, but stuffing; between segments it is rubbish that decoders skip.
        if bytes[mark] != 0 {
            return Some(bytes[mark]);
        }
    }
}

/// Where a scan's data ends: at the first marker that is neither a restart nor a stuffed byte.
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
