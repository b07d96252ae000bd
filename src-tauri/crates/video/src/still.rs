//! A still picture in place of a camera, on the reader thread.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use image::ImageError;

use crate::VideoError;
use crate::format::Layout;
use crate::source::{RawFrame, Source};

/// Often enough for a lively credit, seldom enough to cost nothing. Also the longest wait of a close.
const FRAME_GAP: Duration = Duration::from_millis(100);

/// The same picture again and again, ten times a second.
pub(crate) struct Still {
    name: String,
    width: u32,
    height: u32,
    rgb: Vec<u8>,
    shown: bool,
}

impl Still {
    /// Reads a PNG or JPEG of any size.
    pub(crate) fn open(path: &Path) -> Result<Box<dyn Source>, VideoError> {
        let failed = |error: ImageError| match error {
            ImageError::IoError(io) if io.kind() == ErrorKind::NotFound => {
                VideoError::Missing { wanted: Some(path.display().to_string()) }
            }
            ImageError::IoError(io) if io.kind() == ErrorKind::PermissionDenied => {
                VideoError::Denied { cause: Arc::new(io) }
            }
            ImageError::IoError(io) => VideoError::Other { cause: Arc::new(io) },
            other => VideoError::Format { cause: Arc::new(other) },
        };
        let picture = image::ImageReader::open(path)
            .and_then(image::ImageReader::with_guessed_format)
            .map_err(|io| failed(ImageError::IoError(io)))?
            .decode()
            .map_err(failed)?
            .into_rgb8();
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let (width, height) = picture.dimensions();
        Ok(Box::new(Self { name, width, height, rgb: picture.into_raw(), shown: false }))
    }
}

impl Source for Still {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    fn next(&mut self, take: &mut dyn FnMut(RawFrame<'_>)) -> Result<(), VideoError> {
        if std::mem::replace(&mut self.shown, true) {
            std::thread::sleep(FRAME_GAP);
        }
        take(RawFrame { layout: Layout::Rgb, width: self.width, height: self.height, data: &self.rgb });
        Ok(())
    }
}
