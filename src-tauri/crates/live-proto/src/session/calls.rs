//! The calls of functions that wait for their answers (PROTOCOL.md §2.6, §3). Pure.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::event::Millis;
use super::limits::Limits;
use crate::catalogue::FunctionRules;
use crate::wire::{Behavior, FunctionCall, FunctionResponse, Scheduling, Setup};

/// Open calls by id.
#[derive(Debug)]
pub(super) struct Calls {
    open: BTreeMap<String, OpenCall>,
    /// Functions whose answers the model does not wait for.
    non_blocking: BTreeSet<String>,
    /// When the calls of the last minute came.
    recent: VecDeque<Millis>,
    /// When calls of the last minute were refused.
    refused: VecDeque<Millis>,
    /// Whether an answer may say when it shall be heard.
    schedules: bool,
    /// For calls without an id (Vertex), which need one on our side.
    unnamed: u64,
}

#[derive(Debug)]
struct OpenCall {
    name: String,
    /// The id on the wire; `None` when we made it up.
    wire_id: Option<String>,
}

/// A call that was taken, or its refusal.
pub(super) enum Taken {
    /// For the app to run.
    Call { id: String, name: String, args: Value },
    /// The answer that goes back at once; none when there were too many of those, too.
    Refused(Option<FunctionResponse>),
    /// Already open.
    Twice,
}

impl Calls {
    pub(super) fn new(setup: &Setup, rules: &FunctionRules) -> Self {
        let non_blocking = setup
            .tools
            .iter()
            .flat_map(|tool| &tool.function_declarations)
            .filter(|function| function.behavior.as_ref().unwrap_or(&rules.default) == &Behavior::NonBlocking)
            .map(|function| function.name.clone())
            .collect();
        Self {
            open: BTreeMap::new(),
            non_blocking,
            recent: VecDeque::new(),
            refused: VecDeque::new(),
            schedules: rules.scheduling,
            unnamed: 0,
        }
    }

    /// Takes a call of the model.
    pub(super) fn take(&mut self, call: FunctionCall, limits: &Limits, now: Millis) -> Taken {
        let name = call.name.unwrap_or_default();
        let wire_id = call.id.filter(|id| !id.is_empty());
        let id = wire_id.clone().unwrap_or_else(|| {
            self.unnamed += 1;
            format!("unnamed-{}", self.unnamed)
        });
        if self.open.contains_key(&id) {
            return Taken::Twice;
        }
        let reason = if id.len().max(name.len()) > limits.name_bytes {
            "the call's id or name is too long"
        } else if self.open.len() >= limits.open_calls
            || in_a_minute(&mut self.recent, now) >= limits.calls_per_minute
        {
            "too many calls at once; wait, then try fewer"
        } else {
            self.recent.push_back(now);
            self.open.insert(id.clone(), OpenCall { name: name.clone(), wire_id });
            return Taken::Call { id, name, args: arguments(call.args) };
        };
        // Whoever calls without end may as well read nothing, and the answers would pile up.
        if in_a_minute(&mut self.refused, now) >= limits.calls_per_minute {
            return Taken::Refused(None);
        }
        self.refused.push_back(now);
        Taken::Refused(Some(self.response(OpenCall { name, wire_id }, json!({ "error": reason }))))
    }

    /// The answer as it is sent; `None` when nobody waits for it.
    pub(super) fn answer(&mut self, id: &str, response: Value) -> Option<FunctionResponse> {
        let call = self.open.remove(id)?;
        Some(self.response(call, response))
    }

    /// Forgets calls that need no answer any more; gives back those that were open.
    pub(super) fn cancel(&mut self, ids: Vec<String>) -> Vec<String> {
        ids.into_iter().filter(|id| self.open.remove(id).is_some()).collect()
    }

    /// Forgets all of them: the connection that they came over is gone. Gives back those that were open.
    pub(super) fn cancel_all(&mut self) -> Vec<String> {
        std::mem::take(&mut self.open).into_keys().collect()
    }

    /// Whether an answer is awaited.
    pub(super) fn any_open(&self) -> bool {
        !self.open.is_empty()
    }

    fn response(&self, call: OpenCall, response: Value) -> FunctionResponse {
        FunctionResponse {
            id: call.wire_id,
            // Only a call that the model did not wait for may say when its answer shall be heard.
            scheduling: (self.schedules && self.non_blocking.contains(&call.name))
                .then_some(Scheduling::WhenIdle),
            name: Some(call.name),
            response: Some(if response.is_object() { response } else { json!({ "output": response }) }),
            ..FunctionResponse::default()
        }
    }
}

/// How many of these times lie within the last minute; the rest is forgotten.
fn in_a_minute(times: &mut VecDeque<Millis>, now: Millis) -> usize {
    while times.front().is_some_and(|at| at.after(Duration::from_mins(1)) <= now) {
        times.pop_front();
    }
    times.len()
}

/// The arguments as an object. Some write it as a text; what is none counts as no arguments, and the function says what is
/// missing.
fn arguments(args: Option<Value>) -> Value {
    let args = match args {
        Some(Value::String(text)) => serde_json::from_str(&text).unwrap_or_default(),
        args => args.unwrap_or_default(),
    };
    if args.is_object() { args } else { Value::Object(Map::new()) }
}
