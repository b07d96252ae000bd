//! A still picture from a file: in place of a camera (on the reader thread) or to be sent once (on the caller's
//! thread).
//!
//! PNG and JPEG are read. A large picture, such as a panorama, is scaled while it is decoded, which bounds the memory
//! (`large`).

mod fault;
mod jpeg;
mod large;

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;
use std::time::Duration;

use image::{DynamicImage, ImageDecoder, ImageReader, Limits, RgbImage, Rgba};

use crate::VideoError;
use crate::config::CameraConfig;
use crate::format::Layout;
use crate::picture::{Bitmap, JpegEncoder};
use crate::source::{RawFrame, Source};

pub use fault::PictureFault;

/// Short enough for prompt previews, long enough to be cheap. It is also the longest wait when closing.
const FRAME_GAP: Duration = Duration::from_millis(100);

/// The largest file that is read, in bytes.
const MOST_FILE_BYTES: u64 = 256 * 1024 * 1024;
/// Pictures with up to this many pixels are decoded whole; larger ones are scaled while decoding.
const WHOLE_PIXELS: u64 = 24_000_000;
/// The memory for decoding a picture whole: eight bytes per pixel.
const MAX_BYTES: u64 = WHOLE_PIXELS * 8;
/// The most pixels of a picture. Decoding more would take over half a minute.
const MOST_PIXELS: u64 = 400_000_000;

/// Reads a PNG or JPEG file and returns it in the form of a camera's picture: a JPEG, upright, without transparency,
/// at most 768 pixels on the longest side. Blocks for up to some seconds. Uses the file's size plus 200 MB; a
/// progressive JPEG needs six bytes per pixel, so one of 110 million pixels takes about 650 MB.
///
/// # Errors
/// [`PictureFault`] when the file can't be read, is not a PNG or JPEG, is damaged, or is too large.
pub fn still_jpeg(path: &Path) -> Result<Vec<u8>, PictureFault> {
    scaled(read(path)?)
}

/// The same of a picture in memory.
///
/// # Errors
/// [`PictureFault`] when it is not a PNG or JPEG, is damaged, or is too large.
pub fn still_jpeg_of(bytes: &[u8]) -> Result<Vec<u8>, PictureFault> {
    scaled(decoded(bytes)?)
}

fn scaled(picture: RgbImage) -> Result<Vec<u8>, PictureFault> {
    let (width, height) = picture.dimensions();
    let bitmap = Bitmap { width, height, rgb: picture.into_raw() };
    let printed = JpegEncoder::default().encode_scaled(&bitmap, CameraConfig::default().send_max_side);
    printed.map(|(jpeg, ..)| jpeg).ok_or(PictureFault::TooLarge { width, height })
}

/// Reads the picture, upright and opaque.
fn read(path: &Path) -> Result<RgbImage, PictureFault> {
    decoded(&bytes_of(path)?)
}

fn decoded(bytes: &[u8]) -> Result<RgbImage, PictureFault> {
    let is_jpeg = bytes.starts_with(&[0xff, 0xd8, 0xff]);
    if !is_jpeg && !bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Err(PictureFault::OtherKind(fault::kind_of(bytes)));
    }
    let shape = if is_jpeg { Some(jpeg::Shape::of(bytes)?) } else { None };
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    reader.no_limits();
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MOST_PIXELS {
        return Err(PictureFault::TooLarge { width, height });
    }
    // Phones store pictures in the sensor's orientation, with a tag that says how to turn them.
    let orientation = decoder.orientation()?;
    let mut picture = match shape {
        _ if pixels <= WHOLE_PIXELS && decoder.total_bytes() <= MAX_BYTES => {
            let mut limits = Limits::default();
            limits.max_alloc = Some(2 * MAX_BYTES);
            decoder.set_limits(limits)?;
            DynamicImage::from_decoder(decoder)?
        }
        Some(shape) => DynamicImage::ImageRgb8(large::jpeg(bytes, shape)?),
        None => DynamicImage::ImageRgb8(large::png(bytes)?),
    };
    picture.apply_orientation(orientation);
    Ok(if picture.color().has_alpha() { on_white(&picture) } else { picture.into_rgb8() })
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, PictureFault> {
    let found = std::fs::metadata(path)?;
    if !found.is_file() {
        return Err(PictureFault::NoFile { is_folder: found.is_dir() });
    }
    match found.len() {
        0 => return Err(PictureFault::Empty),
        length if length > MOST_FILE_BYTES => return Err(PictureFault::TooLong(length)),
        _ => {}
    }
    let mut bytes = Vec::new();
    // The file may grow while it is read.
    File::open(path)?.take(MOST_FILE_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Transparent parts become white; the colour beneath them was never visible.
fn on_white(picture: &DynamicImage) -> RgbImage {
    let rgba = picture.to_rgba8();
    RgbImage::from_fn(rgba.width(), rgba.height(), |x, y| {
        let Rgba([red, green, blue, alpha]) = *rgba.get_pixel(x, y);
        image::Rgb([over_white(red, alpha), over_white(green, alpha), over_white(blue, alpha)])
    })
}

fn over_white(colour: u8, alpha: u8) -> u8 {
    let (colour, alpha) = (u32::from(colour), u32::from(alpha));
    ((colour * alpha + 255 * (255 - alpha) + 127) / 255) as u8
}

/// A source that repeats one picture ten times a second.
pub(crate) struct Still {
    name: String,
    width: u32,
    height: u32,
    rgb: Vec<u8>,
    shown: bool,
}

impl Still {
    /// Reads a PNG or JPEG of any size.
    ///
    /// # Errors
    /// [`VideoError::File`] when the file can't be used.
    pub(crate) fn open(path: &Path) -> Result<Box<dyn Source>, VideoError> {
        let picture = read(path).map_err(|fault| VideoError::of_file(path, fault))?;
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
mod tests;
