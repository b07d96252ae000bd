//! A sound file in the microphone's place: played in real time and followed by silence. It is read on the audio thread,
//! buffered.
//!
//! A file is either refused before the first sound or can be read to its end: WAV of any common sample format, and
//! FLAC.

mod companded;
mod flac;
mod wav;

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::Duration;

use crate::error::{AudioError, FileFault};
use dsp::pcm;
use flac::Flac;
use wav::Wav;

/// Rates that are accepted, in Hz.
const RATES: std::ops::RangeInclusive<u32> = 1_000..=768_000;
/// The largest number of channels that is accepted.
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

/// Reads a sound file to its end and reports what is wrong with it. Blocks for up to a second for each half hour of
/// FLAC.
///
/// # Errors
/// [`AudioError::File`] if it can't be used as the microphone.
pub fn check_sound_file(path: &Path) -> Result<(), AudioError> {
    let mut mic = FileMic::open(path)?;
    match &mut mic.decoder {
        // Opening it compared the length in its header with that of the file.
        Decoder::Wav(_) => Ok(()),
        Decoder::Flac(flac) => flac.check(),
    }
    .map_err(|source| AudioError::File { path: path.to_owned(), source })
}

/// Reads a sound file as one channel, `most` of it at most: signed 16-bit little-endian samples, and their rate in Hz.
/// Blocks on the disk.
///
/// # Errors
/// [`AudioError::File`] if it is no sound file or is damaged.
pub fn read_sound(path: &Path, most: Duration) -> Result<(Vec<u8>, u32), AudioError> {
    let FileMic { mut decoder, rate, channels, .. } = FileMic::open(path)?;
    let frames = usize::try_from(most.as_millis() * u128::from(rate) / 1_000).unwrap_or(usize::MAX);
    let mut samples = Vec::new();
    match &mut decoder {
        Decoder::Wav(wav) => wav.read(frames.saturating_mul(channels), &mut samples),
        Decoder::Flac(flac) => flac.read(frames.saturating_mul(channels), &mut samples),
    }
    .map_err(|source| AudioError::File { path: path.to_owned(), source })?;
    let mono: Vec<f32> =
        samples.chunks_exact(channels).map(|frame| frame.iter().sum::<f32>() / channels as f32).collect();
    Ok((pcm::encode(&mono), rate))
}

impl FileMic {
    /// Opens `path`, reads its header and checks its length.
    ///
    /// # Errors
    /// [`AudioError::File`] if it can't be used.
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

    /// Returns the file's name without its folder.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Returns the rate in Hz and the channels.
    pub(crate) fn format(&self) -> (u32, usize) {
        (self.rate, self.channels)
    }

    /// Returns true once the file was read to its end.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Returns what was read last.
    pub(crate) fn frames(&self) -> &[f32] {
        &self.frames
    }

    /// Reads the next `frames` frames, interleaved; silence after the end. A read error ends the file.
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

/// Creates the decoder that the first bytes ask for. Returns it with the rate in Hz and the channels.
fn decoder(path: &Path) -> Result<(Decoder, u32, u16), FileFault> {
    let found = std::fs::metadata(path)?;
    if !found.is_file() {
        // Reading a pipe could wait for ever, and a device has no end.
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
