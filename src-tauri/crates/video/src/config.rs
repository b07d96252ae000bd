//! What a camera is asked for, and how it stands. Plain data.

use std::time::Duration;

use crate::VideoError;
use crate::choice::CameraChoice;

/// What to open and what to make of it.
#[derive(Debug, Clone)]
pub struct CameraConfig {
    /// Which camera.
    pub choice: CameraChoice,
    /// Time between pictures for the session.
    pub send_every: Duration,
    /// Longest side of a picture for the session, in pixels.
    pub send_max_side: u32,
    /// Longest side of a preview, in pixels.
    pub preview_max_side: u32,
    /// Most previews in a second.
    pub preview_fps_max: u32,
}

impl Default for CameraConfig {
    fn default() -> Self {
        Self {
            choice: CameraChoice::Default,
            send_every: Duration::from_secs(1),
            send_max_side: 768,
            preview_max_side: 640,
            preview_fps_max: 15,
        }
    }
}

/// How the camera stands. `Failed` is final: the threads end and the device is closed.
#[derive(Debug, Clone)]
pub enum CameraState {
    /// Being opened; no picture yet.
    Starting,
    /// Pictures come.
    On {
        /// For people.
        name: String,
        /// Width of the camera's own picture in pixels.
        width: u32,
        /// Height of the camera's own picture in pixels.
        height: u32,
    },
    /// No pictures any more, and why. To try again, start a new camera.
    Failed(VideoError),
}
