//! Another setup for a session that runs (PROTOCOL.md §3.2): any of it may change with a handle, except the model. Pure.
//!
//! Where the service refuses the new setup, the conversation goes on with the one that it had.

use super::calls::Calls;
use super::event::{Configuration, Event, Millis, Output};
use super::unanswered::Unanswered;
use super::{Phase, Session, detects_turns};
use crate::close::{CloseCause, CloseKind};

/// A change of the setup that is under way.
#[derive(Debug, Default)]
pub(super) struct Change {
    /// What was used before, and its handle, until the service took the new one.
    before: Option<Box<(Configuration, Option<String>)>>,
    /// It was asked for before the first connection was ready.
    asked_early: Option<Box<Configuration>>,
}

impl Session {
    /// Continues with this setup.
    pub(super) fn reconfigure(&mut self, wanted: Configuration, now: Millis) {
        if !self.connection.was_ready {
            self.change.asked_early = Some(Box::new(wanted));
            return;
        }
        if matches!(self.phase, Phase::Draining { .. } | Phase::Closed) {
            return;
        }
        let handle = self.handle.clone();
        let is_same_model = self.current.setup.model == wanted.setup.model;
        let before = self.configure(wanted);
        // Of several changes in a row the service took none but the first one.
        self.change.before.get_or_insert_with(|| Box::new((before, handle)));
        if !is_same_model {
            self.handle = None;
        }
        let reason = "another setup was asked for".to_owned();
        let cause = CloseCause { kind: CloseKind::Network, code: None, reason };
        match self.phase {
            Phase::Live => self.leave(cause, false, now),
            Phase::SettingUp { .. } => {
                self.outputs.push_back(Output::Close { code: 1000, reason: cause.reason.clone() });
                self.connection_lost(cause, now);
            }
            Phase::Waiting { .. } => self.connect(now),
            // The next setup is the new one.
            Phase::Connecting | Phase::Leaving { .. } | Phase::Draining { .. } | Phase::Closed => {}
        }
    }

    /// Does what was asked for while the first connection was made.
    pub(super) fn reconfigure_if_asked(&mut self, now: Millis) {
        if let Some(wanted) = self.change.asked_early.take() {
            self.reconfigure(*wanted, now);
        }
    }

    /// The service took the setup.
    pub(super) fn taken(&mut self) {
        if self.change.before.take().is_some() {
            self.event(Event::Reconfigured);
        }
    }

    /// The service refused a setup for good. Returns whether it was a new one, so that the one before is used again.
    pub(super) fn go_back(&mut self, cause: &CloseCause) -> bool {
        let Some(before) = self.change.before.take() else { return false };
        let (configuration, handle) = *before;
        self.configure(configuration);
        self.handle = handle;
        self.event(Event::ReconfigurationRefused(cause.clone()));
        true
    }

    /// Takes over the rules of a setup; returns what was used before.
    fn configure(&mut self, wanted: Configuration) -> Configuration {
        let Configuration { setup, rules } = &wanted;
        (self.typing, self.history_mode) = (rules.typing, rules.history);
        self.detects_turns = detects_turns(setup);
        self.unanswered = Unanswered::of(setup, rules, &self.limits);
        // Open calls end with the connection.
        let ids = self.calls.cancel_all();
        if !ids.is_empty() {
            self.event(Event::ToolCallsCancelled { ids });
        }
        self.calls = Calls::new(setup, &rules.functions);
        std::mem::replace(&mut self.current, wanted)
    }
}
