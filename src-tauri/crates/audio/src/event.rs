//! What happens while the engine runs, as data.

use std::path::PathBuf;

use tokio::sync::mpsc;

use crate::device::mic_health::Complaint;
use crate::device::watchdog::Loss;
use crate::error::{Fault, Side};

/// Events that wait to be read. Each device has one to tell, usually.
pub(crate) const EVENTS: usize = 8;

/// Something went wrong while the engine runs; it goes on without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// No more chunks come, until there is a microphone again.
    MicrophoneLost {
        /// The device.
        name: String,
        /// How it was lost.
        loss: Loss,
    },
    /// Replies go on unheard, in their own time, until there is a speaker again.
    SpeakerLost {
        /// The device.
        name: String,
        /// How it was lost.
        loss: Loss,
    },
    /// Another microphone is used from now on, or the same after a moment without.
    MicrophoneChanged {
        /// What was used.
        from: String,
        /// What is used now.
        to: String,
    },
    /// Another speaker is used from now on, or the same after a moment without.
    SpeakerChanged {
        /// What was used.
        from: String,
        /// What is used now.
        to: String,
    },
    /// A microphone that was told as lost or changed is used again.
    MicrophoneBack {
        /// The device.
        name: String,
    },
    /// A speaker that was told as lost or changed is used again.
    SpeakerBack {
        /// The device.
        name: String,
    },
    /// What a person chose can't be opened; what was used before still is, and the choice is tried again. Told once.
    NotOpened {
        /// Which side.
        side: Side,
        /// Why.
        fault: Fault,
        /// The device, when it is known.
        name: Option<String>,
        /// What the system said.
        reason: String,
    },
    /// The canceller can't hold 15 dB: from now on the microphone is shut while a reply sounds, until it can.
    EchoRemains {
        /// The speaker.
        speaker: String,
    },
    /// The canceller holds the echo again, or another device has none: the microphone is open while a reply sounds.
    EchoHeld,
    /// Something is the matter with a microphone that runs. Told once, until it is over.
    Complaint {
        /// The microphone.
        name: String,
        /// What.
        complaint: Complaint,
    },
    /// That is over.
    ComplaintOver {
        /// What.
        complaint: Complaint,
    },
    /// The file of the replies has a hole or ends early.
    SaveFailed {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
}

/// Hears of [`Trouble`].
#[derive(Debug)]
pub struct TroubleReceiver(pub(crate) mpsc::Receiver<Trouble>);

impl TroubleReceiver {
    /// The next trouble; `None` when the engine is gone. Cancel safe.
    pub async fn recv(&mut self) -> Option<Trouble> {
        self.0.recv().await
    }

    /// The next trouble, when there is one.
    pub fn try_recv(&mut self) -> Option<Trouble> {
        self.0.try_recv().ok()
    }
}
