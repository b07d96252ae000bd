//! The state that the reader thread and the camera thread share: one slot for the newest frame, and the camera's
//! status.
//!
//! The slot holds one frame. A newer frame replaces it, and the replaced one is counted. No thread waits or decodes
//! while it holds the lock.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::VideoError;
use crate::picture::Frame;

/// What woke the camera thread.
#[derive(Debug)]
pub(crate) enum News {
    /// The device is open and streams.
    Opened(Opened),
    /// A frame, trimmed to its length and not decoded.
    Frame(Frame),
    /// The reader failed; its device is closed or closing.
    Failed(VideoError),
    /// The camera must close.
    Stop,
    /// Nothing happened until the deadline.
    Nothing,
}

/// The opened device.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    pub(crate) name: String,
    /// In pixels.
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// Counts of frames since the camera was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Whole frames read from the camera.
    pub frames: u64,
    /// Damaged or incomplete frames, which were dropped.
    pub damaged: u64,
    /// Frames that a newer one replaced before they were processed.
    pub replaced: u64,
    /// Pictures for the session.
    pub sent: u64,
    /// Pictures for the preview.
    pub previewed: u64,
}

#[derive(Debug, Default)]
struct Slots {
    opened: Option<Opened>,
    frame: Option<Frame>,
    failed: Option<VideoError>,
    reader_ended: bool,
    /// The buffer of the last processed frame, for reuse.
    spare: Vec<u8>,
}

/// Shared by the reader, the camera thread and the [`Camera`](crate::Camera).
#[derive(Debug, Default)]
pub(crate) struct Exchange {
    slots: Mutex<Slots>,
    changed: Condvar,
    stop: AtomicBool,
    preview_taken: AtomicBool,
    frames: AtomicU64,
    damaged: AtomicU64,
    replaced: AtomicU64,
    sent: AtomicU64,
    previewed: AtomicU64,
}

impl Exchange {
    /// Creates the state with credit for the first preview.
    pub(crate) fn new() -> Self {
        Self { preview_taken: AtomicBool::new(true), ..Self::default() }
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        // Every change is atomic, so a panic elsewhere leaves a consistent state.
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Slots)) {
        change(&mut self.slots());
        self.changed.notify_all();
    }

    /// Waits for something to do, until `deadline`. A failure comes after the last frame.
    pub(crate) fn wait(&self, deadline: Instant) -> News {
        let mut slots = self.slots();
        loop {
            if self.stopped() {
                return News::Stop;
            }
            if let Some(opened) = slots.opened.take() {
                return News::Opened(opened);
            }
            if let Some(frame) = slots.frame.take() {
                return News::Frame(frame);
            }
            if let Some(error) = slots.failed.take() {
                return News::Failed(error);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return News::Nothing;
            }
            slots = self.changed.wait_timeout(slots, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Returns whether the reader released the device by `deadline`.
    pub(crate) fn reader_ended_by(&self, deadline: Instant) -> bool {
        let mut slots = self.slots();
        while !slots.reader_ended {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            slots = self.changed.wait_timeout(slots, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    pub(crate) fn stop(&self) {
        // Under the lock, so that a thread about to wait sees it.
        self.change(|_| self.stop.store(true, Ordering::Release));
    }

    pub(crate) fn stopped(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    pub(crate) fn opened(&self, opened: Opened) {
        self.change(|slots| slots.opened = Some(opened));
    }

    /// Stores the newest frame, replacing one that was not taken.
    pub(crate) fn put(&self, frame: Frame) {
        self.frames.fetch_add(1, Ordering::Relaxed);
        self.change(|slots| {
            if let Some(old) = slots.frame.replace(frame) {
                self.replaced.fetch_add(1, Ordering::Relaxed);
                slots.spare = old.data;
            }
        });
    }

    pub(crate) fn count_damaged(&self) {
        self.damaged.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn failed(&self, error: VideoError) {
        self.change(|slots| slots.failed = Some(error));
    }

    pub(crate) fn reader_ended(&self) {
        self.change(|slots| slots.reader_ended = true);
    }

    pub(crate) fn take_spare(&self) -> Vec<u8> {
        std::mem::take(&mut self.slots().spare)
    }

    pub(crate) fn give_spare(&self, spare: Vec<u8>) {
        self.slots().spare = spare;
    }

    pub(crate) fn preview_taken(&self) {
        self.preview_taken.store(true, Ordering::Release);
    }

    pub(crate) fn has_credit(&self) -> bool {
        self.preview_taken.load(Ordering::Acquire)
    }

    pub(crate) fn count_sent(&self) {
        self.sent.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a preview and uses its credit. Call this before the preview is visible, otherwise the answer to it might
    /// be overwritten.
    pub(crate) fn count_previewed(&self) {
        self.preview_taken.store(false, Ordering::Release);
        self.previewed.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn counters(&self) -> Counters {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counters {
            frames: read(&self.frames),
            damaged: read(&self.damaged),
            replaced: read(&self.replaced),
            sent: read(&self.sent),
            previewed: read(&self.previewed),
        }
    }
}
