//! The places of clients that have not proven anything yet: few for each address. When they are all taken, a newcomer waits
//! a moment, and then takes the place of whoever has been there longest.
//!
//! A mutex around a small map, held for moments and never across an await.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

/// Places of one address.
const PLACES: usize = 128;
/// How long a place can't be taken away: an honest client needs a few milliseconds.
const GRACE: Duration = Duration::from_secs(1);

/// Where clients wait until they are known.
#[derive(Debug, Default)]
pub(crate) struct AdmissionSlots {
    inner: Mutex<Inner>,
    /// Notified when a place is free.
    left: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    next: u64,
    taken: HashMap<IpAddr, VecDeque<Taken>>,
}

#[derive(Debug)]
struct Taken {
    number: u64,
    since: Instant,
    leave: Arc<Notify>,
}

/// A place. Dropping it frees it: its client is known now, or gone.
#[derive(Debug)]
pub(crate) struct Slot {
    slots: Arc<AdmissionSlots>,
    address: IpAddr,
    number: u64,
    leave: Arc<Notify>,
}

impl Slot {
    /// Resolves when somebody else needs the place.
    pub(crate) async fn evicted(&self) {
        self.leave.notified().await;
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut inner = self.slots.lock();
        if let Some(places) = inner.taken.get_mut(&self.address) {
            places.retain(|taken| taken.number != self.number);
            if places.is_empty() {
                inner.taken.remove(&self.address);
            }
        }
        drop(inner);
        self.slots.left.notify_one();
    }
}

impl AdmissionSlots {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing under this lock can leave it half-changed.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a client from this address.
    pub(crate) async fn enter(self: &Arc<Self>, address: IpAddr) -> Slot {
        loop {
            let wait = match self.try_enter(address, Instant::now()) {
                Ok(slot) => return slot,
                Err(wait) => wait,
            };
            let _ = timeout_at(wait, self.left.notified()).await;
        }
    }

    /// A place, or until when it may take to get one.
    fn try_enter(self: &Arc<Self>, address: IpAddr, now: Instant) -> Result<Slot, Instant> {
        let mut inner = self.lock();
        inner.next += 1;
        let number = inner.next;
        let places = inner.taken.entry(address).or_default();
        if places.len() >= PLACES
            && let Some(oldest) = places.front()
        {
            if now < oldest.since + GRACE {
                return Err(oldest.since + GRACE);
            }
            oldest.leave.notify_one();
            places.pop_front();
        }
        let leave = Arc::new(Notify::new());
        places.push_back(Taken { number, since: now, leave: Arc::clone(&leave) });
        Ok(Slot { slots: Arc::clone(self), address, number, leave })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    #[tokio::test(start_paused = true)]
    async fn silent_clients_do_not_keep_others_out() {
        let slots = Arc::new(AdmissionSlots::default());
        let start = Instant::now();
        let mut silent = Vec::new();
        for _ in 0..PLACES {
            silent.push(slots.enter(HERE).await);
        }
        let elsewhere = slots.enter(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1))).await;
        assert_eq!(start.elapsed(), Duration::ZERO, "another address has places of its own");
        let _newcomer = slots.enter(HERE).await;
        assert_eq!(start.elapsed(), GRACE);
        silent[0].evicted().await;
        let second = silent[1].evicted();
        assert!(tokio::time::timeout(GRACE, second).await.is_err(), "one place was enough");
        drop((silent, elsewhere));
        assert_eq!(slots.lock().taken.len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_that_is_left_is_taken_at_once() {
        let slots = Arc::new(AdmissionSlots::default());
        let mut seats = Vec::new();
        for _ in 0..PLACES {
            seats.push(slots.enter(HERE).await);
        }
        let start = Instant::now();
        let waiting = tokio::spawn({
            let slots = Arc::clone(&slots);
            async move { slots.enter(HERE).await }
        });
        tokio::task::yield_now().await;
        drop(seats.pop());
        waiting.await.expect("a place");
        assert_eq!(start.elapsed(), Duration::ZERO);
    }
}
