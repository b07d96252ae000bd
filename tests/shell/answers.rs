//! `vivavoce talk` with a server that answers badly or not at all: it ends, says why, and the exit status shows it.

use serde_json::{Value, json};
use testkit::{Peer, PeerDialer};
use tokio::io::copy_bidirectional;
use tokio::net::TcpListener;

use crate::program::{Home, Ran};

/// Runs `talk` with a server that runs `script` for its first client. `{}` in the arguments is its port.
fn talk_with<F>(args: &[&str], script: impl FnOnce(Peer) -> F) -> (Home, Ran)
where
    F: Future<Output = ()> + Send + 'static,
{
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (dialer, mut callers) = PeerDialer::new();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let endpoint = format!("ws://{}", listener.local_addr().unwrap());
    runtime.spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut line = live_client::Dialer::dial(&dialer).await.unwrap();
            tokio::spawn(async move { copy_bidirectional(&mut socket, &mut line).await });
        }
    });
    let home = Home::bare();
    let whole = [&["talk", "--endpoint", &endpoint, "--mic", "none", "--speaker", "none"], args].concat();
    let running = home.start(&whole);
    let peer = runtime.block_on(async {
        let mut peer = callers.accept().await;
        peer.set_up().await;
        peer
    });
    runtime.spawn(script(peer));
    (home, running.end())
}

#[expect(clippy::needless_pass_by_value, reason = "it is what json! just made")]
fn content(content: Value) -> Value {
    json!({ "serverContent": content })
}

fn said(words: &str) -> Value {
    content(json!({"outputTranscription": {"text": words}}))
}

fn over() -> Value {
    content(json!({"turnComplete": true}))
}

#[test]
fn a_bare_turn_complete_is_no_answer_for_a_script() {
    for reason in [None, Some("RESPONSE_REJECTED"), Some("MALFORMED_FUNCTION_CALL"), Some("NEWER_THAN_US")] {
        let (home, ran) = talk_with(&["--text", "hi", "--events", "e.jsonl"], async move |mut peer: Peer| {
            peer.find_kind("realtimeInput").await;
            let mut end = json!({"turnComplete": true});
            if let Some(reason) = reason {
                end["turnCompleteReason"] = json!(reason);
            }
            peer.send(content(end)).await;
            peer.closed().await;
        });
        assert_eq!(ran.code, Some(1), "{reason:?} {ran:?}");
        let lines = home.lines("e.jsonl");
        let notice =
            lines.iter().find(|line| line["event"]["notice"]["code"] == "noAnswer").expect("a notice");
        assert_eq!(notice["event"]["notice"]["detail"].as_str(), reason);
        let message = notice["words"]["message"].as_str().unwrap();
        assert!(ran.err.contains(message), "{}", ran.err);
    }
}

#[test]
fn one_unanswered_text_sets_the_exit_status() {
    let (_home, ran) = talk_with(&["--text", "one", "--text", "two"], async |mut peer: Peer| {
        peer.find_kind("realtimeInput").await;
        peer.send(over()).await;
        peer.find_kind("realtimeInput").await;
        peer.send(said("Two.")).await;
        peer.send(over()).await;
        peer.closed().await;
    });
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.out.contains("Two."), "{ran:?}");
}

#[test]
fn talk_ends_with_the_answer_after_the_result() {
    let (_home, ran) = talk_with(&["--text", "What time is it?"], async |mut peer: Peer| {
        peer.find_kind("realtimeInput").await;
        let call = json!({"functionCalls": [{"id": "1", "name": "get_current_time", "args": {}}]});
        peer.send(json!({"toolCall": call})).await;
        peer.send(said("I have asked.")).await;
        peer.send(over()).await;
        peer.find_kind("toolResponse").await;
        peer.send(said("It is ten.")).await;
        peer.send(over()).await;
        peer.closed().await;
    });
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("It is ten."), "{ran:?}");
}

#[test]
fn what_asks_nothing_is_refused_at_once() {
    let home = Home::bare();
    for text in ["", " ", "\n\t", "\u{200b}"] {
        let ran = home.run(&["talk", "--practice", "--text", text]);
        assert_eq!(ran.code, Some(2), "{text:?} {ran:?}");
        assert!(ran.err.contains("empty"), "{}", ran.err);
    }
    let ran = home.run(&["talk", "--practice", "--mic", "none", "--speaker", "none", "--until", "turn"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.err.contains("--text"), "{}", ran.err);
}

#[test]
fn until_turn_without_a_microphone_that_works_ends() {
    // Without a sound server the default microphone is not available.
    let home = Home::bare();
    let ran = home.run(&["talk", "--practice", "--speaker", "none", "--until", "turn"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
}
