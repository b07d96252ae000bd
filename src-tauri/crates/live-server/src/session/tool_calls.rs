//! Calls of declared functions: made, waited for or not, answered, told (PROTOCOL.md §2.6).

use live_proto::wire::{ServerMessage, ToolCallCancellation, ToolResponse};
use tokio::time::Instant;

use super::conversation::{Conversation, Turn};
use super::outbox::{Outbox, call};
use super::pending_calls::{self, Delivery, Pending, Wait, Waiting};
use crate::agent::{Call, Event, Prompt, SentCall, ToolResult};
use crate::close::Closing;
use crate::resumption::random_id;

impl Conversation {
    /// Makes calls. The turn waits for their answers, or the agent goes on talking when nobody waits for these functions.
    pub(super) fn call(&mut self, calls: Vec<Call>, now: Instant, out: &mut Outbox) {
        let Turn::Replying(mut reply) = std::mem::replace(&mut self.turn, Turn::Idle) else { return };
        if calls.is_empty() {
            self.turn = Turn::Replying(reply);
            return;
        }
        let waits = calls.iter().any(|call| self.setup.waits_for(&call.name));
        let (mut sent, mut pending) = (Vec::new(), Vec::new());
        for Call { name, args, note } in calls {
            let id = format!("function-call-{}", random_id());
            pending.push(Pending::new(id.clone(), name.clone(), note));
            sent.push(SentCall { id, name, args });
        }
        out.calls(sent.iter().map(|sent| call(&sent.id, &sent.name, sent.args.clone())).collect());
        self.agent.on_event(Event::Called { calls: &sent, waits, said: reply.said() }, now);
        if waits {
            self.turn = Turn::Waiting(Wait { waiting: Waiting::on(pending), reply });
            return;
        }
        for call in pending {
            if let Some(oldest) = self.background.begin(call) {
                cancel(vec![oldest], out);
            }
        }
        // What it says to that, or calls next, waits until it is due.
        reply.go_on(now);
        self.turn = Turn::Replying(reply);
    }

    pub(super) fn tool_response(
        &mut self,
        response: ToolResponse,
        now: Instant,
        out: &mut Outbox,
    ) -> Result<(), Closing> {
        response.function_responses.iter().try_for_each(pending_calls::check)?;
        for response in response.function_responses {
            self.shared.received.tool_result();
            if let Some(value) = &response.response {
                self.saved.context.add_text(&value.to_string());
            }
            let response = match &mut self.turn {
                Turn::Waiting(wait) => wait.waiting.take(response),
                _ => Some(response),
            };
            let Some(told) = response.and_then(|response| self.background.take(response)) else { continue };
            let told = if self.agent.awaits_results() {
                let Some(told) = self.give_awaited(told, now, out) else { continue };
                told
            } else {
                told
            };
            match told {
                // Over the agent's own words, but not over the person's.
                Delivery::Now if matches!(self.turn, Turn::Replying(_)) && !self.is_speaking() => {
                    self.interrupt(now, out);
                }
                Delivery::Now | Delivery::WhenIdle => {}
                Delivery::Never(result) => self.note(result, now, out),
            }
        }
        self.go_on_with_results(now, out);
        Ok(())
    }

    /// Gives the agent an answer into the turn that made the call, as long as it has said nothing there; gives back what it
    /// can't take so.
    fn give_awaited(&mut self, told: Delivery, now: Instant, out: &mut Outbox) -> Option<Delivery> {
        if !matches!(self.turn, Turn::Replying(_)) {
            return Some(told);
        }
        match told {
            Delivery::Now | Delivery::WhenIdle => {
                let results = self.background.next().into_iter().collect();
                self.agent.on_event(Event::ToolResults(results), now);
            }
            Delivery::Never(result) => self.note(result, now, out),
        }
        if let Turn::Replying(reply) = std::mem::replace(&mut self.turn, Turn::Idle) {
            self.go_on(reply, now, out);
        }
        None
    }

    /// Goes on with the turn that waits, when all its calls are answered.
    fn go_on_with_results(&mut self, now: Instant, out: &mut Outbox) {
        if let Turn::Waiting(wait) = &mut self.turn
            && let Some(results) = wait.waiting.take_finished()
            && let Turn::Waiting(Wait { reply, .. }) = std::mem::replace(&mut self.turn, Turn::Idle)
        {
            self.agent.on_event(Event::ToolResults(results), now);
            self.go_on(reply, now, out);
        }
    }

    /// Tells the agent what is not spoken of. An exchange that was open only for it is over.
    fn note(&mut self, result: Option<ToolResult>, now: Instant, out: &mut Outbox) {
        if let Some(result) = result {
            self.agent.on_event(Event::ToolResultNoted(result), now);
        }
        if self.setup.says_idle && self.background.is_empty() && matches!(self.turn, Turn::Idle) {
            self.end_turn(now, out);
        }
    }

    /// Has the next answer told that waits for a quiet moment, if this is one.
    pub(super) fn deliver_next_result(&mut self, now: Instant, out: &mut Outbox) {
        if self.is_quiet()
            && let Some(result) = self.background.next()
        {
            self.answer(Prompt::ToolResult(result), now, out);
        }
    }
}

/// Tells the client that these calls need no answer any more.
pub(super) fn cancel(ids: Vec<String>, out: &mut Outbox) {
    let tool_call_cancellation = Some(ToolCallCancellation { ids });
    out.push(&ServerMessage { tool_call_cancellation, ..ServerMessage::default() });
}
