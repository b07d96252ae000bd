//! Calls and their answers (PROTOCOL.md §2.6): those that a turn waits for, and those that it does not. Pure.

use std::collections::VecDeque;

use live_proto::wire::{FunctionResponse, Scheduling};
use serde_json::{Map, Value};

use super::reply::Reply;
use crate::agent::ToolResult;
use crate::close::Closing;

/// Calls at once that nobody waits for; the oldest is cancelled for a new one.
const BACKGROUND: usize = 8;
/// Answers that wait to be told; the oldest is dropped for a new one.
const UNDELIVERED: usize = 16;

/// A call that has no answer yet.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    id: String,
    name: String,
    /// The answer so far, while more follows.
    so_far: Option<Value>,
    /// What the agent noted with it.
    note: Value,
}

impl Pending {
    pub(super) fn new(id: String, name: String, note: Value) -> Self {
        Self { id, name, so_far: None, note }
    }

    /// Whether this is an answer to it: by its id, or by its name where no id is needed.
    fn is_meant_by(&self, response: &FunctionResponse) -> bool {
        match &response.id {
            Some(id) if !id.is_empty() => *id == self.id,
            _ => response.name.as_ref() == Some(&self.name),
        }
    }
}

/// The calls of one turn, which goes on when all of them are answered.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    calls: Vec<Pending>,
    results: Vec<ToolResult>,
}

impl Waiting {
    pub(super) fn on(calls: Vec<Pending>) -> Self {
        Self { calls, results: Vec::new() }
    }

    /// The ids without an answer.
    pub(super) fn ids(&self) -> Vec<String> {
        self.calls.iter().map(|call| call.id.clone()).collect()
    }

    /// The calls without an answer.
    pub(super) fn into_unanswered(self) -> Vec<Pending> {
        self.calls
    }

    /// Takes one answer; gives back one that is to another call.
    pub(super) fn take(&mut self, response: FunctionResponse) -> Option<FunctionResponse> {
        let Some(at) = self.calls.iter().position(|call| call.is_meant_by(&response)) else {
            return Some(response);
        };
        let silent = response.scheduling == Some(Scheduling::Silent);
        let (value, goes_on) = taken(response);
        if goes_on {
            self.calls[at].so_far = Some(value);
            return None;
        }
        let Pending { id, name, so_far, note } = self.calls.remove(at);
        // The last piece of an answer may be empty: it only says that nothing follows.
        let value = so_far.filter(|_| is_empty(&value)).unwrap_or(value);
        self.results.push(ToolResult { id, name, value, silent, note });
        None
    }

    /// All answers, when there are all of them.
    pub(super) fn take_finished(&mut self) -> Option<Vec<ToolResult>> {
        self.calls.is_empty().then(|| std::mem::take(&mut self.results))
    }
}

/// A turn that waits for answers.
pub(super) struct Wait {
    pub(super) waiting: Waiting,
    /// What was said before the calls were made.
    pub(super) reply: Box<Reply>,
    /// Whether the client was told that the turn is over: the answers begin another.
    pub(super) is_over: bool,
}

/// The calls that no turn waits for, of one session, and the answers that were not told yet.
#[derive(Debug, Default)]
pub(super) struct Background {
    calls: VecDeque<Pending>,
    undelivered: VecDeque<ToolResult>,
}

/// When an answer is to be told.
#[derive(Debug, PartialEq)]
pub(super) enum Delivery {
    /// At once, into what is being said.
    Now,
    /// When nobody speaks.
    WhenIdle,
    /// Not at all; this is what became known.
    Never(Option<ToolResult>),
}

impl Background {
    /// Makes a call; the id of one that is given up for it.
    pub(super) fn begin(&mut self, call: Pending) -> Option<String> {
        let oldest = if self.calls.len() == BACKGROUND { self.calls.pop_front() } else { None };
        self.calls.push_back(call);
        oldest.map(|call| call.id)
    }

    /// Takes an answer, or a piece of one: each piece is told by itself. `None`: it answers none of these calls, and is
    /// ignored, since it may have crossed a cancellation.
    pub(super) fn take(&mut self, response: &FunctionResponse) -> Option<Delivery> {
        let at = self.calls.iter().position(|call| call.is_meant_by(response))?;
        let scheduling = response.scheduling.clone();
        let (value, goes_on) = taken(response.clone());
        let Pending { id, name, note, .. } = self.calls[at].clone();
        let told_before = self.calls[at].so_far.is_some();
        if goes_on {
            self.calls[at].so_far = Some(Value::Null);
        } else {
            self.calls.remove(at);
        }
        if told_before && !goes_on && is_empty(&value) {
            return Some(Delivery::Never(None));
        }
        let silent = scheduling == Some(Scheduling::Silent);
        let result = ToolResult { id, name, value, silent, note };
        if silent {
            return Some(Delivery::Never(Some(result)));
        }
        if self.undelivered.len() == UNDELIVERED {
            self.undelivered.pop_front();
        }
        if scheduling == Some(Scheduling::Interrupt) {
            self.undelivered.push_front(result);
            return Some(Delivery::Now);
        }
        self.undelivered.push_back(result);
        Some(Delivery::WhenIdle)
    }

    /// The next answer to be told.
    pub(super) fn next(&mut self) -> Option<ToolResult> {
        self.undelivered.pop_front()
    }

    /// Whether anything is still to come.
    pub(super) fn is_empty(&self) -> bool {
        self.calls.is_empty() && self.undelivered.is_empty()
    }
}

/// An answer's value, and whether more of it follows.
fn taken(response: FunctionResponse) -> (Value, bool) {
    (response.response.unwrap_or_else(|| Value::Object(Map::new())), response.will_continue == Some(true))
}

fn is_empty(value: &Value) -> bool {
    value.as_object().is_some_and(Map::is_empty)
}

/// Checks an answer's form: an id where one is needed, and an object if anything.
pub(super) fn check(response: &FunctionResponse, needs_id: bool) -> Result<(), Closing> {
    let has_id = !needs_id || response.id.as_ref().is_some_and(|id| !id.is_empty());
    let is_object = response.response.as_ref().is_none_or(Value::is_object);
    if has_id && is_object { Ok(()) } else { Err(Closing::invalid_argument()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn response(id: &str, response: Value) -> FunctionResponse {
        FunctionResponse { id: Some(id.into()), response: Some(response), ..FunctionResponse::default() }
    }

    fn pending(id: &str) -> Pending {
        Pending::new(id.into(), "count_sheep".into(), json!("noted"))
    }

    #[test]
    fn an_answer_in_pieces_counts_once() {
        let mut waiting = Waiting::on(vec![pending("c1")]);
        assert!(waiting.take(response("other", json!({"output": 1}))).is_some());
        waiting.take(FunctionResponse { will_continue: Some(true), ..response("c1", json!({"output": 7})) });
        assert_eq!(waiting.take_finished(), None);
        waiting.take(response("c1", json!({})));
        let results = waiting.take_finished().expect("all answers");
        let [result] = results.as_slice() else { panic!("{} answers", results.len()) };
        assert_eq!((&result.value, &result.note), (&json!({"output": 7}), &json!("noted")));
    }

    #[test]
    fn a_turn_goes_on_when_all_its_calls_are_answered() {
        let mut waiting = Waiting::on(vec![pending("c1"), pending("c2")]);
        let silent =
            FunctionResponse { scheduling: Some(Scheduling::Silent), ..response("c2", json!({"a": 1})) };
        waiting.take(silent);
        assert_eq!((waiting.take_finished(), waiting.ids()), (None, vec!["c1".to_owned()]));
        waiting.take(response("c1", json!({"output": 2})));
        let results = waiting.take_finished().expect("all answers");
        let silences: Vec<bool> = results.iter().map(|result| result.silent).collect();
        assert_eq!(silences, [true, false]);
    }

    #[test]
    fn answers_that_nobody_waits_for_are_told_by_their_scheduling() {
        let mut background = Background::default();
        for id in ["a", "b", "c"] {
            assert_eq!(background.begin(pending(id)), None);
        }
        let with = |scheduling, id| FunctionResponse { scheduling, ..response(id, json!({"output": id})) };
        assert_eq!(background.take(&with(None, "a")), Some(Delivery::WhenIdle));
        assert_eq!(background.take(&with(None, "a")), None, "it is answered");
        assert_eq!(background.take(&with(Some(Scheduling::Interrupt), "b")), Some(Delivery::Now));
        let silent = background.take(&with(Some(Scheduling::Silent), "c"));
        assert!(matches!(silent, Some(Delivery::Never(Some(ToolResult { silent: true, .. })))));
        let order: Vec<String> = std::iter::from_fn(|| background.next()).map(|result| result.id).collect();
        assert_eq!(order, ["b", "a"]);
        assert!(background.is_empty());
    }

    #[test]
    fn each_piece_of_an_answer_is_told_and_its_empty_end_is_not() {
        let mut background = Background::default();
        background.begin(pending("a"));
        let piece = |more, value| FunctionResponse { will_continue: Some(more), ..response("a", value) };
        for n in 1..3 {
            assert_eq!(background.take(&piece(true, json!({"output": n}))), Some(Delivery::WhenIdle));
        }
        assert_eq!(background.take(&piece(false, json!({}))), Some(Delivery::Never(None)));
        assert_eq!(std::iter::from_fn(|| background.next()).count(), 2);
        assert!(background.is_empty());
    }

    #[test]
    fn calls_and_answers_are_bounded() {
        let mut background = Background::default();
        for n in 0..1_000 {
            let given_up = background.begin(pending(&n.to_string()));
            assert_eq!(given_up.is_some(), n >= BACKGROUND, "{n}");
            let endless =
                FunctionResponse { will_continue: Some(true), ..response(&n.to_string(), json!({})) };
            background.take(&endless);
        }
        assert_eq!((background.calls.len(), background.undelivered.len()), (BACKGROUND, UNDELIVERED));
    }

    #[test]
    fn malformed_answers_are_refused() {
        assert!(check(&response("c1", json!({})), true).is_ok());
        assert!(check(&response("", json!({})), true).is_err());
        assert!(check(&response("c1", json!("text")), true).is_err());
        assert!(check(&FunctionResponse::default(), true).is_err());
    }
}
