//! Errors of devices and sound files.

pub(crate) mod file;

use std::error::Error;
use std::fmt;
use std::path::PathBuf;

use dsp::resample::UnsupportedRate;

pub use file::FileFault;

/// Microphone or speaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The input.
    Microphone,
    /// The output.
    Speaker,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Side::Microphone => "microphone",
            Side::Speaker => "speaker",
        })
    }
}

/// The kind of failure, as far as a person can act on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// No such device, no device at all, or no sound server.
    Missing,
    /// The system denies access.
    Denied,
    /// Another program uses it.
    Busy,
    /// It has no usable format, or a file can't be played.
    Format,
    /// It went away, or gives no sound.
    Lost,
    /// Something else; see the source.
    Other,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Fault::Missing => "not found",
            Fault::Denied => "access denied",
            Fault::Busy => "in use by another program",
            Fault::Format => "no usable format",
            Fault::Lost => "lost",
            Fault::Other => "does not work",
        })
    }
}

impl From<cpal::ErrorKind> for Fault {
    fn from(kind: cpal::ErrorKind) -> Self {
        use cpal::ErrorKind as K;
        match kind {
            K::DeviceNotAvailable | K::HostUnavailable => Fault::Missing,
            K::PermissionDenied => Fault::Denied,
            K::DeviceBusy | K::ResourceExhausted => Fault::Busy,
            K::UnsupportedConfig | K::UnsupportedOperation | K::InvalidInput => Fault::Format,
            K::StreamInvalidated | K::DeviceChanged => Fault::Lost,
            _ => Fault::Other,
        }
    }
}

/// Why the sound could not start.
#[derive(Debug, thiserror::Error)]
pub enum AudioError {
    /// A device could not be opened, or gave no sound.
    #[error("{side}{}: {fault}", quoted(.name.as_ref()))]
    Device {
        /// Microphone or speaker.
        side: Side,
        /// The kind of failure.
        fault: Fault,
        /// The requested name, or the name of the device if it is known.
        name: Option<String>,
        /// The error of the system.
        source: Option<Box<dyn Error + Send + Sync>>,
    },
    /// The file in the microphone's place can't be used.
    #[error("cannot read {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: FileFault,
    },
    /// A sound file can't be written.
    #[error("cannot write {}", path.display())]
    Save {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The devices did not answer in time, or a thread could not be started.
    #[error("the sound system does not answer")]
    Stuck(#[source] Option<std::io::Error>),
}

fn quoted(name: Option<&String>) -> String {
    name.map(|name| format!(" \"{name}\"")).unwrap_or_default()
}

impl AudioError {
    /// Returns which device it is about. A sound file counts as the microphone it replaces.
    pub fn side(&self) -> Option<Side> {
        match self {
            AudioError::Device { side, .. } => Some(*side),
            AudioError::File { .. } => Some(Side::Microphone),
            AudioError::Save { .. } | AudioError::Stuck(_) => None,
        }
    }

    /// Creates the error for a device whose rate can't be resampled.
    pub(crate) fn unsupported_rate(side: Side, error: UnsupportedRate) -> Self {
        AudioError::Device { side, fault: Fault::Format, name: None, source: Some(Box::new(error)) }
    }

    /// Returns the kind of failure.
    pub fn fault(&self) -> Fault {
        match self {
            AudioError::Device { fault, .. } => *fault,
            AudioError::File { source: FileFault::Io(source), .. } | AudioError::Save { source, .. } => {
                match source.kind() {
                    std::io::ErrorKind::NotFound => Fault::Missing,
                    std::io::ErrorKind::PermissionDenied => Fault::Denied,
                    _ => Fault::Other,
                }
            }
            AudioError::File { .. } => Fault::Format,
            AudioError::Stuck(_) => Fault::Other,
        }
    }

    pub(crate) fn missing(side: Side, name: Option<&str>) -> Self {
        AudioError::Device { side, fault: Fault::Missing, name: name.map(str::to_owned), source: None }
    }

    /// Drops the name of a missing device if nothing was requested: the name of the system's placeholder means nothing.
    pub(crate) fn asked_for(self, wanted: Option<&str>) -> Self {
        match self {
            AudioError::Device { side, fault: Fault::Missing, source, .. } if wanted.is_none() => {
                AudioError::Device { side, fault: Fault::Missing, name: None, source }
            }
            other => other,
        }
    }

    pub(crate) fn device(side: Side, name: Option<&str>, error: cpal::Error) -> Self {
        let (fault, name) = (error.kind().into(), name.map(str::to_owned));
        AudioError::Device { side, fault, name, source: Some(Box::new(error)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denied_microphone_keeps_its_source() {
        let cause = cpal::Error::with_message(cpal::ErrorKind::PermissionDenied, "no access");
        let error = AudioError::device(Side::Microphone, Some("Headset"), cause);
        assert_eq!((error.side(), error.fault()), (Some(Side::Microphone), Fault::Denied));
        assert_eq!(error.to_string(), "microphone \"Headset\": access denied");
        assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("no access"));
    }

    #[test]
    fn a_missing_default_device_has_no_name() {
        let missing = || {
            let cause = cpal::Error::with_message(cpal::ErrorKind::DeviceNotAvailable, "no card");
            AudioError::device(Side::Speaker, Some("Default Audio Device"), cause)
        };
        assert_eq!(missing().asked_for(None).to_string(), "speaker: not found");
        assert_eq!(
            missing().asked_for(Some("Default")).to_string(),
            "speaker \"Default Audio Device\": not found"
        );
    }

    #[test]
    fn a_missing_file_is_missing() {
        let source = FileFault::Io(std::io::ErrorKind::NotFound.into());
        assert_eq!(AudioError::File { path: "voice.wav".into(), source }.fault(), Fault::Missing);
    }
}
