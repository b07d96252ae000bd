//! Records the replies: 24 kHz, mono, 16 bit, WAV or FLAC. It writes on its own thread, so that a slow disk can't stop
//! the sound.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use tokio::sync::mpsc::Sender;

use crate::error::AudioError;
use crate::event::AudioEvent;
use crate::recording::sound_file::{SAVE_RATE, SoundFile};
use dsp::pcm;
use dsp::resample::Resampler;

/// Parts that wait for the disk. One more is dropped and leaves a gap, which is reported.
const QUEUE_CAPACITY: usize = 512;
/// How long creating the file may take: a network disk may be gone, and a pipe may have no reader.
const CREATE_LIMIT: Duration = Duration::from_secs(4);
/// How long writing the rest may take when the recorder is dropped.
const COMPLETE_LIMIT: Duration = Duration::from_secs(10);

enum Command {
    Burst { pcm: Vec<u8>, rate: u32 },
    End,
}

/// Records replies into a file; dropping it completes the file.
pub(crate) struct Recorder {
    commands: Option<SyncSender<Command>>,
    /// Disconnected when the file is complete, or given up.
    complete: Receiver<()>,
    path: PathBuf,
    events: Sender<AudioEvent>,
}

impl Recorder {
    /// Creates the file, so that a bad path is reported before the conversation begins.
    ///
    /// # Errors
    /// [`AudioError::Save`] if it can't be created, [`AudioError::Stuck`] if the thread can't be started.
    pub(crate) fn create(path: &Path, events: Sender<AudioEvent>) -> Result<Self, AudioError> {
        let (commands, received) = sync_channel(QUEUE_CAPACITY);
        let (begun, created) = sync_channel(1);
        let (alive, complete) = sync_channel::<()>(1);
        let (path, sender) = (path.to_owned(), events.clone());
        let target = path.clone();
        let run = move || {
            let _alive = alive;
            match SoundFile::create(&target) {
                Ok(file) if begun.send(Ok(())).is_ok() => save(&received, file, &target, &sender),
                // It took too long; nobody waits for it any more.
                Ok(file) => file.remove(),
                Err(error) => _ = begun.send(Err(error)),
            }
        };
        threads::spawn("audio-save", run).map_err(|error| AudioError::Stuck(Some(error)))?;
        let created =
            created.recv_timeout(CREATE_LIMIT).unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        match created {
            Ok(()) => Ok(Self { commands: Some(commands), complete, path, events }),
            Err(source) => Err(AudioError::Save { path, source }),
        }
    }

    /// Records a part of a reply, signed 16-bit little-endian.
    pub(crate) fn burst(&self, pcm: &[u8], rate: u32) {
        self.send(Command::Burst { pcm: pcm.to_vec(), rate });
    }

    /// Marks the end of a reply.
    pub(crate) fn end(&self) {
        self.send(Command::End);
    }

    fn send(&self, command: Command) {
        let Some(commands) = &self.commands else { return };
        if let Err(TrySendError::Full(_)) = commands.try_send(command) {
            save_failed(&self.events, &self.path, "the disk is too slow".into());
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        // The thread ends with the channel.
        self.commands = None;
        if self.complete.recv_timeout(COMPLETE_LIMIT) == Err(RecvTimeoutError::Timeout) {
            save_failed(&self.events, &self.path, "the disk does not respond".into());
        }
    }
}

/// The thread's body. The file is completed even if writing panics.
fn save(commands: &Receiver<Command>, mut file: SoundFile, path: &Path, events: &Sender<AudioEvent>) {
    let written = threads::catch("audio-save", || write_all(commands, &mut file));
    let (written, death) = match written {
        Ok(written) => (written, None),
        Err(death) => (Ok(()), Some(death)),
    };
    if let Err(error) = written.and_then(|()| file.complete()) {
        let kept = file.part().display();
        save_failed(events, path, format!("{error}; what was written until then is in {kept}"));
    }
    if let Some(death) = death {
        threads::Owner::current().tell(death);
    }
}

fn save_failed(events: &Sender<AudioEvent>, path: &Path, reason: String) {
    // If nobody reads events, the report is dropped.
    _ = events.try_send(AudioEvent::SaveFailed { path: path.to_owned(), reason });
}

/// Writes until the channel closes.
fn write_all(commands: &Receiver<Command>, file: &mut SoundFile) -> io::Result<()> {
    let mut resampler: Option<(u32, Resampler)> = None;
    let (mut half, mut bytes, mut out) = (None, Vec::new(), Vec::new());
    while let Ok(command) = commands.recv() {
        threads::test_point("audio-save");
        out.clear();
        match command {
            Command::Burst { pcm, rate } => {
                if resampler.as_ref().is_none_or(|(from, _)| *from != rate) {
                    finish(&mut resampler, &mut out);
                    resampler = Resampler::new(rate, SAVE_RATE).ok().map(|resampler| (rate, resampler));
                }
                bytes.clear();
                bytes.extend(half.take());
                bytes.extend_from_slice(&pcm);
                if bytes.len() % 2 == 1 {
                    half = bytes.pop();
                }
                let samples: Vec<f32> = pcm::samples(&bytes).map(pcm::to_f32).collect();
                if let Some((_, resampler)) = &mut resampler {
                    resampler.push(&samples, &mut out);
                }
                write(file, &out)?;
            }
            Command::End => {
                half = None;
                finish(&mut resampler, &mut out);
                write(file, &out)?;
                // Updates the header, so that a crash costs at most one reply.
                file.flush()?;
            }
        }
    }
    out.clear();
    finish(&mut resampler, &mut out);
    write(file, &out)
}

fn finish(resampler: &mut Option<(u32, Resampler)>, out: &mut Vec<f32>) {
    if let Some((_, resampler)) = resampler {
        resampler.finish(out);
    }
}

fn write(file: &mut SoundFile, samples: &[f32]) -> io::Result<()> {
    samples.iter().try_for_each(|sample| file.write(pcm::to_i16(*sample)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Fault;
    use hound::WavReader;
    use tokio::sync::mpsc;

    fn saved(path: &Path) -> Vec<i16> {
        let reader = WavReader::open(path).expect("a complete file");
        let spec = reader.spec();
        assert_eq!((spec.channels, spec.sample_rate, spec.bits_per_sample), (1, 24_000, 16));
        reader.into_samples().map(|sample| sample.expect("sample")).collect()
    }

    #[test]
    fn replies_are_saved_bit_for_bit_in_order() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("response.wav");
        let recorder = Recorder::create(&path, mpsc::channel(1).0).expect("create");
        let pcm: Vec<u8> = (0..5_000_i16).flat_map(i16::to_le_bytes).collect();
        recorder.burst(&pcm[..3_333], 24_000);
        recorder.burst(&pcm[3_333..], 24_000);
        recorder.end();
        recorder.burst(&7_i16.to_le_bytes(), 24_000);
        drop(recorder);
        assert_eq!(saved(&path), (0..5_000).chain([7]).collect::<Vec<i16>>());
    }

    #[test]
    fn another_rate_is_resampled_to_24_khz_completely() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("response.wav");
        let recorder = Recorder::create(&path, mpsc::channel(1).0).expect("create");
        recorder.burst(&vec![1; 2 * 16_000], 16_000);
        recorder.end();
        drop(recorder);
        assert_eq!(saved(&path).len(), 24_000);
    }

    #[test]
    fn the_extension_selects_the_format() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("response.flac");
        let recorder = Recorder::create(&path, mpsc::channel(1).0).expect("create");
        recorder.burst(&[1; 2_000], 24_000);
        drop(recorder);
        let mut reader = claxon::FlacReader::open(&path).expect("a complete file");
        assert_eq!(reader.samples().count(), 1_000);
    }

    #[test]
    fn an_unwritable_path_fails_at_once() {
        let error = Recorder::create(Path::new("/nowhere/at/all.wav"), mpsc::channel(1).0).err();
        assert_eq!(error.map(|error| error.fault()), Some(Fault::Missing));
    }
}
