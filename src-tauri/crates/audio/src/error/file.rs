//! What can be wrong with a sound file.

use std::fmt;
use std::io;

/// Why a sound file can't be used.
#[derive(Debug)]
pub enum FileFault {
    /// The system can't read it.
    Io(io::Error),
    /// It is a folder, a pipe or a device.
    NoFile {
        /// Whether it is a folder.
        is_folder: bool,
    },
    /// It has no bytes.
    Empty,
    /// It is neither WAV nor FLAC. Holds the format it looks like, if known.
    OtherKind(Option<&'static str>),
    /// Its samples are encoded in an unsupported way. Holds the name of the encoding, or its number.
    Packed(String),
    /// Its header claims something impossible.
    Impossible(String),
    /// It ends before its sound does.
    CutOff {
        /// Bytes of sound that are present.
        there: u64,
        /// Bytes of sound that the header claims.
        claimed: u64,
    },
    /// A part of it is invalid.
    Damaged(String),
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "{error}"),
            Self::NoFile { is_folder: true } => f.write_str("It is a folder."),
            Self::NoFile { is_folder: false } => f.write_str("It is a pipe or a device, not a file."),
            Self::Empty => f.write_str("It is empty."),
            Self::OtherKind(Some(kind)) => {
                write!(f, "Only WAV and FLAC files can be played; this looks like {kind}.")
            }
            Self::OtherKind(None) => f.write_str("Only WAV and FLAC files can be played; this is neither."),
            Self::Packed(how) => {
                write!(f, "Its sound is packed as {how}; only plain samples, A-law, µ-law and FLAC are read.")
            }
            Self::Impossible(what) => write!(f, "It claims {what}."),
            Self::CutOff { there, claimed } => {
                write!(f, "It is cut off: {there} of {claimed} bytes of sound are there.")
            }
            Self::Damaged(what) => write!(f, "It is damaged: {what}."),
        }
    }
}

impl std::error::Error for FileFault {}

impl From<io::Error> for FileFault {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Damaged("it ends in the middle of its header".to_owned()),
            _ => Self::Io(error),
        }
    }
}

/// Returns the name of the format of a file that begins with `head`, if known.
pub(crate) fn kind_of(head: &[u8]) -> Option<&'static str> {
    let at = |from: usize, mark: &[u8]| head.get(from..from + mark.len()) == Some(mark);
    Some(match head {
        _ if at(0, b"ID3") || (at(0, &[0xff]) && head.get(1).is_some_and(|b| b & 0xe6 == 0xe2)) => "MP3",
        _ if at(0, &[0xff]) && head.get(1).is_some_and(|b| b & 0xf6 == 0xf0) => "AAC",
        _ if at(0, b"OggS") => "Ogg (Vorbis or Opus)",
        _ if at(4, b"ftyp") => "MP4 (M4A)",
        _ if at(0, b"FORM") && at(8, b"AIF") => "AIFF",
        _ if at(0, &[0x1a, 0x45, 0xdf, 0xa3]) => "WebM or Matroska",
        _ if at(0, b".snd") => "AU",
        _ if at(0, b"caff") => "CAF",
        _ if at(0, b"RIFX") => "big-endian WAV",
        _ if at(0, b"riff") => "Wave64",
        _ if at(0, b"RIFF") && at(8, b"AVI ") => "AVI",
        _ if at(0, b"#!AMR") => "AMR",
        _ if at(0, b"MThd") => "MIDI",
        _ if at(0, &[0x30, 0x26, 0xb2, 0x75]) => "WMA",
        _ if at(0, b"wvpk") => "WavPack",
        _ => return None,
    })
}
