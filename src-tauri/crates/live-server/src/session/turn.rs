//! The agent's turns: asked for, begun, broken off, ended.

use std::time::Duration;

use live_proto::catalogue::HandlesSent;
use live_proto::wire::{
    Int64, InteractionStatus, ServerContent, ServerMessage, SessionResumptionUpdate, VoiceActivityType,
};
use tokio::time::Instant;

use super::conversation::{Conversation, Turn};
use super::outbox::{Outbox, activity, turn_complete};
use super::pending_calls::Wait;
use super::reply::{Due, Reply};
use super::tool_calls::cancel;
use super::turn_state::{Source, TurnFrames};
use crate::agent::{Duty, Event, Prompt};
use crate::resumption::Saved;

/// Turns that wait for a reply that may not be interrupted; the oldest is dropped for a new one.
const QUEUED: usize = 4;
/// A nudge so soon after what it could be about is about that: the service has not begun its reply by then.
const NUDGE_WITHIN: Duration = Duration::from_secs(1);

impl Conversation {
    /// Has a prompt answered now, or after the reply that may not be interrupted.
    pub(super) fn ask(&mut self, prompt: Prompt, source: Source, now: Instant, out: &mut Outbox) {
        if self.setup.duty != Duty::Converse && source != Source::Speech {
            // Models that transcribe and interpret take sound.
            return;
        }
        if !self.must_wait(source) {
            self.interrupt(source, now, out);
            self.answer(prompt, source, now, out);
            return;
        }
        if self.queued.len() == QUEUED {
            self.queued.pop_front();
            self.shared.received.dropped_turn();
        }
        self.queued.push_back((prompt, source));
    }

    /// Whether what comes from there may not cut what is being said (PROTOCOL.md §2.3, §2.5).
    fn must_wait(&self, source: Source) -> bool {
        let is_replying = matches!(self.turn, Turn::Replying(_));
        let is_busy = match &self.turn {
            Turn::Idle => false,
            Turn::Replying(_) => true,
            Turn::Waiting(wait) => !wait.is_over,
        };
        match source {
            Source::Speech => is_busy && !self.setup.interrupts,
            Source::Stream => is_busy && !self.setup.interrupts || is_replying && !self.typed_text_cuts(),
            Source::Typed => is_replying && !self.typed_text_cuts(),
            Source::Call => is_replying,
        }
    }

    pub(super) fn typed_text_cuts(&self) -> bool {
        self.setup.behaviour.typed_turn_cuts
    }

    /// The client wants an answer and says nothing: to what stands unanswered, once that is heard.
    pub(super) fn nudge(&mut self, source: Source, now: Instant, out: &mut Outbox) {
        if self.is_speaking() || self.agent.is_understanding() {
            self.is_nudged = true;
            return;
        }
        let is_answered = matches!(self.turn, Turn::Replying(_))
            && self.answered.is_some_and(|at| now.duration_since(at) < NUDGE_WITHIN);
        if !is_answered {
            self.ask(Prompt::History, source, now, out);
        }
    }

    /// Answers what waited for a quiet moment, if this is one: a turn, a nudge, the answer to a call.
    pub(super) fn answer_what_waits(&mut self, now: Instant, out: &mut Outbox) {
        if !self.is_quiet() {
            return;
        }
        if let Some((prompt, source)) = self.queued.pop_front() {
            self.answer(prompt, source, now, out);
        } else if std::mem::take(&mut self.is_nudged) {
            self.answer(Prompt::History, Source::Typed, now, out);
        } else if let Some(result) = self.background.next() {
            self.answer(Prompt::ToolResult(result), Source::Call, now, out);
        }
    }

    pub(super) fn answer(&mut self, prompt: Prompt, source: Source, now: Instant, out: &mut Outbox) {
        if self.setup.resumable
            && self.setup.behaviour.handles == HandlesSent::WithheldWhileTyped
            && matches!(source, Source::Stream | Source::Typed)
        {
            let session_resumption_update = Some(SessionResumptionUpdate::default());
            out.push(&ServerMessage { session_resumption_update, ..ServerMessage::default() });
        }
        if !matches!(prompt, Prompt::ToolResult(_)) {
            self.answered = Some(now);
        }
        self.agent.answer(prompt, now);
        self.begin_turn(now, out);
    }

    /// The agent has a turn from here on.
    pub(super) fn begin_turn(&mut self, now: Instant, out: &mut Outbox) {
        self.go_on(Box::new(Reply::new(self.cut(), now)), now, out);
    }

    /// The agent goes on with its turn: says more when that is due, and does at once what comes before.
    pub(super) fn go_on(&mut self, mut reply: Box<Reply>, now: Instant, out: &mut Outbox) {
        reply.go_on(now);
        self.turn = Turn::Replying(reply);
        // A thought, and a call that follows it; further thoughts wait until they are due.
        for _ in 0..2 {
            let Turn::Replying(reply) = &mut self.turn else { return };
            let Some(due) = reply.at_once(self.agent.as_mut(), now) else { return };
            let goes_on = matches!(due, Due::Thought(_) | Due::Fault(_));
            self.on_reply(due, now, out);
            if !goes_on || self.ending.is_some() {
                return;
            }
        }
    }

    /// Breaks off whatever is being said or waited for.
    pub(super) fn interrupt(&mut self, source: Source, now: Instant, out: &mut Outbox) {
        match &self.turn {
            Turn::Idle => return,
            Turn::Waiting(wait) if wait.is_over => return self.leave_calls(now, out),
            Turn::Waiting(wait) => cancel(wait.waiting.ids(), out),
            Turn::Replying(_) => {}
        }
        if source == Source::Speech && self.tells_what_cuts() {
            out.push(&activity(VoiceActivityType::Start, self.received_ms));
        }
        out.content(ServerContent { interrupted: Some(true), ..ServerContent::default() });
        self.end_turn_heard(true, now, out);
    }

    /// The turn of the calls is over for the client: their answers are told when they come.
    fn leave_calls(&mut self, now: Instant, out: &mut Outbox) {
        let Turn::Waiting(wait) = std::mem::replace(&mut self.turn, Turn::Idle) else { return };
        self.agent.on_event(Event::TurnEnded { said: wait.reply.said(), heard: None }, now);
        for call in wait.waiting.into_unanswered() {
            self.call_in_background(call, out);
        }
    }

    pub(super) fn end_turn(&mut self, now: Instant, out: &mut Outbox) {
        self.end_turn_heard(false, now, out);
    }

    fn end_turn_heard(&mut self, interrupted: bool, now: Instant, out: &mut Outbox) {
        let mut sent_ms = 0;
        let ended = std::mem::replace(&mut self.turn, Turn::Idle);
        if let Turn::Replying(reply) | Turn::Waiting(Wait { reply, .. }) = ended {
            sent_ms = reply.sent_ms();
            let heard = interrupted.then(|| reply.heard(now));
            self.agent.on_event(Event::TurnEnded { said: reply.said(), heard }, now);
        }
        self.complete_turn(sent_ms, now, out);
    }

    /// Tells the client that the turn is over.
    pub(super) fn complete_turn(&mut self, sent_ms: u64, now: Instant, out: &mut Outbox) {
        // The exchange goes on as long as there is something to come of it.
        let status =
            if self.background.is_empty() { InteractionStatus::Idle } else { InteractionStatus::InProgress };
        let status = self.setup.says_idle.then_some(status);
        let hides_usage = self.frames.hides_usage;
        let spent = self.take_spent(sent_ms);
        let usage = self.saved.context.turn(spent, self.setup.behaviour.usage_names);
        let usage = Some(usage).filter(|_| !hides_usage);
        if self.setup.duty == Duty::Converse {
            out.push(&turn_complete(usage, status, &self.setup.behaviour));
        }
        if let Some(window) = self.setup.window {
            self.saved.context.slide(window);
        }
        if self.setup.resumable {
            self.send_handle(now, out);
        }
    }

    /// Ends the turn without a word to the client.
    pub(super) fn fall_silent(&mut self, now: Instant) {
        let ended = std::mem::replace(&mut self.turn, Turn::Idle);
        if let Turn::Replying(reply) | Turn::Waiting(Wait { reply, .. }) = ended {
            self.agent.on_event(Event::TurnEnded { said: reply.said(), heard: None }, now);
        }
        self.frames = TurnFrames::default();
    }

    /// Gives the client a handle of the session as it is now.
    pub(super) fn send_handle(&mut self, now: Instant, out: &mut Outbox) {
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
