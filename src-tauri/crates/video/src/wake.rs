//! Wakes the reader thread from a wait that would not end.
//!
//! nokhwa waits for a frame without a limit, so a camera that stalls would keep its light on for ever: the device is
//! closed by the thread that waits. On Linux that wait is poll(2), which any signal with a handler ends. SIGURG is the
//! one whose default is to be ignored, so a stray one does no harm. Elsewhere there is nothing to be done and a stalled
//! thread is left behind until its driver lets go.

use std::thread::JoinHandle;

/// Ends the thread's current wait, if it is in one. To be repeated until the thread ends: between a check of the stop
/// flag and the wait there is a gap.
#[cfg(target_os = "linux")]
pub(crate) fn interrupt(thread: &JoinHandle<Option<()>>) {
    use std::os::unix::thread::JoinHandleExt;
    use std::sync::atomic::AtomicBool;
    use std::sync::{Arc, OnceLock};

    use nix::sys::pthread::pthread_kill;
    use nix::sys::signal::Signal;

    static HANDLER: OnceLock<bool> = OnceLock::new();
    let ready = *HANDLER.get_or_init(|| {
        signal_hook::flag::register(Signal::SIGURG as i32, Arc::new(AtomicBool::new(false))).is_ok()
    });
    // The handle is not joined yet, so the id is still this thread's.
    if ready && let Err(error) = pthread_kill(thread.as_pthread_t(), Signal::SIGURG) {
        tracing::debug!(%error, "the camera's reader could not be woken");
    }
}

/// Nothing ends the wait here.
#[cfg(not(target_os = "linux"))]
pub(crate) fn interrupt(_: &JoinHandle<Option<()>>) {}
