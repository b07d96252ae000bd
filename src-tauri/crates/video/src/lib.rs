//! Camera pictures: capture, scaling, JPEG, pacing.
//!
//! [`Camera::start`] opens a camera on its own threads and returns three receivers: JPEGs for the session at a fixed
//! rate, JPEGs for the preview as fast as they are drawn, and the camera's state. A camera that fails, stalls or is
//! unplugged reports it once and is closed. Only [`Drop`] blocks the caller, for a second at most.
//!
//! | queue | kind | capacity | when full |
//! |---|---|---|---|
//! | reader → camera thread | one slot | 1 frame | newest wins, counted as `replaced` |
//! | camera → session | one slot | 1 JPEG | newest wins |
//! | camera → preview | one slot and a credit | 1 JPEG | none is made without credit |
//! | states | one slot | 1 | newest wins |
//!
//! Architecture invariant: only `native.rs` uses nokhwa, and this crate knows nothing about sessions or windows.

mod camera;
mod choice;
mod config;
mod error;
mod exchange;
mod format;
mod mjpeg;
mod native;
mod pace;
mod picture;
mod reader;
mod receive;
mod source;
mod still;
mod wake;

pub use camera::Camera;
pub use choice::{CameraChoice, CameraInfo};
pub use config::{CameraConfig, CameraState};
pub use error::{Cause, VideoError};
pub use exchange::Counters;
pub use picture::Picture;
pub use receive::{PictureReceiver, PreviewReceiver, StateReceiver};
pub use still::{PictureFault, still_jpeg, still_jpeg_of};

/// Lists the cameras, the default one first. Opens none, so no light goes on; takes some milliseconds.
///
/// # Errors
/// [`VideoError`] when the system does not give its list. Without a camera the list is empty, which is no error.
pub fn cameras() -> Result<Vec<CameraInfo>, VideoError> {
    native::list()
}
