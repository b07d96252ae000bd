//! The camera as the session task sees it: open or closed, pictures to send, previews to show. Opening returns at once;
//! closing may wait for the driver, so it happens on a blocking thread.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use live_client::MediaGate;
use tokio::sync::watch;
use video::{Camera, CameraChoice, CameraConfig, Picture, PictureReceiver, PreviewReceiver, StateReceiver};

use crate::PreviewFrame;
use crate::event::CameraState;
use crate::trouble::{Trouble, of_camera};

/// What came from the camera.
#[derive(Debug)]
pub(crate) enum Seen {
    /// A picture to send, JPEG.
    Picture(Vec<u8>),
    /// The camera's state changed.
    State(CameraState),
    /// The camera failed and gives no more pictures.
    Trouble(Trouble),
}

struct Open {
    camera: Camera,
    pictures: PictureReceiver,
    previews: PreviewReceiver,
    states: StateReceiver,
}

/// The camera, open or closed.
pub(crate) struct CameraPort {
    preview: watch::Sender<Option<PreviewFrame>>,
    open: Option<Open>,
    state: CameraState,
    sent: u32,
}

impl CameraPort {
    /// Closed; previews will go to `preview`.
    pub(crate) fn new(preview: watch::Sender<Option<PreviewFrame>>) -> Self {
        Self { preview, open: None, state: CameraState::Off, sent: 0 }
    }

    /// Closes what is open and opens `choice`. Returns the state that follows.
    pub(crate) async fn switch(&mut self, choice: Option<CameraChoice>) -> CameraState {
        if let Some(open) = self.open.take() {
            let _ = tokio::task::spawn_blocking(move || drop(open)).await;
            self.preview.send_replace(None);
        }
        self.state = CameraState::Off;
        if let Some(choice) = choice {
            let (camera, pictures, previews, states) =
                Camera::start(CameraConfig { choice, ..CameraConfig::default() });
            self.open = Some(Open { camera, pictures, previews, states });
            self.state = CameraState::Starting;
        }
        self.state.clone()
    }

    /// True while a camera is open.
    pub(crate) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// The window drew the last preview.
    pub(crate) fn preview_taken(&self) {
        if let Some(open) = &self.open {
            open.camera.preview_taken();
        }
    }

    /// Counts a picture that was sent; the state that the window shows, when the camera is on.
    pub(crate) fn count_sent(&mut self) -> Option<CameraState> {
        self.sent = self.sent.saturating_add(1);
        if let CameraState::On { sent, .. } = &mut self.state {
            *sent = self.sent;
            return Some(self.state.clone());
        }
        None
    }

    /// What comes next; for ever while the camera is closed. Pictures wait (and older ones are lost) while the gate is
    /// shut. Previews go to the window from here. Cancel safe.
    pub(crate) async fn next(&mut self, gate: &mut MediaGate) -> Seen {
        loop {
            let Some(open) = &mut self.open else { return std::future::pending().await };
            tokio::select! {
                Some(picture) = async { gate.open().await; open.pictures.recv().await } =>
                    return Seen::Picture(picture.jpeg.clone()),
                Some(preview) = open.previews.recv() => {
                    self.preview.send_replace(Some(frame(&preview)));
                }
                Some(state) = open.states.recv() => return self.changed(state),
                else => return std::future::pending().await,
            }
        }
    }

    fn changed(&mut self, state: video::CameraState) -> Seen {
        self.state = match state {
            video::CameraState::Starting => CameraState::Starting,
            video::CameraState::On { name, width, height } => {
                CameraState::On { name, width, height, sent: self.sent }
            }
            video::CameraState::Failed(error) => return Seen::Trouble(of_camera(&error)),
        };
        Seen::State(self.state.clone())
    }
}

/// What the window draws: when the picture was taken, in milliseconds since 1970, then the JPEG.
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
