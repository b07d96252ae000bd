//! What the backend does when something of it panicked: the page hears of it, and another conversation can be started.

use std::time::Duration;

use threads::Death;
use tokio::time::timeout;

use super::Task;
use crate::contract::{Phase, UiEvent};
use crate::messages;

/// Panics of the task itself that it survives; after more of them the window stands still.
const PANICS: u32 = 3;
/// How long the conversation may take after one to release its devices.
const RELEASE: Duration = Duration::from_secs(5);

impl Task {
    /// Runs, and goes on after a panic of its own: the conversation ends with a notice.
    pub(super) async fn run_on(mut self) {
        self.begin();
        for _ in 0..=PANICS {
            match threads::catch_async("backend", self.run()).await {
                Ok(()) => return,
                Err(death) => self.recover(&death).await,
            }
        }
    }

    async fn recover(&mut self, death: &Death) {
        self.emit(UiEvent::Notice { notice: messages::died(death) });
        if let Some((talk, mut events)) = self.talk.take() {
            drop(talk);
            // Its last events may be what can't be taken.
            let _ = timeout(RELEASE, async { while events.recv().await.is_some() {} }).await;
            self.emit(UiEvent::Phase { phase: Phase::Ended });
        }
    }

    /// Something that was started for the window panicked: what waits for it waits no longer.
    pub(super) fn on_panic(&mut self, death: &Death) {
        self.emit(UiEvent::Notice { notice: messages::died(death) });
        self.secrets.get_or_insert_default();
        self.give_up_speaker_check();
        self.give_up_microphone_test();
        self.stop_voice_sample();
        self.stop_fetching();
        self.stop_finding_local_models();
        self.start_if_waiting();
    }
}
