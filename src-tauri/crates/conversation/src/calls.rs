//! Tool calls: each runs as its own task and is answered by id and name. Also creates the rows of the log.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::task::{AbortHandle, JoinSet};
use tools::Registry;

use crate::clock::Moment;
use crate::event::{ToolCall, ToolState};

/// The most calls that run at once; another one is answered with an error.
const AT_ONCE: usize = 16;
/// The longest arguments and result in a row, in bytes.
const ROW_TEXT: usize = 4096;
/// The longest id and name of a call, in bytes.
const ID_BYTES: usize = 256;

/// The response to a call.
#[derive(Debug)]
pub(crate) struct CallResult {
    /// The call's id.
    pub id: String,
    /// The function's name.
    pub name: String,
    /// `{"output": …}` or `{"error": "…"}` (PROTOCOL.md 2.6).
    pub response: Value,
}

#[derive(Debug)]
struct Running {
    row: ToolCall,
    /// When it began, on the steady clock.
    since: u64,
    abort: AbortHandle,
}

/// The running calls.
#[derive(Debug)]
pub(crate) struct Calls {
    registry: Arc<Registry>,
    tasks: JoinSet<(String, Result<Value, String>)>,
    running: HashMap<String, Running>,
}

impl Calls {
    /// None yet.
    pub(crate) fn new(registry: Arc<Registry>) -> Self {
        Self { registry, tasks: JoinSet::new(), running: HashMap::new() }
    }

    /// Starts a call. Returns its row, and its response if it is refused at once.
    pub(crate) fn begin(
        &mut self,
        id: String,
        name: String,
        args: Value,
        now: Moment,
    ) -> (ToolCall, Option<CallResult>) {
        let mut row = ToolCall {
            id: clipped(id.clone(), ID_BYTES),
            name: clipped(name.clone(), ID_BYTES),
            args: clipped(compact(&args), ROW_TEXT),
            state: ToolState::Running,
            at: now.wall,
            elapsed_ms: None,
            result: None,
        };
        let is_long = id.len() > ID_BYTES || name.len() > ID_BYTES;
        if self.running.len() >= AT_ONCE || self.running.contains_key(&id) || is_long {
            let reason = if is_long { "the call's id or name is too long" } else { "too many calls at once" };
            row.state = ToolState::Failed;
            row.elapsed_ms = Some(0);
            row.result = Some(reason.to_owned());
            return (row, Some(CallResult { id, name, response: json!({ "error": reason }) }));
        }
        let registry = Arc::clone(&self.registry);
        let call = id.clone();
        let abort = self.tasks.spawn(async move {
            // A panic fails only this call: the model gets an error.
            let called = threads::catch_async("tool", async {
                threads::test_point("tool");
                registry.call(&name, args).await
            });
            let result = match called.await {
                Ok(result) => result.map_err(|error| error.to_string()),
                Err(death) => {
                    tracing::error!(%death, name, "a function panicked");
                    Err("the function failed inside".to_owned())
                }
            };
            (call, result)
        });
        self.running.insert(id, Running { row: row.clone(), since: now.steady, abort });
        (row, None)
    }

    /// Waits for the next call to end; never returns while none is running. Cancel safe.
    pub(crate) async fn next(&mut self, now: impl Fn() -> Moment) -> (ToolCall, CallResult) {
        loop {
            let Some(joined) = self.tasks.join_next().await else {
                std::future::pending::<()>().await;
                continue;
            };
            // An aborted call has no response; a call that panicked is found by its open row and answered too.
            let (id, result) = match joined {
                Ok(done) => done,
                Err(error) if error.is_cancelled() => continue,
                Err(error) => match self.failed_task(error.id()) {
                    Some(id) => (id, Err("the tool failed inside".to_owned())),
                    None => continue,
                },
            };
            if let Some(running) = self.running.remove(&id) {
                return finish(running, result, now());
            }
        }
    }

    /// Cancels calls: they are stopped and not answered. Returns the changed rows.
    pub(crate) fn cancel(&mut self, ids: &[String], now: Moment) -> Vec<ToolCall> {
        ids.iter()
            .filter_map(|id| self.running.remove(id))
            .map(|Running { mut row, since, abort }| {
                abort.abort();
                row.state = ToolState::Cancelled;
                row.elapsed_ms = Some(elapsed(since, now));
                row
            })
            .collect()
    }

    /// Cancels all calls, because the conversation ends.
    pub(crate) fn cancel_all(&mut self, now: Moment) -> Vec<ToolCall> {
        let ids: Vec<_> = self.running.keys().cloned().collect();
        self.cancel(&ids, now)
    }

    /// Returns whether a call is running.
    pub(crate) fn busy(&self) -> bool {
        !self.running.is_empty()
    }

    fn failed_task(&self, task: tokio::task::Id) -> Option<String> {
        self.running.iter().find(|(_, running)| running.abort.id() == task).map(|(id, _)| id.clone())
    }
}

fn finish(running: Running, result: Result<Value, String>, now: Moment) -> (ToolCall, CallResult) {
    let Running { mut row, since, .. } = running;
    row.elapsed_ms = Some(elapsed(since, now));
    let response = match result {
        Ok(value) => {
            row.state = ToolState::Done;
            row.result = Some(clipped(serde_json::to_string_pretty(&value).unwrap_or_default(), ROW_TEXT));
            json!({ "output": value })
        }
        Err(reason) => {
            row.state = ToolState::Failed;
            row.result = Some(clipped(reason.clone(), ROW_TEXT));
            json!({ "error": reason })
        }
    };
    let answer = CallResult { id: row.id.clone(), name: row.name.clone(), response };
    (row, answer)
}

fn elapsed(since: u64, now: Moment) -> u32 {
    u32::try_from(now.steady.saturating_sub(since)).unwrap_or(u32::MAX)
}

fn compact(args: &Value) -> String {
    match args {
        Value::Null => "{}".to_owned(),
        args => args.to_string(),
    }
}

fn clipped(mut text: String, bytes: usize) -> String {
    if text.len() > bytes {
        text.truncate(text.floor_char_boundary(bytes));
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// At this time by the steady clock; the other one says anything.
    fn at(steady: u64) -> Moment {
        Moment { wall: 1_000_000 - steady * 7, steady }
    }

    fn calls() -> Calls {
        Calls::new(Arc::new(Registry::builtin()))
    }

    #[tokio::test]
    async fn a_call_is_answered_by_id_and_name() {
        let mut calls = calls();
        let (row, refused) = calls.begin("7".into(), "get_current_time".into(), json!({}), at(100));
        assert!(refused.is_none() && row.state == ToolState::Running && calls.busy());
        let (row, answer) = calls.next(|| at(130)).await;
        assert_eq!((answer.id.as_str(), answer.name.as_str()), ("7", "get_current_time"));
        assert!(answer.response["output"].is_object());
        assert_eq!((row.state, row.elapsed_ms), (ToolState::Done, Some(30)));
        assert!(!calls.busy());
    }

    #[tokio::test]
    async fn an_unknown_function_is_answered_with_an_error() {
        let mut calls = calls();
        calls.begin("1".into(), "rm_rf".into(), Value::Null, at(0));
        let (row, answer) = calls.next(|| at(0)).await;
        assert_eq!(row.state, ToolState::Failed);
        assert!(answer.response["error"].as_str().unwrap().contains("rm_rf"));
    }

    #[tokio::test]
    async fn a_cancelled_call_is_never_answered() {
        let mut calls = calls();
        calls.begin("1".into(), "get_current_time".into(), json!({}), at(0));
        let rows = calls.cancel(&["1".into(), "of nobody".into()], at(5));
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].state, ToolState::Cancelled);
        calls.begin("2".into(), "get_current_time".into(), json!({}), at(0));
        assert_eq!(calls.next(|| at(0)).await.1.id, "2");
    }

    #[tokio::test]
    async fn a_flood_of_calls_is_refused_honestly() {
        let mut calls = calls();
        for n in 0..AT_ONCE {
            assert!(calls.begin(n.to_string(), "get_current_time".into(), json!({}), at(0)).1.is_none());
        }
        let (row, refused) = calls.begin("more".into(), "get_current_time".into(), json!({}), at(0));
        assert_eq!(row.state, ToolState::Failed);
        assert!(refused.unwrap().response["error"].is_string());
    }

    #[tokio::test]
    async fn an_id_or_a_name_that_fills_the_memory_is_refused() {
        let mut calls = calls();
        for (id, name) in
            [("i".repeat(1 << 20), "get_current_time".to_owned()), ("1".into(), "n".repeat(1 << 20))]
        {
            let (row, refused) = calls.begin(id.clone(), name, json!({}), at(0));
            assert!(row.id.len() + row.name.len() < 1_024 && row.state == ToolState::Failed);
            assert_eq!(refused.expect("an answer").id, id, "answered all the same");
        }
        assert!(!calls.busy());
    }
}
