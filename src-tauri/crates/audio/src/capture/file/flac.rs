//! Reads FLAC frame by frame.

use std::fs::File;
use std::io::{self, BufReader, Read};

use claxon::{Block, FlacReader};

use crate::error::FileFault;

/// A FLAC file being read.
pub(super) struct Flac {
    reader: FlacReader<BufReader<File>>,
    /// Scales samples to −1.0..=1.0.
    scale: f32,
    channels: usize,
    /// The number of samples, if the header has it.
    claimed: Option<u64>,
    /// The newest frame, interleaved, and how many of its samples were given.
    frame: Vec<f32>,
    given: usize,
    spare: Vec<i32>,
}

/// Returns where FLAC begins in a file that starts with `head`: at 0, or after an ID3 tag. `None` if it is not FLAC.
/// Moves within the file.
pub(super) fn tag_before(file: &mut File, head: &[u8]) -> io::Result<Option<u64>> {
    if head.starts_with(b"fLaC") {
        return Ok(Some(0));
    }
    let &[b'I', b'D', b'3', _, _, _, a, b, c, d, ..] = head else { return Ok(None) };
    let length = [a, b, c, d].iter().fold(0, |sum, byte| (sum << 7) | u64::from(byte & 0x7f)) + 10;
    io::Seek::seek(file, io::SeekFrom::Start(length))?;
    let mut mark = Vec::new();
    file.take(4).read_to_end(&mut mark)?;
    let is_flac = mark == b"fLaC";
    io::Seek::seek(file, io::SeekFrom::Start(0))?;
    Ok(is_flac.then_some(length))
}

impl Flac {
    /// Reads the header. Also returns the rate in Hz and the channels.
    pub(super) fn open(file: File) -> Result<(Self, u32, u16), FileFault> {
        let reader = FlacReader::new(BufReader::with_capacity(1 << 16, file)).map_err(of_flac)?;
        let info = reader.streaminfo();
        let flac = Self {
            reader,
            scale: 1.0 / (1_u64 << info.bits_per_sample.clamp(1, 32).saturating_sub(1)) as f32,
            channels: info.channels as usize,
            claimed: info.samples,
            frame: Vec::new(),
            given: 0,
            spare: Vec::new(),
        };
        Ok((flac, info.sample_rate, u16::try_from(info.channels).unwrap_or(u16::MAX)))
    }

    /// Appends `wanted` samples, fewer at the end.
    pub(super) fn read(&mut self, wanted: usize, out: &mut Vec<f32>) -> Result<(), FileFault> {
        let whole = out.len() + wanted;
        while out.len() < whole {
            if self.given == self.frame.len() && !self.next_frame()? {
                break;
            }
            let end = self.frame.len().min(self.given + whole - out.len());
            out.extend_from_slice(&self.frame[self.given..end]);
            self.given = end;
        }
        Ok(())
    }

    /// Decodes the rest of the file, and checks that it is complete.
    pub(super) fn check(&mut self) -> Result<(), FileFault> {
        let mut there = 0;
        while self.next_frame()? {
            there += (self.frame.len() / self.channels.max(1)) as u64;
        }
        match self.claimed {
            Some(claimed) if there < claimed => {
                Err(FileFault::Damaged(format!("{there} of {claimed} samples are there")))
            }
            _ => Ok(()),
        }
    }

    fn next_frame(&mut self) -> Result<bool, FileFault> {
        let block =
            self.reader.blocks().read_next_or_eof(std::mem::take(&mut self.spare)).map_err(of_flac)?;
        let Some(block) = block else { return Ok(false) };
        self.given = 0;
        self.frame.clear();
        // A frame may have fewer channels than the header says; its last channel is repeated.
        let last = block.channels().saturating_sub(1);
        for n in 0..block.duration() {
            for channel in 0..self.channels {
                let sample = Block::sample(&block, (channel as u32).min(last), n);
                self.frame.push(sample as f32 * self.scale);
            }
        }
        self.spare = block.into_buffer();
        Ok(true)
    }
}

fn of_flac(error: claxon::Error) -> FileFault {
    match error {
        claxon::Error::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            FileFault::Damaged("it ends in the middle of a frame".to_owned())
        }
        claxon::Error::IoError(error) => FileFault::Io(error),
        claxon::Error::FormatError(what) => FileFault::Damaged(what.to_owned()),
        claxon::Error::Unsupported(what) => FileFault::Packed(format!("a rare kind of FLAC ({what})")),
    }
}
