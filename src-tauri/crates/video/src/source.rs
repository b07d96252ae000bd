//! Where frames come from: a camera, a file, a test's double.

use crate::VideoError;
use crate::format::Layout;

/// A frame in the source's own memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RawFrame<'a> {
    pub(crate) layout: Layout,
    /// In pixels, as agreed with the camera; an MJPEG frame's own header counts, not this.
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// At least one frame; may be longer.
    pub(crate) data: &'a [u8],
}

/// An open camera. Lives and dies on the reader thread; dropping it releases the device.
pub(crate) trait Source {
    /// For people.
    fn name(&self) -> String;

    /// Width and height in pixels that were agreed.
    fn size(&self) -> (u32, u32);

    /// Waits for the next frame, for ever if need be, and shows it to `take`. May come back without a frame when the
    /// wait was interrupted (see wake.rs).
    fn next(&mut self, take: &mut dyn FnMut(RawFrame<'_>)) -> Result<(), VideoError>;
}

/// Opens a source, on the reader thread. Sources need not be `Send`.
pub(crate) type Opener = Box<dyn FnOnce() -> Result<Box<dyn Source>, VideoError> + Send>;
