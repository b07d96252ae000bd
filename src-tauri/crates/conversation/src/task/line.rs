//! The connection: lost, made again, and what is told of it. On the session task.

use std::time::Duration;

use live_proto::CloseCause;

use super::Task;
use crate::event::Event;
use crate::trouble::{Trouble, TroubleKind, of_resumed, words_of};

impl Task {
    /// A connection is lost, and another one is made.
    pub(super) async fn on_lost(&mut self, cause: &CloseCause, attempt: u32, retry_in: Duration) {
        self.look_at_close(cause).await;
        self.reconnect_status.lost(attempt, words_of(cause), retry_in, self.clock.now());
        self.phase_inputs.reconnecting = true;
        self.send_reconnect_status().await;
    }

    /// Connected again. With `again` the exchange under way comes once more, so what came of it is taken back.
    pub(super) async fn on_resumed(&mut self, fresh: bool, again: bool, kept: Duration, lost: Duration) {
        let is_news = self.reconnect_status.back(self.clock.now());
        self.phase_inputs.reconnecting = false;
        self.emit(Event::Connection(None)).await;
        self.figures.closes_at = None;
        self.emit(Event::Figures(self.figures)).await;
        self.exchange.broken_off(false);
        self.is_fresh = fresh;
        let starts_fresh = std::mem::take(&mut self.starts_fresh) && fresh;
        let is_wished = starts_fresh || self.rules_before.is_some();
        if starts_fresh {
            self.emit(Event::Trouble(Trouble::new(TroubleKind::StartedFresh, None))).await;
        }
        if again {
            self.watch.broken_off();
            self.you.sound.flush();
            self.reply.clear();
            self.recorder.forget();
            self.phase_inputs.playing = false;
            let events = self.transcript.again();
            self.emit_all(events).await;
        }
        let troubles = of_resumed(fresh && !is_wished, kept, lost).into_iter().filter(|_| is_news);
        self.emit_all(troubles.map(Event::Trouble)).await;
    }

    pub(super) async fn send_reconnect_status(&mut self) {
        let kept = self.driver.waiting_audio();
        if let Some(reconnect) = self.reconnect_status.news(kept, self.clock.now()) {
            self.emit(Event::Connection(Some(reconnect))).await;
        }
    }
}
