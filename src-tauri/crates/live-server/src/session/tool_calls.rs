//! Calls of declared functions: made, waited for or not, answered, told (PROTOCOL.md §2.6).

use live_proto::catalogue::{CallIds, HandlesSent};
use live_proto::wire::{FunctionResponse, ServerMessage, ToolCallCancellation, ToolResponse};
use tokio::time::Instant;

use super::conversation::{Conversation, Turn};
use super::outbox::{Outbox, call, call_as_code};
use super::pending_calls::{self, Delivery, Pending, Wait, Waiting};
use super::reply::Reply;
use super::turn_state::Source;
use crate::agent::{Call, Event, Prompt, SentCall, ToolResult};
use crate::close::Closing;
use crate::resumption::{random_decimal, random_uuid};

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
            let id = match self.setup.behaviour.call_ids {
                CallIds::FcDecimal => format!("fc_{}", random_decimal()),
                CallIds::FunctionCallDecimal => format!("function-call-{}", random_decimal()),
                CallIds::Uuid => random_uuid(),
            };
            self.count_call(&name, &args);
            pending.push(Pending::new(id.clone(), name.clone(), note));
            sent.push(SentCall { id, name, args });
        }
        self.open_turn(out);
        self.reopen_turn();
        let behaviour = &self.setup.behaviour;
        if behaviour.half_cascade && !behaviour.model_role {
            for sent in &sent {
                out.content(call_as_code(&sent.name, &sent.args, behaviour));
            }
        }
        out.calls(sent.iter().map(|sent| call(&sent.id, &sent.name, sent.args.clone())).collect());
        self.agent.on_event(Event::Called { calls: &sent, waits, said: reply.said() }, now);
        if waits {
            let is_over = self.setup.behaviour.call_ends_turn;
            let sent_ms = reply.sent_ms();
            self.turn = Turn::Waiting(Wait { waiting: Waiting::on(pending), reply, is_over });
            if is_over {
                self.close_transcript(out);
                out.generation_complete();
                self.complete_turn(sent_ms, now, out);
            }
            return;
        }
        for call in pending {
            self.call_in_background(call, out);
        }
        // What it says to that, or calls next, waits until it is due.
        reply.go_on(now);
        self.turn = Turn::Replying(reply);
    }

    /// Goes on without waiting for this call.
    pub(super) fn call_in_background(&mut self, call: Pending, out: &mut Outbox) {
        if let Some(oldest) = self.background.begin(call) {
            cancel(vec![oldest], out);
        }
    }

    pub(super) fn tool_response(
        &mut self,
        response: ToolResponse,
        now: Instant,
        out: &mut Outbox,
    ) -> Result<(), Closing> {
        let needs_id = !self.setup.behaviour.call_ends_turn;
        response.function_responses.iter().try_for_each(|answer| pending_calls::check(answer, needs_id))?;
        for response in response.function_responses {
            self.shared.received.tool_result();
            if let Some(value) = &response.response {
                self.saved.context.add_text(&value.to_string());
            }
            let response = match &mut self.turn {
                Turn::Waiting(wait) => wait.waiting.take(response),
                _ => Some(response),
            };
            let Some(response) = response else { continue };
            let Some(received) = self.background.take(&response) else {
                self.answer_to_nothing(response, now, out);
                continue;
            };
            let received = if self.agent.awaits_results() {
                let Some(received) = self.give_awaited(received, now, out) else { continue };
                received
            } else {
                received
            };
            match received {
                // Over the agent's own words, but not over the person's.
                Delivery::Now if matches!(self.turn, Turn::Replying(_)) && !self.is_speaking() => {
                    self.interrupt(Source::Call, now, out);
                }
                Delivery::Now | Delivery::WhenIdle => {}
                Delivery::Never(result) => self.note(result, now, out),
            }
        }
        if self.setup.resumable && self.setup.behaviour.handles == HandlesSent::MidTurn {
            self.send_handle(now, out);
        }
        self.go_on_with_results(now, out);
        Ok(())
    }

    /// An answer to no call that stands. It may have crossed a cancellation, and is ignored; on Vertex AI it begins a turn
    /// like every other answer (recorded).
    fn answer_to_nothing(&mut self, response: FunctionResponse, now: Instant, out: &mut Outbox) {
        if !self.setup.behaviour.call_ends_turn {
            return;
        }
        let result = ToolResult {
            id: response.id.unwrap_or_default(),
            name: response.name.unwrap_or_default(),
            value: response.response.unwrap_or_default(),
            silent: false,
            note: serde_json::Value::Null,
        };
        self.ask(Prompt::ToolResult(result), Source::Call, now, out);
    }

    /// Gives the agent an answer into the turn that made the call, as long as it has said nothing there; gives back what it
    /// can't take so.
    fn give_awaited(&mut self, received: Delivery, now: Instant, out: &mut Outbox) -> Option<Delivery> {
        if !matches!(self.turn, Turn::Replying(_)) {
            return Some(received);
        }
        match received {
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
            && let Turn::Waiting(Wait { reply, is_over, .. }) = std::mem::replace(&mut self.turn, Turn::Idle)
        {
            self.agent.on_event(Event::ToolResults(results), now);
            let reply = if is_over { Box::new(Reply::new(self.cut(), now)) } else { reply };
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
}

/// Tells the client that these calls need no answer any more.
pub(super) fn cancel(ids: Vec<String>, out: &mut Outbox) {
    let tool_call_cancellation = Some(ToolCallCancellation { ids });
    out.push(&ServerMessage { tool_call_cancellation, ..ServerMessage::default() });
}
