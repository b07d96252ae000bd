//! What can be wrong with a microphone, a speaker or a sound file, as data.

pub(crate) mod file;

use std::error::Error;
use std::fmt;
use std::path::PathBuf;

use dsp::resample::UnsupportedRate;

pub use file::FileFault;

/// Which device an error is about.
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

/// What is wrong, as far as a person could do something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No such device, none at all, or no sound server.
    Missing,
    /// The system refuses access.
    Denied,
    /// Another program holds it.
    Busy,
    /// It offers no format that can be used, or a file can't be played.
    Format,
    /// It went away, or it gives no sound.
    Lost,
    /// Something else; the source says what.
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
        /// Which one.
        side: Side,
        /// What is wrong.
        fault: Fault,
        /// What was asked for, or the device's name where it is known.
        name: Option<String>,
        /// What the system said.
        source: Option<Box<dyn Error + Send + Sync>>,
    },
    /// The sound file that stands in for the microphone can't be read.
    #[error("cannot read {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: FileFault,
    },
    /// The file that replies are to be saved in can't be written.
    #[error("cannot write {}", path.display())]
    Save {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The devices did not answer in time, or a thread could not be made.
    #[error("the sound system does not answer")]
    Stuck(#[source] Option<std::io::Error>),
}

fn quoted(name: Option<&String>) -> String {
    name.map(|name| format!(" \"{name}\"")).unwrap_or_default()
}

impl AudioError {
    /// Which device it is about; a sound file counts as the device it stands in for.
    pub fn side(&self) -> Option<Side> {
        match self {
            AudioError::Device { side, .. } => Some(*side),
            AudioError::File { .. } => Some(Side::Microphone),
            AudioError::Save { .. } | AudioError::Stuck(_) => None,
        }
    }

    /// A device runs at a rate that can't be resampled.
    pub(crate) fn unsupported_rate(side: Side, error: UnsupportedRate) -> Self {
        AudioError::Device { side, fault: Fault::Format, name: None, source: Some(Box::new(error)) }
    }

    /// What is wrong.
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

    /// Where nothing was chosen and nothing is there, the system's stand-in for it has no name that means anything.
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
    fn a_refused_microphone_says_so_and_keeps_its_source() {
        let cause = cpal::Error::with_message(cpal::ErrorKind::PermissionDenied, "no access");
        let error = AudioError::device(Side::Microphone, Some("Headset"), cause);
        assert_eq!((error.side(), error.fault()), (Some(Side::Microphone), Fault::Denied));
        assert_eq!(error.to_string(), "microphone \"Headset\": access denied");
        assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("no access"));
    }

    #[test]
    fn a_default_device_that_is_not_there_has_no_name() {
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
    fn a_file_that_is_not_there_is_missing() {
        let source = FileFault::Io(std::io::ErrorKind::NotFound.into());
        assert_eq!(AudioError::File { path: "voice.wav".into(), source }.fault(), Fault::Missing);
    }
}
