//! Writes sound files: 24 kHz, mono, 16 bit, FLAC if the name ends in `.flac`, else WAV. Blocks on the disk.
//!
//! A file is written under a temporary name beside its own and renamed when it is complete. An error or a crash costs
//! neither the file that was there before nor what was written until then.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use flacenc::bitsink::ByteSink;
use flacenc::component::{BitRepr, StreamInfo};
use flacenc::config::Encoder;
use flacenc::encode_fixed_size_frame;
use flacenc::error::{Verified, Verify};
use flacenc::source::{Context, Fill, FrameBuf};
use hound::{SampleFormat, WavSpec, WavWriter};

use crate::error::AudioError;
use dsp::pcm;
use dsp::resample::Resampler;

/// The rate of the files, and of what the service sends, in Hz.
pub(crate) const SAVE_RATE: u32 = 24_000;
/// Samples of a FLAC frame, as in the reference encoder.
const BLOCK: usize = 4_096;
/// The shortest frame that the encoder takes. The last one is padded with silence to this length, 1.3 ms.
const LEAST: usize = 32;
/// Bytes of a FLAC file before its first frame: the magic number, the block's header and STREAMINFO.
const HEAD: usize = 4 + 4 + 34;
/// Samples that the header of a WAV file can count: 24 hours.
const WAV_SAMPLES: u64 = (u32::MAX as u64 - 1_024) / 2;
/// Bytes written to test a path: one second.
const TRIAL: usize = 2 * SAVE_RATE as usize;
/// Temporary names that are tried. Files that a crash left under them are kept.
const NAMES: u32 = 100;

/// Saves a reply to `path`, as FLAC if the name ends in `.flac`, else as WAV. Signed 16-bit little-endian mono of
/// `rate` Hz is converted to 24 kHz. Blocks until it is on the disk. On an error `path` keeps what it held before.
///
/// # Errors
/// [`AudioError::Save`] if the file can't be written.
pub fn save_sound(path: &Path, pcm_s16le: &[u8], rate: u32) -> Result<(), AudioError> {
    let write = || -> io::Result<()> {
        let mut file = SoundFile::create(path)?;
        let written = write_whole(&mut file, pcm_s16le, rate).and_then(|()| file.complete());
        if written.is_err() {
            // The sound is still in memory, so half a file is of no use.
            file.remove();
        }
        written
    };
    write().map_err(|source| AudioError::Save { path: path.to_owned(), source })
}

/// Tests whether a sound file can be written to `path`, by writing a little beside it. Blocks for milliseconds.
///
/// # Errors
/// [`AudioError::Save`] if it can't.
pub fn check_save_path(path: &Path) -> Result<(), AudioError> {
    let attempt = || -> io::Result<()> {
        let (mut file, part, place) = open(path)?;
        let written = file.write_all(&vec![0; TRIAL]).and_then(|()| file.flush());
        if part != place {
            _ = fs::remove_file(&part);
        }
        written
    };
    attempt().map_err(|source| AudioError::Save { path: path.to_owned(), source })
}

fn write_whole(file: &mut SoundFile, pcm: &[u8], rate: u32) -> io::Result<()> {
    if rate == SAVE_RATE {
        return pcm::samples(pcm).try_for_each(|sample| file.write(sample));
    }
    let mut resampler = Resampler::new(rate, SAVE_RATE).map_err(io::Error::other)?;
    let mut out = Vec::new();
    // A second at a time, so that a long reply is not in memory twice.
    for second in pcm.chunks(2 * rate.max(1) as usize) {
        let samples: Vec<f32> = pcm::samples(second).map(pcm::to_f32).collect();
        resampler.push(&samples, &mut out);
        out.drain(..).try_for_each(|sample| file.write(pcm::to_i16(sample)))?;
    }
    resampler.finish(&mut out);
    out.drain(..).try_for_each(|sample| file.write(pcm::to_i16(sample)))
}

/// A file being written; [`SoundFile::complete`] puts it in its place.
pub(crate) struct SoundFile {
    body: Body,
    /// The temporary name.
    part: PathBuf,
    /// The final name; the same for what is not a plain file.
    place: PathBuf,
}

enum Body {
    Wav { writer: Option<WavWriter<BufWriter<File>>>, file: File, samples: u64 },
    Flac(Box<Flac>),
}

impl SoundFile {
    /// Creates the file for `path`.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let (file, part, place) = open(path)?;
        let body = if path.extension().is_some_and(|end| end.eq_ignore_ascii_case("flac")) {
            Body::Flac(Box::new(Flac::new(file)?))
        } else {
            let (channels, bits_per_sample, sample_format) = (1, 16, SampleFormat::Int);
            let spec = WavSpec { channels, sample_rate: SAVE_RATE, bits_per_sample, sample_format };
            let writer = WavWriter::new(BufWriter::new(file.try_clone()?), spec).map_err(of_wav)?;
            Body::Wav { writer: Some(writer), file, samples: 0 }
        };
        Ok(Self { body, part, place })
    }

    /// Appends a sample.
    pub(crate) fn write(&mut self, sample: i16) -> io::Result<()> {
        match &mut self.body {
            Body::Wav { samples, .. } if *samples == WAV_SAMPLES => Err(ErrorKind::FileTooLarge.into()),
            Body::Wav { writer, samples, .. } => {
                *samples += 1;
                writer.as_mut().map_or(Ok(()), |writer| writer.write_sample(sample).map_err(of_wav))
            }
            Body::Flac(flac) => flac.write(sample),
        }
    }

    /// Brings what was written to the disk, with a matching header, so that a crash costs only what follows. The last
    /// part of a FLAC frame, 170 ms at most, is not included.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        match &mut self.body {
            Body::Wav { writer, .. } => {
                writer.as_mut().map_or(Ok(()), |writer| writer.flush().map_err(of_wav))
            }
            Body::Flac(flac) => flac.flush(),
        }
    }

    /// Completes the file and renames it. Called once.
    pub(crate) fn complete(&mut self) -> io::Result<()> {
        match &mut self.body {
            Body::Wav { writer, file, .. } => {
                if let Some(writer) = writer.take() {
                    writer.finalize().map_err(of_wav)?;
                }
                if self.part != self.place {
                    file.sync_all()?;
                }
            }
            Body::Flac(flac) => {
                flac.finish()?;
                if self.part != self.place {
                    flac.file.get_ref().sync_all()?;
                }
            }
        }
        if self.part == self.place { Ok(()) } else { fs::rename(&self.part, &self.place) }
    }

    /// Returns where the file is while it is incomplete.
    pub(crate) fn part(&self) -> &Path {
        &self.part
    }

    pub(crate) fn remove(&self) {
        if self.part != self.place {
            // A file that stays does no harm.
            _ = fs::remove_file(&self.part);
        }
    }
}

/// Creates the temporary file for `path`, with the permissions of the file that it replaces. A link is followed, and a
/// device (`/dev/null`) is written directly. Returns the file, its temporary and its final name.
fn open(path: &Path) -> io::Result<(File, PathBuf, PathBuf)> {
    let place = match fs::canonicalize(path) {
        Ok(place) => place,
        Err(error) if error.kind() == ErrorKind::NotFound => path.to_owned(),
        Err(error) => return Err(error),
    };
    let mut permissions = None;
    match fs::metadata(&place) {
        Ok(there) if there.is_dir() => return Err(ErrorKind::IsADirectory.into()),
        Ok(there) if is_pipe(&there) => {
            return Err(io::Error::new(ErrorKind::InvalidInput, "a sound file can't be written to a pipe"));
        }
        Ok(there) if !there.is_file() => return Ok((File::create(&place)?, place.clone(), place)),
        // A file that may not be written must not be replaced either.
        Ok(there) => {
            drop(OpenOptions::new().write(true).open(&place)?);
            permissions = Some(there.permissions());
        }
        Err(_) => {}
    }
    let name = place.file_name().ok_or(ErrorKind::InvalidInput)?.to_owned();
    for n in 0..NAMES {
        let mut part = name.clone();
        part.push(if n == 0 { ".part".to_owned() } else { format!(".{n}.part") });
        let part = place.with_file_name(part);
        match create_new(&part) {
            Ok(file) => {
                if let Some(permissions) = permissions {
                    file.set_permissions(permissions)?;
                }
                return Ok((file, part, place));
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

/// A pipe can't be used: the header is written last, and opening it waits for a reader.
#[cfg(unix)]
fn is_pipe(there: &fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;

    there.file_type().is_fifo() || there.file_type().is_socket()
}

#[cfg(not(unix))]
fn is_pipe(_: &fs::Metadata) -> bool {
    false
}

/// Creates a file that only its owner may read: it holds a voice.
fn create_new(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn of_wav(error: hound::Error) -> io::Error {
    match error {
        hound::Error::IoError(error) => error,
        other => io::Error::other(other),
    }
}

/// A FLAC file, encoded frame by frame, so that memory does not grow with its length.
struct Flac {
    file: BufWriter<File>,
    config: Verified<Encoder>,
    info: StreamInfo,
    /// Counts and hashes what was encoded.
    context: Context,
    block: Vec<i32>,
    /// The shortest and the longest frame so far, in bytes.
    sizes: Option<(u32, u32)>,
}

impl Flac {
    fn new(file: File) -> io::Result<Self> {
        let config = Encoder::default().into_verified().map_err(|(_, error)| refused(&error))?;
        let info = StreamInfo::new(SAVE_RATE as usize, 1, 16).map_err(|error| refused(&error))?;
        let mut flac = Self {
            file: BufWriter::new(file),
            config,
            info,
            context: Context::new(16, 1),
            block: Vec::with_capacity(BLOCK),
            sizes: None,
        };
        let head = flac.head();
        flac.file.write_all(&head)?;
        Ok(flac)
    }

    fn write(&mut self, sample: i16) -> io::Result<()> {
        self.block.push(i32::from(sample));
        if self.block.len() == BLOCK { self.frame() } else { Ok(()) }
    }

    fn frame(&mut self) -> io::Result<()> {
        let mut samples = FrameBuf::with_size(1, self.block.len()).map_err(|error| refused(&error))?;
        samples.fill_interleaved(&self.block).map_err(|error| refused(&error))?;
        self.context.fill_interleaved(&self.block).map_err(|error| refused(&error))?;
        self.block.clear();
        let number = self.context.current_frame_number().unwrap_or(0);
        let frame = encode_fixed_size_frame(&self.config, &samples, number, &self.info);
        let mut bytes = ByteSink::new();
        frame.map_err(|error| refused(&error))?.write(&mut bytes).map_err(|error| refused(&error))?;
        let size = bytes.as_slice().len() as u32;
        let (least, most) = self.sizes.unwrap_or((size, size));
        self.sizes = Some((least.min(size), most.max(size)));
        self.file.write_all(bytes.as_slice())
    }

    fn flush(&mut self) -> io::Result<()> {
        let head = self.head();
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&head)?;
        self.file.seek(SeekFrom::End(0))?;
        self.file.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        if !self.block.is_empty() {
            self.block.resize(self.block.len().max(LEAST), 0);
            self.frame()?;
        }
        self.flush()
    }

    /// Returns `fLaC`, the header of the only metadata block, and STREAMINFO (RFC 9639, sections 8.1 and 8.2).
    fn head(&self) -> [u8; HEAD] {
        let mut head = [0; HEAD];
        head[..8].copy_from_slice(&[b'f', b'L', b'a', b'C', 0x80, 0, 0, 34]);
        let (least, most) = self.sizes.unwrap_or((0, 0));
        let block = (BLOCK as u16).to_be_bytes();
        head[8..10].copy_from_slice(&block);
        head[10..12].copy_from_slice(&block);
        head[12..15].copy_from_slice(&least.to_be_bytes()[1..]);
        head[15..18].copy_from_slice(&most.to_be_bytes()[1..]);
        // 20 bits of rate, 3 of channels minus one, 5 of bits minus one, 36 of samples.
        let samples = self.context.total_samples() as u64 & ((1 << 36) - 1);
        let facts = u64::from(SAVE_RATE) << 44 | 15 << 36 | samples;
        head[18..26].copy_from_slice(&facts.to_be_bytes());
        head[26..].copy_from_slice(&self.context.md5_digest());
        head
    }
}

/// Converts errors of the encoder, which can't move between threads.
fn refused(error: &impl fmt::Display) -> io::Error {
    io::Error::other(error.to_string())
}

#[cfg(test)]
mod tests;
