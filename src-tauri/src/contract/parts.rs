//! What the practice partner speaks and hears with on this computer, and how fetching it goes. Plain data.

use serde::Serialize;
use ts_rs::TS;

use super::UiError;

/// The two parts that make the practice partner converse.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Parts {
    /// A voice of its own; without it there is a sketched one.
    pub voice: PartState,
    /// A recogniser; without it only typed words are understood.
    pub hearing: PartState,
    /// How large what is missing is, in bytes on disk.
    #[ts(type = "number")]
    pub missing_bytes: u64,
    /// How fetching it goes.
    pub fetch: PartsFetch,
}

/// Whether a part is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum PartState {
    /// Not looked for yet.
    #[default]
    Unknown,
    /// It works.
    Ready,
    /// It can be fetched.
    Missing,
}

/// How fetching goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "is", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum PartsFetch {
    /// Nothing is fetched.
    #[default]
    Idle,
    /// Under way.
    Running {
        /// What is being transferred.
        what: String,
        /// Bytes of this transfer.
        #[ts(type = "number")]
        done: u64,
        /// Bytes of this transfer.
        #[ts(type = "number")]
        total: u64,
    },
    /// It came to nothing; what was transferred is kept and continued.
    Failed {
        /// Why, and the way out.
        error: Box<UiError>,
    },
}
