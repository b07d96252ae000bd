//! Function calls that wait for their responses (PROTOCOL.md §2.6, §3). Pure.

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
    /// Functions that the model calls without waiting.
    non_blocking: BTreeSet<String>,
    /// When the calls of the last minute arrived.
    recent: VecDeque<Millis>,
    /// When calls of the last minute were refused.
    refused: VecDeque<Millis>,
    /// Whether the model accepts `scheduling`.
    takes_scheduling: bool,
    /// Counter for ids of calls without an id (Vertex).
    unnamed: u64,
}

#[derive(Debug)]
struct OpenCall {
    name: String,
    /// The id on the wire; `None` when we assigned it.
    wire_id: Option<String>,
}

/// What became of a call.
pub(super) enum Registered {
    /// The app must run it.
    Call { id: String, name: String, args: Value },
    /// It was refused with this response; `None` when there were too many refusals as well.
    Refused(Option<FunctionResponse>),
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
            takes_scheduling: rules.scheduling,
            unnamed: 0,
        }
    }

    /// Registers a call of the model, or refuses it.
    pub(super) fn register(&mut self, call: FunctionCall, limits: &Limits, now: Millis) -> Registered {
        let name = call.name.unwrap_or_default();
        let wire_id = call.id.filter(|id| !id.is_empty());
        let id = wire_id.clone().unwrap_or_else(|| {
            self.unnamed += 1;
            format!("unnamed-{}", self.unnamed)
        });
        let (code, reason) = if self.open.contains_key(&id) {
            // The call that has the id is not touched: its answer comes by itself.
            ("duplicate_id", "a call with this id has no answer yet; give each call an id of its own")
        } else if id.len().max(name.len()) > limits.name_bytes {
            ("too_long", "the call's id or name is too long")
        } else if self.open.len() >= limits.open_calls
            || count_last_minute(&mut self.recent, now) >= limits.calls_per_minute
        {
            ("too_many_calls", "too many calls at once; wait, then try fewer")
        } else {
            self.recent.push_back(now);
            self.open.insert(id.clone(), OpenCall { name: name.clone(), wire_id });
            return Registered::Call { id, name, args: arguments(call.args) };
        };
        // A peer that calls without end may not read either, and responses would pile up.
        if count_last_minute(&mut self.refused, now) >= limits.calls_per_minute {
            return Registered::Refused(None);
        }
        self.refused.push_back(now);
        let response = json!({ "error": reason, "code": code });
        Registered::Refused(Some(self.response(OpenCall { name, wire_id }, response, None)))
    }

    /// Closes a call and returns its response; `None` when the call is not open.
    pub(super) fn answer(
        &mut self,
        id: &str,
        response: Value,
        scheduling: Option<Scheduling>,
    ) -> Option<FunctionResponse> {
        let call = self.open.remove(id)?;
        Some(self.response(call, response, scheduling))
    }

    /// Removes cancelled calls and returns those that were open.
    pub(super) fn cancel(&mut self, ids: Vec<String>) -> Vec<String> {
        ids.into_iter().filter(|id| self.open.remove(id).is_some()).collect()
    }

    /// Removes all calls after a lost connection and returns their ids.
    pub(super) fn cancel_all(&mut self) -> Vec<String> {
        std::mem::take(&mut self.open).into_keys().collect()
    }

    /// Returns whether a call is open.
    pub(super) fn any_open(&self) -> bool {
        !self.open.is_empty()
    }

    fn response(&self, call: OpenCall, response: Value, scheduling: Option<Scheduling>) -> FunctionResponse {
        FunctionResponse {
            id: call.wire_id,
            // Only responses of non-blocking functions may have `scheduling`.
            scheduling: (self.takes_scheduling && self.non_blocking.contains(&call.name))
                .then(|| scheduling.unwrap_or(Scheduling::WhenIdle)),
            name: Some(call.name),
            response: Some(if response.is_object() { response } else { json!({ "output": response }) }),
            ..FunctionResponse::default()
        }
    }
}

/// Removes times older than a minute and returns how many are left.
fn count_last_minute(times: &mut VecDeque<Millis>, now: Millis) -> usize {
    while times.front().is_some_and(|at| at.after(Duration::from_mins(1)) <= now) {
        times.pop_front();
    }
    times.len()
}

/// Returns the arguments as an object. Some models write the object as a string. Anything else counts as no arguments;
/// the function then reports what is missing.
fn arguments(args: Option<Value>) -> Value {
    let args = match args {
        Some(Value::String(text)) => serde_json::from_str(&text).unwrap_or_default(),
        args => args.unwrap_or_default(),
    };
    if args.is_object() { args } else { Value::Object(Map::new()) }
}
