//! Sound devices: finding, opening and watching them, and what runs in their callbacks.

pub(crate) mod callback;
pub(crate) mod list;
pub(crate) mod mic_health;
pub(crate) mod opener;
#[cfg(target_os = "linux")]
pub(crate) mod pulse;
pub(crate) mod recovery;
pub(crate) mod stream;
pub(crate) mod watchdog;
