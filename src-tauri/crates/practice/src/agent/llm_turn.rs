//! Answers by a language model, where an endpoint for one is configured; and by the built-in intents where it fails.

use live_server::{Call, SentCall, Step, ToolResult};
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::{Doing, PracticeAgent};
use crate::intents::sentence_of;
use crate::llm::{ChatRequest, LlmError, LlmOutcome, RequestedCall, call_answered, calls_made, declared};
use crate::parts::Parts;

/// Rounds of calls before an answer.
const ROUNDS: usize = 4;

/// What a model is being asked.
#[derive(Debug, Default)]
pub(super) struct LlmTurn {
    asked: Asked,
    /// Calls and their answers since it was asked.
    since: Vec<Value>,
    /// Rounds of calls since somebody said something.
    rounds: usize,
}

/// What to answer when the model does not.
#[derive(Debug)]
enum Asked {
    Words(String),
    Result(ToolResult),
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

    /// The answer to a call that no turn waited for; `None` when no model made it.
    pub(super) fn of_result(result: &ToolResult) -> Option<Self> {
        let note = result.note.as_object()?;
        let rounds = note.get("rounds").and_then(Value::as_u64).unwrap_or_default() as usize;
        let args = note.get("args").and_then(Value::as_object).cloned().unwrap_or_default();
        let call = calls_made("", &[(result.id.clone(), result.name.clone(), args)]);
        let since = vec![call, call_answered(&result.id, &result.value)];
        Some(Self { asked: Asked::Result(result.clone()), since, rounds })
    }

    /// The model made these calls, having said this before.
    pub(super) fn add_calls(&mut self, said: &str, calls: &[SentCall]) {
        let calls: Vec<(String, String, Map<String, Value>)> =
            calls.iter().map(|call| (call.id.clone(), call.name.clone(), call.args.clone())).collect();
        self.since.push(calls_made(said, &calls));
    }
}

impl PracticeAgent {
    /// Whether a language model answers.
    pub(super) fn has_llm(&self) -> bool {
        self.shared.llm.is_some()
    }

    /// Asks the language model; each sentence is spoken as soon as it is whole.
    pub(super) fn think(&mut self, turn: LlmTurn) {
        let Some(llm) = &self.shared.llm else { return };
        let picture = self.newest_picture();
        let turns = self.saved.memory.turns();
        let question = ChatRequest::new(&self.instructions, turns, &turn.since, &self.functions, picture);
        let reply = llm.ask(question, &self.waker);
        self.llm_turn = turn;
        self.begin(Parts::spoken(self.voice.read_out(reply)));
    }

    /// The model wrote its last word, and that was not all: it wants calls made, or it failed.
    pub(super) fn on_llm_ended(&mut self, outcome: LlmOutcome, now: Instant) -> Option<Step> {
        let calls = match outcome {
            LlmOutcome::Done(calls) => self.known(calls),
            LlmOutcome::Failed(error) => Err(error),
        };
        match calls {
            Ok(calls) => {
                self.doing = Doing::Called { by_llm: true };
                Some(Step::Call(calls))
            }
            Err(error) => {
                self.without_llm(&error, now);
                None
            }
        }
    }

    fn known(&mut self, calls: Vec<RequestedCall>) -> Result<Vec<Call>, LlmError> {
        self.llm_turn.rounds += 1;
        let rounds = self.llm_turn.rounds;
        if rounds > ROUNDS {
            return Err(LlmError::Endless);
        }
        let known = calls.into_iter().map(|call| match declared(&call.name, &self.functions) {
            Some(function) => {
                let note = json!({"rounds": rounds, "args": &call.args});
                Ok(Call { name: function.name.clone(), args: call.args, note })
            }
            None => Err(LlmError::no_function(&call.name)),
        });
        known.collect()
    }

    /// All calls of a turn are answered.
    pub(super) fn on_llm_results(&mut self, results: &[ToolResult]) {
        let mut turn = std::mem::take(&mut self.llm_turn);
        turn.since.extend(results.iter().map(|result| call_answered(&result.id, &result.value)));
        if results.iter().all(|result| result.silent) {
            self.doing = Doing::Nothing;
        } else {
            self.think(turn);
        }
    }

    /// Says why there is no answer of the model, and answers without it.
    fn without_llm(&mut self, error: &LlmError, now: Instant) {
        tracing::info!(%error, "a language model did not answer");
        if self.has_spoken {
            let words = format!("Here my language model fails: {error}.");
            return self.begin(Parts::spoken(self.voice.say(&words)));
        }
        self.preface = Some(format!("My language model can't be used: {error}."));
        self.has_begun = false;
        match std::mem::take(&mut self.llm_turn).asked {
            Asked::Words(text) => self.answer_by_intent(&text, now),
            Asked::Result(result) => self.say(&sentence_of(&result.name, &result.value, &result.note)),
        }
    }
}
