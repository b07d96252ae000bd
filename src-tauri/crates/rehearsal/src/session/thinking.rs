//! Answers by a language model, where an endpoint for one is configured; and by the built-in intents where it fails.

use serde_json::Value;
use tokio::time::Instant;

use super::calling::MEANWHILE;
use super::conversation::{Conversation, Turn};
use super::outbox::{Outbox, call};
use super::reply::{Reply, Script};
use super::tools::{Made, Outcome, Pending, Wait, Waiting};
use crate::llm::{ChatRequest, LlmError, LlmOutcome, RequestedCall, call_answered, calls_made, declared};
use crate::resumption::random_handle;

/// Rounds of calls before an answer.
const ROUNDS: usize = 4;

/// What a model is being asked.
#[derive(Debug, Default)]
pub(super) struct LlmTurn {
    asked: Asked,
    /// Calls and their answers since it was asked.
    since: Vec<Value>,
    rounds: usize,
}

/// What to answer when the model does not.
#[derive(Debug)]
enum Asked {
    Words(String),
    Outcome(Outcome),
}

impl Default for Asked {
    fn default() -> Self {
        Self::Words(String::new())
    }
}

impl LlmTurn {
    /// A question of the person.
    pub(super) fn of_words(text: &str) -> Self {
        Self { asked: Asked::Words(text.to_owned()), ..Self::default() }
    }

    /// The answer to a call that the model made and did not wait for.
    pub(super) fn of_outcome(made: Made, outcome: Outcome) -> Self {
        let since = vec![made.call, call_answered(&outcome.id, &outcome.value)];
        Self { asked: Asked::Outcome(outcome), since, rounds: made.rounds }
    }
}

impl Conversation {
    /// Whether a language model answers.
    pub(super) fn has_llm(&self) -> bool {
        self.shared.llm.is_some()
    }

    /// Asks the language model; each sentence is spoken as soon as it is whole. `reply` is what was said before in this turn.
    pub(super) fn think(&mut self, thread: LlmTurn, reply: Option<Box<Reply>>, now: Instant) {
        let Some(llm) = &self.shared.llm else { return };
        let picture = self.newest_picture();
        let agreed = &self.setup;
        let turns = self.saved.memory.turns();
        let question =
            ChatRequest::new(&agreed.instructions, turns, &thread.since, &agreed.functions, picture);
        let asking = llm.ask(question, &self.waker);
        self.llm_turn = thread;
        let script = Script::spoken(self.speaker.read_out(asking));
        self.go_on(script, reply, now);
    }

    fn go_on(&mut self, script: Script, reply: Option<Box<Reply>>, now: Instant) {
        match reply {
            None => self.reply(script, now),
            Some(mut reply) => {
                reply.go_on(script, now);
                self.turn = Turn::Replying(reply);
            }
        }
    }

    /// The model wrote its last word, and that was not all: it wants calls made, or it failed.
    pub(super) fn on_ended(&mut self, ended: LlmOutcome, now: Instant, out: &mut Outbox) {
        let Turn::Replying(reply) = std::mem::replace(&mut self.turn, Turn::Idle) else { return };
        match ended {
            LlmOutcome::Done(calls) => match self.known(calls) {
                Ok(calls) => self.call_for_llm(calls, reply, now, out),
                Err(error) => self.without_llm(&error, reply, now, out),
            },
            LlmOutcome::Failed(error) => self.without_llm(&error, reply, now, out),
        }
    }

    fn known(&mut self, calls: Vec<RequestedCall>) -> Result<Vec<RequestedCall>, LlmError> {
        self.llm_turn.rounds += 1;
        if self.llm_turn.rounds > ROUNDS {
            return Err(LlmError::Endless);
        }
        let known = calls.into_iter().map(|call| match declared(&call.name, &self.setup.functions) {
            Some(function) => Ok(RequestedCall { name: function.name.clone(), args: call.args }),
            None => Err(LlmError::no_function(&call.name)),
        });
        known.collect()
    }

    fn call_for_llm(
        &mut self,
        calls: Vec<RequestedCall>,
        mut reply: Box<Reply>,
        now: Instant,
        out: &mut Outbox,
    ) {
        let calls: Vec<_> = calls
            .into_iter()
            .map(|wanted| (format!("function-call-{}", random_handle()), wanted.name, wanted.args))
            .collect();
        out.calls(calls.iter().map(|(id, name, args)| call(id, name, args.clone())).collect());
        if calls.iter().any(|(_, name, _)| self.setup.waits_for(name)) {
            self.llm_turn.since.push(calls_made(reply.said(), &calls));
            let waiting =
                Waiting::on(calls.into_iter().map(|(id, name, _)| Pending::new(id, name)).collect());
            self.turn = Turn::Waiting(Wait { waiting, reply: Some(reply) });
            return;
        }
        for made in calls {
            let call = calls_made("", std::slice::from_ref(&made));
            let (id, name, _) = made;
            let made = Made { call, rounds: self.llm_turn.rounds };
            self.go_without(Pending::made(id, name, made), out);
        }
        // What the model itself said of it is enough.
        let script = if reply.said().is_empty() {
            Script::spoken(self.speaker.say(MEANWHILE))
        } else {
            Script::default()
        };
        reply.go_on(script, now);
        self.turn = Turn::Replying(reply);
    }

    /// All calls of a turn are answered.
    pub(super) fn on_answers(&mut self, outcomes: &[Outcome], reply: Box<Reply>, now: Instant) {
        let mut thread = std::mem::take(&mut self.llm_turn);
        thread.since.extend(outcomes.iter().map(|outcome| call_answered(&outcome.id, &outcome.value)));
        if outcomes.iter().all(|outcome| outcome.silent) {
            self.go_on(Script::default(), Some(reply), now);
        } else {
            self.think(thread, Some(reply), now);
        }
    }

    /// Says why there is no answer of the model, and answers without it.
    fn without_llm(&mut self, error: &LlmError, mut reply: Box<Reply>, now: Instant, out: &mut Outbox) {
        tracing::info!(%error, "a language model did not answer");
        if !reply.said().is_empty() {
            let words = format!("Here my language model fails: {error}.");
            reply.go_on(Script::spoken(self.speaker.say(&words)), now);
            self.turn = Turn::Replying(reply);
            return;
        }
        self.preface = Some(format!("My language model can't be used: {error}."));
        match std::mem::take(&mut self.llm_turn).asked {
            Asked::Words(text) => self.answer_by_intent(&text, now, out),
            Asked::Outcome(outcome) => self.say(&outcome.sentence(), now),
        }
    }
}
