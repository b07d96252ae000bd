//! What happens while the engine runs, as data.

use std::path::PathBuf;

use tokio::sync::mpsc;

use crate::device::mic_health::MicIssue;
use crate::device::watchdog::Loss;
use crate::error::{Fault, Side};

/// Events that wait to be read; one more is dropped.
pub(crate) const EVENTS: usize = 8;

/// Something that went wrong while the engine runs, or is over. The engine goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AudioEvent {
    /// No chunks come until a microphone is opened again.
    MicrophoneLost {
        /// The device's name.
        name: String,
        /// How it was lost.
        loss: Loss,
    },
    /// Replies go on unheard, in real time, until a speaker is opened again.
    SpeakerLost {
        /// The device's name.
        name: String,
        /// How it was lost.
        loss: Loss,
    },
    /// Another microphone is used from now on, or the same one after a short gap.
    MicrophoneChanged {
        /// The name of the one before.
        from: String,
        /// The name of the new one.
        to: String,
    },
    /// Another speaker is used from now on, or the same one after a short gap.
    SpeakerChanged {
        /// The name of the one before.
        from: String,
        /// The name of the new one.
        to: String,
    },
    /// A microphone that was reported as lost or changed is used again.
    MicrophoneBack {
        /// The device's name.
        name: String,
    },
    /// A speaker that was reported as lost or changed is used again.
    SpeakerBack {
        /// The device's name.
        name: String,
    },
    /// A chosen device can't be opened. The one before stays in use, and opening is retried. Reported once.
    NotOpened {
        /// Microphone or speaker.
        side: Side,
        /// The kind of failure.
        fault: Fault,
        /// The device's name, if known.
        name: Option<String>,
        /// The message of the system.
        reason: String,
    },
    /// The canceller does not reach 15 dB: from now on the microphone is closed while a reply sounds.
    EchoRemains {
        /// The speaker's name.
        speaker: String,
    },
    /// The canceller works again, or the devices make no echo: the microphone stays open while a reply sounds.
    EchoHeld,
    /// A running microphone has an issue. Reported once until it is resolved.
    MicIssue {
        /// The microphone's name.
        name: String,
        /// The issue.
        issue: MicIssue,
    },
    /// An issue is over.
    MicIssueResolved {
        /// The issue.
        issue: MicIssue,
    },
    /// The recording of the replies has a gap or ends early.
    SaveFailed {
        /// The file.
        path: PathBuf,
        /// The message of the system.
        reason: String,
    },
}

/// Receives [`AudioEvent`].
#[derive(Debug)]
pub struct EventReceiver(pub(crate) mpsc::Receiver<AudioEvent>);

impl EventReceiver {
    /// Returns the next event, or `None` when the engine is gone. Cancel safe.
    pub async fn recv(&mut self) -> Option<AudioEvent> {
        self.0.recv().await
    }

    /// Returns the next event if one waits.
    pub fn try_recv(&mut self) -> Option<AudioEvent> {
        self.0.try_recv().ok()
    }
}
