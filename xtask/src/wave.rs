//! Reads what a check needs of a WAV file.

use std::path::Path;

use crate::process::Failure;

/// Format and loudness of a PCM file.
#[derive(Debug, PartialEq)]
pub(crate) struct Wave {
    pub(crate) channels: u16,
    /// In Hz.
    pub(crate) rate: u32,
    pub(crate) bits: u16,
    pub(crate) seconds: f64,
    /// RMS of all samples, 0 to 1.
    pub(crate) level: f64,
}

impl Wave {
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let bytes =
            std::fs::read(path).map_err(|e| Failure(format!("can't read {}: {e}", path.display())))?;
        Self::parse(&bytes).ok_or_else(|| Failure(format!("{} is not a PCM WAV file", path.display())))
    }

    /// RIFF: "RIFF" size "WAVE", then chunks of id, size (little endian) and content padded to an even length.
    fn parse(bytes: &[u8]) -> Option<Self> {
        if bytes.get(..4)? != b"RIFF" || bytes.get(8..12)? != b"WAVE" {
            return None;
        }
        let (mut format, mut samples) = (None, None);
        let mut rest = bytes.get(12..)?;
        while let (Some(id), Some(size)) = (rest.get(..4), rest.get(4..8)) {
            let size = u32::from_le_bytes(size.try_into().ok()?) as usize;
            let content = rest.get(8..8 + size)?;
            match id {
                b"fmt " => format = Some(content),
                b"data" => samples = Some(content),
                _ => {}
            }
            rest = rest.get(8 + size + size % 2..).unwrap_or_default();
        }
        let (format, samples) = (format?, samples?);
        let u16_at = |at: usize| Some(u16::from_le_bytes(format.get(at..at + 2)?.try_into().ok()?));
        let (channels, bits) = (u16_at(2)?, u16_at(14)?);
        let rate = u32::from_le_bytes(format.get(4..8)?.try_into().ok()?);
        let (frame, rate_f) = (f64::from(channels) * f64::from(bits) / 8.0, f64::from(rate));
        let energy: f64 = samples
            .chunks_exact(2)
            .map(|s| (f64::from(i16::from_le_bytes([s[0], s[1]])) / 32768.0).powi(2))
            .sum();
        let count = (samples.len() / 2).max(1) as f64;
        Some(Self {
            channels,
            rate,
            bits,
            seconds: samples.len() as f64 / (frame * rate_f),
            level: (energy / count).sqrt(),
        })
    }

    /// Checks that it is a reply as the app saves it: 24 kHz, mono, 16 bits, at least half a second, not silent.
    pub(crate) fn must_be_a_reply(&self) -> Result<(), Failure> {
        if (self.rate, self.channels, self.bits) != (24_000, 1, 16) {
            return Err(Failure(format!("the reply is not 24 kHz mono 16-bit: {self:?}")));
        }
        // -46 dBFS; a voice has about -20, silence minus infinity.
        if self.seconds < 0.5 || self.level < 0.005 {
            return Err(Failure(format!("the reply is empty or silent: {self:?}")));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(rate: u32, samples: &[i16]) -> Vec<u8> {
        let data: Vec<u8> = samples.iter().flat_map(|s| s.to_le_bytes()).collect();
        let mut bytes = b"RIFF\0\0\0\0WAVELIST\x03\0\0\0abc\0fmt \x10\0\0\0\x01\0\x01\0".to_vec();
        bytes.extend(rate.to_le_bytes());
        bytes.extend((rate * 2).to_le_bytes());
        bytes.extend([2, 0, 16, 0]);
        bytes.extend(b"data");
        bytes.extend((data.len() as u32).to_le_bytes());
        bytes.extend(data);
        bytes
    }

    #[test]
    fn a_reply_differs_from_silence_and_other_formats() {
        let tone: Vec<i16> = (0..24_000).map(|i| if i % 2 == 0 { 8192 } else { -8192 }).collect();
        let reply = Wave::parse(&file(24_000, &tone)).unwrap();
        assert_eq!((reply.rate, reply.channels, reply.bits), (24_000, 1, 16));
        assert!((reply.seconds - 1.0).abs() < 1e-9 && (reply.level - 0.25).abs() < 1e-9);
        assert_eq!(reply.must_be_a_reply(), Ok(()));
        assert!(Wave::parse(&file(16_000, &tone)).unwrap().must_be_a_reply().is_err());
        assert!(Wave::parse(&file(24_000, &vec![0; 24_000])).unwrap().must_be_a_reply().is_err());
        assert!(Wave::parse(&file(24_000, &tone[..6_000])).unwrap().must_be_a_reply().is_err());
        assert!(Wave::parse(b"RIFF").is_none());
    }
}
