//! What devices a sound server has, asked over a connection that may be kept. Blocks for milliseconds.
//!
//! cpal's own way to a server stays open for the life of the process (a thread, a connection and a megabyte for each), and
//! devices are looked for three times a second.

use std::ffi::CString;

use pulseaudio::ClientError;
use pulseaudio::protocol::{
    ChannelMap, Command, CommandReply, GetSinkInfo, GetSourceInfo, SampleSpec, SinkInfo, SinkInfoList,
    SourceInfo, SourceInfoList,
};

use super::Link;
use crate::error::Side;

/// Before a device's name in what it is remembered by, as cpal has it.
pub(crate) const HOST: &str = "pulseaudio";

/// A connection to ask by.
pub(crate) struct Server {
    link: Link,
    /// An answer did not come, so the next one may be to another question: nothing more is asked.
    is_broken: bool,
}

/// A device of a server.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    /// The server's name for it.
    pub(crate) name: String,
    /// A person's name for it.
    pub(crate) description: String,
    pub(crate) rate: u32,
    pub(crate) channels: ChannelMap,
}

impl Server {
    /// Connects; an error where no server runs.
    pub(crate) fn connect() -> Result<Self, ClientError> {
        Ok(Self { link: Link::open()?, is_broken: false })
    }

    fn ask<R: CommandReply>(&mut self, command: &Command) -> Result<R, ClientError> {
        if self.is_broken {
            return Err(ClientError::Disconnected);
        }
        let answer = self.link.ask(command);
        self.is_broken = answer.as_ref().is_err_and(|error| !matches!(error, ClientError::ServerError(_)));
        answer
    }

    /// The system's choice.
    pub(crate) fn default_device(&mut self, side: Side) -> Result<Listed, ClientError> {
        Ok(match side {
            Side::Microphone => {
                let name = Some(CString::from(c"@DEFAULT_SOURCE@"));
                self.ask::<SourceInfo>(&Command::GetSourceInfo(GetSourceInfo { index: None, name }))?.into()
            }
            Side::Speaker => {
                let name = Some(CString::from(c"@DEFAULT_SINK@"));
                self.ask::<SinkInfo>(&Command::GetSinkInfo(GetSinkInfo { index: None, name }))?.into()
            }
        })
    }

    /// Every one, in the server's order; monitors of speakers among the microphones.
    pub(crate) fn list(&mut self, side: Side) -> Result<Vec<Listed>, ClientError> {
        Ok(match side {
            Side::Microphone => {
                let list: SourceInfoList = self.ask(&Command::GetSourceInfoList)?;
                list.into_iter().map(Listed::from).collect()
            }
            Side::Speaker => {
                let list: SinkInfoList = self.ask(&Command::GetSinkInfoList)?;
                list.into_iter().map(Listed::from).collect()
            }
        })
    }
}

impl Listed {
    fn new(name: &CString, description: Option<&CString>, spec: SampleSpec, channels: ChannelMap) -> Self {
        let text = |text: &CString| text.to_string_lossy().into_owned();
        Self {
            name: text(name),
            description: text(description.unwrap_or(name)),
            rate: spec.sample_rate,
            channels,
        }
    }

    /// What it is remembered by.
    pub(crate) fn id(&self) -> String {
        format!("{HOST}:{}", self.name)
    }
}

impl From<SourceInfo> for Listed {
    fn from(info: SourceInfo) -> Self {
        Self::new(&info.name, info.description.as_ref(), info.sample_spec, info.channel_map)
    }
}

impl From<SinkInfo> for Listed {
    fn from(info: SinkInfo) -> Self {
        Self::new(&info.name, info.description.as_ref(), info.sample_spec, info.channel_map)
    }
}
