//! Ctrl-C, and what else asks a program to end. The first asks, the second insists.

use std::io;
use std::time::Duration;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
#[cfg(windows)]
use tokio::signal::windows::{CtrlBreak, CtrlC, ctrl_break, ctrl_c};

/// The exit status of a program that was interrupted: 128 plus the signal's number.
pub(crate) const EXIT_STATUS: u8 = 130;

/// Hears every one of them from now on: none is lost while nobody waits.
#[cfg(unix)]
pub(crate) struct Interrupts {
    interrupt: Signal,
    terminate: Signal,
    /// Absent under `nohup`, which asks that a closed terminal ends nothing.
    hang_up: Option<Signal>,
}

#[cfg(unix)]
impl Interrupts {
    /// From now on Ctrl-C does nothing by itself. Needs a tokio runtime.
    pub(crate) fn listen() -> io::Result<Self> {
        let (interrupt, terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let hang_up =
            if is_ignored(SignalKind::hangup()) { None } else { Some(signal(SignalKind::hangup())?) };
        Ok(Self { interrupt, terminate, hang_up })
    }

    /// The next one. Cancel safe.
    pub(crate) async fn next(&mut self) {
        let hang_up = async {
            match &mut self.hang_up {
                Some(signal) => signal.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = hang_up => {}
        }
    }
}

/// How long the second one waits for the program to end by itself.
const INSISTS: Duration = Duration::from_secs(2);

/// Ends the program soon after the second one even if it hangs, on a terminal that takes nothing for example. Needs a tokio
/// runtime with a thread of its own.
pub(crate) fn insist() {
    tokio::spawn(async {
        let Ok(mut interrupts) = Interrupts::listen() else { return };
        interrupts.next().await;
        interrupts.next().await;
        tokio::time::sleep(INSISTS).await;
        tools::process::end_all();
        std::process::exit(i32::from(EXIT_STATUS));
    });
}

/// Whether whoever started this program wants it to ignore the signal. Known on Linux alone.
#[cfg(unix)]
fn is_ignored(signal: SignalKind) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    mask >> (signal.as_raw_value() - 1) & 1 == 1
}

/// Hears every one of them from now on: none is lost while nobody waits.
#[cfg(windows)]
pub(crate) struct Interrupts {
    interrupt: CtrlC,
    terminate: CtrlBreak,
}

#[cfg(windows)]
impl Interrupts {
    /// From now on Ctrl-C does nothing by itself. Needs a tokio runtime.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self { interrupt: ctrl_c()?, terminate: ctrl_break()? })
    }

    /// The next one. Cancel safe.
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
