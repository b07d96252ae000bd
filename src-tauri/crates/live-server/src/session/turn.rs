//! The agent's turns: asked for, begun, broken off, ended.

use live_proto::wire::{Int64, InteractionStatus, ServerContent, ServerMessage, SessionResumptionUpdate};
use tokio::time::Instant;

use super::conversation::{Conversation, Turn};
use super::outbox::{Outbox, turn_complete};
use super::pending_calls::Wait;
use super::reply::Reply;
use super::tool_calls::cancel;
use crate::agent::{Event, Prompt};
use crate::resumption::Saved;

/// Turns that wait for a reply that may not be interrupted; the oldest is dropped for a new one.
const QUEUED: usize = 4;

impl Conversation {
    /// Has a prompt answered now, or after the reply that may not be interrupted.
    pub(super) fn ask(&mut self, prompt: Prompt, now: Instant, out: &mut Outbox) {
        if matches!(self.turn, Turn::Idle) || self.setup.interrupts {
            self.interrupt(now, out);
            self.answer(prompt, now, out);
            return;
        }
        if self.queued.len() == QUEUED {
            self.queued.pop_front();
            self.shared.received.dropped_turn();
        }
        self.queued.push_back(prompt);
    }

    pub(super) fn answer(&mut self, prompt: Prompt, now: Instant, out: &mut Outbox) {
        self.agent.answer(prompt, now);
        self.begin_turn(now, out);
    }

    /// The agent has a turn from here on.
    pub(super) fn begin_turn(&mut self, now: Instant, out: &mut Outbox) {
        let chunk = self.shared.config.chunk_samples();
        let pause = self.shared.config.pause_for(chunk);
        self.go_on(Box::new(Reply::new(chunk, pause, now)), now, out);
    }

    /// The agent goes on with its turn: says more when that is due, and does at once what comes before.
    pub(super) fn go_on(&mut self, mut reply: Box<Reply>, now: Instant, out: &mut Outbox) {
        reply.go_on(now);
        let due = reply.at_once(self.agent.as_mut(), now);
        self.turn = Turn::Replying(reply);
        if let Some(due) = due {
            self.on_reply(due, now, out);
        }
    }

    /// Breaks off whatever is being said or waited for.
    pub(super) fn interrupt(&mut self, now: Instant, out: &mut Outbox) {
        match &self.turn {
            Turn::Idle => return,
            Turn::Waiting(wait) => cancel(wait.waiting.ids(), out),
            Turn::Replying(_) => {}
        }
        out.content(ServerContent { interrupted: Some(true), ..ServerContent::default() });
        self.end_turn(now, out);
    }

    pub(super) fn end_turn(&mut self, now: Instant, out: &mut Outbox) {
        let mut sent_ms = 0;
        let ended = std::mem::replace(&mut self.turn, Turn::Idle);
        if let Turn::Replying(reply) | Turn::Waiting(Wait { reply, .. }) = ended {
            sent_ms = reply.sent_ms();
            self.agent.on_event(Event::TurnEnded { said: reply.said() }, now);
        }
        // The exchange goes on as long as there is something to come of it.
        let status =
            if self.background.is_empty() { InteractionStatus::Idle } else { InteractionStatus::InProgress };
        let status = self.setup.says_idle.then_some(status);
        out.push(&turn_complete(self.saved.context.turn(sent_ms), status));
        if let Some(window) = self.setup.window {
            self.saved.context.slide(window);
        }
        if self.setup.resumable {
            let agent = Some(self.agent.save());
            let saved = Saved { heard: self.checkpoint.heard, agent, ..self.saved.clone() };
            let handle = self.shared.store.save(&self.mark, saved, now);
            let update = SessionResumptionUpdate {
                new_handle: Some(handle),
                resumable: Some(true),
                last_consumed_client_message_index: self
                    .setup
                    .transparent
                    .then(|| Int64::from(i64::try_from(self.checkpoint.message).unwrap_or(i64::MAX))),
            };
            out.push(&ServerMessage { session_resumption_update: Some(update), ..ServerMessage::default() });
        }
    }
}
