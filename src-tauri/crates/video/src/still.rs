//! A still picture: read from a file, in place of a camera (on the reader thread) or to be sent once (on the caller's).

use std::fs::File;
use std::io::{self, BufReader, ErrorKind};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use image::error::{LimitError, LimitErrorKind};
use image::{DynamicImage, ImageDecoder, ImageError, ImageReader, Limits, RgbImage, Rgba};

use crate::VideoError;
use crate::camera::CameraConfig;
use crate::format::Layout;
use crate::picture::{Bitmap, Press};
use crate::source::{RawFrame, Source};

/// Often enough for a lively credit, seldom enough to cost nothing. Also the longest wait of a close.
const FRAME_GAP: Duration = Duration::from_millis(100);

/// No camera and no screen is wider or higher, in pixels; a file that says so is not unpacked.
const MAX_SIDE: u32 = 16_384;
/// What unpacking a picture may take: 64 million pixels with four bytes each.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// A PNG or JPEG file as the model gets a camera's picture: upright, without transparency, its longest side 768 pixels at
/// most, a JPEG. Reads and computes for up to a second, so it blocks.
///
/// # Errors
/// `Missing` or `Denied` for a file that can't be opened, `Format` for one that is no such picture or too large.
pub fn still_jpeg(path: &Path) -> Result<Vec<u8>, VideoError> {
    let picture = read(path)?;
    let (width, height) = picture.dimensions();
    let bitmap = Bitmap { width, height, rgb: picture.into_raw() };
    let printed = Press::default().print(&bitmap, CameraConfig::default().send_max_side);
    printed.map(|(jpeg, ..)| jpeg).ok_or_else(|| VideoError::Format {
        cause: Arc::new(io::Error::new(ErrorKind::InvalidData, "no JPEG has this size")),
    })
}

/// The picture, upright and opaque.
fn read(path: &Path) -> Result<RgbImage, VideoError> {
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
    let reader = ImageReader::open(path)
        .and_then(ImageReader::with_guessed_format)
        .map_err(|io| failed(ImageError::IoError(io)))?;
    upright(reader).map_err(failed)
}

fn upright(mut reader: ImageReader<BufReader<File>>) -> Result<RgbImage, ImageError> {
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(MAX_SIDE), Some(MAX_SIDE));
    limits.max_alloc = Some(MAX_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    if decoder.total_bytes() > MAX_BYTES {
        return Err(ImageError::Limits(LimitError::from_kind(LimitErrorKind::InsufficientMemory)));
    }
    // A telephone writes its pictures as its sensor lies, and beside them how to turn them.
    let orientation = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    Ok(if picture.color().has_alpha() { on_white(&picture) } else { picture.into_rgb8() })
}

/// Transparent parts as on paper: what colour lies beneath them nobody has seen.
fn on_white(picture: &DynamicImage) -> RgbImage {
    let over = |colour: u8, alpha: u8| {
        let (colour, alpha) = (u32::from(colour), u32::from(alpha));
        ((colour * alpha + 255 * (255 - alpha) + 127) / 255) as u8
    };
    let rgba = picture.to_rgba8();
    RgbImage::from_fn(rgba.width(), rgba.height(), |x, y| {
        let Rgba([red, green, blue, alpha]) = *rgba.get_pixel(x, y);
        image::Rgb([over(red, alpha), over(green, alpha), over(blue, alpha)])
    })
}

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
        let picture = read(path)?;
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

#[cfg(test)]
mod tests {
    use image::{ImageFormat, RgbaImage};

    use super::*;
    use crate::picture::decode_jpeg;

    fn written(name: &str, picture: &DynamicImage) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        picture.save_with_format(&path, ImageFormat::Png).unwrap();
        (folder, path)
    }

    fn sent(path: &Path) -> Bitmap {
        let mut bitmap = Bitmap::default();
        decode_jpeg(&still_jpeg(path).unwrap(), &mut bitmap).unwrap();
        bitmap
    }

    #[test]
    fn a_large_picture_is_scaled_as_a_cameras_is_and_a_small_one_is_left() {
        let (_folder, path) = written("large.png", &DynamicImage::new_rgb8(2000, 1000));
        let large = sent(&path);
        assert_eq!((large.width, large.height), (768, 384));
        let (_folder, path) = written("small.png", &DynamicImage::new_rgb8(40, 30));
        assert_eq!((sent(&path).width, sent(&path).height), (40, 30));
    }

    #[test]
    fn what_is_transparent_is_white() {
        let clear = RgbaImage::from_pixel(16, 16, Rgba([0, 0, 0, 0]));
        let (_folder, path) = written("clear.png", &DynamicImage::ImageRgba8(clear));
        assert!(sent(&path).rgb.iter().all(|&value| value > 250));
    }

    #[test]
    fn a_file_that_is_no_picture_is_told_from_one_that_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.txt");
        assert!(matches!(still_jpeg(&path), Err(VideoError::Missing { .. })));
        std::fs::write(&path, "no picture").unwrap();
        assert!(matches!(still_jpeg(&path), Err(VideoError::Format { .. })));
    }

    #[test]
    fn a_picture_that_says_to_be_enormous_is_not_unpacked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bomb.png");
        let mut png = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR".to_vec();
        png.extend([&60_000u32.to_be_bytes()[..], &60_000u32.to_be_bytes(), &[8, 2, 0, 0, 0]].concat());
        // The sum over type and content that a reader checks.
        png.extend(crc32(&png[12..]).to_be_bytes());
        std::fs::write(&path, png).unwrap();
        let Err(VideoError::Format { cause }) = still_jpeg(&path) else { panic!("it was taken") };
        assert!(cause.to_string().contains("limit"), "{cause}");
    }

    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0, |sum, byte| {
            (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
                if sum & 1 == 1 { (sum >> 1) ^ 0xEDB8_8320 } else { sum >> 1 }
            })
        })
    }
}
