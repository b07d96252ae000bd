//! What a connection may still take of a server, and why it was given up. Shared between the ends of one connection.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// The span in which messages are counted.
const SPAN: Duration = Duration::from_secs(10);
/// The most messages that nobody asked for, and lines that are none, in a span.
const MOST_UNASKED: u32 = 20_000;
/// The most requests of a server in a span, each of which is answered.
const MOST_REQUESTS: u32 = 500;

/// One connection.
#[derive(Debug)]
pub(crate) struct Link {
    state: Mutex<State>,
    given_up: Notify,
}

#[derive(Debug)]
struct State {
    since: Instant,
    unasked: u32,
    requests: u32,
    reason: Option<String>,
}

impl Link {
    pub(crate) fn new() -> Self {
        let state = State { since: Instant::now(), unasked: 0, requests: 0, reason: None };
        Self { state: Mutex::new(state), given_up: Notify::new() }
    }

    /// Counts a message that nobody asked for. Too many of them end the connection.
    pub(crate) fn unasked(&self) {
        let is_flood = self.count(|state| {
            state.unasked += 1;
            state.unasked > MOST_UNASKED
        });
        if is_flood {
            self.give_up("it floods us with messages that nobody asked for");
        }
    }

    /// Counts a request of the server.
    pub(crate) fn request(&self) {
        let is_flood = self.count(|state| {
            state.requests += 1;
            state.requests > MOST_REQUESTS
        });
        if is_flood {
            self.give_up("it floods us with requests");
        }
    }

    fn count(&self, counted: impl FnOnce(&mut State) -> bool) -> bool {
        let mut state = self.state();
        if state.since.elapsed() >= SPAN {
            (state.since, state.unasked, state.requests) = (Instant::now(), 0, 0);
        }
        counted(&mut state)
    }

    /// Ends the connection; the first reason counts.
    pub(crate) fn give_up(&self, reason: &str) {
        self.state().reason.get_or_insert_with(|| reason.to_owned());
        // Kept until somebody waits for it.
        self.given_up.notify_one();
    }

    /// Why it was given up, if it was.
    pub(crate) fn reason(&self) -> Option<String> {
        self.state().reason.clone()
    }

    /// Waits until it is given up. One waits. Cancel safe.
    pub(crate) async fn given_up(&self) {
        while self.reason().is_none() {
            self.given_up.notified().await;
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
