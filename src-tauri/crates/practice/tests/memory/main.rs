//! What clients that mean harm make the server hold: one kind after the other, a moment each, in a process of their own.
//! The bench `hostile` does the same for a minute each.

// A test says by a panic what it saw; in helper functions clippy does not know that they are tests.
#![allow(clippy::panic)]
// The system tells what a process holds in a file that only Linux has.
#![cfg(target_os = "linux")]

#[path = "../live/attack.rs"]
mod attack;
#[path = "../live/client.rs"]
#[allow(dead_code, reason = "the other tests use more of it")]
mod client;
#[path = "../../benches/memory/mod.rs"]
mod memory;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use attack::ATTACKS;

/// What the process may hold at any time, in bytes: the promise is 200 MB.
const MOST: u64 = 200 << 20;
const EACH: Duration = Duration::from_millis(600);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_client_makes_the_server_hold_more_and_more() {
    let peak = Arc::new(AtomicU64::new(0));
    let watching = tokio::spawn({
        let peak = Arc::clone(&peak);
        async move {
            let mut tick = tokio::time::interval(Duration::from_millis(20));
            loop {
                tick.tick().await;
                peak.fetch_max(memory::resident().expect("Linux tells"), Ordering::Relaxed);
            }
        }
    });
    for attack in ATTACKS {
        peak.store(0, Ordering::Relaxed);
        let made = attack.run(EACH).await.unwrap_or_else(|error| panic!("{}: {error}", attack.name));
        let held = peak.load(Ordering::Relaxed);
        assert!(made > 0 && held < MOST, "{}: {} MB after {made} connections", attack.name, held >> 20);
    }
    watching.abort();
}
