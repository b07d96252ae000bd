//! A running camera: its thread, its outputs, its end.
//!
//! The camera thread decodes, scales and encodes what is due, watches that frames keep coming, and is the only one that
//! reports states. Two threads per camera: the other one (reader.rs) may block for ever, this one never does.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::choice::CameraChoice;
use crate::config::{CameraConfig, CameraState};
use crate::exchange::{Counters, Exchange, News, Opened};
use crate::format::Layout;
use crate::pace::Pacer;
use crate::picture::{self, Bitmap, Frame, Picture, Press};
use crate::receive::{PictureReceiver, PreviewReceiver, StateReceiver};
use crate::source::Opener;
use crate::still::Still;
use crate::{VideoError, native, reader, wake};

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// Opening the device; on macOS it includes the user's answer to the question for permission.
    pub(crate) open: Duration,
    /// From the opened device to the first whole picture: exposure and focus take their time.
    pub(crate) first: Duration,
    /// From one whole picture to the next.
    pub(crate) next: Duration,
    /// Closing. A driver that has not let go by then is left to itself.
    pub(crate) close: Duration,
}

const PATIENCE: Patience = Patience {
    open: Duration::from_secs(if cfg!(target_os = "macos") { 130 } else { 10 }),
    first: Duration::from_secs(6),
    next: Duration::from_secs(3),
    close: Duration::from_secs(1),
};

/// Between two attempts to wake a reader that is to end.
const NUDGE: Duration = Duration::from_millis(10);

/// A camera in use. Dropping it closes the device and waits for that: about one frame's time, a second at most.
#[derive(Debug)]
pub struct Camera {
    exchange: Arc<Exchange>,
    thread: Option<JoinHandle<Option<()>>>,
}

impl Camera {
    /// Starts opening the camera and returns at once; how it goes is told by the [`StateReceiver`].
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
        patience: Patience,
        opener: Opener,
    ) -> (Self, PictureReceiver, PreviewReceiver, StateReceiver) {
        let exchange = Arc::new(Exchange::new());
        let (pictures, picture_receiver) = watch::channel(None);
        let (previews, preview_receiver) = watch::channel(None);
        let (states, state_receiver) = watch::channel(CameraState::Starting);
        let works = Works {
            exchange: Arc::clone(&exchange),
            pacer: Pacer::new(config.send_every, config.preview_fps_max),
            config,
            patience,
            pictures,
            previews,
            epoch: Instant::now(),
            bitmap: Bitmap::default(),
            press: Press::default(),
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

    /// The window has drawn the last preview: another may be made. The first needs no credit, and credit does not add up.
    pub fn preview_taken(&self) {
        self.exchange.preview_taken();
    }

    /// What became of the frames so far.
    pub fn counters(&self) -> Counters {
        self.exchange.counters()
    }
}

impl Drop for Camera {
    fn drop(&mut self) {
        self.exchange.stop();
        // A panic in it was told to its owner.
        _ = self.thread.take().map(JoinHandle::join);
    }
}

/// What the camera thread owns.
struct Works {
    exchange: Arc<Exchange>,
    config: CameraConfig,
    patience: Patience,
    pacer: Pacer,
    pictures: watch::Sender<Option<Arc<Picture>>>,
    previews: watch::Sender<Option<Arc<Picture>>>,
    epoch: Instant,
    bitmap: Bitmap,
    press: Press,
    /// The last frame that was looked at could be decoded. Until then each one is tried, since only a decoded frame
    /// shows that the camera works.
    proven: bool,
}

impl Works {
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
        // Told last, so that whoever hears it may open the camera again at once.
        if let Some(error) = failure {
            tracing::warn!(%error, "the camera failed");
            states.send_replace(CameraState::Failed(error));
        }
    }

    /// Works until the camera is stopped (`None`) or fails.
    fn watch(&mut self, states: &watch::Sender<CameraState>) -> Option<VideoError> {
        let mut opened: Option<Opened> = None;
        let mut patience = self.patience.open;
        let mut last_sign = Instant::now();
        loop {
            threads::test_point("camera");
            match self.exchange.wait(last_sign + patience) {
                News::Stop => return None,
                News::Failed(error) => return Some(error),
                News::Nothing => {
                    let damaged = self.exchange.counters().damaged;
                    return Some(VideoError::Stalled { after: patience, damaged });
                }
                News::Opened(what) => {
                    opened = Some(what);
                    patience = self.patience.first;
                    last_sign = Instant::now();
                }
                News::Frame(frame) => {
                    self.handle(&frame);
                    self.exchange.give_spare(frame.data);
                    if self.proven {
                        last_sign = Instant::now();
                        patience = self.patience.next;
                        if let Some(Opened { name, width, height }) = opened.take() {
                            states.send_replace(CameraState::On { name, width, height });
                        }
                    }
                }
            }
        }
    }

    /// Makes of a frame what is due.
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
            && let Some(picture) = self.print(frame, self.config.send_max_side)
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

    fn print(&mut self, frame: &Frame, max_side: u32) -> Option<Arc<Picture>> {
        let (jpeg, width, height) = self.press.print(&self.bitmap, max_side)?;
        Some(Arc::new(Picture { jpeg, width, height, at: frame.at, sequence: frame.sequence }))
    }

    fn preview(&mut self, frame: &Frame, as_it_is: bool) -> Option<Arc<Picture>> {
        if !as_it_is {
            return self.print(frame, self.config.preview_max_side);
        }
        let Frame { width, height, ref data, at, sequence, .. } = *frame;
        Some(Arc::new(Picture { jpeg: data.clone(), width, height, at, sequence }))
    }

    /// Ends the reader, and with it the device, within the patience for closing.
    fn close(&self, reader: JoinHandle<Option<()>>) {
        self.exchange.stop();
        let deadline = Instant::now() + self.patience.close;
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
