//! Room for what sessions keep, bounded for all of them together. Never waits.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use bytes::Bytes;

use crate::budget::{Budget, Share};

/// Larger things are not kept, in bytes.
pub(crate) const LARGEST_KEPT: usize = 4 << 20;

/// Gives room to one session, of what all sessions may keep. Cheap to clone.
#[derive(Clone)]
pub struct Keeper(Arc<Budget>);

impl Keeper {
    pub(crate) fn of(budget: &Arc<Budget>) -> Self {
        Self(Arc::clone(budget))
    }

    /// Keeps bytes; `None` when they are more than 4 MB, or there is no room.
    pub fn keep(&self, bytes: Bytes) -> Option<Kept> {
        let mut room = Share::of(&self.0);
        (bytes.len() <= LARGEST_KEPT && room.hold(bytes.len())).then_some(Kept { bytes, _room: room })
    }
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keeper")
    }
}

/// Bytes that are kept. Dropping them makes room.
#[derive(Debug)]
pub struct Kept {
    bytes: Bytes,
    _room: Share,
}

impl Deref for Kept {
    type Target = Bytes;

    fn deref(&self) -> &Bytes {
        &self.bytes
    }
}
