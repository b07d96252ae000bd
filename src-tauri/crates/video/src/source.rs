//! The sources of frames: a camera, a file, a test double.

use crate::VideoError;
use crate::format::Layout;

/// A frame in the source's own memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RawFrame<'a> {
    pub(crate) layout: Layout,
    /// In pixels, as negotiated with the camera. For MJPEG the frame's own header counts.
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// The frame's bytes, perhaps followed by others.
    pub(crate) data: &'a [u8],
}

/// An open camera. It stays on the reader thread; dropping it releases the device.
pub(crate) trait Source {
    /// Returns the display name.
    fn name(&self) -> String;

    /// Returns the negotiated width and height in pixels.
    fn size(&self) -> (u32, u32);

    /// Waits for the next frame without a limit and passes it to `take`. Returns without a frame when the wait was
    /// interrupted (see wake.rs).
    fn next(&mut self, take: &mut dyn FnMut(RawFrame<'_>)) -> Result<(), VideoError>;
}

/// Opens a source, on the reader thread. Sources need not be `Send`.
pub(crate) type Opener = Box<dyn FnOnce() -> Result<Box<dyn Source>, VideoError> + Send>;
