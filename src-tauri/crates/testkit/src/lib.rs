//! Doubles for tests: a Live server that does what the test says, a network that breaks, and a clock that the test turns.
//!
//! For `[dev-dependencies]` alone. It may therefore name tungstenite, which in the product only live-client and rehearsal
//! do, and it knows live-client although live-client's own tests know it. What is not as the test expects panics, and
//! every wait has a limit of 30 s, so that a test fails rather than hangs.

// Panicking with what was expected and what came is what a double is for.
#![expect(clippy::panic)]

mod clock;
mod flood;
pub mod local;
mod peer;
mod relay;
mod rogue;

pub use clock::ManualClock;
pub use flood::{Flood, FloodServer};
pub use peer::{Caller, Callers, Peer, PeerDialer, Upgrade};
pub use relay::{Relay, RelayDialer};
pub use rogue::RogueDialer;
