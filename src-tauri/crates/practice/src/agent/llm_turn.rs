//! Answers by a language model, where an endpoint for one is configured; and by the built-in intents where it fails.

use std::time::Duration;

use live_server::{Call, SentCall, Step, ToolResult};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{Doing, PracticeAgent};
use crate::intents::sentence_of;
use crate::llm::{ChatRequest, LlmError, LlmOutcome, MadeCall, Message, RequestedCall, Said, declared};
use crate::parts::Parts;

/// How a conversation begins.
pub(super) const GREETING: &str =
    "Hello, I'm your practice partner, and a language model thinks for me. What shall we talk about?";
/// How long a model may be silent before a few words are said meanwhile.
const WITHOUT_A_WORD: Duration = Duration::from_secs(3);
/// Rounds of calls before an answer.
const ROUNDS: usize = 4;

/// What a model is being asked.
#[derive(Debug, Default)]
pub(super) struct LlmTurn {
    asked: Asked,
    /// Calls and their answers since it was asked.
    since: Vec<Message>,
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
        let call = MadeCall { id: result.id.clone(), name: result.name.clone(), args };
        let since = vec![Message::Calls { said: String::new(), calls: vec![call] }, answered(result)];
        Some(Self { asked: Asked::Result(result.clone()), since, rounds })
    }

    /// Only these calls were answered; the others are told by themselves.
    pub(super) fn forget_unanswered(&mut self, results: &[ToolResult]) {
        if let Some(Message::Calls { calls, .. }) = self.since.last_mut() {
            calls.retain(|call| results.iter().any(|result| result.id == call.id));
        }
    }

    /// The model made these calls, having said this before.
    pub(super) fn add_calls(&mut self, said: &str, calls: &[SentCall]) {
        let made = |call: &SentCall| MadeCall {
            id: call.id.clone(),
            name: call.name.clone(),
            args: call.args.clone(),
        };
        let calls = calls.iter().map(made).collect();
        self.since.push(Message::Calls { said: said.trim().to_owned(), calls });
    }
}

fn answered(result: &ToolResult) -> Message {
    Message::Result { id: result.id.clone(), name: result.name.clone(), value: result.value.clone() }
}

impl PracticeAgent {
    /// Whether a language model answers.
    pub(super) fn has_llm(&self) -> bool {
        self.shared.llm.is_some()
    }

    /// Asks the language model; each sentence is spoken as soon as it is whole.
    pub(super) fn think(&mut self, turn: LlmTurn, now: Instant) {
        let Some(llm) = &self.shared.llm else { return };
        let picture = self.newest_picture();
        let turns = self.saved.memory.turns();
        let turns = turns.map(|turn| Said { role: turn.role, text: &turn.text, is_cut: turn.is_cut });
        let today = (self.shared.clock)().strftime("%A, %-d %B %Y").to_string();
        let question =
            ChatRequest::new(&self.instructions, &today, turns, &turn.since, &self.functions, picture);
        let reply = llm.ask(question, &self.waker);
        self.llm_turn = turn;
        self.patience = (!self.has_spoken).then(|| now + WITHOUT_A_WORD);
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
    pub(super) fn on_llm_results(&mut self, results: &[ToolResult], now: Instant) {
        let mut turn = std::mem::take(&mut self.llm_turn);
        turn.since.extend(results.iter().map(answered));
        if results.iter().all(|result| result.silent) {
            self.doing = Doing::Nothing;
        } else {
            self.think(turn, now);
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
