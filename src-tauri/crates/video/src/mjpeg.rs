//! Finds the JPEG in a camera's buffer and completes it. Pure, never panics; runs on the reader thread.
//!
//! A buffer is the whole mapping: the picture, then padding or the rest of an older one. So we walk the segments to
//! the real end (ITU-T T.81, annex B); searching backwards for FF D9 would find the older picture's end. Many cameras
//! omit the Huffman tables, as the UVC MJPEG payload allows. We insert the standard ones (T.81, K.3), since not every
//! decoder supplies them.

/// Why a frame is not a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Damage {
    #[error("it does not start like a JPEG")]
    NoStart,
    #[error("it is truncated")]
    Truncated,
    #[error("it has a misplaced marker")]
    StrayMarker,
    #[error("it is a kind of JPEG that cameras do not send")]
    Unsupported,
    #[error("its picture data contains a block of zeros")]
    ZeroFilled,
    #[error("its picture data cannot be decoded")]
    Undecodable,
}

/// The longest accepted side. More would be a damaged header that asks for gigabytes.
const MAX_SIDE: u16 = 8192;

/// This many zero bytes in a row do not occur in coded pictures (in the tables that cameras use, a code of zeros is
/// never the shortest). They come from transfers with lost packets.
const ZERO_RUN: usize = 128;

const SOI: u8 = 0xD8;
const EOI: u8 = 0xD9;
const SOS: u8 = 0xDA;
const DHT: u8 = 0xC4;

/// The state of the walk over one buffer.
struct Walk<'a> {
    data: &'a [u8],
    at: usize,
    has_frame_header: bool,
    has_tables: bool,
    first_scan: Option<usize>,
}

/// Writes the complete JPEG that `data` begins with to `out` (which is emptied first).
///
/// # Errors
/// [`Damage`] when no complete JPEG is there.
pub(crate) fn extract(data: &[u8], out: &mut Vec<u8>) -> Result<(), Damage> {
    out.clear();
    if data.get(..2) != Some(&[0xFF, SOI]) {
        return Err(Damage::NoStart);
    }
    let mut walk = Walk { data, at: 2, has_frame_header: false, has_tables: false, first_scan: None };
    while !walk.segment()? {}
    let scan = walk.first_scan.ok_or(Damage::Truncated)?;
    out.reserve(walk.at + STANDARD_TABLES.len());
    out.extend_from_slice(&data[..scan]);
    if !walk.has_tables {
        out.extend_from_slice(&STANDARD_TABLES);
    }
    out.extend_from_slice(&data[scan..walk.at]);
    Ok(())
}

impl Walk<'_> {
    fn byte(&self, at: usize) -> Result<u8, Damage> {
        self.data.get(at).copied().ok_or(Damage::Truncated)
    }

    /// Skips one segment and the coded data after it. Returns true at the end of the picture.
    fn segment(&mut self) -> Result<bool, Damage> {
        let start = self.at;
        if self.byte(start)? != 0xFF {
            return Err(Damage::StrayMarker);
        }
        // Any number of FF may stand before a marker (T.81, B.1.1.2).
        while self.byte(self.at)? == 0xFF {
            self.at += 1;
        }
        let marker = self.byte(self.at)?;
        self.at += 1;
        match marker {
            EOI if self.first_scan.is_some() => return Ok(true),
            0x01 => return Ok(false),
            EOI | SOI | 0x00 | 0xD0..=0xD7 => return Err(Damage::StrayMarker),
            _ => {}
        }
        let length = usize::from(u16::from_be_bytes([self.byte(self.at)?, self.byte(self.at + 1)?]));
        let body = self.data.get(self.at + 2..self.at + length).ok_or(Damage::Truncated)?;
        self.at += length;
        match marker {
            DHT if self.first_scan.is_none() => self.has_tables = true,
            0xC0..=0xC2 => self.frame_header(body)?,
            0xC3 | 0xC5..=0xC7 | 0xC9..=0xCF => return Err(Damage::Unsupported),
            SOS => {
                if !self.has_frame_header {
                    return Err(Damage::StrayMarker);
                }
                self.first_scan.get_or_insert(start);
                self.coded_data()?;
            }
            _ => {}
        }
        Ok(false)
    }

    /// Precision, height, width, components (T.81, B.2.2).
    fn frame_header(&mut self, body: &[u8]) -> Result<(), Damage> {
        let &[precision, h1, h0, w1, w0, components, ..] = body else { return Err(Damage::Truncated) };
        let side_fits = |side: u16| (1..=MAX_SIDE).contains(&side);
        if precision != 8 || !matches!(components, 1 | 3) {
            return Err(Damage::Unsupported);
        }
        if !side_fits(u16::from_be_bytes([h1, h0])) || !side_fits(u16::from_be_bytes([w1, w0])) {
            return Err(Damage::Unsupported);
        }
        self.has_frame_header = true;
        Ok(())
    }

    /// Moves to the marker that ends a scan: neither a stuffed FF 00 nor a restart.
    fn coded_data(&mut self) -> Result<(), Damage> {
        let start = self.at;
        loop {
            let rest = self.data.get(self.at..).ok_or(Damage::Truncated)?;
            self.at += rest.iter().position(|&b| b == 0xFF).ok_or(Damage::Truncated)?;
            match self.byte(self.at + 1)? {
                0x00 | 0xD0..=0xD7 => self.at += 2,
                0xFF => self.at += 1,
                _ => break,
            }
        }
        let coded = &self.data[start..self.at];
        if coded.is_empty() {
            return Err(Damage::Truncated);
        }
        // A run of twice the length covers a whole block wherever it begins.
        if coded.chunks_exact(ZERO_RUN).any(|block| block.iter().all(|&b| b == 0)) {
            return Err(Damage::ZeroFilled);
        }
        Ok(())
    }
}

/// The four tables of T.81, K.3.3, as one DHT segment.
#[rustfmt::skip]
pub(crate) const STANDARD_TABLES: [u8; 420] = [
    0xFF, DHT, 0x01, 0xA2,
    // K.3: luminance, DC
    0x00, 0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0,
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
    // K.5: luminance, AC
    0x10, 0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125,
    0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07,
    0x22, 0x71, 0x14, 0x32, 0x81, 0x91, 0xA1, 0x08, 0x23, 0x42, 0xB1, 0xC1, 0x15, 0x52, 0xD1, 0xF0,
    0x24, 0x33, 0x62, 0x72, 0x82, 0x09, 0x0A, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x25, 0x26, 0x27, 0x28,
    0x29, 0x2A, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3A, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49,
    0x4A, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5A, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69,
    0x6A, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7A, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89,
    0x8A, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9A, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7,
    0xA8, 0xA9, 0xAA, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6, 0xB7, 0xB8, 0xB9, 0xBA, 0xC2, 0xC3, 0xC4, 0xC5,
    0xC6, 0xC7, 0xC8, 0xC9, 0xCA, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8, 0xD9, 0xDA, 0xE1, 0xE2,
    0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8, 0xE9, 0xEA, 0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8,
    0xF9, 0xFA,
    // K.4: chrominance, DC
    0x01, 0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0,
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
    // K.6: chrominance, AC
    0x11, 0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 119,
    0x00, 0x01, 0x02, 0x03, 0x11, 0x04, 0x05, 0x21, 0x31, 0x06, 0x12, 0x41, 0x51, 0x07, 0x61, 0x71,
    0x13, 0x22, 0x32, 0x81, 0x08, 0x14, 0x42, 0x91, 0xA1, 0xB1, 0xC1, 0x09, 0x23, 0x33, 0x52, 0xF0,
    0x15, 0x62, 0x72, 0xD1, 0x0A, 0x16, 0x24, 0x34, 0xE1, 0x25, 0xF1, 0x17, 0x18, 0x19, 0x1A, 0x26,
    0x27, 0x28, 0x29, 0x2A, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3A, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48,
    0x49, 0x4A, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5A, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68,
    0x69, 0x6A, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7A, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87,
    0x88, 0x89, 0x8A, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9A, 0xA2, 0xA3, 0xA4, 0xA5,
    0xA6, 0xA7, 0xA8, 0xA9, 0xAA, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6, 0xB7, 0xB8, 0xB9, 0xBA, 0xC2, 0xC3,
    0xC4, 0xC5, 0xC6, 0xC7, 0xC8, 0xC9, 0xCA, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8, 0xD9, 0xDA,
    0xE2, 0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8, 0xE9, 0xEA, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8,
    0xF9, 0xFA,
];

#[cfg(test)]
#[path = "mjpeg_tests.rs"]
mod tests;
