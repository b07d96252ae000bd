//! A running camera: its thread, its outputs, its shutdown.
//!
//! There are two threads per camera. The camera thread decodes, scales and encodes what is due, detects stalls, and is
//! the only one that reports states; it never blocks without a limit. The reader thread (reader.rs) may.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::choice::CameraChoice;
use crate::config::{CameraConfig, CameraState};
use crate::exchange::{Counters, Exchange, News, Opened};
use crate::format::Layout;
use crate::pace::Pacer;
use crate::picture::{self, Bitmap, Frame, JpegEncoder, Picture};
use crate::receive::{PictureReceiver, PreviewReceiver, StateReceiver};
use crate::source::Opener;
use crate::still::Still;
use crate::{VideoError, native, reader, wake};

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TimeLimits {
    /// Opening the device; on macOS this includes the permission dialog.
    pub(crate) open: Duration,
    /// From the opened device to the first whole picture; exposure and focus take time.
    pub(crate) first: Duration,
    /// From one whole picture to the next.
    pub(crate) next: Duration,
    /// Closing. After that the driver's thread is abandoned.
    pub(crate) close: Duration,
}

const PATIENCE: TimeLimits = TimeLimits {
    open: Duration::from_secs(if cfg!(target_os = "macos") { 130 } else { 10 }),
    first: Duration::from_secs(6),
    next: Duration::from_secs(3),
    close: Duration::from_secs(1),
};

/// The time between two attempts to wake a reader that must end.
const NUDGE: Duration = Duration::from_millis(10);

/// A running camera. Dropping it closes the device and waits for that: about one frame, a second at most.
#[derive(Debug)]
pub struct Camera {
    exchange: Arc<Exchange>,
    thread: Option<JoinHandle<Option<()>>>,
}

impl Camera {
    /// Starts opening the camera and returns at once; the [`StateReceiver`] reports the result.
    pub fn start(config: CameraConfig) -> (Self, PictureReceiver, PreviewReceiver, StateReceiver) {
        let choice = config.choice.clone();
        let opener: Opener = Box::new(move || match choice {
            CameraChoice::Default => native::open(None),
            CameraChoice::Named(name) => native::open(Some(&name)),
            CameraChoice::File(path) => Still::open(&path),
        });
        Self::start_with(config, PATIENCE, opener)
    }

    pub(crate) fn start_with(
        config: CameraConfig,
        limits: TimeLimits,
        opener: Opener,
    ) -> (Self, PictureReceiver, PreviewReceiver, StateReceiver) {
        let exchange = Arc::new(Exchange::new());
        let (pictures, picture_receiver) = watch::channel(None);
        let (previews, preview_receiver) = watch::channel(None);
        let (states, state_receiver) = watch::channel(CameraState::Starting);
        let works = CameraThread {
            exchange: Arc::clone(&exchange),
            pacer: Pacer::new(config.send_every, config.preview_fps_max),
            config,
            limits,
            pictures,
            previews,
            epoch: Instant::now(),
            bitmap: Bitmap::default(),
            press: JpegEncoder::default(),
            proven: false,
        };
        let unspawned = states.clone();
        let spawned = threads::spawn("camera", move || works.run(opener, &states));
        let thread = spawned
            .map_err(|error| {
                unspawned.send_replace(CameraState::Failed(VideoError::Other { cause: Arc::new(error) }))
            })
            .ok();
        let previews = PreviewReceiver::new(preview_receiver);
        (
            Self { exchange, thread },
            PictureReceiver::new(picture_receiver),
            previews,
            StateReceiver::new(state_receiver),
        )
    }

    /// Allows another preview, because the window drew the last one. The first preview needs no credit, and credit
    /// does not accumulate.
    pub fn preview_taken(&self) {
        self.exchange.preview_taken();
    }

    /// Returns the counts of frames so far.
    pub fn counters(&self) -> Counters {
        self.exchange.counters()
    }
}

impl Drop for Camera {
    fn drop(&mut self) {
        self.exchange.stop();
        // Its owner was told of a panic.
        _ = self.thread.take().map(JoinHandle::join);
    }
}

/// What the camera thread owns.
struct CameraThread {
    exchange: Arc<Exchange>,
    config: CameraConfig,
    limits: TimeLimits,
    pacer: Pacer,
    pictures: watch::Sender<Option<Arc<Picture>>>,
    previews: watch::Sender<Option<Arc<Picture>>>,
    epoch: Instant,
    bitmap: Bitmap,
    press: JpegEncoder,
    /// Whether the last processed frame was decoded. Until then each one is decoded, since only a decoded frame shows
    /// that the camera works.
    proven: bool,
}

impl CameraThread {
    fn run(mut self, opener: Opener, states: &watch::Sender<CameraState>) {
        let reader = match reader::spawn(&self.exchange, opener) {
            Ok(reader) => reader,
            Err(error) => {
                states.send_replace(CameraState::Failed(VideoError::Other { cause: Arc::new(error) }));
                return;
            }
        };
        let watched = threads::catch("camera", || self.watch(states));
        self.close(reader);
        let failure = watched.unwrap_or_else(|death| {
            threads::Owner::current().tell(death.clone());
            Some(VideoError::Other { cause: Arc::new(death) })
        });
        // Reported last, so that the receiver may open the camera again at once.
        if let Some(error) = failure {
            tracing::warn!(%error, "the camera failed");
            states.send_replace(CameraState::Failed(error));
        }
    }

    /// Runs until the camera is stopped (`None`) or fails.
    fn watch(&mut self, states: &watch::Sender<CameraState>) -> Option<VideoError> {
        let mut opened: Option<Opened> = None;
        let mut limit = self.limits.open;
        let mut last_sign = Instant::now();
        loop {
            threads::test_point("camera");
            match self.exchange.wait(last_sign + limit) {
                News::Stop => return None,
                News::Failed(error) => return Some(error),
                News::Nothing => {
                    let damaged = self.exchange.counters().damaged;
                    return Some(VideoError::Stalled { after: limit, damaged });
                }
                News::Opened(what) => {
                    opened = Some(what);
                    limit = self.limits.first;
                    last_sign = Instant::now();
                }
                News::Frame(frame) => {
                    self.handle(&frame);
                    self.exchange.give_spare(frame.data);
                    if self.proven {
                        last_sign = Instant::now();
                        limit = self.limits.next;
                        if let Some(Opened { name, width, height }) = opened.take() {
                            states.send_replace(CameraState::On { name, width, height });
                        }
                    }
                }
            }
        }
    }

    /// Encodes a frame for the outputs that are due.
    fn handle(&mut self, frame: &Frame) {
        let now = frame.at.saturating_duration_since(self.epoch);
        let due = self.pacer.due(now, self.exchange.has_credit());
        let as_it_is = due.preview && self.proven && frame.layout == Layout::Mjpeg && {
            frame.width.max(frame.height) <= self.config.preview_max_side
        };
        if due.send || (due.preview && !as_it_is) || !self.proven {
            self.proven = picture::decode(frame, &mut self.bitmap).is_ok();
            if !self.proven {
                self.exchange.count_damaged();
                return;
            }
        }
        if due.send
            && let Some(picture) = self.encode_scaled(frame, self.config.send_max_side)
        {
            self.pacer.sent(now);
            self.exchange.count_sent();
            self.pictures.send_replace(Some(picture));
        }
        if due.preview
            && let Some(picture) = self.preview(frame, as_it_is)
        {
            self.pacer.previewed(now);
            self.exchange.count_previewed();
            self.previews.send_replace(Some(picture));
        }
    }

    fn encode_scaled(&mut self, frame: &Frame, max_side: u32) -> Option<Arc<Picture>> {
        let (jpeg, width, height) = self.press.encode_scaled(&self.bitmap, max_side)?;
        Some(Arc::new(Picture { jpeg, width, height, at: frame.at, sequence: frame.sequence }))
    }

    fn preview(&mut self, frame: &Frame, as_it_is: bool) -> Option<Arc<Picture>> {
        if !as_it_is {
            return self.encode_scaled(frame, self.config.preview_max_side);
        }
        let Frame { width, height, ref data, at, sequence, .. } = *frame;
        Some(Arc::new(Picture { jpeg: data.clone(), width, height, at, sequence }))
    }

    /// Ends the reader and closes the device, within the limit for closing.
    fn close(&self, reader: JoinHandle<Option<()>>) {
        self.exchange.stop();
        let deadline = Instant::now() + self.limits.close;
        let mut ended = self.exchange.reader_ended_by(Instant::now());
        while !ended && Instant::now() < deadline {
            wake::interrupt(&reader);
            ended = self.exchange.reader_ended_by((Instant::now() + NUDGE).min(deadline));
        }
        if ended {
            _ = reader.join();
        } else {
            tracing::warn!("the camera's driver does not let go; its thread is left behind");
        }
    }
}

#[cfg(test)]
#[path = "camera_tests.rs"]
mod tests;
