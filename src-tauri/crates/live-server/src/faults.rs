//! Faults that a server makes on purpose, so that a client can be seen to bear them. Plain data.
//!
//! Some belong to what an agent does in a turn ([`Step::Fault`](crate::Step::Fault)); others to a connection, whoever talks
//! over it ([`ServerConfig::faults`](crate::ServerConfig::faults)).

use std::time::Duration;

use bytes::Bytes;

/// Something that the service does only when it fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection ends without a close frame, when everything before was sent.
    Cut,
    /// The connection is closed.
    Close {
        /// RFC 6455 §7.4; one that a close frame may have.
        code: u16,
        /// Cut to 123 bytes.
        reason: String,
    },
    /// `goAway` is sent, and after this time the connection ends as if it had lasted as long as it may.
    GoAway(Duration),
    /// This is sent as it is, and may be anything.
    Frame(Frame),
    /// A resumption handle comes now, if the client wants handles.
    Handle,
    /// The turn's end says nothing of its usage.
    NoUsage,
    /// The turn is over, and the client is told nothing of it: the model fell silent.
    Silence,
}

/// A frame with any content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What is in it: 1 MiB at most. Of a text frame, UTF-8.
    pub bytes: Bytes,
    /// Whether it is a text frame. The service sends binary frames.
    pub is_text: bool,
}

/// What is done to a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectionFaults {
    /// To which, counted from 1 in the order in which clients ask for an upgrade; to every one when `None`. The first that
    /// fits a connection counts.
    pub number: Option<u64>,
    /// The upgrade is refused.
    pub refusal: Option<Refusal>,
    /// Before `setupComplete`, each so long after the setup came.
    pub before_setup: Vec<(Duration, Fault)>,
    /// How long after the setup `setupComplete` comes.
    pub setup_takes: Duration,
    /// Each so long after `setupComplete`.
    pub after_setup: Vec<(Duration, Fault)>,
}

/// An answer to an upgrade over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// 400 to 599.
    pub status: u16,
    /// Why.
    pub reason: String,
}
