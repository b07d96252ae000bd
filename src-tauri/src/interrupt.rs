//! Ctrl-C, and what else asks a program without a window to end. The first asks, the second insists.

use std::io;
use std::time::Duration;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
#[cfg(windows)]
use tokio::signal::windows::{CtrlBreak, CtrlC, ctrl_break, ctrl_c};

/// What a shell is told of a program that was interrupted: 128 and the signal's number.
pub(crate) const EXIT_STATUS: u8 = 130;

/// Hears every one of them from now on: none is lost while nobody waits.
#[cfg(unix)]
pub(crate) struct Interrupts {
    interrupt: Signal,
    terminate: Signal,
}

#[cfg(unix)]
impl Interrupts {
    /// From now on Ctrl-C does nothing by itself. Needs a tokio runtime.
    pub(crate) fn listen() -> io::Result<Self> {
        let (interrupt, terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        Ok(Self { interrupt, terminate })
    }

    /// The next one. Cancel safe.
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
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
        std::process::exit(i32::from(EXIT_STATUS));
    });
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
