//! Reads WAV: RIFF, RF64 and BW64 with uncompressed samples. Sources: "Multiple channel audio data and WAVE files"
//! (Microsoft, 2007) and EBU Tech 3306 (RF64).

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use super::companded;
use crate::error::FileFault;

/// The size in a header whose writer did not know it.
const UNKNOWN: u32 = u32::MAX;
/// From here on a size means "until the end": writers into pipes use the largest number, some the largest signed one.
const HARDLY_MEANT: u32 = 0x7fff_0000;
/// A file with more chunks than this before its sound is refused.
const MOST_CHUNKS: u32 = 10_000;
/// Samples decoded at once.
const BATCH: usize = 4_096;

/// A sample's encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    /// Bytes of a sample; a single byte is unsigned. If fewer bits are valid, they are the upper ones.
    Integer(usize),
    Float32,
    Float64,
    ALaw,
    MuLaw,
}

impl Coding {
    fn bytes(self) -> usize {
        match self {
            Self::Integer(bytes) => bytes,
            Self::Float32 => 4,
            Self::Float64 => 8,
            Self::ALaw | Self::MuLaw => 1,
        }
    }

    fn sample(self, bytes: &[u8]) -> f32 {
        match (self, bytes) {
            (Self::ALaw, [byte]) => companded::a_law(*byte),
            (Self::MuLaw, [byte]) => companded::mu_law(*byte),
            (Self::Float32, &[a, b, c, d]) => f32::from_le_bytes([a, b, c, d]),
            (Self::Float64, bytes) if bytes.len() == 8 => {
                let mut all = [0; 8];
                all.copy_from_slice(bytes);
                f64::from_le_bytes(all) as f32
            }
            (Self::Integer(1), [byte]) => (f32::from(*byte) - 128.0) / 128.0,
            // The upper bytes of a 32-bit number.
            (Self::Integer(_), bytes) => {
                let mut upper = [0; 4];
                let kept = &bytes[bytes.len().saturating_sub(4)..];
                upper[4 - kept.len()..].copy_from_slice(kept);
                i32::from_le_bytes(upper) as f32 / 2_147_483_648.0
            }
            _ => 0.0,
        }
    }
}

/// A WAV file being read.
pub(super) struct Wav {
    pub(super) rate: u32,
    pub(super) channels: u16,
    coding: Coding,
    reader: BufReader<File>,
    /// Bytes of sound left to read, in whole frames.
    left: u64,
    bytes: Vec<u8>,
}

struct Format {
    rate: u32,
    channels: u16,
    coding: Coding,
}

/// Returns true if a file that begins with `head` is WAV.
pub(super) fn is_wav(head: &[u8]) -> bool {
    let (mark, kind) = (head.get(..4), head.get(8..12));
    mark.is_some_and(|mark| [b"RIFF", b"RF64", b"BW64"].iter().any(|known| mark == *known))
        && kind == Some(b"WAVE")
}

impl Wav {
    /// Reads the header and finds the sound.
    pub(super) fn open(file: File) -> Result<Self, FileFault> {
        let length = file.metadata()?.len();
        let mut reader = BufReader::with_capacity(1 << 16, file);
        let [_, size, _] = [word(&mut reader)?, word(&mut reader)?, word(&mut reader)?];
        // A writer that was interrupted, or wrote into a pipe, left a size that is wrong.
        let is_told = u64::from(size) + 8 == length || u64::from(size) + 8 == length + 1;
        let (mut format, mut long) = (None, None);
        for _ in 0..MOST_CHUNKS {
            let mut mark = [0; 4];
            if let Err(error) = reader.read_exact(&mut mark) {
                let is_end = error.kind() == io::ErrorKind::UnexpectedEof;
                return Err(if is_end { no_sound(format.is_some()) } else { error.into() });
            }
            let size = word(&mut reader)?;
            let begin = reader.stream_position()?;
            match &mark {
                b"fmt " => format = Some(read_format(&mut reader, size)?),
                b"ds64" => {
                    reader.seek_relative(8)?;
                    long = Some(u64::from(word(&mut reader)?) | (u64::from(word(&mut reader)?) << 32));
                }
                b"data" => {
                    let Some(format) = format else { return Err(no_sound(false)) };
                    let there = length.saturating_sub(begin);
                    let claimed = match (size, long) {
                        (UNKNOWN, Some(long)) => long,
                        (0, _) if !is_told => there,
                        (size, _) if size >= HARDLY_MEANT && u64::from(size) > there => there,
                        (size, _) => u64::from(size),
                    };
                    return Self::begin(reader, &format, claimed, there);
                }
                _ => {}
            }
            skip_to(&mut reader, begin + u64::from(size), length)?;
        }
        Err(FileFault::Damaged("it has thousands of chunks and no sound".to_owned()))
    }

    fn begin(reader: BufReader<File>, format: &Format, claimed: u64, there: u64) -> Result<Self, FileFault> {
        if claimed > there {
            return Err(FileFault::CutOff { there, claimed });
        }
        let &Format { rate, channels, coding } = format;
        let frame = (coding.bytes() * usize::from(channels)).max(1) as u64;
        Ok(Self { rate, channels, coding, reader, left: claimed / frame * frame, bytes: Vec::new() })
    }

    /// Appends `wanted` samples, fewer at the end.
    pub(super) fn read(&mut self, wanted: usize, out: &mut Vec<f32>) -> Result<(), FileFault> {
        let size = self.coding.bytes();
        let samples = (wanted as u64).min(self.left / size as u64) as usize;
        let mut rest = samples * size;
        while rest > 0 {
            self.bytes.resize(rest.min(BATCH * size), 0);
            self.reader.read_exact(&mut self.bytes)?;
            out.extend(self.bytes.chunks_exact(size).map(|bytes| self.coding.sample(bytes)));
            rest -= self.bytes.len();
            self.left -= self.bytes.len() as u64;
        }
        Ok(())
    }
}

fn no_sound(has_format: bool) -> FileFault {
    let what =
        if has_format { "there is no sound in it" } else { "it does not say how its sound is written" };
    FileFault::Damaged(what.to_owned())
}

/// Skips to the end of a chunk, at `end`. A chunk of odd length is followed by a zero, which some writers forget.
fn skip_to(reader: &mut BufReader<File>, end: u64, length: u64) -> Result<(), FileFault> {
    if end > length {
        return Err(FileFault::Damaged("a chunk is longer than the file".to_owned()));
    }
    reader.seek(SeekFrom::Start(end))?;
    if end % 2 == 1 {
        let mut pad = [0];
        if reader.read(&mut pad)? == 1 && pad[0] != 0 {
            reader.seek_relative(-1)?;
        }
    }
    Ok(())
}

fn word(reader: &mut impl Read) -> io::Result<u32> {
    let mut bytes = [0; 4];
    reader.read_exact(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}

/// Reads a format chunk of `size` bytes.
fn read_format(reader: &mut impl Read, size: u32) -> Result<Format, FileFault> {
    const INTEGER: u16 = 1;
    const FLOAT: u16 = 3;
    const A_LAW: u16 = 6;
    const MU_LAW: u16 = 7;
    const EXTENSIBLE: u16 = 0xfffe;
    let mut chunk = Vec::new();
    reader.take(u64::from(size.min(64))).read_to_end(&mut chunk)?;
    let half = |at: usize| chunk.get(at..at + 2).map(|b| u16::from_le_bytes([b[0], b[1]]));
    let (Some(tag), Some(channels), Some(rate), Some(align), Some(bits)) =
        (half(0), half(2), chunk.get(4..8), half(12), half(14))
    else {
        return Err(FileFault::Damaged("its format chunk is too short".to_owned()));
    };
    let rate = u32::from_le_bytes([rate[0], rate[1], rate[2], rate[3]]);
    // The extension's own tag is the beginning of a GUID.
    let tag = if tag == EXTENSIBLE { half(24).unwrap_or(EXTENSIBLE) } else { tag };
    // The container of a sample may be wider than the sample.
    let place = usize::from(align).checked_div(channels.into()).unwrap_or(0);
    let least = usize::from(bits).div_ceil(8);
    let is_whole = channels > 0 && place * usize::from(channels) == usize::from(align);
    let bytes = if is_whole && place >= least { place } else { least };
    let coding = match (tag, bits, bytes) {
        (INTEGER, 1..=64, 1..=8) => Coding::Integer(bytes),
        (FLOAT, 32, 4) => Coding::Float32,
        (FLOAT, 64, 8) => Coding::Float64,
        (A_LAW, 8, 1) => Coding::ALaw,
        (MU_LAW, 8, 1) => Coding::MuLaw,
        (INTEGER | FLOAT | A_LAW | MU_LAW, ..) => {
            return Err(FileFault::Impossible(format!("samples of {bits} bits in {place} bytes")));
        }
        (other, ..) => return Err(FileFault::Packed(name_of(other))),
    };
    Ok(Format { rate, channels, coding })
}

/// Returns the name of a format tag.
fn name_of(tag: u16) -> String {
    match tag {
        0x0002 | 0x0011 => "ADPCM".to_owned(),
        0x0031 => "GSM".to_owned(),
        0x0050 | 0x0055 => "MP3".to_owned(),
        0x00ff | 0x1600 | 0x1610 => "AAC".to_owned(),
        0x0161 | 0x0162 => "WMA".to_owned(),
        other => format!("format {other:#06x}"),
    }
}
