//! Wakes the reader thread from an endless wait.
//!
//! nokhwa waits for a frame without a limit, and the waiting thread has to close the device. So a stalled camera would
//! keep its light on. On Linux the wait is poll(2), which any signal with a handler interrupts. SIGURG is ignored by
//! default, so a stray one does no harm. Elsewhere a stalled thread is abandoned until its driver returns.

use std::thread::JoinHandle;

/// Interrupts the thread's current wait. Repeat it until the thread ends: there is a gap between checking the stop
/// flag and waiting.
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

/// Does nothing: the wait can't be interrupted on this system.
#[cfg(not(target_os = "linux"))]
pub(crate) fn interrupt(_: &JoinHandle<Option<()>>) {}
