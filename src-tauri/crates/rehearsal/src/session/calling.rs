//! Calls of declared functions: made, waited for or not, answered, told (PROTOCOL.md §2.6).

use live_proto::wire::{ServerMessage, ToolCallCancellation, ToolResponse};
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::conversation::{Conversation, Turn};
use super::outbox::{Outbox, call};
use super::thinking::LlmTurn;
use super::tools::{self, Outcome, Pending, Told, Wait, Waiting};
use crate::close::Closing;
use crate::intents::Role;
use crate::resumption::random_handle;

/// What is said while a function works that nobody waits for.
pub(super) const MEANWHILE: &str = "Let me check.";

impl Conversation {
    /// Makes a call. The turn waits for its answer, or the partner goes on talking when nobody waits for this function.
    pub(super) fn call(&mut self, name: String, args: Map<String, Value>, now: Instant, out: &mut Outbox) {
        let id = format!("function-call-{}", random_handle());
        out.calls(vec![call(&id, &name, args)]);
        if self.setup.waits_for(&name) {
            let waiting = Waiting::on(vec![Pending::new(id, name)]);
            self.turn = Turn::Waiting(Wait { waiting, reply: None });
            return;
        }
        self.go_without(Pending::new(id, name), out);
        self.say(MEANWHILE, now);
    }

    pub(super) fn go_without(&mut self, call: Pending, out: &mut Outbox) {
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
        response.function_responses.iter().try_for_each(tools::check)?;
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
            match told {
                // Over the partner's own words, but not over the person's.
                Told::Now
                    if matches!(self.turn, Turn::Replying(_) | Turn::Looking(_)) && !self.is_speaking() =>
                {
                    self.interrupt(now, out);
                }
                Told::Now | Told::WhenIdle => {}
                Told::Never(outcome) => self.note(outcome, now, out),
            }
        }
        self.go_on_with_answers(now, out);
        Ok(())
    }

    /// Goes on with the turn that waits, when all its calls are answered.
    fn go_on_with_answers(&mut self, now: Instant, out: &mut Outbox) {
        if let Turn::Waiting(wait) = &mut self.turn
            && let Some(outcomes) = wait.waiting.finished()
        {
            let outcomes = outcomes.to_vec();
            // A language model made these calls, and says what comes of them.
            if let Some(reply) = wait.reply.take() {
                return self.on_answers(&outcomes, reply, now);
            }
            let said: Vec<String> =
                outcomes.iter().filter(|outcome| !outcome.silent).map(Outcome::sentence).collect();
            if said.is_empty() {
                self.end_turn(now, out);
            } else {
                self.say(&said.join(" "), now);
            }
        }
    }

    /// Remembers what is not spoken of. An exchange that was open only for it is over.
    fn note(&mut self, outcome: Option<Outcome>, now: Instant, out: &mut Outbox) {
        if let Some(outcome) = outcome {
            self.saved.memory.add(Role::Note, &outcome.sentence());
        }
        if self.setup.says_idle && self.background.is_empty() && matches!(self.turn, Turn::Idle) {
            self.end_turn(now, out);
        }
    }

    /// Tells the next answer that waits for a quiet moment, if this is one.
    pub(super) fn tell_next(&mut self, now: Instant) {
        if self.is_quiet()
            && let Some(outcome) = self.background.next()
        {
            match outcome.made.clone() {
                Some(made) => self.think(LlmTurn::of_outcome(made, outcome), None, now),
                None => self.say(&outcome.sentence(), now),
            }
        }
    }
}

/// Tells the client that these calls need no answer any more.
pub(super) fn cancel(ids: Vec<String>, out: &mut Outbox) {
    let tool_call_cancellation = Some(ToolCallCancellation { ids });
    out.push(&ServerMessage { tool_call_cancellation, ..ServerMessage::default() });
}
