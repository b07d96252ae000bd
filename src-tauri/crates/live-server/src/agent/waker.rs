//! How work that is done elsewhere gets a session's attention.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Wakes one session, and tells it when something that worked for it is broken. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Waker(Arc<Signal>);

#[derive(Debug, Default)]
struct Signal {
    notify: Notify,
    is_broken: AtomicBool,
}

impl Waker {
    /// Has the session look at its agent again, soon and from its own task. Never waits.
    pub fn wake(&self) {
        self.0.notify.notify_one();
    }

    /// Resolves when it was used since the last time.
    pub async fn woken(&self) {
        self.0.notify.notified().await;
    }

    /// Tells that something that worked for the session panicked. The session ends.
    pub fn report_panic(&self) {
        self.0.is_broken.store(true, Ordering::Relaxed);
        self.wake();
    }

    /// Returns whether a panic was reported.
    pub fn is_broken(&self) -> bool {
        self.0.is_broken.load(Ordering::Relaxed)
    }
}
