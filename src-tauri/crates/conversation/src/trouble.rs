//! The errors of a conversation as data: the kind selects the window's text and buttons, details contain the other
//! side's message. Classified from the typed errors of the crates below, never from the text of a message.

use std::error::Error;
use std::time::Duration;

use audio::{AudioError, Fault, MicIssue, Side};
use live_client::{ConnectError, NetError, NetworkFault, TlsFault};
use live_proto::{CloseCause, CloseKind, Retry};
use video::VideoError;

use crate::exchange::NoAnswer;
use crate::off_track::OffTrack;

/// What kind of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TroubleKind {
    /// The microphone: none, or it can't be had.
    Microphone(Fault),
    /// The speaker.
    Speaker(Fault),
    /// Neither a microphone nor a speaker is there.
    NoDevices,
    /// The camera.
    Camera(Fault),
    /// Another microphone is used now. The subject is the one that was used.
    MicrophoneChanged,
    /// Another speaker is used now. The subject is the previous one.
    SpeakerChanged,
    /// The microphone works badly.
    Hearing(MicIssue),
    /// The speaker's echo can't be cancelled, so the microphone is muted during replies.
    EchoRemains,
    /// The session ended, or the service refused it.
    Closed(CloseKind),
    /// There is no connection to the service. The subject is its host, if known.
    NoConnection(NoConnection),
    /// The connection was replaced; some of your input waited for it.
    Resumed,
    /// The last input broke every connection before its answer, and is not sent again.
    InputAbandoned,
    /// The input has no answer, or only a part of one.
    NoAnswer(NoAnswer),
    /// A fresh session may help.
    OffTrack(OffTrack),
    /// A fresh session was begun, as the user asked.
    StartedFresh,
    /// A reply can't be played: it exceeds the playback queue, or its format is unknown.
    Reply,
    /// Microphone audio was dropped because the connection was too slow.
    SoundDropped,
    /// A file can't be read or written.
    File,
    /// A bug in this program.
    Internal,
}

/// Why there is no connection. Each has its own text in the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoConnection {
    /// There is no network, or the host's name is unknown.
    Offline,
    /// The server did not answer in time.
    TimedOut,
    /// The proxy refuses the connection.
    Proxy,
    /// There is no access token for Vertex AI.
    Credentials,
    /// The server's certificate or its TLS is wrong.
    Tls(TlsFault),
    /// It is not a Live server, or has none at this path.
    NotLive,
    /// Nothing listens at this port.
    NotListening,
    /// It closed the connection before it answered.
    HungUp,
    /// It has an internal error or is overloaded.
    Failing,
    /// A custom server requires a key, or refuses this one.
    KeyWanted,
}

/// Every fault of a device: one that works again has none of them.
pub(crate) const FAULTS: [Fault; 6] =
    [Fault::Missing, Fault::Denied, Fault::Busy, Fault::Format, Fault::Lost, Fault::Other];

/// An error of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// The kind.
    pub kind: TroubleKind,
    /// What it is about: the name of a device, a model, a file.
    pub subject: Option<String>,
    /// The other side's message: close code and reason, or the system's error.
    pub detail: Option<String>,
}

impl Trouble {
    pub(crate) fn new(kind: TroubleKind, detail: impl Into<Option<String>>) -> Self {
        Self { kind, subject: None, detail: detail.into() }
    }

    pub(crate) fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }
}

/// Returns the trouble for a failed connection, with the host where that is what failed.
pub fn of_connect(error: &ConnectError) -> Trouble {
    use NoConnection as Why;
    let (why, host) = match error {
        // No session was refused, so a cause that may pass is the server's.
        ConnectError::Refused { kind, .. } if kind.retry() == Retry::Never => {
            return Trouble::new(TroubleKind::Closed(*kind), error.to_string());
        }
        ConnectError::Refused { .. } => (Why::Failing, None),
        ConnectError::Net(NetError::Network { kind, host, .. }) => {
            let why = match kind {
                NetworkFault::TimedOut => Why::TimedOut,
                NetworkFault::Refused => Why::NotListening,
                NetworkFault::Broken => Why::HungUp,
                NetworkFault::Dns | NetworkFault::Unreachable => Why::Offline,
            };
            (why, Some(host))
        }
        ConnectError::Net(NetError::Tls { fault, host, .. }) => (Why::Tls(*fault), Some(host)),
        ConnectError::Net(NetError::Proxy { .. }) => (Why::Proxy, None),
        ConnectError::Net(NetError::BadAnswer { host, .. }) | ConnectError::NotLive { host, .. } => {
            (Why::NotLive, Some(host))
        }
        ConnectError::KeyWanted { host, .. } => (Why::KeyWanted, Some(host)),
        ConnectError::Credentials(_) => (Why::Credentials, None),
    };
    Trouble { subject: host.cloned(), ..Trouble::new(TroubleKind::NoConnection(why), error.to_string()) }
}

/// Returns the trouble for a failed camera.
pub fn of_camera(error: &VideoError) -> Trouble {
    if let VideoError::File { path, cause } = error {
        return Trouble::new(TroubleKind::File, cause.to_string()).about(path.display().to_string());
    }
    let device = match error {
        VideoError::Missing { .. } => Fault::Missing,
        VideoError::Denied { .. } => Fault::Denied,
        VideoError::Busy { .. } => Fault::Busy,
        VideoError::Format { .. } => Fault::Format,
        VideoError::Lost { .. } | VideoError::Stalled { .. } => Fault::Lost,
        VideoError::File { .. } | VideoError::Other { .. } => Fault::Other,
    };
    Trouble::new(TroubleKind::Camera(device), chain(error))
}

/// Returns an error and its sources in one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// The subject when there is no device to name.
const SOUND_SYSTEM: &str = "The sound system";

/// Returns the trouble for devices that take too long to open; the conversation continues without them.
pub(crate) fn of_slow_devices() -> Trouble {
    let detail = "the sound system does not answer".to_owned();
    Trouble::new(TroubleKind::Microphone(Fault::Other), detail).about(SOUND_SYSTEM)
}

/// Returns the trouble for devices or a file of replies that can't be closed.
pub(crate) fn of_stuck_devices() -> Trouble {
    of_death("the sound devices do not let go, so a file of the replies may lack its end")
}

/// Returns the trouble for a panic.
pub(crate) fn of_death(words: impl Into<String>) -> Trouble {
    Trouble::new(TroubleKind::Internal, words.into())
}

/// The longest reason that is shown, in characters.
const REASON_CHARS: usize = 80;

/// Returns the trouble for a missing answer, with the partner's reason.
pub(crate) fn of_no_answer(why: NoAnswer, reason: Option<&str>) -> Trouble {
    let detail = reason.map(|reason| reason.chars().take(REASON_CHARS).collect::<String>());
    Trouble::new(TroubleKind::NoAnswer(why), detail)
}

/// Returns the trouble for audio that could not start.
pub fn of_audio(error: &AudioError) -> Trouble {
    let device = error.fault();
    let kind = match (error, error.side()) {
        (AudioError::File { .. } | AudioError::Save { .. }, _) => TroubleKind::File,
        (_, Some(side)) => of_device(side, device),
        // Neither microphone nor speaker: report the microphone.
        (_, None) => TroubleKind::Microphone(device),
    };
    let subject = match error {
        AudioError::Device { name, .. } => name.clone(),
        AudioError::File { path, .. } | AudioError::Save { path, .. } => Some(path.display().to_string()),
        AudioError::Stuck(_) => Some(SOUND_SYSTEM.to_owned()),
    };
    Trouble { kind, subject, detail: Some(chain(error)) }
}

/// Joins two troubles that say the same about both sides.
pub(crate) fn joined(troubles: Vec<Trouble>) -> Vec<Trouble> {
    let is_missing = |trouble: &Trouble, side| {
        trouble.subject.is_none() && trouble.kind == of_device(side, Fault::Missing)
    };
    let one_of = |side| troubles.iter().find(|trouble| is_missing(trouble, side));
    let (Some(microphone), Some(speaker)) = (one_of(Side::Microphone), one_of(Side::Speaker)) else {
        return troubles;
    };
    let words: Vec<&str> = [microphone, speaker].iter().filter_map(|one| one.detail.as_deref()).collect();
    let both = Trouble::new(TroubleKind::NoDevices, words.join("; "));
    let is_other =
        |trouble: &Trouble| ![Side::Microphone, Side::Speaker].iter().any(|side| is_missing(trouble, *side));
    std::iter::once(both).chain(troubles.iter().filter(|trouble| is_other(trouble)).cloned()).collect()
}

/// Returns the kind of a trouble with the device of `side`.
pub(crate) fn of_device(side: Side, device: Fault) -> TroubleKind {
    match side {
        Side::Microphone => TroubleKind::Microphone(device),
        Side::Speaker => TroubleKind::Speaker(device),
    }
}

/// Returns the trouble for the end of a session; `None` when it was requested.
pub(crate) fn of_close(cause: &CloseCause, wished: bool) -> Option<Trouble> {
    if wished && cause.kind == CloseKind::Normal {
        return None;
    }
    Some(Trouble::new(TroubleKind::Closed(cause.kind), words_of(cause)))
}

/// Returns the end of a connection in one line: the code and the reason.
pub(crate) fn words_of(cause: &CloseCause) -> String {
    let words = if cause.reason.is_empty() {
        "no reason given".to_owned()
    } else {
        format!("“{}”", cause.reason)
    };
    match cause.code {
        _ if matches!(cause.kind, CloseKind::LimitExceeded | CloseKind::Protocol) => {
            format!("Vivavoce closed it: {words}")
        }
        Some(code) => format!("Closed with {code}: {words}"),
        None => format!("The connection broke: {words}"),
    }
}

/// The least kept or lost audio that is reported, in milliseconds.
const REPORTED_MS: u128 = 500;

/// Returns what to report after reconnecting.
pub(crate) fn of_resumed(fresh: bool, kept: Duration, lost: Duration) -> Vec<Trouble> {
    let seconds = |span: Duration| format!("{:.1} s", span.as_secs_f64());
    let mut troubles = Vec::new();
    if fresh || kept.as_millis() >= REPORTED_MS {
        let waited = (kept.as_millis() >= REPORTED_MS).then(|| seconds(kept));
        let detail = fresh.then(|| {
            "The service had forgotten the session; it was told what was said before, as text.".to_owned()
        });
        // Without a microphone no speech waited.
        troubles.push(Trouble { subject: waited, ..Trouble::new(TroubleKind::Resumed, detail) });
    }
    if lost.as_millis() >= REPORTED_MS {
        troubles.push(Trouble::new(TroubleKind::SoundDropped, seconds(lost)));
    }
    troubles
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(side: Side, name: Option<&str>) -> Trouble {
        let kind = of_device(side, Fault::Missing);
        Trouble { kind, subject: name.map(str::to_owned), detail: Some(format!("{side}: not found")) }
    }

    #[test]
    fn a_computer_without_sound_gets_one_notice_not_two() {
        let file = Trouble::new(TroubleKind::File, None);
        let both = joined(vec![missing(Side::Speaker, None), file.clone(), missing(Side::Microphone, None)]);
        let words = "microphone: not found; speaker: not found".to_owned();
        assert_eq!(both, [Trouble::new(TroubleKind::NoDevices, words), file]);
    }

    #[test]
    fn a_device_that_was_chosen_keeps_its_own_notice() {
        let two = vec![missing(Side::Speaker, Some("Studio")), missing(Side::Microphone, None)];
        assert_eq!(joined(two.clone()), two);
        let one = vec![missing(Side::Speaker, None)];
        assert_eq!(joined(one.clone()), one);
    }
}
