//! The sessions that can be resumed, shared by all connections of a server (PROTOCOL.md §3.2).
//!
//! A mutex around a small map, held for moments and never across an await. Bounded: the oldest handles are forgotten.

mod random_id;
mod saved;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

pub(crate) use random_id::{random_decimal, random_id, random_uuid};
pub(crate) use saved::{Saved, SessionId};

/// How long a handle is good for.
const VALID: Duration = Duration::from_hours(2);
/// How many handles are kept.
const HANDLES: usize = 1_024;

/// Why a handle was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResumeError {
    /// Unknown, forgotten or too old.
    NotFound,
    /// The session's earlier connection still stands.
    StillOpen,
}

/// The handles of a server.
#[derive(Clone, Default)]
pub(crate) struct Store {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    saved: HashMap<String, (SessionId, Instant, Arc<Saved>)>,
    order: VecDeque<String>,
    open: HashSet<SessionId>,
    next: u64,
}

/// Marks a session's connection as open, until dropped.
pub(crate) struct OpenSession {
    store: Store,
    id: SessionId,
}

impl OpenSession {
    /// Which session is open.
    pub(crate) fn id(&self) -> u64 {
        self.id.0
    }
}

impl Drop for OpenSession {
    fn drop(&mut self) {
        self.store.lock().open.remove(&self.id);
    }
}

impl Store {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing under this lock can leave it half-changed.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new session.
    pub(crate) fn begin(&self) -> OpenSession {
        let mut inner = self.lock();
        inner.next += 1;
        let id = SessionId(inner.next);
        inner.open.insert(id);
        OpenSession { store: self.clone(), id }
    }

    /// Goes on with the session behind a handle.
    pub(crate) fn resume(
        &self,
        handle: &str,
        now: Instant,
    ) -> Result<(OpenSession, Arc<Saved>), ResumeError> {
        let mut inner = self.lock();
        let found = inner.saved.get(handle).filter(|(_, at, _)| now.duration_since(*at) < VALID);
        let (id, _, saved) = found.cloned().ok_or(ResumeError::NotFound)?;
        if !inner.open.insert(id) {
            return Err(ResumeError::StillOpen);
        }
        Ok((OpenSession { store: self.clone(), id }, saved))
    }

    /// Keeps a session's state under a new handle.
    pub(crate) fn save(&self, mark: &OpenSession, saved: Saved, now: Instant) -> String {
        let handle = random_id();
        let mut inner = self.lock();
        if inner.order.len() == HANDLES
            && let Some(oldest) = inner.order.pop_front()
        {
            inner.saved.remove(&oldest);
        }
        inner.order.push_back(handle.clone());
        inner.saved.insert(handle.clone(), (mark.id, now, Arc::new(saved)));
        handle
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handle_works_after_its_connection_and_until_it_expires() {
        let (store, now) = (Store::default(), Instant::now());
        let mark = store.begin();
        let handle = store.save(&mark, Saved::default(), now);
        assert_eq!(store.resume(&handle, now).err(), Some(ResumeError::StillOpen));
        drop(mark);
        assert!(store.resume(&handle, now).is_ok());
        assert!(store.resume(&handle, now + VALID).is_err());
        assert_eq!(store.resume("client-made", now).err(), Some(ResumeError::NotFound));
    }

    #[test]
    fn the_oldest_handles_are_forgotten() {
        let (store, now) = (Store::default(), Instant::now());
        let mark = store.begin();
        let first = store.save(&mark, Saved::default(), now);
        let handles: HashSet<String> =
            (0..HANDLES).map(|_| store.save(&mark, Saved::default(), now)).collect();
        drop(mark);
        assert_eq!(handles.len(), HANDLES);
        assert_eq!(store.resume(&first, now).err(), Some(ResumeError::NotFound));
        assert_eq!(store.lock().saved.len(), HANDLES);
    }
}
