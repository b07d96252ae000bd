//! The devices of a sound server, listed over a connection that is kept. Blocks for milliseconds.
//!
//! cpal's own connections stay open for the life of the process (a thread, a socket and a megabyte each), and devices
//! are checked three times a second.

use std::ffi::CString;

use pulseaudio::ClientError;
use pulseaudio::protocol::{
    ChannelMap, Command, CommandReply, GetSinkInfo, GetSourceInfo, SampleSpec, SinkInfo, SinkInfoList,
    SourceInfo, SourceInfoList,
};

use super::Connection;
use crate::error::Side;

/// The prefix of a device's id, as cpal has it.
pub(crate) const HOST: &str = "pulseaudio";

/// A connection for requests.
pub(crate) struct Server {
    connection: Connection,
    /// A reply did not come, so the next one may belong to another request: the connection is not used again.
    broken: bool,
}

/// A device of a server.
#[derive(Clone, Debug)]
pub(crate) struct PulseDevice {
    /// The server's name for it.
    pub(crate) name: String,
    /// The name shown to a person.
    pub(crate) description: String,
    pub(crate) rate: u32,
    pub(crate) channels: ChannelMap,
}

impl Server {
    /// Connects.
    ///
    /// # Errors
    /// If no server runs.
    pub(crate) fn connect() -> Result<Self, ClientError> {
        Ok(Self { connection: Connection::open()?, broken: false })
    }

    fn request<R: CommandReply>(&mut self, command: &Command) -> Result<R, ClientError> {
        if self.broken {
            return Err(ClientError::Disconnected);
        }
        let answer = self.connection.request(command);
        self.broken = answer.as_ref().is_err_and(|error| !matches!(error, ClientError::ServerError(_)));
        answer
    }

    /// Returns the system's default.
    pub(crate) fn default_device(&mut self, side: Side) -> Result<PulseDevice, ClientError> {
        Ok(match side {
            Side::Microphone => {
                let name = Some(CString::from(c"@DEFAULT_SOURCE@"));
                self.request::<SourceInfo>(&Command::GetSourceInfo(GetSourceInfo { index: None, name }))?
                    .into()
            }
            Side::Speaker => {
                let name = Some(CString::from(c"@DEFAULT_SINK@"));
                self.request::<SinkInfo>(&Command::GetSinkInfo(GetSinkInfo { index: None, name }))?.into()
            }
        })
    }

    /// Lists all devices in the server's order; monitors of speakers are among the microphones.
    pub(crate) fn list(&mut self, side: Side) -> Result<Vec<PulseDevice>, ClientError> {
        Ok(match side {
            Side::Microphone => {
                let list: SourceInfoList = self.request(&Command::GetSourceInfoList)?;
                list.into_iter().map(PulseDevice::from).collect()
            }
            Side::Speaker => {
                let list: SinkInfoList = self.request(&Command::GetSinkInfoList)?;
                list.into_iter().map(PulseDevice::from).collect()
            }
        })
    }
}

impl PulseDevice {
    fn new(name: &CString, description: Option<&CString>, spec: SampleSpec, channels: ChannelMap) -> Self {
        let text = |text: &CString| text.to_string_lossy().into_owned();
        Self {
            name: text(name),
            description: text(description.unwrap_or(name)),
            rate: spec.sample_rate,
            channels,
        }
    }

    /// Returns the id, as in [`crate::DeviceInfo::id`].
    pub(crate) fn id(&self) -> String {
        format!("{HOST}:{}", self.name)
    }
}

impl From<SourceInfo> for PulseDevice {
    fn from(info: SourceInfo) -> Self {
        Self::new(&info.name, info.description.as_ref(), info.sample_spec, info.channel_map)
    }
}

impl From<SinkInfo> for PulseDevice {
    fn from(info: SinkInfo) -> Self {
        Self::new(&info.name, info.description.as_ref(), info.sample_spec, info.channel_map)
    }
}
