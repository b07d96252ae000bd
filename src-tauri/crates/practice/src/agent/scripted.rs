//! What the script says: found for a prompt or a result, and done step by step. What it does not say, the partner answers.

use std::collections::VecDeque;

use live_server::{Prompt, SentCall, Step, ToolResult};
use tokio::time::Instant;

use super::{Doing, PracticeAgent};
use crate::script::{Asked, ScriptStep};

/// Spoken turns that are understood and not answered yet.
const SPOKEN: usize = 8;

/// What the script says of the turn in progress, and of the one that is being spoken.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Over which connection.
    connection: u64,
    steps: VecDeque<ScriptStep>,
    /// Whether the turn is the script's.
    is_scripted: bool,
    /// Whether the client was given anything in it.
    has_acted: bool,
    /// What the user is said to say who is speaking.
    pub(super) hears: Option<String>,
    /// What was understood of speech.
    spoken: VecDeque<String>,
}

impl Plan {
    pub(super) fn of(connection: u64) -> Self {
        Self { connection, ..Self::default() }
    }

    /// Whether the turn is the script's.
    pub(super) fn is_running(&self) -> bool {
        self.is_scripted
    }

    /// Whether more is said in this turn.
    pub(super) fn says_more(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, ScriptStep::Say(_)))
    }

    /// This was understood of speech, and is about to be answered.
    pub(super) fn spoken(&mut self, text: &str) {
        if self.spoken.len() == SPOKEN {
            self.spoken.pop_front();
        }
        self.spoken.push_back(text.to_owned());
    }

    fn take_spoken(&mut self, text: &str) -> bool {
        let at = self.spoken.iter().position(|spoken| spoken == text);
        at.and_then(|at| self.spoken.remove(at)).is_some()
    }

    pub(super) fn end_turn(&mut self) {
        self.steps.clear();
        (self.is_scripted, self.has_acted) = (false, false);
    }

    fn begin(&mut self, steps: Vec<ScriptStep>) {
        self.steps = steps.into();
        self.is_scripted = true;
    }
}

impl PracticeAgent {
    /// Begins what the script answers; returns whether it does.
    pub(super) fn follow_script(&mut self, prompt: &Prompt) -> bool {
        self.plan.end_turn();
        let steps = match prompt {
            Prompt::Text(text) => {
                let is_spoken = self.plan.take_spoken(text);
                self.scripted(Asked::Turn { text, is_spoken })
            }
            Prompt::Audio(_) => self.scripted(Asked::Turn { text: "", is_spoken: true }),
            Prompt::History => {
                let text = self.saved.memory.unanswered().unwrap_or_default();
                self.scripted(Asked::Turn { text, is_spoken: false })
            }
            Prompt::ToolResult(result) => self.scripted_of(result),
        };
        let Some(steps) = steps else { return false };
        self.greets_at = None;
        self.plan.begin(steps);
        true
    }

    /// The answers to the turn's calls are there: goes on with the script, or begins what it says to them. Returns whether it
    /// says anything.
    pub(super) fn follow_script_with(&mut self, results: &[ToolResult]) -> bool {
        if self.plan.steps.is_empty() {
            let Some(steps) = results.iter().find_map(|result| self.scripted_of(result)) else {
                return false;
            };
            self.plan.begin(steps);
        }
        self.doing = Doing::Nothing;
        true
    }

    /// What the user says who begins to speak, if the script knows.
    pub(super) fn listen_by_script(&mut self) {
        if let (Some(script), Some(progress)) = (&self.shared.script, &self.saved.progress) {
            self.plan.hears = progress.heard_next(script, self.plan.connection);
        }
    }

    fn scripted_of(&self, result: &ToolResult) -> Option<Vec<ScriptStep>> {
        self.scripted(Asked::Result { name: &result.name, json: &result.value.to_string() })
    }

    fn scripted(&self, asked: Asked<'_>) -> Option<Vec<ScriptStep>> {
        let script = self.shared.script.as_ref()?;
        self.saved.progress.as_ref()?.take(script, asked, self.plan.connection)
    }

    /// Does the next step of the script; `None`: there is more to be done.
    pub(super) fn next_scripted(&mut self, now: Instant) -> Option<Step> {
        let Some(step) = self.plan.steps.pop_front() else {
            let is_empty = self.plan.is_scripted && !self.plan.has_acted;
            return Some(if is_empty { Step::Nothing } else { Step::Done });
        };
        match step {
            ScriptStep::Say(text) => {
                self.plan.has_acted = true;
                self.say(&text);
                None
            }
            ScriptStep::Wait(pause) => {
                // A time beyond the end of time is none.
                self.doing = now.checked_add(pause).map_or(Doing::Nothing, Doing::Pausing);
                None
            }
            ScriptStep::Think(text) => {
                self.plan.has_acted = true;
                Some(Step::Think(text))
            }
            ScriptStep::Call(calls) => {
                self.plan.has_acted = true;
                self.doing = Doing::Called { by_llm: false };
                Some(Step::Call(calls))
            }
            ScriptStep::Fault(fault) => Some(Step::Fault(fault)),
        }
    }

    /// The script's calls were sent: what it says next, it says to the answers.
    pub(super) fn on_called_by_script(&mut self, calls: &[SentCall], waits: bool) {
        self.doing = match waits {
            true => Doing::Called { by_llm: false },
            false if self.plan.steps.is_empty() => Doing::Nothing,
            false => Doing::AwaitingAll { open: calls.len() },
        };
    }
}
