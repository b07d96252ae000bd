//! Calls that wait for the client's answers (PROTOCOL.md §2.6). Pure.

use live_proto::wire::{FunctionResponse, Scheduling};
use serde_json::{Map, Value};

use crate::close::Closing;
use crate::think::sentence_of;

/// The calls of one turn.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    calls: Vec<Pending>,
    said: Vec<String>,
}

#[derive(Debug)]
struct Pending {
    id: String,
    name: String,
    /// What the answer so far amounts to, while more follows.
    so_far: Option<String>,
}

impl Waiting {
    pub(super) fn call(id: String, name: String) -> Self {
        Self { calls: vec![Pending { id, name, so_far: None }], said: Vec::new() }
    }

    /// The ids without an answer.
    pub(super) fn ids(&self) -> Vec<String> {
        self.calls.iter().map(|call| call.id.clone()).collect()
    }

    /// Takes one answer. One to a call that nobody waits for is ignored: it may have crossed a cancellation.
    pub(super) fn take(&mut self, response: FunctionResponse) {
        let Some(at) = self.calls.iter().position(|call| Some(&call.id) == response.id.as_ref()) else {
            return;
        };
        let value = response.response.unwrap_or_else(|| Value::Object(Map::new()));
        let empty = value.as_object().is_some_and(Map::is_empty);
        let sentence = sentence_of(&self.calls[at].name, &value);
        if response.will_continue == Some(true) {
            self.calls[at].so_far = Some(sentence);
            return;
        }
        let call = self.calls.remove(at);
        if response.scheduling != Some(Scheduling::Silent) {
            self.said.push(call.so_far.filter(|_| empty).unwrap_or(sentence));
        }
    }

    /// What to say when every call is answered; empty when the answers asked for silence.
    pub(super) fn finished(&self) -> Option<String> {
        self.calls.is_empty().then(|| self.said.join(" "))
    }
}

/// Checks an answer's form: an id, and an object if anything.
pub(super) fn check(response: &FunctionResponse) -> Result<(), Closing> {
    let has_id = response.id.as_ref().is_some_and(|id| !id.is_empty());
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

    fn waiting() -> Waiting {
        Waiting::call("c1".into(), "count_sheep".into())
    }

    #[test]
    fn an_answer_in_pieces_is_said_once() {
        let mut waiting = waiting();
        waiting.take(response("other", json!({"output": 1})));
        waiting.take(FunctionResponse { will_continue: Some(true), ..response("c1", json!({"output": 7})) });
        assert_eq!(waiting.finished(), None);
        waiting.take(response("c1", json!({})));
        assert_eq!(waiting.finished().as_deref(), Some("The function count sheep says: 7."));
    }

    #[test]
    fn a_silent_answer_is_not_said() {
        let mut waiting = waiting();
        waiting.take(FunctionResponse {
            scheduling: Some(Scheduling::Silent),
            ..response("c1", json!({"a": 1}))
        });
        assert_eq!(waiting.finished().as_deref(), Some(""));
    }

    #[test]
    fn malformed_answers_are_refused() {
        assert!(check(&response("c1", json!({}))).is_ok());
        assert!(check(&response("", json!({}))).is_err());
        assert!(check(&response("c1", json!("text"))).is_err());
        assert!(check(&FunctionResponse::default()).is_err());
    }
}
