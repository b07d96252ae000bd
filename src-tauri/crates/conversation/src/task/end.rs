//! The end of a conversation on the session task: releases the devices, closes the connection and takes its last events,
//! each within a limit.

use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use super::Task;
use crate::camera::CameraPort;
use crate::clock::Moment;
use crate::event::{CameraState, Event};
use crate::phase::PhaseInputs;
use crate::trouble::of_death;

/// How long the last words and the close may take after End.
const DRAIN: Duration = Duration::from_secs(2);

impl Task {
    /// Releases the devices and closes the connection at the same time, and takes its last events.
    pub(super) async fn finish(mut self) {
        self.ending = true;
        let rows = self.calls.cancel_all(self.clock.now());
        self.emit_all(rows.into_iter().map(Event::Tool)).await;
        if let Some(verdict) = self.exchange.last_word() {
            self.on_verdict(verdict).await;
        }
        let sound = self.you.sound.take();
        let mut camera = std::mem::replace(&mut self.camera, CameraPort::new(watch::Sender::new(None)));
        let stopped = self.calls.shut_down();
        let drained = timeout(DRAIN, async {
            self.driver.send(live_proto::Command::End).await;
            while let Some(event) = self.driver.next_event().await {
                self.on_session_event(event).await;
            }
        });
        let (troubles, was_on, drained, ()) = tokio::join!(sound.close(), camera.close(), drained, stopped);
        if drained.is_err() {
            tracing::debug!("the server did not close in time");
        }
        if was_on {
            self.emit(Event::Camera(CameraState::Off)).await;
        }
        self.emit_all(troubles).await;
        let now = self.clock.now();
        let events = self.transcript.complete(now);
        self.close_turns(events).await;
        while let Some(death) = self.deaths.try_recv() {
            if self.is_broken {
                tracing::warn!(%death, "died, too");
            } else {
                self.on_panic(&death).await;
            }
        }
        ended(&self.events, now, self.answered && !self.is_broken).await;
    }

    /// Reports a panic; the conversation counts as broken from then on.
    pub(super) async fn on_panic(&mut self, death: &threads::Death) {
        self.is_broken = true;
        self.emit(Event::Trouble(of_death(death.to_string()))).await;
    }
}

pub(super) async fn send(events: &mpsc::Sender<Event>, batch: Vec<Event>) {
    for event in batch {
        let _ = events.send(event).await;
    }
}

/// The last two events.
pub(super) async fn ended(events: &mpsc::Sender<Event>, now: Moment, answered: bool) {
    let over = PhaseInputs { ended: true, ..PhaseInputs::default() };
    let _ = events.send(Event::Phase(over.phase())).await;
    let _ = events.send(Event::Ended { at: now.wall, answered }).await;
}
