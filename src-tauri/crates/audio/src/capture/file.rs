//! A sound file in the microphone's place: played in real time, then silence. Reads on the audio thread, buffered.
//!
//! A file is refused before the first sound, or it can be read whole: WAV of any common sample format, and FLAC.

mod companded;
mod flac;
mod wav;

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use crate::error::{AudioError, FileFault};
use dsp::pcm;
use flac::Flac;
use wav::Wav;

/// Rates that a sound file can have, in Hz.
const RATES: std::ops::RangeInclusive<u32> = 1_000..=768_000;
/// Channels that a sound file can have: more is no sound.
const MOST_CHANNELS: u16 = 256;

enum Decoder {
    Wav(Wav),
    Flac(Box<Flac>),
}

/// A sound file as a capture device.
pub(crate) struct FileMic {
    name: String,
    decoder: Decoder,
    rate: u32,
    channels: usize,
    frames: Vec<f32>,
    is_over: bool,
}

/// Reads the whole of a sound file that is to stand in for the microphone and says what is wrong with it. Blocks: up to a
/// second for each half hour of FLAC.
///
/// # Errors
/// [`AudioError::File`] when it can't be used.
pub fn check_sound_file(path: &Path) -> Result<(), AudioError> {
    let mut mic = FileMic::open(path)?;
    match &mut mic.decoder {
        // Its header says how long it is, and that much is there.
        Decoder::Wav(_) => Ok(()),
        Decoder::Flac(flac) => flac.check(),
    }
    .map_err(|source| AudioError::File { path: path.to_owned(), source })
}

impl FileMic {
    /// Opens `path`, whose header is read and its length checked.
    pub(crate) fn open(path: &Path) -> Result<Self, AudioError> {
        let fail = |source| AudioError::File { path: path.to_owned(), source };
        let (decoder, rate, channels) = decoder(path).map_err(fail)?;
        if !RATES.contains(&rate) {
            return Err(fail(FileFault::Impossible(format!("a rate of {rate} Hz"))));
        }
        if channels == 0 || channels > MOST_CHANNELS {
            return Err(fail(FileFault::Impossible(format!("{channels} channels"))));
        }
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        Ok(Self { name, decoder, rate, channels: channels.into(), frames: Vec::new(), is_over: false })
    }

    /// The file's own name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The rate in Hz and the channels.
    pub(crate) fn format(&self) -> (u32, usize) {
        (self.rate, self.channels)
    }

    /// All of it was read.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over
    }

    /// What was read last.
    pub(crate) fn frames(&self) -> &[f32] {
        &self.frames
    }

    /// The next `frames` frames, interleaved; silence after the end. A disk that fails ends it.
    pub(crate) fn read(&mut self, frames: usize) -> &[f32] {
        let wanted = frames * self.channels;
        self.frames.clear();
        if !self.is_over {
            let read = match &mut self.decoder {
                Decoder::Wav(wav) => wav.read(wanted, &mut self.frames),
                Decoder::Flac(flac) => flac.read(wanted, &mut self.frames),
            };
            if let Err(error) = read {
                tracing::warn!(%error, file = self.name, "the rest of the file can't be read");
            }
            self.is_over = self.frames.len() < wanted;
            self.frames.iter_mut().for_each(|sample| *sample = pcm::sanitize(*sample));
        }
        self.frames.resize(wanted, 0.0);
        &self.frames
    }
}

/// What the file's first bytes say it is, with its rate and channels.
fn decoder(path: &Path) -> Result<(Decoder, u32, u16), FileFault> {
    let found = std::fs::metadata(path)?;
    if !found.is_file() {
        // A pipe would be waited for, and a device has no end.
        return Err(FileFault::NoFile { is_folder: found.is_dir() });
    }
    if found.len() == 0 {
        return Err(FileFault::Empty);
    }
    let mut file = File::open(path)?;
    let mut head = Vec::new();
    file.by_ref().take(16).read_to_end(&mut head)?;
    file.seek(SeekFrom::Start(0))?;
    if let Some(tag) = flac::tag_before(&mut file, &head)? {
        file.seek(SeekFrom::Start(tag))?;
        let (flac, rate, channels) = Flac::open(file)?;
        return Ok((Decoder::Flac(Box::new(flac)), rate, channels));
    }
    if !wav::is_wav(&head) {
        return Err(FileFault::OtherKind(crate::error::file::kind_of(&head)));
    }
    let wav = Wav::open(file)?;
    let (rate, channels) = (wav.rate, wav.channels);
    Ok((Decoder::Wav(wav), rate, channels))
}

#[cfg(test)]
mod tests;
