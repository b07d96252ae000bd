//! Typical pictures, and files that are not pictures.

use std::fmt::Write as _;
use std::path::PathBuf;

use image::{ImageFormat, RgbaImage};

use super::*;
use crate::picture::decode_jpeg;

fn disk(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn written(name: &str, picture: &DynamicImage) -> (tempfile::TempDir, PathBuf) {
    disk(name, &encoded(picture, ImageFormat::Png))
}

fn sent(path: &Path) -> Bitmap {
    let mut bitmap = Bitmap::default();
    decode_jpeg(&still_jpeg(path).unwrap(), &mut bitmap).unwrap();
    bitmap
}

#[test]
fn a_large_picture_is_scaled_and_a_small_one_is_kept() {
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

/// Left half red, right half blue, a white line on top.
fn halves(width: u32, height: u32) -> DynamicImage {
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |x, y| match (x < width / 2, y < height / 8) {
        (_, true) => image::Rgb([255; 3]),
        (true, _) => image::Rgb([200, 0, 0]),
        (false, _) => image::Rgb([0, 0, 200]),
    }))
}

#[test]
fn a_wide_panorama_is_scaled_while_decoding() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg] {
        let (_folder, path) = disk("panorama", &encoded(&halves(20_000, 1_600), format));
        let seen = sent(&path);
        assert!(seen.width == 768 && (61..=62).contains(&seen.height), "{format:?}: {}", seen.height);
        let at = |x: u32, y: u32| {
            let from = (y * seen.width + x) as usize * 3;
            [seen.rgb[from], seen.rgb[from + 1], seen.rgb[from + 2]]
        };
        let (red, blue, white) = (at(100, 50), at(700, 50), at(400, 2));
        assert!(
            red[0] > 150 && red[2] < 60 && blue[2] > 150 && blue[0] < 60 && white[1] > 200,
            "{red:?} {blue:?} {white:?}"
        );
    }
}

#[test]
fn a_108_megapixel_photo_is_scaled_while_decoding() {
    let photo = DynamicImage::ImageLuma8(image::GrayImage::from_pixel(12_000, 9_000, image::Luma([77])));
    let (_folder, path) = disk("photo.jpg", &encoded(&photo, ImageFormat::Jpeg));
    drop(photo);
    let seen = sent(&path);
    assert_eq!((seen.width, seen.height), (768, 576));
    assert!(seen.rgb.iter().all(|value| value.abs_diff(77) < 4));
}

#[test]
fn a_rotated_photo_is_turned_upright() {
    for (width, height) in [(400, 200), (8_000, 4_000)] {
        let jpeg = encoded(&halves(width, height), ImageFormat::Jpeg);
        // Exif with the one entry "orientation 6": turned to the right.
        let exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        let app = [&[0xff, 0xe1][..], &(exif.len() as u16 + 2).to_be_bytes(), exif].concat();
        let turned = [&jpeg[..2], &app, &jpeg[2..]].concat();
        let (_folder, path) = disk("turned.jpg", &turned);
        let seen = sent(&path);
        assert!(seen.width < seen.height, "{}x{}", seen.width, seen.height);
    }
}

#[test]
fn an_unreadable_picture_is_refused_with_a_reason() {
    let (png, jpeg) =
        (encoded(&halves(64, 64), ImageFormat::Png), encoded(&halves(64, 64), ImageFormat::Jpeg));
    let mut said = String::new();
    for (name, bytes) in [
        ("empty", vec![]),
        ("text", b"no picture".to_vec()),
        ("gif", b"GIF89a and the rest".to_vec()),
        ("heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec()),
        ("avif", b"\0\0\0\x18ftypavif".to_vec()),
        ("webp", b"RIFF\x10\0\0\0WEBPVP8 ".to_vec()),
        ("bmp", b"BM and the rest".to_vec()),
        ("tiff", b"II*\0 and the rest".to_vec()),
        ("svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec()),
        ("cut png", png[..png.len() / 2].to_vec()),
        ("cut jpeg", jpeg[..jpeg.len() - 40].to_vec()),
        ("jpeg's head", jpeg[..20].to_vec()),
        ("bomb", bomb(60_000)),
    ] {
        let (_folder, path) = disk("picture.png", &bytes);
        writeln!(said, "{name}: {}", still_jpeg(&path).unwrap_err()).unwrap();
    }
    let expected = "empty: It is empty.
text: Only PNG and JPEG pictures can be shown; this is neither.
gif: Only PNG and JPEG pictures can be shown; this looks like GIF.
heic: Only PNG and JPEG pictures can be shown; this looks like HEIC.
avif: Only PNG and JPEG pictures can be shown; this looks like AVIF.
webp: Only PNG and JPEG pictures can be shown; this looks like WebP.
bmp: Only PNG and JPEG pictures can be shown; this looks like BMP.
tiff: Only PNG and JPEG pictures can be shown; this looks like TIFF, or a camera's raw picture.
svg: Only PNG and JPEG pictures can be shown; this looks like SVG.
cut png: It is cut off: the end of the picture is missing.
cut jpeg: It is cut off: the end of the picture is missing.
jpeg's head: It is cut off: the end of the picture is missing.
bomb: It is too large: 60000 × 60000 pixels.
";
    assert_eq!(said, expected);
}

#[test]
fn folders_pipes_and_missing_files_are_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(still_jpeg(folder.path()).unwrap_err().to_string(), "It is a folder.");
    if cfg!(unix) {
        let device = still_jpeg(Path::new("/dev/zero")).unwrap_err();
        assert_eq!(device.to_string(), "It is a pipe or a device, not a file.");
    }
    let missing = still_jpeg(&folder.path().join("none.png")).unwrap_err();
    assert!(matches!(missing, PictureFault::Io(error) if error.kind() == std::io::ErrorKind::NotFound));
}

/// A PNG whose header announces `side` pixels each way and that contains none.
fn bomb(side: u32) -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR".to_vec();
    png.extend([&side.to_be_bytes()[..], &side.to_be_bytes(), &[8, 2, 0, 0, 0]].concat());
    // The checksum over type and content.
    png.extend(crc32(&png[12..]).to_be_bytes());
    // The decoder reads up to the first chunk of the picture.
    png.extend(b"\0\0\0\x01IDATx");
    png
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum, byte| {
        (0..8).fold(
            sum ^ u32::from(*byte),
            |sum, _| {
                if sum & 1 == 1 { (sum >> 1) ^ 0xEDB8_8320 } else { sum >> 1 }
            },
        )
    })
}
