//! What outlives a connection.

use std::sync::Arc;

use crate::intents::Memory;
use crate::script::Progress;

/// The partner's state between two turns.
#[derive(Clone, Debug, Default)]
pub(super) struct Saved {
    pub(super) memory: Memory,
    /// How many pictures are part of the conversation.
    pub(super) pictures: u64,
    /// The newest one's size in pixels, if its header told.
    pub(super) picture_size: Option<(u32, u32)>,
    /// Whether the person was told why their words come back.
    pub(super) explained: bool,
    /// What was played of the script: the same over all connections, whatever the handle.
    pub(super) progress: Option<Arc<Progress>>,
}
