//! Whether the session bus answers. Whoever looks for the first window on a bus that hangs waits for ever, and does it on the
//! main thread; so the bus is asked before, on a thread of its own.

#[cfg(target_os = "linux")]
mod linux {
    use std::sync::mpsc::{Receiver, sync_channel};
    use std::time::Duration;

    /// A bus answers in milliseconds.
    const LIMIT: Duration = Duration::from_secs(2);
    const BUS: &str = "org.freedesktop.DBus";

    /// A question to the bus, under way.
    pub(in crate::app::window) struct Bus(Receiver<bool>);

    impl Bus {
        /// Asks and goes on.
        pub(in crate::app::window) fn ask() -> Self {
            let (sender, answer) = sync_channel(1);
            let question = move || {
                let id = zbus::blocking::Connection::session().and_then(|bus| {
                    bus.call_method(Some(BUS), "/org/freedesktop/DBus", Some(BUS), "GetId", &())
                });
                _ = sender.send(id.is_ok());
            };
            // Without a thread there is no answer either.
            _ = std::thread::Builder::new().name("session-bus".into()).spawn(question);
            Self(answer)
        }

        /// Whether it answers. Waits for two seconds at most.
        pub(in crate::app::window) fn answers(&self) -> bool {
            let answers = self.0.recv_timeout(LIMIT).unwrap_or(false);
            if !answers {
                tracing::info!("no session bus answers: a second start opens a second window");
            }
            answers
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod others {
    /// Other systems have another way to the first window, which does not hang.
    pub(in crate::app::window) struct Bus;

    impl Bus {
        pub(in crate::app::window) fn ask() -> Self {
            Self
        }

        #[expect(clippy::unused_self, reason = "as on Linux")]
        pub(in crate::app::window) fn answers(&self) -> bool {
            true
        }
    }
}

#[cfg(target_os = "linux")]
pub(super) use linux::Bus;
#[cfg(not(target_os = "linux"))]
pub(super) use others::Bus;
