//! What clients have sent, for tests, for the app's curiosity and, if asked, as files.
//!
//! Counting never waits. Pictures are written by one thread behind a bounded queue: when the disk is slow the newest
//! pictures are not written, and counted. The folder is bounded too: the oldest pictures of this run go. Only the user can
//! read them.

use std::collections::VecDeque;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use bytes::Bytes;
use tokio::sync::watch;

use crate::agent::LARGEST_KEPT;
use crate::picture_size::picture_size;

/// Pictures waiting for the disk.
const QUEUE: usize = 8;
/// Pictures of one run that are kept in the folder.
const MOST_FILES: usize = 5_000;
/// The same in bytes.
const MOST_FILE_BYTES: u64 = 1 << 30;

/// What all sessions of a server received so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// Sessions that were set up.
    pub sessions: u64,
    /// Pictures.
    pub pictures: u64,
    /// The newest picture as it came (a JPEG as a rule).
    pub last_picture: Option<Bytes>,
    /// Its width and height in pixels, if its header could be read.
    pub last_picture_size: Option<(u32, u32)>,
    /// Pictures that were to be written to disk and could not.
    pub pictures_not_saved: u64,
    /// Audio in ms, silence included.
    pub audio_ms: u64,
    /// Written texts.
    pub texts: u64,
    /// Answers of functions.
    pub tool_results: u64,
    /// Turns that waited for a reply to end and were dropped because too many waited.
    pub turns_dropped: u64,
}

/// Counts, and passes pictures on to the disk.
pub(crate) struct Recorder {
    counts: watch::Sender<Received>,
    files: Option<SyncSender<(u64, Bytes)>>,
    reported: Once,
}

impl Recorder {
    /// A recorder that writes pictures into `folder`, if there is one.
    pub(crate) fn new(folder: Option<PathBuf>) -> Self {
        let (counts, _) = watch::channel(Received::default());
        let files = folder.and_then(|folder| {
            let (files, queue) = sync_channel(QUEUE);
            let counts = counts.clone();
            // Without the thread the queue has no reader, and every picture counts as not saved.
            let writer =
                threads::spawn("received-pictures", move || write_pictures(&folder, &queue, &counts));
            writer.ok().map(|_| files)
        });
        Self { counts, files, reported: Once::new() }
    }

    pub(crate) fn now(&self) -> Received {
        self.counts.borrow().clone()
    }

    pub(crate) fn watch(&self) -> watch::Receiver<Received> {
        self.counts.subscribe()
    }

    pub(crate) fn session(&self) {
        self.counts.send_modify(|counts| counts.sessions += 1);
    }

    pub(crate) fn audio(&self, ms: u64) {
        self.counts.send_modify(|counts| counts.audio_ms += ms);
    }

    pub(crate) fn text(&self) {
        self.counts.send_modify(|counts| counts.texts += 1);
    }

    pub(crate) fn tool_result(&self) {
        self.counts.send_modify(|counts| counts.tool_results += 1);
    }

    pub(crate) fn dropped_turn(&self) {
        self.counts.send_modify(|counts| counts.turns_dropped += 1);
    }

    /// Hands a picture to the writer; false when it will not be saved.
    fn save(&self, files: &SyncSender<(u64, Bytes)>, number: u64, picture: &Bytes) -> bool {
        if picture.len() > LARGEST_KEPT {
            return false;
        }
        match files.try_send((number, picture.clone())) {
            Ok(()) => true,
            Err(TrySendError::Full(_)) => false,
            Err(TrySendError::Disconnected(_)) => {
                self.reported
                    .call_once(|| tracing::error!("pictures are not saved any more: their thread is gone"));
                false
            }
        }
    }

    /// Takes a picture; returns its size in pixels, if its header tells.
    pub(crate) fn picture(&self, picture: Bytes) -> Option<(u32, u32)> {
        let size = picture_size(&picture);
        self.counts.send_modify(|counts| {
            counts.pictures += 1;
            counts.last_picture_size = size;
            if let Some(files) = &self.files {
                counts.pictures_not_saved += u64::from(!self.save(files, counts.pictures, &picture));
            }
            counts.last_picture = Some(picture);
        });
        size
    }
}

/// Makes sure that pictures can be kept in this folder.
pub(crate) fn check_folder(folder: &Path) -> io::Result<()> {
    create_folder(folder)?;
    // Another server may check the same folder at this moment.
    let probe = folder.join(format!("picture-check-{}.part", std::process::id()));
    write_whole(&probe, b"can a picture be written here?")?;
    fs::remove_file(probe)
}

/// Creates a folder that its owner alone can read, unless it is there.
fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Writes a new file that its owner alone can read.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // One that is there was left by an earlier run, or is somebody's link.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(bytes)
}

fn write_pictures(folder: &Path, queue: &Receiver<(u64, Bytes)>, counts: &watch::Sender<Received>) {
    if let Err(error) = create_folder(folder) {
        tracing::warn!(%error, folder = %folder.display(), "can't write pictures into their folder");
    }
    let mut kept = SavedPictures::default();
    while let Ok((number, picture)) = queue.recv() {
        let kind = if picture.starts_with(b"\x89PNG") { "png" } else { "jpg" };
        let path = folder.join(format!("picture-{number:06}.{kind}"));
        // Whoever watches the folder must never read half a picture.
        let unfinished = path.with_extension("part");
        let written = write_whole(&unfinished, &picture).and_then(|()| fs::rename(&unfinished, &path));
        match written {
            Ok(()) => kept.add(path, picture.len() as u64, MOST_FILES, MOST_FILE_BYTES),
            Err(error) => {
                tracing::warn!(%error, path = %path.display(), "can't write a picture");
                let _ = fs::remove_file(&unfinished);
                counts.send_modify(|counts| counts.pictures_not_saved += 1);
            }
        }
    }
}

/// The pictures of this run that are in the folder, the oldest first.
#[derive(Default)]
struct SavedPictures {
    files: VecDeque<(PathBuf, u64)>,
    bytes: u64,
}

impl SavedPictures {
    /// Adds a file; removes the oldest while there are too many.
    fn add(&mut self, path: PathBuf, bytes: u64, most_files: usize, most_bytes: u64) {
        self.files.push_back((path, bytes));
        self.bytes += bytes;
        while self.files.len() > most_files || self.bytes > most_bytes {
            let Some((path, bytes)) = self.files.pop_front() else { break };
            self.bytes -= bytes;
            let _ = fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_pictures_stays_small_and_private() {
        let folder = tempfile::tempdir().expect("a folder");
        let inside = folder.path().join("seen");
        check_folder(&inside).expect("it can be written to");
        let mut kept = SavedPictures::default();
        for n in 0..10 {
            let path = inside.join(n.to_string());
            write_whole(&path, &[0; 10]).expect("written");
            kept.add(path, 10, 4, 35);
        }
        let mut left: Vec<_> =
            fs::read_dir(&inside).expect("read").flatten().map(|e| e.file_name()).collect();
        left.sort();
        assert_eq!(left, ["7", "8", "9"]);
        #[cfg(unix)]
        for path in [inside.clone(), inside.join("9")] {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(path).expect("there").permissions().mode();
            assert_eq!(mode & 0o077, 0, "{mode:o}");
        }
    }

    #[test]
    fn the_check_and_the_start_of_the_writer_do_not_disturb_each_other() {
        for _ in 0..200 {
            let folder = tempfile::tempdir().expect("a folder");
            let recorder = Recorder::new(Some(folder.path().to_owned()));
            check_folder(folder.path()).expect("it can be written to");
            drop(recorder);
        }
    }

    #[test]
    fn a_folder_that_cannot_be_written_to_is_known_before() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("file");
        fs::write(&file, "no folder").expect("written");
        assert!(check_folder(&file).is_err() && check_folder(&file.join("below")).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_picture_is_not_written_through_somebodys_link() {
        let folder = tempfile::tempdir().expect("a folder");
        let (other, link) = (folder.path().join("other"), folder.path().join("picture-000001.part"));
        fs::write(&other, "mine").expect("written");
        std::os::unix::fs::symlink(&other, &link).expect("a link");
        write_whole(&link, b"picture").expect("written");
        assert_eq!(fs::read(&other).expect("read"), b"mine");
    }
}
