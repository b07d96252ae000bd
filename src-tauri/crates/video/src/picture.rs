//! Converts a camera's frame to a JPEG of a given size. Pure computation, on the camera thread.
//!
//! Pictures are never mirrored, so that the model can read text. The window mirrors the preview.

use std::time::Instant;

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use yuv::{YuvBiPlanarImage, YuvConversionMode, YuvPackedImage, YuvRange, YuvStandardMatrix};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::format::Layout;
use crate::mjpeg::Damage;

/// The JPEG quality.
pub(crate) const QUALITY: u8 = 80;

/// One encoded picture.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// A complete baseline JPEG.
    pub jpeg: Vec<u8>,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// When the frame was taken from the camera.
    pub at: Instant,
    /// The number of the frame since the camera was opened, including frames that were not encoded.
    pub sequence: u64,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { jpeg, width, height, at: _, sequence } = self;
        write!(f, "Picture({width}x{height}, {} bytes, frame {sequence})", jpeg.len())
    }
}

/// A frame from the reader: trimmed, not decoded.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) layout: Layout,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) data: Vec<u8>,
    pub(crate) at: Instant,
    pub(crate) sequence: u64,
}

/// Decoded pixels, 8 bits each R, G, B, rows without gaps.
#[derive(Debug, Default, Clone)]
pub(crate) struct Bitmap {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) rgb: Vec<u8>,
}

impl Bitmap {
    fn reshape(&mut self, width: u32, height: u32) {
        self.width = width;
        self.height = height;
        self.rgb.resize(width as usize * height as usize * 3, 0);
    }
}

/// Returns the size that fits `max_side` with the same proportions. Never enlarges; no side is zero.
pub(crate) fn fit(width: u32, height: u32, max_side: u32) -> (u32, u32) {
    let longest = width.max(height);
    if longest <= max_side {
        return (width, height);
    }
    let scaled = |side: u32| {
        let (side, max_side, longest) = (u64::from(side), u64::from(max_side), u64::from(longest));
        ((side * max_side + longest / 2) / longest).max(1) as u32
    };
    (scaled(width), scaled(height))
}

/// Turns a frame into pixels; `into` keeps its memory from frame to frame.
///
/// # Errors
/// [`Damage`] when the frame is cut off or cannot be decoded.
pub(crate) fn decode(frame: &Frame, into: &mut Bitmap) -> Result<(), Damage> {
    let Frame { layout, width, height, data, .. } = frame;
    let Some(bytes) = layout.frame_bytes(*width, *height) else { return decode_jpeg(data, into) };
    let data = data.get(..bytes).ok_or(Damage::Truncated)?;
    into.reshape(*width, *height);
    let (range, matrix) = (YuvRange::Limited, YuvStandardMatrix::Bt601);
    let done = match layout {
        Layout::Yuyv => {
            let image = YuvPackedImage { yuy: data, yuy_stride: width * 2, width: *width, height: *height };
            yuv::yuyv422_to_rgb(&image, &mut into.rgb, width * 3, range, matrix)
        }
        Layout::Nv12 => {
            let (y_plane, uv_plane) = data.split_at(*width as usize * *height as usize);
            let uv_stride = width.div_ceil(2) * 2;
            let (width, height) = (*width, *height);
            let image = YuvBiPlanarImage { y_plane, y_stride: width, uv_plane, uv_stride, width, height };
            yuv::yuv_nv12_to_rgb(&image, &mut into.rgb, width * 3, range, matrix, YuvConversionMode::Balanced)
        }
        Layout::Bgr => {
            let pixels = into.rgb.chunks_exact_mut(3).zip(data.chunks_exact(3));
            pixels.for_each(|(to, from)| to.copy_from_slice(&[from[2], from[1], from[0]]));
            Ok(())
        }
        Layout::Gray => {
            into.rgb.chunks_exact_mut(3).zip(data).for_each(|(to, &luma)| to.fill(luma));
            Ok(())
        }
        Layout::Rgb | Layout::Mjpeg => {
            into.rgb.copy_from_slice(data);
            Ok(())
        }
    };
    done.map_err(|_| Damage::Undecodable)
}

/// Decodes strictly: a code that is in no table is damage, not a picture with a grey rest.
///
/// # Errors
/// [`Damage::Undecodable`].
pub(crate) fn decode_jpeg(jpeg: &[u8], into: &mut Bitmap) -> Result<(), Damage> {
    let options = DecoderOptions::default().set_strict_mode(true).jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(jpeg), options);
    let undecodable = |_| Damage::Undecodable;
    decoder.decode_headers().map_err(undecodable)?;
    let (width, height) = decoder.dimensions().ok_or(Damage::Undecodable)?;
    into.reshape(width as u32, height as u32);
    decoder.decode_into(&mut into.rgb).map_err(undecodable)
}

/// Encodes with 4:2:0 and the standard tables: zune-jpeg misreads 4:2:0 with optimised ones. Returns `None` only for a
/// size that a JPEG can't have.
pub(crate) fn encode(bitmap: &Bitmap, quality: u8) -> Option<Vec<u8>> {
    let (width, height) = (u16::try_from(bitmap.width).ok()?, u16::try_from(bitmap.height).ok()?);
    let mut jpeg = Vec::with_capacity(bitmap.rgb.len() / 16);
    let mut encoder = Encoder::new(&mut jpeg, quality);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder.encode(&bitmap.rgb, width, height, ColorType::Rgb).ok()?;
    Some(jpeg)
}

/// Scales and encodes, reusing its buffers.
#[derive(Default)]
pub(crate) struct JpegEncoder {
    resizer: Resizer,
    scaled: Bitmap,
}

impl JpegEncoder {
    /// Returns the bitmap as a JPEG with at most `max_side` pixels on the longest side, with its width and height.
    pub(crate) fn encode_scaled(&mut self, bitmap: &Bitmap, max_side: u32) -> Option<(Vec<u8>, u32, u32)> {
        let (width, height) = fit(bitmap.width, bitmap.height, max_side);
        if (width, height) == (bitmap.width, bitmap.height) {
            return encode(bitmap, QUALITY).map(|jpeg| (jpeg, width, height));
        }
        self.scaled.reshape(width, height);
        let source = ImageRef::new(bitmap.width, bitmap.height, &bitmap.rgb, PixelType::U8x3).ok()?;
        let mut target = Image::from_slice_u8(width, height, &mut self.scaled.rgb, PixelType::U8x3).ok()?;
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
        self.resizer.resize(&source, &mut target, &options).ok()?;
        encode(&self.scaled, QUALITY).map(|jpeg| (jpeg, width, height))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(layout: Layout, width: u32, height: u32, data: Vec<u8>) -> Frame {
        Frame { layout, width, height, data, at: Instant::now(), sequence: 0 }
    }

    #[test]
    fn sizes() {
        assert_eq!(fit(1280, 720, 768), (768, 432));
        assert_eq!(fit(720, 1280, 768), (432, 768));
        assert_eq!(fit(640, 480, 768), (640, 480));
        assert_eq!(fit(1920, 1080, 640), (640, 360));
        assert_eq!(fit(8000, 2, 640), (640, 1));
    }

    proptest! {
        #[test]
        fn fitting_keeps_the_proportions(width in 1u32..8192, height in 1u32..8192, max_side in 1u32..2000) {
            let (w, h) = fit(width, height, max_side);
            prop_assert!(w >= 1 && h >= 1 && w <= width && h <= height);
            prop_assert!(w.max(h) <= max_side);
            if width.max(height) > max_side {
                prop_assert_eq!(w.max(h), max_side);
                let exact = f64::from(max_side) / f64::from(width.max(height));
                prop_assert!((f64::from(w) - f64::from(width) * exact).abs() <= 1.0);
                prop_assert!((f64::from(h) - f64::from(height) * exact).abs() <= 1.0);
            }
        }
    }

    #[test]
    fn every_layout_gives_its_colour() {
        // A bright red in BT.601 limited range: Y 81, U 90, V 240.
        let red = |rgb: &[u8]| rgb.chunks(3).all(|p| p[0] > 240 && p[1] < 15 && p[2] < 15);
        let mut bitmap = Bitmap::default();
        let yuyv = [81, 90, 81, 240].repeat(4 * 4 / 2);
        decode(&frame(Layout::Yuyv, 4, 4, yuyv), &mut bitmap).unwrap();
        assert!(red(&bitmap.rgb), "{:?}", &bitmap.rgb[..6]);
        let nv12: Vec<u8> = [81; 16].into_iter().chain([90, 240].repeat(4)).collect();
        decode(&frame(Layout::Nv12, 4, 4, nv12), &mut bitmap).unwrap();
        assert!(red(&bitmap.rgb), "{:?}", &bitmap.rgb[..6]);
        decode(&frame(Layout::Bgr, 2, 2, [0, 0, 255].repeat(4)), &mut bitmap).unwrap();
        assert!(red(&bitmap.rgb));
        decode(&frame(Layout::Gray, 2, 1, vec![7, 9]), &mut bitmap).unwrap();
        assert_eq!(bitmap.rgb, [7, 7, 7, 9, 9, 9]);
        assert_eq!(decode(&frame(Layout::Yuyv, 4, 4, vec![0; 31]), &mut bitmap), Err(Damage::Truncated));
    }

    #[test]
    fn nothing_is_mirrored() {
        // Left half black, right half white, through scaling and JPEG and back.
        let (width, height) = (1280, 720);
        let rgb =
            (0..width * height).flat_map(|i| [if i % width < width / 2 { 0 } else { 255 }; 3]).collect();
        let (jpeg, w, h) = JpegEncoder::default().encode_scaled(&Bitmap { width, height, rgb }, 768).unwrap();
        assert_eq!((w, h), (768, 432));
        let mut back = Bitmap::default();
        decode_jpeg(&jpeg, &mut back).unwrap();
        assert_eq!((back.width, back.height), (768, 432));
        assert!(back.rgb[0] < 10 && back.rgb[767 * 3] > 245);
    }

    #[test]
    fn chroma_is_halved_both_ways() {
        let jpeg = encode(&Bitmap { width: 32, height: 32, rgb: vec![90; 32 * 32 * 3] }, QUALITY).unwrap();
        let header = jpeg.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
        assert_eq!(jpeg[header + 11], 0x22, "luma sampling factors of 4:2:0");
    }

    #[test]
    fn invalid_coded_data_is_refused() {
        let rgb = (0..320u64 * 240 * 3).map(|i| ((i * i) >> 4) as u8).collect();
        let mut jpeg = encode(&Bitmap { width: 320, height: 240, rgb }, QUALITY).unwrap();
        let half = jpeg.len() / 2;
        // Ones only (FF is stuffed with 00): no table has such a code.
        jpeg.splice(half..half, [0xFF, 0x00].repeat(64));
        assert_eq!(decode_jpeg(&jpeg, &mut Bitmap::default()), Err(Damage::Undecodable));
    }
}
