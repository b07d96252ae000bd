//! The backend's part for writing changed settings. A disk may hang, so it is done elsewhere, one change after the other; of
//! those that wait the newest counts.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::outcome::Outcome;
use super::{Task, in_background};
use crate::contract::{ErrorCode, Settings};

/// How long the last change is waited for when the program ends.
const LAST: Duration = Duration::from_secs(5);

/// The task that writes.
pub(super) struct Keeper {
    newest: watch::Sender<Settings>,
    task: JoinHandle<Option<()>>,
}

impl Task {
    /// Writes these settings soon; what went wrong is a notice.
    pub(super) fn keep(&mut self, settings: Settings) {
        match &self.keeper {
            Some(keeper) => _ = keeper.newest.send_replace(settings),
            None => self.keeper = Some(self.keeper(settings)),
        }
    }

    fn keeper(&self, settings: Settings) -> Keeper {
        let (newest, mut changes) = watch::channel(settings);
        changes.mark_changed();
        let (store, outcomes) = (self.store.clone(), self.outcomes.0.clone());
        let task = threads::task("settings", async move {
            while changes.changed().await.is_ok() {
                let settings = changes.borrow_and_update().clone();
                let store = store.clone();
                if let Some(Err(notice)) = in_background(move || store.save(&settings)).await {
                    _ = outcomes.send(Outcome::Notice(notice, ErrorCode::Settings)).await;
                }
            }
        });
        Keeper { newest, task }
    }

    /// Waits until what was changed is written.
    pub(super) async fn keep_all(&mut self) {
        let Some(Keeper { newest, task }) = self.keeper.take() else { return };
        // A change that nobody looked at yet is looked at before the end is seen.
        drop(newest);
        if tokio::time::timeout(LAST, task).await.is_err() {
            tracing::warn!("the settings were not written in time");
        }
    }
}
