//! Large pictures, scaled while they are decoded: a JPEG by its decoder in the transform, a PNG row by row.

use std::io::Cursor;

use image::RgbImage;

use super::fault::PictureFault;
use super::jpeg::Shape;
use super::over_white;

/// The longest side is not scaled below this: twice the size that is sent.
const LONGEST: u32 = 1_536;
/// The most pixels of a progressive JPEG, which is kept in memory with up to six bytes per pixel.
const PROGRESSIVE_PIXELS: u64 = 110_000_000;

/// Decodes a JPEG at an eighth, a quarter or half of its size.
pub(super) fn jpeg(bytes: &[u8], shape: Shape) -> Result<RgbImage, PictureFault> {
    let mut decoder = jpeg_decoder::Decoder::new(Cursor::new(bytes));
    decoder.read_info().map_err(of_jpeg)?;
    let info = decoder.info().ok_or_else(|| PictureFault::Damaged("it has no header".to_owned()))?;
    let (width, height) = (u32::from(info.width), u32::from(info.height));
    if shape.is_progressive && u64::from(width) * u64::from(height) > PROGRESSIVE_PIXELS {
        return Err(PictureFault::TooLarge { width, height });
    }
    let wanted = |side: u32| (side / factor(width, height)).max(1) as u16;
    decoder.scale(wanted(width), wanted(height)).map_err(of_jpeg)?;
    let pixels = decoder.decode().map_err(of_jpeg)?;
    let info = decoder.info().ok_or_else(|| PictureFault::Damaged("it has no header".to_owned()))?;
    let rgb = match info.pixel_format {
        jpeg_decoder::PixelFormat::RGB24 => pixels,
        jpeg_decoder::PixelFormat::L8 => pixels.iter().flat_map(|grey| [*grey; 3]).collect(),
        other => return Err(PictureFault::Damaged(format!("its colours are {other:?}"))),
    };
    RgbImage::from_raw(info.width.into(), info.height.into(), rgb)
        .ok_or_else(|| PictureFault::Damaged("it is shorter than it says".to_owned()))
}

/// Decodes a PNG, averaging each square of pixels.
pub(super) fn png(bytes: &[u8]) -> Result<RgbImage, PictureFault> {
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    let mut reader = decoder.read_info().map_err(of_png)?;
    let (width, height) = (reader.info().width, reader.info().height);
    if reader.info().interlaced {
        // The rows of an interlaced PNG come in seven passes.
        return Err(PictureFault::TooLarge { width, height });
    }
    let samples = reader.output_color_type().0.samples();
    let mut shrunk = Shrunk::new(width, height, factor(width, height));
    while let Some(row) = reader.next_row().map_err(of_png)? {
        shrunk.take(row.data(), samples);
    }
    shrunk.picture()
}

/// Returns how many pixels become one, each way.
fn factor(width: u32, height: u32) -> u32 {
    (width.max(height) / LONGEST).max(1)
}

/// A picture that is scaled down row by row.
struct Shrunk {
    factor: usize,
    width: usize,
    height: usize,
    /// Sums of the squares that are not complete yet.
    sums: Vec<[u32; 3]>,
    rows: usize,
    seen: usize,
    rgb: Vec<u8>,
}

impl Shrunk {
    fn new(width: u32, height: u32, factor: u32) -> Self {
        let sums = vec![[0; 3]; width.div_ceil(factor) as usize];
        let (factor, width, height) = (factor as usize, width as usize, height as usize);
        Self { factor, width, height, sums, rows: 0, seen: 0, rgb: Vec::new() }
    }

    /// Adds a row with `samples` bytes per pixel: grey or colour, with or without transparency.
    fn take(&mut self, row: &[u8], samples: usize) {
        for (x, pixel) in row.chunks_exact(samples).take(self.width).enumerate() {
            let rgb = match *pixel {
                [grey] => [grey; 3],
                [grey, alpha] => [over_white(grey, alpha); 3],
                [red, green, blue] => [red, green, blue],
                [red, green, blue, alpha, ..] => [red, green, blue].map(|colour| over_white(colour, alpha)),
                [] => continue,
            };
            for (sum, colour) in self.sums[x / self.factor].iter_mut().zip(rgb) {
                *sum += u32::from(colour);
            }
        }
        self.rows += 1;
        self.seen += 1;
        if self.rows == self.factor || self.seen == self.height {
            self.finish_squares();
        }
    }

    fn finish_squares(&mut self) {
        for (n, sums) in self.sums.iter_mut().enumerate() {
            let columns = self.factor.min(self.width - n * self.factor);
            let area = (columns * self.rows).max(1) as u32;
            self.rgb.extend(std::mem::take(sums).map(|sum| (sum / area) as u8));
        }
        self.rows = 0;
    }

    fn picture(self) -> Result<RgbImage, PictureFault> {
        if self.seen < self.height {
            return Err(PictureFault::CutOff);
        }
        let (width, height) = (self.sums.len() as u32, self.height.div_ceil(self.factor) as u32);
        RgbImage::from_raw(width, height, self.rgb)
            .ok_or_else(|| PictureFault::Damaged("it is shorter than it says".to_owned()))
    }
}

fn of_jpeg(error: jpeg_decoder::Error) -> PictureFault {
    match error {
        jpeg_decoder::Error::Io(error) => error.into(),
        other => PictureFault::Damaged(other.to_string()),
    }
}

fn of_png(error: png::DecodingError) -> PictureFault {
    match error {
        png::DecodingError::IoError(error) => error.into(),
        other => PictureFault::Damaged(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_and_column_of_a_large_png_counts() {
        for (width, height, factor) in [(7_u32, 5_u32, 3), (6, 6, 3), (1, 9, 2), (9, 1, 4), (3, 3, 1)] {
            let mut shrunk = Shrunk::new(width, height, factor);
            for _ in 0..height {
                shrunk.take(&vec![90; width as usize * 3], 3);
            }
            let picture = shrunk.picture().unwrap();
            assert_eq!(picture.dimensions(), (width.div_ceil(factor), height.div_ceil(factor)));
            assert!(picture.as_raw().iter().all(|value| *value == 90), "{width}x{height}/{factor}");
        }
    }
}
