//! The errors of a camera, classified where they occur.
//!
//! nokhwa returns only strings. This is the only place that reads them. It looks for the system's error numbers, never
//! for words.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

/// The error beneath a [`VideoError`], for the log and the detail line.
pub type Cause = Arc<dyn Error + Send + Sync>;

/// Why there is no picture. Each kind needs a different action of the user.
#[derive(Debug, Clone, thiserror::Error)]
pub enum VideoError {
    /// There is no camera, or none with the requested name.
    #[error("{}", missing(wanted.as_deref()))]
    Missing {
        /// The requested name or id; `None` for the default camera.
        wanted: Option<String>,
    },
    /// The system denies this program the camera.
    #[error("this program may not use the camera")]
    Denied {
        /// What the system said.
        #[source]
        cause: Cause,
    },
    /// Another program uses the camera.
    #[error("another program is using the camera")]
    Busy {
        /// What the system said.
        #[source]
        cause: Cause,
    },
    /// The camera has no readable format, or the picture file can't be decoded.
    #[error("the camera's picture format cannot be read")]
    Format {
        /// What the camera's driver or the decoder said.
        #[source]
        cause: Cause,
    },
    /// The camera disappeared while it was running.
    #[error("the camera was disconnected")]
    Lost {
        /// What the system said.
        #[source]
        cause: Cause,
    },
    /// The camera is open but delivered no usable picture for `after`.
    #[error("no usable picture for {} s ({damaged} damaged)", after.as_secs())]
    Stalled {
        /// How long no usable picture came.
        after: Duration,
        /// Damaged frames since the camera was opened.
        damaged: u64,
    },
    /// The picture file in the camera's place can't be used.
    #[error("{} can't be used", path.display())]
    File {
        /// The file.
        path: std::path::PathBuf,
        /// Why.
        #[source]
        cause: Cause,
    },
    /// Anything else.
    #[error("the camera failed")]
    Other {
        /// What the camera's driver said.
        #[source]
        cause: Cause,
    },
}

impl VideoError {
    pub(crate) fn of_file(path: &std::path::Path, fault: impl Error + Send + Sync + 'static) -> Self {
        Self::File { path: path.to_owned(), cause: Arc::new(fault) }
    }
}

fn missing(wanted: Option<&str>) -> String {
    wanted.map_or_else(|| "no camera was found".to_owned(), |name| format!("no camera is called \"{name}\""))
}

/// The phase in which an error occurred: a missing node is `Missing` at first and `Lost` later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Finding, opening, choosing the format.
    Opening,
    /// Reading pictures.
    Streaming,
}

/// Classifies an error by the system's number in its message: `os error N` on Linux, an HRESULT in brackets on
/// Windows.
pub(crate) fn classify(cause: Cause, phase: Phase) -> VideoError {
    const EPERM: u32 = 1;
    const ENOENT: u32 = 2;
    const EIO: u32 = 5;
    const ENXIO: u32 = 6;
    const EACCES: u32 = 13;
    const EBUSY: u32 = 16;
    const ENODEV: u32 = 19;
    const EPROTO: u32 = 71;
    const ESHUTDOWN: u32 = 108;
    let text = cause.to_string();
    match os_error(&text) {
        Some(EPERM | EACCES) => return VideoError::Denied { cause },
        Some(EBUSY) => return VideoError::Busy { cause },
        Some(ENOENT) if phase == Phase::Opening => return VideoError::Missing { wanted: None },
        // An unplugged USB camera causes any of these, depending on the driver and the moment.
        Some(ENODEV | ENXIO) => return VideoError::Lost { cause },
        Some(ENOENT | EIO | EPROTO | ESHUTDOWN) if phase == Phase::Streaming => {
            return VideoError::Lost { cause };
        }
        Some(_) => return VideoError::Other { cause },
        None => {}
    }
    match hresult(&text) {
        Some(0x8007_0005) => VideoError::Denied { cause }, // E_ACCESSDENIED: the privacy switch
        Some(0xC00D_3704 | 0xC00D_3EA3) => VideoError::Busy { cause }, // start refused, device preempted
        Some(0xC00D_3EA2 | 0xC00D_3E85) => VideoError::Lost { cause }, // device invalidated, shut down
        Some(0xC00D_36B4) => VideoError::Format { cause }, // MF_E_INVALIDMEDIATYPE
        _ => VideoError::Other { cause },
    }
}

/// Returns whether a signal interrupted a wait. This is not an error of the camera.
pub(crate) fn interrupted(text: &str) -> bool {
    const EINTR: u32 = 4;
    os_error(text) == Some(EINTR)
}

fn os_error(text: &str) -> Option<u32> {
    let digits = text.split_once("os error ")?.1;
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().ok()
}

fn hresult(text: &str) -> Option<u32> {
    let digits = text.split_once("0x")?.1;
    u32::from_str_radix(digits.get(..8)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str, phase: Phase) -> VideoError {
        classify(Arc::new(std::io::Error::other(text.to_owned())), phase)
    }

    #[test]
    fn errors_are_classified_by_number() {
        use Phase::{Opening, Streaming};
        let open = "Could not open device 0: V4L2 Error: Permission denied (os error 13)";
        assert!(matches!(kind(open, Opening), VideoError::Denied { .. }));
        let busy = "Could not open device stream: Device or resource busy (os error 16)";
        assert!(matches!(kind(busy, Opening), VideoError::Busy { .. }));
        let gone = "Could not capture frame: No such device (os error 19)";
        assert!(matches!(kind(gone, Streaming), VideoError::Lost { .. }));
        let none = "Could not open device 0: V4L2 Error: No such file or directory (os error 2)";
        assert!(matches!(kind(none, Opening), VideoError::Missing { .. }));
        assert!(matches!(kind("Input/output error (os error 5)", Streaming), VideoError::Lost { .. }));
        assert!(matches!(kind("Invalid argument (os error 22)", Streaming), VideoError::Other { .. }));
        assert!(matches!(kind("no number", Streaming), VideoError::Other { .. }));
    }

    #[test]
    fn numbers_are_read_whole() {
        // 190 is not 19, and a device called 19 is not an error number.
        assert!(matches!(kind("(os error 190)", Phase::Streaming), VideoError::Other { .. }));
        assert!(matches!(kind("device 19: (os error 16)", Phase::Opening), VideoError::Busy { .. }));
        assert!(interrupted("Interrupted system call (os error 4)"));
        assert!(!interrupted("(os error 44)"));
    }

    #[test]
    fn windows_codes() {
        let text = "Could not capture frame: The device was removed. (0xC00D3EA2)";
        assert!(matches!(kind(text, Phase::Streaming), VideoError::Lost { .. }));
        assert!(matches!(kind("Access is denied. (0x80070005)", Phase::Opening), VideoError::Denied { .. }));
        assert!(matches!(kind("0x", Phase::Opening), VideoError::Other { .. }));
    }
}
