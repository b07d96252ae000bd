//! How many bytes all connections of a server may hold together. An atomic count; never waits.
//!
//! A single connection is bounded by itself; a thousand of them are bounded here.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes of unfinished messages from clients that have not proven anything yet.
const UNAUTHENTICATED: usize = 16 << 20;
/// Bytes of unfinished messages of up to 1 MiB, as they arrive.
const SMALL: usize = 16 << 20;
/// Bytes of unfinished larger messages, as they are announced.
const LARGE: usize = 32 << 20;
/// Bytes that sessions keep: pictures, and what a setup grows to in memory.
const KEPT: usize = 64 << 20;

/// Bytes that can be taken and given back.
#[derive(Debug)]
pub(crate) struct Budget {
    left: AtomicUsize,
}

impl Budget {
    pub(crate) fn new(bytes: usize) -> Arc<Self> {
        Arc::new(Self { left: AtomicUsize::new(bytes) })
    }

    fn take(&self, bytes: usize) -> bool {
        let enough = |left: usize| left.checked_sub(bytes);
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, enough).is_ok()
    }

    fn give(&self, bytes: usize) {
        self.left.fetch_add(bytes, Ordering::Relaxed);
    }

    #[cfg(test)]
    pub(crate) fn left(&self) -> usize {
        self.left.load(Ordering::Relaxed)
    }
}

/// What somebody holds of a budget. Dropping it gives it back.
#[derive(Debug)]
pub(crate) struct Share {
    budget: Arc<Budget>,
    bytes: usize,
}

impl Share {
    /// A share of nothing yet.
    pub(crate) fn of(budget: &Arc<Budget>) -> Self {
        Self { budget: Arc::clone(budget), bytes: 0 }
    }

    /// Changes what is held to `bytes`; false, and nothing is changed, when there is not so much left.
    pub(crate) fn hold(&mut self, bytes: usize) -> bool {
        if bytes > self.bytes {
            if !self.budget.take(bytes - self.bytes) {
                return false;
            }
        } else {
            self.budget.give(self.bytes - bytes);
        }
        self.bytes = bytes;
        true
    }

    /// The same, when that is more than what is held.
    pub(crate) fn grow(&mut self, bytes: usize) -> bool {
        bytes <= self.bytes || self.hold(bytes)
    }

    /// Goes on with another budget; nothing is held of it yet.
    pub(crate) fn move_to(&mut self, budget: &Arc<Budget>) {
        *self = Self::of(budget);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.give(self.bytes);
    }
}

/// The budgets of one server.
#[derive(Debug)]
pub(crate) struct Budgets {
    pub(crate) unauthenticated: Arc<Budget>,
    pub(crate) small: Arc<Budget>,
    pub(crate) large: Arc<Budget>,
    pub(crate) kept: Arc<Budget>,
}

impl Default for Budgets {
    fn default() -> Self {
        let [unauthenticated, small, large, kept] = [UNAUTHENTICATED, SMALL, LARGE, KEPT].map(Budget::new);
        Self { unauthenticated, small, large, kept }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_comes_back_and_no_more_is_given() {
        let budget = Budget::new(100);
        let (mut first, mut second) = (Share::of(&budget), Share::of(&budget));
        assert!(first.hold(70) && second.hold(30) && !second.hold(31));
        assert!(first.hold(20) && second.hold(80) && !first.hold(21));
        assert_eq!(budget.left(), 0);
        drop(second);
        first.move_to(&Budget::new(1));
        assert_eq!(budget.left(), 100);
    }
}
