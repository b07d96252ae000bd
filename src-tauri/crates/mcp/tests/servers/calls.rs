//! Tools that are called.

use serde_json::{Value, json};
use tools::{CallContext, Consent, Registry};

use crate::fixture::{PATIENCE, running, start};

#[tokio::test]
async fn tools_are_listed_called_and_ask_first() {
    let good = running("good").await;
    let status = good.status();
    assert!(status.tools.contains(&"good__echo".to_owned()), "{status:?}");
    assert_eq!(status.title.as_deref(), Some("test [2J 1"));
    assert!(good.servers.functions().iter().all(|function| function.terms().consent == Consent::Ask));
    let words = "$(touch /tmp/x); `id` | rm -rf ~ <b>\u{1b}[2J";
    let echoed = good.call("good__echo", json!({"word": words})).await.unwrap();
    assert_eq!(echoed.value, json!(words), "an argument is read by nobody else");
    let error = good.call("good__echo", json!({"word": 7})).await.unwrap_err();
    assert_eq!(error.code(), "bad_arguments");
    let error = good.call("good__fail", json!({})).await.unwrap_err();
    assert_eq!(error.to_string(), "the tool failed: no such tool");
    good.servers.end().await;
}

#[tokio::test]
async fn a_server_that_is_trusted_to_read_need_not_ask() {
    let policy = mcp::Policy { trusted_to_read: ["good".to_owned()].into(), ..mcp::Policy::default() };
    let good = start(&["good", "names"], &policy);
    good.servers.settled(PATIENCE).await;
    for function in good.servers.functions() {
        let is_trusted = function.name().starts_with("good__");
        let expected = if is_trusted { Consent::NotNeeded } else { Consent::Ask };
        assert_eq!(function.terms().consent, expected, "{}", function.name());
    }
}

#[tokio::test]
async fn its_environment_is_what_is_listed() {
    let good = running("good").await;
    let environment = good.call("good__environment", json!({})).await.unwrap().value;
    assert_eq!(environment["MARK"], "1");
    assert!(environment.get("PATH").is_some());
    assert_eq!(environment.get("CARGO_MANIFEST_DIR"), None, "nothing of ours");
}

#[tokio::test]
async fn results_are_bounded_and_told() {
    let good = running("good").await;
    let error = good.call("good__huge", json!({})).await.unwrap_err();
    assert!(error.to_string().contains("larger than 4 MiB"), "{error}");
    let long = good.call("good__long", json!({})).await.unwrap();
    assert!(long.value.as_str().unwrap().len() <= 32 * 1024 && long.note.unwrap().contains("cut"));
    let odd = good.call("good__odd", json!({})).await.unwrap();
    assert_eq!(
        odd.value,
        json!("<script>alert(1)</script>\u{1b}[2J\u{202e}"),
        "shown as text by who shows it"
    );
    // Nobody sees here, and it is no picture either.
    let picture = good.call("good__picture", json!({})).await.unwrap();
    assert!(picture.value.as_str().unwrap().contains("a picture"), "{picture:?}");
}

#[tokio::test]
async fn an_abandoned_call_is_cancelled_on_the_server() {
    let good = running("good").await;
    let registry = Registry::of(good.servers.functions());
    let call = registry.prepare("good__hang", json!({})).unwrap().run(CallContext::unattended());
    let hanging = tokio::spawn(call);
    good.marked("hangs").await;
    hanging.abort();
    good.marked("cancelled").await;
    let cancelled = good.call("good__cancelled", json!({})).await.unwrap().value;
    let ids: Vec<Value> = serde_json::from_str(cancelled.as_str().unwrap()).unwrap();
    assert_eq!(ids.len(), 1, "{ids:?}");
}

#[tokio::test]
async fn a_tool_that_never_ends_is_stopped_and_told() {
    let good = running("good").await;
    let registry = Registry::of(good.servers.functions());
    let call = registry.prepare("good__hang", json!({})).unwrap().run(CallContext::unattended());
    let hanging = tokio::spawn(call);
    good.marked("hangs").await;
    // From here on time passes as soon as nothing happens.
    tokio::time::pause();
    let error = hanging.await.unwrap().unwrap_err();
    tokio::time::resume();
    assert_eq!((error.code(), error.to_string().contains("60 seconds")), ("timeout", true), "{error}");
    good.marked("cancelled").await;
}

#[tokio::test]
async fn a_list_that_changes_is_followed() {
    let good = running("good").await;
    good.call("good__grow", json!({})).await.unwrap();
    good.until(|status| status.tools.contains(&"good__grown".to_owned())).await;
    assert_eq!(good.call("good__echo", json!({"word": "still"})).await.unwrap().value, json!("still"));
}

#[tokio::test]
async fn sampling_and_elicitation_are_declined_politely() {
    let good = running("good").await;
    let asked = good.call("good__ask", json!({})).await.unwrap().value;
    assert_eq!(asked["sampling"]["code"], -1, "{asked}");
    assert_eq!(asked["elicitation"]["action"], "decline", "{asked}");
    assert_eq!(asked["roots"]["roots"], json!([]), "{asked}");
}

#[tokio::test]
async fn many_calls_at_once_get_one_answer_each() {
    let good = running("good").await;
    let registry = Registry::of(good.servers.functions());
    let calls = (0..300).map(|n: u32| {
        let registry = registry.clone();
        tokio::spawn(async move {
            let call = registry.prepare("good__echo", json!({"word": n.to_string()})).unwrap();
            (n, call.run(CallContext::unattended()).await)
        })
    });
    for call in calls.collect::<Vec<_>>() {
        let (n, result) = call.await.unwrap();
        assert_eq!(result.unwrap().value, json!(n.to_string()));
    }
}
