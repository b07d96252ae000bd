//! The system's cameras. This is the only code that uses nokhwa. It runs on the reader thread and blocks.
//!
//! Workarounds for nokhwa 0.10.11: its lists contain nodes without pictures and sizes that the device refuses, so we
//! try modes in turn and use what the device then reports. Its frames are whole mappings, so we read them in place.
//! Its errors are strings (error.rs). Its `Drop` may panic.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use nokhwa::utils::{
    ApiBackend, CameraFormat, CameraIndex, FrameFormat, RequestedFormat, RequestedFormatType, frame_formats,
};
use nokhwa::{NokhwaError, native_api_backend};

use crate::VideoError;
use crate::choice::{self, CameraInfo, Node};
use crate::error::{Phase, classify, interrupted};
use crate::format::{self, Layout, Offer};
use crate::source::{RawFrame, Source};

/// How many modes are tried; each takes some milliseconds.
const TRIES: usize = 8;
/// How long the system's permission dialog may stay open (macOS).
const PERMISSION: Duration = Duration::from_mins(2);
/// On macOS nokhwa's list is wrong (each layout gets the sizes of the others), and its pixels are YUYV whatever the
/// camera's format is.
const LISTS_ARE_WRONG: bool = cfg!(target_os = "macos");

/// Lists the cameras without opening one. Reads directories on Linux, asks the system elsewhere: some ms.
///
/// # Errors
/// [`VideoError`] when the system does not give its list.
pub(crate) fn list() -> Result<Vec<CameraInfo>, VideoError> {
    // On a separate thread: on Windows the first call turns its thread into a COM apartment.
    let nodes = std::thread::scope(|scope| {
        threads::spawn_scoped(scope, "camera-list", nodes).ok()?.join().ok().flatten()
    })
    .unwrap_or_else(|| Err(other("listing the cameras failed")))?;
    let infos = nodes.into_iter().enumerate();
    Ok(infos.map(|(i, Node { id, name, .. })| CameraInfo { id, name, is_default: i == 0 }).collect())
}

/// Opens the camera that `wanted` names and starts its stream.
///
/// # Errors
/// [`VideoError`]: missing, denied, busy, without a format that we can use, or what else the driver says.
pub(crate) fn open(wanted: Option<&str>) -> Result<Box<dyn Source>, VideoError> {
    ask_permission()?;
    let nodes = nodes()?;
    let node = choice::find(&nodes, wanted)?;
    let name_the_missing = |error| match error {
        VideoError::Missing { .. } => VideoError::Missing { wanted: wanted.map(str::to_owned) },
        error => error,
    };
    let mut camera = configured(&CameraIndex::Index(node.index)).map_err(name_the_missing)?;
    camera.open_stream().map_err(opening)?;
    let format = of_nokhwa(camera.camera_format());
    tracing::info!(camera = node.name, ?format, "camera opened");
    Ok(Box::new(Native { camera: Some(camera), name: node.name.clone(), format, broken_off: false }))
}

fn other(words: &str) -> VideoError {
    VideoError::Other { cause: Arc::new(std::io::Error::other(words.to_owned())) }
}

fn opening(error: NokhwaError) -> VideoError {
    let unreadable = matches!(
        &error,
        NokhwaError::GetPropertyError { .. }
            | NokhwaError::SetPropertyError { .. }
            | NokhwaError::InitializeError { .. }
    );
    match classify(Arc::new(error), Phase::Opening) {
        // A property that fails without a reason is a mode that the device or nokhwa can't express.
        VideoError::Other { cause } if unreadable => VideoError::Format { cause },
        error => error,
    }
}

fn nodes() -> Result<Vec<Node>, VideoError> {
    let backend = native_api_backend().unwrap_or(ApiBackend::Auto);
    let listed = nokhwa::query(backend).map_err(opening)?;
    let nodes = listed.into_iter().filter_map(|info| {
        let index = info.index().as_index().ok()?;
        let id = match info.misc() {
            id if id.is_empty() => format!("/dev/video{index}"),
            id => id,
        };
        Some(Node { index, id, name: choice::tidy_name(&info.human_name()), parent: parent(index) })
    });
    Ok(choice::cameras_among(nodes.collect()))
}

/// Returns the device that a Linux node belongs to.
fn parent(index: u32) -> Option<PathBuf> {
    if !cfg!(target_os = "linux") {
        // Elsewhere every entry of the list is a separate camera.
        return Some(PathBuf::from(index.to_string()));
    }
    std::fs::canonicalize(format!("/sys/class/video4linux/video{index}/device")).ok()
}

/// Asks the user for permission on macOS, which must happen first; does nothing elsewhere.
fn ask_permission() -> Result<(), VideoError> {
    let (answer, answered) = std::sync::mpsc::sync_channel(1);
    nokhwa::nokhwa_initialize(move |granted| {
        let _ = answer.try_send(granted); // nobody listens after the time limit
    });
    match answered.recv_timeout(PERMISSION) {
        Ok(true) => Ok(()),
        _ => Err(VideoError::Denied {
            cause: Arc::new(std::io::Error::from(std::io::ErrorKind::PermissionDenied)),
        }),
    }
}

/// Opens a camera in the best mode that it accepts.
fn configured(index: &CameraIndex) -> Result<nokhwa::Camera, VideoError> {
    let open =
        |wanted| nokhwa::Camera::new(index.clone(), RequestedFormat::with_formats(wanted, frame_formats()));
    let mut refused = None;
    if LISTS_ARE_WRONG {
        for offer in format::usual_offers(Layout::Yuyv) {
            match open(RequestedFormatType::Exact(as_nokhwa(offer))) {
                Ok(camera) => return Ok(camera),
                Err(error) => refused = Some(error),
            }
        }
        return Err(opening(refused.unwrap_or(NokhwaError::UnitializedError)));
    }
    let mut camera = open(RequestedFormatType::None).map_err(opening)?;
    let offers = camera.compatible_camera_formats().map_err(opening)?;
    for offer in format::ranked(offers.into_iter().map(of_nokhwa).collect()).into_iter().take(TRIES) {
        let exactly =
            RequestedFormat::with_formats(RequestedFormatType::Exact(as_nokhwa(offer)), frame_formats());
        match camera.set_camera_requset(exactly) {
            Ok(_) => return Ok(camera),
            Err(error) => match opening(error.clone()) {
                VideoError::Format { .. } => refused = Some(error),
                serious => return Err(serious),
            },
        }
    }
    // The mode that it opened with is better than none, if it is valid.
    match camera.refresh_camera_format() {
        Ok(_) => Ok(camera),
        Err(error) => Err(opening(refused.unwrap_or(error))),
    }
}

fn of_nokhwa(format: CameraFormat) -> Offer {
    let layout = match format.format() {
        FrameFormat::MJPEG => Layout::Mjpeg,
        FrameFormat::YUYV => Layout::Yuyv,
        FrameFormat::NV12 => Layout::Nv12,
        FrameFormat::GRAY => Layout::Gray,
        FrameFormat::RAWRGB => Layout::Rgb,
        FrameFormat::RAWBGR => Layout::Bgr,
    };
    Offer { layout, width: format.width(), height: format.height(), fps: format.frame_rate() }
}

fn as_nokhwa(offer: Offer) -> CameraFormat {
    let format = match offer.layout {
        Layout::Mjpeg => FrameFormat::MJPEG,
        Layout::Yuyv => FrameFormat::YUYV,
        Layout::Nv12 => FrameFormat::NV12,
        Layout::Gray => FrameFormat::GRAY,
        Layout::Rgb => FrameFormat::RAWRGB,
        Layout::Bgr => FrameFormat::RAWBGR,
    };
    CameraFormat::new_from(offer.width, offer.height, format, offer.fps)
}

/// A camera with an open stream.
struct Native {
    /// `None` only during `drop`.
    camera: Option<nokhwa::Camera>,
    name: String,
    format: Offer,
    /// Set when a wait was interrupted. The buffer is already queued and would be queued again, so the next frame
    /// needs a new stream.
    broken_off: bool,
}

impl Source for Native {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn size(&self) -> (u32, u32) {
        (self.format.width, self.format.height)
    }

    fn next(&mut self, take: &mut dyn FnMut(RawFrame<'_>)) -> Result<(), VideoError> {
        let streaming = |error| classify(Arc::new(error), Phase::Streaming);
        let camera = self.camera.as_mut().ok_or_else(|| other("the camera is closed"))?;
        if std::mem::take(&mut self.broken_off) {
            camera.stop_stream().and_then(|()| camera.open_stream()).map_err(streaming)?;
        }
        // frame_raw gives the mapping in place; frame() would copy all of it, 1.8 MB for a picture of 100 KB.
        match camera.frame_raw() {
            Ok(data) => {
                let Offer { layout, width, height, .. } = self.format;
                take(RawFrame { layout, width, height, data: &data });
                Ok(())
            }
            Err(error) if interrupted(&error.to_string()) => {
                self.broken_off = true;
                Ok(())
            }
            Err(error) => Err(streaming(error)),
        }
    }
}

impl Drop for Native {
    fn drop(&mut self) {
        let camera = self.camera.take();
        // nokhwa and v4l panic when the last calls fail with anything but "no such device".
        if catch_unwind(AssertUnwindSafe(|| drop(camera))).is_err() {
            tracing::warn!(camera = self.name, "the camera did not close cleanly");
        }
    }
}
