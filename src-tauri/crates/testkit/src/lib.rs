//! Test doubles: a scripted Live server, a bad network, and a manual clock.
//!
//! Only for `[dev-dependencies]`. So it may use tungstenite, which in the product only live-client and live-server do,
//! and it depends on live-client although live-client's tests depend on it. Unexpected behaviour panics, and every
//! wait has a limit of 30 s, so that a test fails rather than hangs.

// A test double panics with what was expected and what came.
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
pub use rogue::{Dice, RogueDialer};
