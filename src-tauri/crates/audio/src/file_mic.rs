//! A WAV file in the microphone's place: played in real time, then silence. Reads on the audio thread, buffered.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use hound::{SampleFormat, WavIntoSamples, WavReader};

use crate::error::AudioError;

type Reader = BufReader<File>;

enum Samples {
    Integers { samples: WavIntoSamples<Reader, i32>, scale: f32 },
    Floats(WavIntoSamples<Reader, f32>),
}

/// A sound file as a capture device.
pub(crate) struct FileMic {
    name: String,
    samples: Samples,
    rate: u32,
    channels: usize,
    frames: Vec<f32>,
}

impl FileMic {
    /// Opens `path`: PCM of 8 to 32 bits or 32-bit float, any rate and channel count.
    pub(crate) fn open(path: &Path) -> Result<Self, AudioError> {
        let fail = |source| AudioError::File { path: path.to_owned(), source };
        let reader = WavReader::open(path).map_err(fail)?;
        let spec = reader.spec();
        if spec.sample_rate == 0 || spec.channels == 0 {
            return Err(fail(hound::Error::FormatError("no sample rate or no channels")));
        }
        let samples = match spec.sample_format {
            SampleFormat::Float => Samples::Floats(reader.into_samples()),
            SampleFormat::Int => {
                let scale = 1.0 / (1_u64 << (spec.bits_per_sample - 1)) as f32;
                Samples::Integers { samples: reader.into_samples(), scale }
            }
        };
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        Ok(Self {
            name,
            samples,
            rate: spec.sample_rate,
            channels: usize::from(spec.channels),
            frames: Vec::new(),
        })
    }

    /// The file's own name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The rate in Hz and the channels.
    pub(crate) fn format(&self) -> (u32, usize) {
        (self.rate, self.channels)
    }

    /// The next `frames` frames, interleaved; silence after the end, or from a damaged place on.
    pub(crate) fn read(&mut self, frames: usize) -> &[f32] {
        let wanted = frames * self.channels;
        self.frames.clear();
        match &mut self.samples {
            Samples::Integers { samples, scale } => {
                self.frames
                    .extend(samples.by_ref().map_while(Result::ok).take(wanted).map(|s| s as f32 * *scale));
            }
            Samples::Floats(samples) => {
                self.frames.extend(samples.by_ref().map_while(Result::ok).take(wanted));
            }
        }
        self.frames.resize(wanted, 0.0);
        &self.frames
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Fault;
    use hound::{WavSpec, WavWriter};

    #[test]
    fn any_wav_is_read_and_followed_by_silence() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("voice.wav");
        let spec = WavSpec {
            channels: 2,
            sample_rate: 22_050,
            bits_per_sample: 24,
            sample_format: SampleFormat::Int,
        };
        let mut writer = WavWriter::create(&path, spec).expect("file");
        for sample in [1 << 22, -(1 << 22), 1 << 21, 0] {
            writer.write_sample(sample).expect("sample");
        }
        writer.finalize().expect("end");
        let mut mic = FileMic::open(&path).expect("open");
        assert_eq!(mic.format(), (22_050, 2));
        assert_eq!(mic.read(1), [0.5, -0.5]);
        assert_eq!(mic.read(2), [0.25, 0.0, 0.0, 0.0]);
        assert_eq!(mic.read(1), [0.0, 0.0]);
    }

    #[test]
    fn what_is_not_there_or_no_wav_is_told_apart() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("voice.wav");
        assert_eq!(FileMic::open(&path).err().map(|error| error.fault()), Some(Fault::Missing));
        std::fs::write(&path, "no wav at all").expect("write");
        assert_eq!(FileMic::open(&path).err().map(|error| error.fault()), Some(Fault::Format));
    }
}
