//! The sessions that can be resumed, shared by all connections of a server (PROTOCOL.md §3.2).
//!
//! A mutex around a small map, held for moments and never across an await. Bounded: the oldest handles are forgotten.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustls::crypto::{SecureRandom, ring};
use tokio::time::Instant;

use crate::session::Saved;

/// How long a handle is good for.
const VALID: Duration = Duration::from_hours(2);
/// How many handles are kept.
const HANDLES: usize = 512;

/// Which session, across its connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SessionId(u64);

/// Why a handle was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
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
pub(crate) struct OpenMark {
    store: Store,
    id: SessionId,
}

impl OpenMark {
    /// Which session is open.
    pub(crate) fn id(&self) -> u64 {
        self.id.0
    }
}

impl Drop for OpenMark {
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
    pub(crate) fn begin(&self) -> OpenMark {
        let mut inner = self.lock();
        inner.next += 1;
        let id = SessionId(inner.next);
        inner.open.insert(id);
        OpenMark { store: self.clone(), id }
    }

    /// Goes on with the session behind a handle.
    pub(crate) fn resume(&self, handle: &str, now: Instant) -> Result<(OpenMark, Arc<Saved>), Refused> {
        let mut inner = self.lock();
        let found = inner.saved.get(handle).filter(|(_, at, _)| now.duration_since(*at) < VALID);
        let (id, _, saved) = found.cloned().ok_or(Refused::NotFound)?;
        if !inner.open.insert(id) {
            return Err(Refused::StillOpen);
        }
        Ok((OpenMark { store: self.clone(), id }, saved))
    }

    /// Keeps a session's state under a new handle.
    pub(crate) fn save(&self, mark: &OpenMark, saved: Saved, now: Instant) -> String {
        let handle = random_handle();
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

/// 128 bits that nobody guesses, from the operating system's source of them.
pub(crate) fn random_handle() -> String {
    static SOURCE: LazyLock<&dyn SecureRandom> = LazyLock::new(|| ring::default_provider().secure_random);
    let mut bits = [0; 16];
    if SOURCE.fill(&mut bits).is_err() {
        // A system that gives none has started the hasher's keys with some.
        for (part, bits) in bits.chunks_exact_mut(8).enumerate() {
            bits.copy_from_slice(&RandomState::new().hash_one(part).to_le_bytes());
        }
    }
    format!("{:032x}", u128::from_le_bytes(bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_works_when_the_old_connection_is_gone_and_until_it_is_old() {
        let (store, now) = (Store::default(), Instant::now());
        let mark = store.begin();
        let handle = store.save(&mark, Saved::default(), now);
        assert_eq!(store.resume(&handle, now).err(), Some(Refused::StillOpen));
        drop(mark);
        assert!(store.resume(&handle, now).is_ok());
        assert!(store.resume(&handle, now + VALID).is_err());
        assert_eq!(store.resume("client-made", now).err(), Some(Refused::NotFound));
    }

    #[test]
    fn handles_are_long_and_have_nothing_in_common() {
        let handles: Vec<String> = (0..10_000).map(|_| random_handle()).collect();
        assert!(handles.iter().all(|handle| handle.len() == 32));
        assert_eq!(handles.iter().collect::<HashSet<_>>().len(), handles.len());
        // Each bit is set in about half of them, and changes from one to the next about every other time.
        let bits: Vec<u128> =
            handles.iter().map(|handle| u128::from_str_radix(handle, 16).expect("hex")).collect();
        for bit in 0..128 {
            let set = bits.iter().filter(|bits| *bits >> bit & 1 == 1).count();
            let changed = bits.windows(2).filter(|pair| (pair[0] ^ pair[1]) >> bit & 1 == 1).count();
            assert!((4_500..5_500).contains(&set) && (4_500..5_500).contains(&changed), "bit {bit}");
        }
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
        assert_eq!(store.resume(&first, now).err(), Some(Refused::NotFound));
        assert_eq!(store.lock().saved.len(), HANDLES);
    }
}
