//! Calls without a session: leave, refusals, questions, ends.

use serde_json::json;
use tools::{CallFuture, Consent, Declaration, Terms, Tool};

use super::*;
use crate::permissions::Otherwise;

/// At this time by the steady clock; the other one says anything.
fn at(steady: u64) -> Moment {
    Moment { wall: 10_000_000 - steady * 7, steady }
}

/// Repeats its arguments, asks, hangs or panics, as its name says.
struct Fake(&'static str, Consent);

impl Tool for Fake {
    fn declaration(&self) -> Declaration {
        let parameters = json!({"type": "object", "properties": {"word": {"type": "string"}}});
        Declaration { name: self.0.into(), description: "For a test.".into(), parameters }
    }

    fn terms(&self) -> Terms {
        Terms { consent: self.1, ..Terms::default() }
    }

    fn call(&self, args: Value, context: CallContext) -> CallFuture<'_> {
        Box::pin(async move {
            match self.0 {
                "hang" => std::future::pending().await,
                "panic" => panic!("a test"),
                "ask_me" => {
                    let person = context.person().ok_or(ToolError::NobodyThere)?;
                    let typed = person.ask("What is the word?".into()).await;
                    typed.map(Value::String).ok_or(ToolError::NobodyThere)
                }
                _ => Ok(args),
            }
        })
    }
}

fn calls_with(permissions: Permissions) -> Calls {
    let registry = Registry::new(vec![
        Box::new(Fake("free", Consent::NotNeeded)),
        Box::new(Fake("asks", Consent::Ask)),
        Box::new(Fake("asks_too", Consent::Ask)),
        Box::new(Fake("each_time", Consent::AskEachTime)),
        Box::new(Fake("hang", Consent::NotNeeded)),
        Box::new(Fake("panic", Consent::NotNeeded)),
        Box::new(Fake("ask_me", Consent::NotNeeded)),
    ]);
    Calls::new(Arc::new(registry), permissions)
}

fn calls() -> Calls {
    calls_with(Permissions::default())
}

fn begin(calls: &mut Calls, id: &str, name: &str) -> Changes {
    calls.begin(id.into(), name.into(), json!({"word": "sun"}), at(100))
}

/// The only row and the only answer.
fn answered(changes: Changes) -> (ToolCall, CallResult) {
    let Changes { mut rows, mut answers, .. } = changes;
    assert_eq!((rows.len(), answers.len()), (1, 1), "{rows:?} {answers:?}");
    (rows.remove(0), answers.remove(0))
}

/// The only row, without an answer.
fn row(changes: Changes) -> ToolCall {
    assert!(changes.answers.is_empty(), "{changes:?}");
    let [row] = <[_; 1]>::try_from(changes.rows).unwrap();
    row
}

fn code(answer: &CallResult) -> &str {
    assert!(answer.response["error"].is_string());
    answer.response["code"].as_str().unwrap()
}

#[tokio::test]
async fn a_free_call_runs_at_once_and_is_answered_by_id_and_name() {
    let mut calls = calls();
    let running = row(begin(&mut calls, "7", "free"));
    assert_eq!((running.state, running.running_since), (ToolState::Running, Some(at(100).wall)));
    assert!(calls.busy());
    let (done, answer) = answered(calls.next(|| at(130)).await);
    assert_eq!((answer.id.as_str(), answer.name.as_str()), ("7", "free"));
    assert_eq!(answer.response, json!({"output": {"word": "sun"}}));
    assert_eq!((done.number, done.state, done.elapsed_ms), (running.number, ToolState::Done, Some(30)));
    assert!(!calls.busy());
}

#[tokio::test]
async fn a_call_waits_for_leave_and_runs_once_it_has_it() {
    let mut calls = calls();
    let asking = row(begin(&mut calls, "7", "asks"));
    assert_eq!((asking.state, asking.running_since, asking.elapsed_ms), (ToolState::Asking, None, None));
    assert!(!asking.each_time && calls.busy());
    let running = row(calls.decide(asking.number, CallDecision::Once, at(60_000)));
    assert_eq!((running.state, running.running_since), (ToolState::Running, Some(at(60_000).wall)));
    let (done, _) = answered(calls.next(|| at(60_020)).await);
    assert_eq!((done.state, done.elapsed_ms), (ToolState::Done, Some(20)), "the waiting does not count");
    assert_eq!(row(begin(&mut calls, "8", "asks")).state, ToolState::Asking, "it was for that call alone");
}

#[tokio::test]
async fn leave_for_the_conversation_is_for_this_function_and_outlasts_nothing() {
    let mut calls = calls();
    let first = row(begin(&mut calls, "1", "asks"));
    let _second = row(begin(&mut calls, "2", "asks"));
    let other = row(begin(&mut calls, "3", "asks_too"));
    let changes = calls.decide(first.number, CallDecision::Conversation, at(0));
    let states: Vec<_> = changes.rows.iter().map(|row| (row.id.as_str(), row.state)).collect();
    assert_eq!(states, [("1", ToolState::Running), ("2", ToolState::Running)], "those that ask too");
    assert_eq!(changes.kept, None);
    assert_eq!(row(begin(&mut calls, "4", "asks")).state, ToolState::Running);
    assert_eq!(row(calls.decide(other.number, CallDecision::Once, at(0))).state, ToolState::Running);
}

#[tokio::test]
async fn always_and_never_are_kept_and_hold_at_once() {
    for (decision, rule, state) in [
        (CallDecision::Always, ToolRule::Always, ToolState::Running),
        (CallDecision::Never, ToolRule::Never, ToolState::Refused),
    ] {
        let mut calls = calls();
        let first = row(begin(&mut calls, "1", "asks"));
        begin(&mut calls, "2", "asks");
        let changes = calls.decide(first.number, decision, at(0));
        assert_eq!(changes.kept, Some(("asks".into(), rule)));
        assert!(changes.rows.len() == 2 && changes.rows.iter().all(|row| row.state == state), "{changes:?}");
        assert_eq!(changes.answers.len(), if rule == ToolRule::Never { 2 } else { 0 });
        assert_eq!(begin(&mut calls, "3", "asks").rows[0].state, state);
    }
}

#[tokio::test]
async fn a_refused_call_is_answered_as_that_and_asks_again_the_next_time() {
    let mut calls = calls();
    let asking = row(begin(&mut calls, "7", "asks"));
    let (refused, answer) = answered(calls.decide(asking.number, CallDecision::Refuse, at(200)));
    assert_eq!((refused.state, refused.elapsed_ms, code(&answer)), (ToolState::Refused, Some(0), "refused"));
    assert!(answer.response["error"].as_str().unwrap().contains("does not allow"));
    assert_eq!(row(begin(&mut calls, "8", "asks")).state, ToolState::Asking);
    assert!(calls.decide(refused.number, CallDecision::Always, at(200)).rows.is_empty(), "it is over");
    assert_eq!(row(begin(&mut calls, "9", "asks")).state, ToolState::Asking, "and nothing was kept");
}

#[tokio::test]
async fn a_function_that_asks_each_time_takes_no_leave_for_longer() {
    let mut calls = calls();
    for decision in [CallDecision::Always, CallDecision::Conversation] {
        let asking = row(begin(&mut calls, "7", "each_time"));
        assert!(asking.state == ToolState::Asking && asking.each_time);
        let changes = calls.decide(asking.number, decision, at(0));
        assert_eq!((changes.rows[0].state, changes.kept), (ToolState::Running, None));
        calls.next(|| at(0)).await;
    }
}

#[tokio::test]
async fn where_nobody_is_there_a_call_that_needs_leave_names_the_flag() {
    let otherwise = Otherwise::Refuse("use --allow {}".into());
    let mut calls = calls_with(Permissions { rules: BTreeMap::new(), otherwise });
    let (refused, answer) = answered(begin(&mut calls, "7", "asks"));
    assert_eq!(refused.state, ToolState::Refused);
    assert!(answer.response["error"].as_str().unwrap().ends_with("; use --allow asks"), "{answer:?}");
    begin(&mut calls, "8", "ask_me");
    let (_, answer) = answered(calls.next(|| at(0)).await);
    assert!(answer.response["error"].as_str().unwrap().contains("nobody"), "{answer:?}");
}

#[tokio::test]
async fn what_the_settings_say_meanwhile_holds_for_calls_that_ask() {
    let mut calls = calls();
    begin(&mut calls, "1", "asks");
    begin(&mut calls, "2", "asks_too");
    begin(&mut calls, "3", "each_time");
    let rules =
        BTreeMap::from([("asks".to_owned(), ToolRule::Always), ("asks_too".to_owned(), ToolRule::Never)]);
    let changes = calls.set_rules(rules, at(0));
    let states: Vec<_> = changes.rows.iter().map(|row| (row.id.as_str(), row.state)).collect();
    assert_eq!(states, [("1", ToolState::Running), ("2", ToolState::Refused)]);
    assert_eq!(changes.answers.len(), 1);
}

#[tokio::test]
async fn leave_that_nobody_gives_is_refused_after_its_time() {
    let mut calls = calls();
    begin(&mut calls, "7", "asks");
    begin(&mut calls, "8", "hang");
    assert!(calls.expire(at(100 + 299_999)).rows.is_empty());
    let (expired, answer) = answered(calls.expire(at(100 + 300_000)));
    assert_eq!((expired.state, code(&answer)), (ToolState::Refused, "refused"));
    assert!(answer.response["error"].as_str().unwrap().contains("300 seconds"));
}

#[tokio::test]
async fn the_person_types_the_answer_of_a_function_that_asks_for_it() {
    let mut calls = calls();
    let number = row(begin(&mut calls, "7", "ask_me")).number;
    assert!(calls.answer(number, "too early".into()).rows.is_empty());
    let answering = row(calls.next(|| at(0)).await);
    assert_eq!(
        (answering.state, answering.question.as_deref()),
        (ToolState::Answering, Some("What is the word?"))
    );
    let running = row(calls.answer(number, "rain".into()));
    assert_eq!((running.state, running.question), (ToolState::Running, None));
    let (done, answer) = answered(calls.next(|| at(0)).await);
    assert_eq!((done.result.as_deref(), answer.response), (Some("rain"), json!({"output": "rain"})));
}

#[tokio::test]
async fn a_call_that_the_person_stops_is_answered_and_one_that_the_model_withdraws_is_not() {
    let mut calls = calls();
    let (one, _two) = (row(begin(&mut calls, "1", "hang")), begin(&mut calls, "2", "hang"));
    let (stopped, answer) = answered(calls.stop(one.number, at(150)));
    assert_eq!(
        (stopped.state, stopped.elapsed_ms, code(&answer)),
        (ToolState::Cancelled, Some(50), "stopped")
    );
    let rows = calls.cancel(&["2".into(), "of nobody".into()], at(105));
    assert_eq!((rows.len(), rows[0].state), (1, ToolState::Cancelled));
    assert!(calls.stop(one.number, at(150)).rows.is_empty(), "once");
    begin(&mut calls, "3", "free");
    assert_eq!(answered(calls.next(|| at(0)).await).1.id, "3");
    let asking = row(begin(&mut calls, "4", "asks"));
    assert_eq!(calls.cancel(&["4".into()], at(0))[0].state, ToolState::Cancelled);
    assert!(
        calls.decide(asking.number, CallDecision::Once, at(0)).rows.is_empty(),
        "a withdrawn call never runs"
    );
}

#[tokio::test]
async fn each_call_that_cannot_run_is_refused_with_its_own_code() {
    let mut calls = calls();
    begin(&mut calls, "open", "hang");
    for (id, name, args, wanted) in [
        ("1", "rm_rf", json!({}), "unknown_function"),
        ("2", "asks", json!({"word": 7}), "bad_arguments"),
        ("3", "asks", json!([]), "bad_arguments"),
        ("open", "free", json!({}), "duplicate_id"),
    ] {
        let (row, answer) = answered(calls.begin(id.into(), name.into(), args, at(0)));
        assert_eq!((row.state, code(&answer), answer.id.as_str()), (ToolState::Failed, wanted, id));
    }
    begin(&mut calls, "4", "panic");
    let (row, answer) = answered(calls.next(|| at(0)).await);
    assert_eq!((row.state, code(&answer)), (ToolState::Failed, "crashed"));
    assert!(calls.busy(), "the first one runs");
}

#[tokio::test]
async fn a_flood_of_calls_is_refused_honestly() {
    let mut calls = calls();
    for n in 0..AT_ONCE {
        assert!(
            begin(&mut calls, &n.to_string(), if n % 2 == 0 { "hang" } else { "asks" }).answers.is_empty()
        );
    }
    let (row, answer) = answered(begin(&mut calls, "more", "free"));
    assert_eq!((row.state, code(&answer)), (ToolState::Failed, "too_many_calls"));
}

#[tokio::test]
async fn an_id_or_a_name_that_fills_the_memory_is_refused() {
    let mut calls = calls();
    for (id, name) in [("i".repeat(1 << 20), "free".to_owned()), ("1".into(), "n".repeat(1 << 20))] {
        let (row, answer) = answered(calls.begin(id.clone(), name, json!({}), at(0)));
        assert!(row.id.len() + row.name.len() < 1_024 && row.state == ToolState::Failed);
        assert_eq!((answer.id.as_str(), code(&answer)), (id.as_str(), "too_long"), "answered all the same");
    }
    assert!(!calls.busy());
}

#[tokio::test]
async fn the_end_leaves_no_work_behind() {
    struct Alive(mpsc::Sender<()>);
    impl Tool for Alive {
        fn declaration(&self) -> Declaration {
            Declaration { name: "alive".into(), description: String::new(), parameters: json!({}) }
        }
        fn terms(&self) -> Terms {
            Terms { consent: Consent::NotNeeded, ..Terms::default() }
        }
        fn call(&self, _: Value, _: CallContext) -> CallFuture<'_> {
            let held = self.0.clone();
            Box::pin(async move {
                held.send(()).await.unwrap();
                std::future::pending().await
            })
        }
    }
    let (held, mut seen) = mpsc::channel(1);
    let mut calls = Calls::new(Arc::new(Registry::new(vec![Box::new(Alive(held))])), Permissions::default());
    begin(&mut calls, "1", "alive");
    seen.recv().await.unwrap();
    assert_eq!(calls.cancel_all(at(0)).len(), 1);
    calls.shut_down().await;
    drop(calls);
    assert_eq!(seen.recv().await, None, "what the work held is dropped");
}

#[tokio::test]
async fn code_that_the_model_runs_is_a_row_that_nobody_answers() {
    let mut calls = calls();
    let rows = calls.code("print(6 * 7)", at(100));
    assert_eq!((rows.len(), rows[0].state, rows[0].running_since), (1, ToolState::Running, None));
    assert_eq!(rows[0].args, r#"{"code":"print(6 * 7)"}"#);
    assert!(!calls.busy(), "the conversation waits for nothing of ours");
    let done = calls.code_result(Some("OUTCOME_OK"), "42\n", at(350)).unwrap();
    let number = rows[0].number;
    assert_eq!((done.number, done.state, done.result.as_deref()), (number, ToolState::Done, Some("42\n")));
    assert!(calls.code_result(None, "of nothing", at(0)).is_none());
    // A search appears as code that has no result.
    calls.code("search()", at(0));
    let rows = calls.code("1 / 0", at(0));
    assert_eq!((rows[0].state, rows[1].state), (ToolState::Done, ToolState::Running));
    let failed = calls.code_result(Some("OUTCOME_FAILED"), "", at(0)).unwrap();
    assert_eq!((failed.state, failed.result.as_deref()), (ToolState::Failed, Some("OUTCOME_FAILED")));
    assert!(calls.code_over().is_none());
}
