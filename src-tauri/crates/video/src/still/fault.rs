//! The errors of a picture's file.

use std::fmt;
use std::io;

use image::ImageError;

/// Why a picture's file can't be used.
#[derive(Debug)]
pub enum PictureFault {
    /// The system can't read it.
    Io(io::Error),
    /// It is a folder, a pipe or a device.
    NoFile {
        /// It is a folder.
        is_folder: bool,
    },
    /// It is empty.
    Empty,
    /// It is too large; its size in bytes.
    TooLong(u64),
    /// It is neither PNG nor JPEG; its kind, if known.
    OtherKind(Option<&'static str>),
    /// It has too many pixels.
    TooLarge {
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
    },
    /// It ends before the picture does.
    CutOff,
    /// A part of it is damaged; the decoder's message.
    Damaged(String),
}

impl fmt::Display for PictureFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "{error}"),
            Self::NoFile { is_folder: true } => f.write_str("It is a folder."),
            Self::NoFile { is_folder: false } => f.write_str("It is a pipe or a device, not a file."),
            Self::Empty => f.write_str("It is empty."),
            Self::TooLong(bytes) => write!(f, "It is too large: {} MB.", bytes / 1_000_000),
            Self::OtherKind(Some(kind)) => {
                write!(f, "Only PNG and JPEG pictures can be shown; this looks like {kind}.")
            }
            Self::OtherKind(None) => f.write_str("Only PNG and JPEG pictures can be shown; this is neither."),
            Self::TooLarge { width, height } => write!(f, "It is too large: {width} × {height} pixels."),
            Self::CutOff => f.write_str("It is cut off: the end of the picture is missing."),
            Self::Damaged(words) => write!(f, "It is damaged: {words}."),
        }
    }
}

impl std::error::Error for PictureFault {}

impl From<io::Error> for PictureFault {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof { Self::CutOff } else { Self::Io(error) }
    }
}

impl From<ImageError> for PictureFault {
    fn from(error: ImageError) -> Self {
        match error {
            ImageError::IoError(error) => error.into(),
            other => Self::Damaged(other.to_string()),
        }
    }
}

/// Returns the kind of a file that starts with `head`.
pub(super) fn kind_of(head: &[u8]) -> Option<&'static str> {
    let at = |from: usize, mark: &[u8]| head.get(from..from + mark.len()) == Some(mark);
    let brand = head.get(8..12).filter(|_| at(4, b"ftyp"));
    Some(match brand {
        Some(b"heic" | b"heix" | b"heim" | b"hevc" | b"mif1" | b"msf1") => "HEIC",
        Some(b"avif" | b"avis") => "AVIF",
        Some(_) => "a video",
        None if at(0, b"GIF8") => "GIF",
        None if at(0, b"RIFF") && at(8, b"WEBP") => "WebP",
        None if at(0, b"BM") => "BMP",
        None if at(0, b"II*\0") || at(0, b"MM\0*") => "TIFF, or a camera's raw picture",
        None if at(0, b"\0\0\x01\0") => "an icon",
        None if at(0, b"%PDF") => "PDF",
        None if at(0, b"8BPS") => "Photoshop",
        None if at(0, &[0xff, 0x0a]) || at(4, b"JXL ") => "JPEG XL",
        None if at(4, b"jP  ") => "JPEG 2000",
        None if at(0, b"<svg") || at(0, b"<?xml") => "SVG",
        None => return None,
    })
}
