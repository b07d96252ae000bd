//! The session task's camera: open or closed, pictures to send, previews to show. Opening returns at once. Closing may
//! wait for the driver, so it runs on a blocking thread, and the next camera opens after it.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use live_client::MediaGate;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use video::{Camera, CameraChoice, CameraConfig, Picture, PictureReceiver, PreviewReceiver, StateReceiver};

use crate::PreviewFrame;
use crate::event::CameraState;
use crate::trouble::{Trouble, of_camera};

/// How long to wait for a camera to close, before the next one opens and before the end.
const CLOSING: Duration = Duration::from_secs(3);

/// An event of the camera.
#[derive(Debug)]
pub(crate) enum CameraEvent {
    /// A picture to send, JPEG.
    Picture(Vec<u8>),
    /// The camera's state changed.
    State(CameraState),
    /// The camera failed.
    Trouble(Trouble),
}

struct Open {
    camera: Camera,
    pictures: PictureReceiver,
    previews: PreviewReceiver,
    states: StateReceiver,
}

struct Closing {
    running: threads::Blocking<()>,
    until: Instant,
    /// The camera to open after it.
    next: Option<CameraChoice>,
}

/// The camera, open or closed.
pub(crate) struct CameraPort {
    preview: watch::Sender<Option<PreviewFrame>>,
    open: Option<Open>,
    closing: Option<Closing>,
    state: CameraState,
    sent: u32,
}

impl CameraPort {
    /// Creates a closed port that sends previews to `preview`.
    pub(crate) fn new(preview: watch::Sender<Option<PreviewFrame>>) -> Self {
        Self { preview, open: None, closing: None, state: CameraState::Off, sent: 0 }
    }

    /// Closes the open camera, then opens `choice`. Returns the new state at once.
    pub(crate) fn switch(&mut self, choice: Option<CameraChoice>) -> CameraState {
        if let Some(open) = self.open.take() {
            let running = threads::blocking("camera-closing", move || drop(open));
            self.closing = Some(Closing { running, until: Instant::now() + CLOSING, next: None });
            self.preview.send_replace(None);
        }
        self.state = if choice.is_some() { CameraState::Starting } else { CameraState::Off };
        match &mut self.closing {
            Some(closing) => closing.next = choice,
            None => self.start(choice),
        }
        self.state.clone()
    }

    fn start(&mut self, choice: Option<CameraChoice>) {
        let Some(choice) = choice else { return };
        let (camera, pictures, previews, states) =
            Camera::start(CameraConfig { choice, ..CameraConfig::default() });
        self.open = Some(Open { camera, pictures, previews, states });
    }

    /// Closes the camera and waits up to a limit. Returns whether it was open.
    pub(crate) async fn close(&mut self) -> bool {
        let was_on = self.state != CameraState::Off;
        self.switch(None);
        if let Some(Closing { running, until, .. }) = self.closing.take() {
            let _ = timeout_at(until, running).await;
        }
        was_on
    }

    /// Allows the next preview, because the window drew the last one.
    pub(crate) fn preview_taken(&self) {
        if let Some(open) = &self.open {
            open.camera.preview_taken();
        }
    }

    /// Counts a sent picture; returns the state for the window when the camera is on.
    pub(crate) fn count_sent(&mut self) -> Option<CameraState> {
        self.sent = self.sent.saturating_add(1);
        if let CameraState::On { sent, .. } = &mut self.state {
            *sent = self.sent;
            return Some(self.state.clone());
        }
        None
    }

    /// Waits for the next event; never returns while the camera is closed. While the gate is shut pictures wait, and
    /// older ones are dropped. Previews go directly to the window. Cancel safe.
    pub(crate) async fn next(&mut self, gate: &mut MediaGate) -> CameraEvent {
        if let Some(closing) = &mut self.closing {
            // A driver that does not release one camera may still open another.
            let _ = timeout_at(closing.until, &mut closing.running).await;
            let next = self.closing.take().and_then(|closing| closing.next);
            self.start(next);
        }
        loop {
            let Some(open) = &mut self.open else { return std::future::pending().await };
            tokio::select! {
                Some(picture) = async { gate.open().await; open.pictures.recv().await } =>
                    return CameraEvent::Picture(picture.jpeg.clone()),
                Some(preview) = open.previews.recv() => {
                    self.preview.send_replace(Some(frame(&preview)));
                }
                Some(state) = open.states.recv() => return self.changed(state),
                else => return std::future::pending().await,
            }
        }
    }

    fn changed(&mut self, state: video::CameraState) -> CameraEvent {
        self.state = match state {
            video::CameraState::Starting => CameraState::Starting,
            video::CameraState::On { name, width, height } => {
                CameraState::On { name, width, height, sent: self.sent }
            }
            video::CameraState::Failed(error) => return CameraEvent::Trouble(of_camera(&error)),
        };
        CameraEvent::State(self.state.clone())
    }
}

/// Encodes a preview: the time of the picture in milliseconds since 1970, then the JPEG.
fn frame(picture: &Picture) -> PreviewFrame {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let taken_ms = since_1970.saturating_sub(picture.at.elapsed()).as_secs_f64() * 1000.0;
    let mut bytes = Vec::with_capacity(size_of_val(&taken_ms) + picture.jpeg.len());
    bytes.extend_from_slice(&taken_ms.to_le_bytes());
    bytes.extend_from_slice(&picture.jpeg);
    Arc::new(bytes)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn a_preview_says_when_it_was_taken() {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64() * 1000.0;
        let at = Instant::now().checked_sub(Duration::from_secs(1)).unwrap();
        let picture = Picture { jpeg: vec![7; 3], width: 1, height: 1, at, sequence: 5 };
        let bytes = frame(&picture);
        let taken = f64::from_le_bytes(bytes[..8].try_into().unwrap());
        assert!(taken > now - 3_600_000.0 && taken < now + 3_600_000.0, "milliseconds since 1970: {taken}");
        assert_eq!(&bytes[8..], [7; 3]);
    }
}
