//! What clients have sent, for tests, for the app's curiosity and, if asked, as files.
//!
//! Counting never waits. Pictures are written by one thread behind a bounded queue: when the disk is slow the newest
//! pictures are not written, and counted.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use bytes::Bytes;
use tokio::sync::watch;

use crate::picture;

/// Pictures waiting for the disk.
const QUEUE: usize = 8;

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
}

impl Recorder {
    /// A recorder that writes pictures into `folder`, if there is one.
    pub(crate) fn new(folder: Option<PathBuf>) -> Self {
        let (counts, _) = watch::channel(Received::default());
        let files = folder.and_then(|folder| {
            let (files, queue) = sync_channel(QUEUE);
            let counts = counts.clone();
            let writer = thread::Builder::new().name("rehearsal-pictures".to_owned());
            // Without the thread the queue has no reader, and every picture counts as not saved.
            writer.spawn(move || write_pictures(&folder, &queue, &counts)).ok().map(|_| files)
        });
        Self { counts, files }
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

    /// Takes a picture; returns its size in pixels, if its header tells.
    pub(crate) fn picture(&self, picture: Bytes) -> Option<(u32, u32)> {
        let size = picture::size_of(&picture);
        self.counts.send_modify(|counts| {
            counts.pictures += 1;
            counts.last_picture_size = size;
            let saved = self.files.as_ref().map(|files| files.try_send((counts.pictures, picture.clone())));
            counts.pictures_not_saved += u64::from(matches!(saved, Some(Err(_))));
            counts.last_picture = Some(picture);
        });
        size
    }
}

fn write_pictures(folder: &Path, queue: &Receiver<(u64, Bytes)>, counts: &watch::Sender<Received>) {
    if let Err(error) = fs::create_dir_all(folder) {
        tracing::warn!(%error, folder = %folder.display(), "can't create the folder for pictures");
    }
    while let Ok((number, picture)) = queue.recv() {
        let kind = if picture.starts_with(b"\x89PNG") { "png" } else { "jpg" };
        let path = folder.join(format!("picture-{number:06}.{kind}"));
        // Whoever watches the folder must never read half a picture.
        let unfinished = path.with_extension("part");
        let written = fs::write(&unfinished, &picture).and_then(|()| fs::rename(&unfinished, &path));
        if let Err(error) = written {
            tracing::warn!(%error, path = %path.display(), "can't write a picture");
            counts.send_modify(|counts| counts.pictures_not_saved += 1);
        }
    }
}
