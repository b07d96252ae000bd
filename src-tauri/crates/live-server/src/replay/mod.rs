//! A recording played to clients: the server's half of it, frame by frame as it came, to whatever they send.
//!
//! A client is followed by the kinds of its messages. Where the recording's client sent a setup, a turn or a result, the
//! player waits for one; then it sends what followed, in the recorded time. Sound and pictures count once, however many there
//! are.

mod player;
mod read;

use std::time::Duration;

use crate::faults::Frame;

pub(crate) use player::Player;
pub use read::{ReplayError, ReplayProblem};

/// A recording to be played. Made by [`Replay::read`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replay {
    /// Each from its client's first message.
    connections: Vec<Vec<Section>>,
}

/// What the client sent, and what followed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Section {
    asked: Vec<Kind>,
    /// Each so long after the client's last message.
    answers: Vec<(Duration, Answer)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Frame(Frame),
    Close {
        code: u16,
        reason: String,
    },
    /// The connection ended without a close frame.
    Cut,
}

/// A kind of a client's messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Setup,
    /// A turn, or a part of one.
    Content,
    /// Words in the stream.
    Text,
    /// Sound or pictures in the stream.
    Media,
    /// The beginning or the end of an activity, or the end of the stream.
    Mark,
    Results,
    Other,
}

impl Replay {
    /// Reads a recording: lines of JSON as `vivavoce serve --record` writes them (docs/SDK.md).
    ///
    /// # Errors
    ///
    /// The first mistake, with its line.
    pub fn read(text: &str) -> Result<Self, ReplayError> {
        read::recording(text)
    }

    /// The recorded connection that is played to the n-th client, counted from 1; from the first again after the last.
    pub(crate) fn of(&self, connection: u64) -> &[Section] {
        let count = self.connections.len().max(1) as u64;
        let at = usize::try_from(connection.saturating_sub(1) % count).unwrap_or_default();
        self.connections.get(at).map_or(&[], Vec::as_slice)
    }
}

impl Kind {
    /// The kind of a client's message.
    pub(crate) fn of(message: &serde_json::Value) -> Self {
        let Some(fields) = message.as_object() else { return Self::Other };
        let Some((name, body)) = fields.iter().next() else { return Self::Other };
        match plain(name).as_str() {
            "setup" => Self::Setup,
            "clientcontent" => Self::Content,
            "toolresponse" => Self::Results,
            "realtimeinput" => Self::of_input(body),
            _ => Self::Other,
        }
    }

    fn of_input(input: &serde_json::Value) -> Self {
        let names: Vec<String> =
            input.as_object().into_iter().flatten().map(|(name, _)| plain(name)).collect();
        let has = |wanted: &[&str]| names.iter().any(|name| wanted.contains(&name.as_str()));
        if has(&["text"]) {
            Self::Text
        } else if has(&["activitystart", "activityend", "audiostreamend"]) {
            Self::Mark
        } else {
            Self::Media
        }
    }
}

/// A name in either notation.
fn plain(name: &str) -> String {
    name.chars().filter(|c| *c != '_').map(|c| c.to_ascii_lowercase()).collect()
}
