//! Scenarios of a session over several connections (PROTOCOL.md §3.2): what is kept, what is sent again, and when.

// The helpers panic for the tests that call them.
#![allow(clippy::panic)]

mod support;

use std::time::Duration;

use live_proto::catalogue::{Catalogue, History};
use live_proto::wire::{HistoryConfig, Setup};
use live_proto::{
    CloseCause, CloseKind, Command, Event, Generation, Input, Limits, Output, Session, SessionState,
    SetupOptions,
};
use serde_json::{Value, json};
use support::{Bench, MODEL, REPLY, YOU, audio, exchange, frames, handle, resumed, says, sent, turn};

/// Returns the pause before the next attempt; panics if none is planned.
fn pause(outputs: &[Output]) -> Duration {
    match outputs.iter().find_map(|output| match output {
        Output::Event(Event::Reconnecting { retry_in, .. }) => Some(*retry_in),
        _ => None,
    }) {
        Some(pause) => pause,
        None => panic!("it does not try again: {outputs:?}"),
    }
}

#[test]
fn a_lost_connection_resumes_and_sends_what_waited() {
    let mut bench = Bench::ready(MODEL);
    exchange(&mut bench, "Hello", "Hi", "h1");
    let outputs = bench.lose(None, "reset");
    assert_eq!((pause(&outputs), outputs.last()), (Duration::ZERO, Some(&Output::Connect)), "at once");
    assert_eq!(bench.session.state(), SessionState::Reconnecting);
    bench.input(Input::Audio(&[1; 640]));
    bench.tell(Command::Text("typed".to_owned()));
    bench.input(Input::Audio(&[2; 640]));
    let (setup, events, said) = bench.reconnect();
    assert_eq!(setup["setup"]["sessionResumption"], json!({"handle": "h1"}));
    assert_eq!(resumed(&events), (false, false, Duration::from_millis(40), Duration::ZERO));
    let mut want = frames(&[&[1; 640]]);
    want.push(json!({"realtimeInput": {"text": "typed"}}));
    want.extend(frames(&[&[2; 640]]));
    assert_eq!(said, want, "in the order in which it was said");
}

#[test]
fn an_unanswered_question_is_sent_again() {
    let mut bench = Bench::ready(MODEL);
    exchange(&mut bench, "Hello", "Hi", "h1");
    for n in 1..=3 {
        bench.input(Input::Audio(&[n; 640]));
    }
    says(&mut bench, YOU, "What is");
    bench.events(&turn(&[audio("AQA=")]));
    says(&mut bench, REPLY, "It");
    bench.lose(None, "reset");
    bench.ring();
    let (_, events, said) = bench.reconnect();
    let (fresh, again, ..) = resumed(&events);
    assert!(!fresh && again);
    let whole: Vec<u8> = (1..=3).flat_map(|n| [n; 640]).collect();
    assert_eq!(said, frames(&[&whole]), "joined, and from the beginning of the question");
    let answer = bench.events(&turn(&[audio("AgA=")]));
    assert!(
        matches!(answer[..], [Event::Audio { generation: Generation(3), .. }]),
        "a reply of its own: {answer:?}"
    );
}

#[test]
fn a_complete_answer_is_sent_as_history_not_asked_again() {
    let mut bench = Bench::ready(MODEL);
    exchange(&mut bench, "Hello", "Hi", "h1");
    bench.input(Input::Audio(&[1; 640]));
    says(&mut bench, YOU, "And now?");
    bench.events(&turn(&[audio("AQA=")]));
    says(&mut bench, REPLY, "Now too.");
    bench.events(&json!({"serverContent": {"generationComplete": true}}));
    // The connection breaks before a handle covers this exchange.
    bench.lose(None, "reset");
    bench.ring();
    let (_, events, said) = bench.reconnect();
    assert!(!resumed(&events).1);
    let expected = json!({"clientContent": {"turnComplete": false, "turns": [
        {"role": "user", "parts": [{"text": "And now?"}]}, {"role": "model", "parts": [{"text": "Now too."}]}
    ]}});
    assert_eq!(said, [expected]);
}

#[test]
fn an_index_says_exactly_what_is_covered() {
    let mut bench = Bench::ready(MODEL);
    for n in 1..=5 {
        bench.input(Input::Audio(&[n; 640]));
    }
    bench.events(&json!({"sessionResumptionUpdate":
        {"newHandle": "h", "resumable": true, "lastConsumedClientMessageIndex": "3"}}));
    bench.lose(None, "");
    bench.ring();
    let (_, _, said) = bench.reconnect();
    let rest: Vec<u8> = [4, 5].into_iter().flat_map(|n| [n; 640]).collect();
    assert_eq!(said, frames(&[&rest]));
}

#[test]
fn a_stale_handle_begins_a_new_session_with_the_history() {
    for (history, complete) in [(History::ClientContent, false), (History::Initial, true)] {
        let mut bench = Bench::ready_with(history);
        exchange(&mut bench, "Hello", "Hi", "h1");
        bench.lose(None, "reset");
        bench.ring();
        bench.input(Input::Opened);
        let outputs = bench.lose(Some(1008), "BidiGenerateContent session not found");
        assert!(pause(&outputs) <= Duration::from_millis(250));
        assert_eq!(bench.ring(), [Output::Connect]);
        let (setup, events, said) = bench.reconnect();
        assert_eq!(setup["setup"]["sessionResumption"], json!({}), "{history:?}");
        let announced = complete.then(|| json!({"initialHistoryInClientContent": true}));
        assert_eq!(setup["setup"].get("historyConfig"), announced.as_ref(), "{history:?}");
        assert!(resumed(&events).0, "{history:?}");
        let expected = json!({"clientContent": {"turnComplete": complete, "turns": [
            {"role": "user", "parts": [{"text": "Hello"}]}, {"role": "model", "parts": [{"text": "Hi"}]}
        ]}});
        assert_eq!(said, [expected], "{history:?}");
    }
}

#[test]
fn a_resumed_session_announces_no_history() {
    let config = HistoryConfig { initial_history_in_client_content: Some(true) };
    let setup = live_proto::build_setup(&SetupOptions::default(), &Catalogue::embedded());
    let mut bench = Bench::new(Setup { history_config: Some(config), ..setup });
    let (first, ..) = bench.reconnect();
    assert_eq!(first["setup"]["historyConfig"], json!({"initialHistoryInClientContent": true}));
    handle(&mut bench, "h");
    bench.lose(None, "");
    bench.ring();
    assert_eq!(bench.reconnect().0["setup"].get("historyConfig"), None);
}

#[test]
fn pauses_grow_with_jitter_and_end_when_the_network_returns() {
    let mut bench = Bench::ready(MODEL);
    handle(&mut bench, "h");
    let mut longest = Duration::from_millis(250);
    assert_eq!(bench.lose(None, "").last(), Some(&Output::Connect), "the first try is made at once");
    let no_route = || CloseCause { kind: CloseKind::Network, code: None, reason: "no route".to_owned() };
    for attempt in 2..=20 {
        let waited = pause(&bench.input(Input::ConnectFailed(no_route())));
        assert!(waited >= longest / 2 && waited <= longest, "{attempt}: {waited:?} of {longest:?}");
        assert_eq!(bench.ring(), [Output::Connect]);
        longest = (longest * 2).min(Duration::from_secs(15));
    }
    bench.input(Input::ConnectFailed(no_route()));
    assert_eq!(bench.input(Input::NetworkChanged), [Output::Connect]);
    assert_eq!(bench.input(Input::NetworkChanged), [], "one connection at a time");
    bench.reconnect();
    bench.events(&turn(&[audio("AQA=")]));
    bench.wait(10_000);
    assert_eq!(pause(&bench.lose(None, "")), Duration::ZERO, "a session that lived begins anew");
    assert_eq!(bench.session.counters().reconnects, 1);
}

#[test]
fn two_clients_reconnect_at_different_times() {
    let pauses = |seed| {
        let mut bench = Bench::ready(MODEL);
        bench.session = std::mem::replace(&mut bench.session, Bench::model(MODEL).session).with_seed(seed);
        let mut outputs = bench.lose(None, "");
        let mut all = Vec::new();
        for _ in 0..8 {
            all.push(pause(&outputs));
            bench.ring();
            let cause = CloseCause { kind: CloseKind::Network, code: None, reason: String::new() };
            outputs = bench.input(Input::ConnectFailed(cause));
        }
        all
    };
    assert_eq!(pauses(1), pauses(1));
    assert_ne!(pauses(1), pauses(2));
}

#[test]
fn permanent_failures_are_not_retried() {
    for (code, reason) in [
        (1007, "API key not valid. Please pass a valid API key."),
        (1007, "Request contains an invalid argument."),
        (1008, "models/x is not found for API version v1beta, or is not supported for bidiGenerateContent."),
        (1011, "RESOURCE_EXHAUSTED"),
    ] {
        let outputs = Bench::ready(MODEL).lose(Some(code), reason);
        assert!(matches!(outputs[..], [Output::Event(Event::Closed(_))]), "{reason}: {outputs:?}");
    }
}

#[test]
fn a_handle_that_always_fails_is_dropped() {
    let mut bench = Bench::ready(MODEL);
    exchange(&mut bench, "Hello", "Hi", "h1");
    bench.lose(Some(1011), "Internal error encountered.");
    for _ in 0..3 {
        bench.ring();
        let setup = sent(&bench.input(Input::Opened)).remove(0);
        assert_eq!(setup["setup"]["sessionResumption"]["handle"], "h1");
        bench.lose(Some(1011), "Internal error encountered.");
    }
    bench.ring();
    let (setup, events, _) = bench.reconnect();
    assert_eq!(setup["setup"]["sessionResumption"], json!({}));
    assert!(resumed(&events).0);
}

#[test]
fn an_announced_end_is_handled_between_turns() {
    let mut bench = Bench::ready(MODEL);
    handle(&mut bench, "h");
    bench.input(Input::Audio(&[1; 640]));
    bench.events(&turn(&[audio("AQA=")]));
    bench.events(&json!({"goAway": {"timeLeft": "50s"}}));
    assert_eq!(bench.wait(20_000), [], "a reply runs");
    bench.events(&json!({"serverContent": {"turnComplete": true}}));
    assert_eq!(bench.wait(1_499), []);
    let outputs = bench.wait(1);
    assert!(
        matches!(&outputs[..], [Output::Event(Event::Reconnecting { cause, .. }), Output::Close { code: 1000, .. }]
            if cause.kind == CloseKind::DeadlineExpired),
        "{outputs:?}"
    );
    // The old connection is closed before the next is made; what comes meanwhile still counts.
    assert_eq!(bench.input(Input::Audio(&[2; 640])), []);
    handle(&mut bench, "h2");
    assert_eq!(bench.lose(Some(1000), ""), [Output::Connect]);
    let (setup, _, _) = bench.reconnect();
    assert_eq!(setup["setup"]["sessionResumption"]["handle"], "h2");
}

#[test]
fn an_announced_end_is_not_waited_for() {
    let mut bench = Bench::ready(MODEL);
    handle(&mut bench, "h");
    bench.events(&json!({"goAway": {"timeLeft": "10s"}}));
    bench.events(&turn(&[audio("AQA=")]));
    for _ in 0..6 {
        bench.wait(1_000);
        bench.events(&turn(&[audio("AQA=")]));
    }
    let outputs = bench.wait(1_000);
    assert!(outputs.iter().any(|output| matches!(output, Output::Close { .. })), "3 s are left: {outputs:?}");
    // A server that does not answer the close is not waited for either.
    assert_eq!(bench.wait(2_000), [Output::Connect]);
}

#[test]
fn a_reply_that_freezes_is_fetched_over_a_new_connection() {
    let mut bench = Bench::ready(MODEL);
    handle(&mut bench, "h");
    bench.tell(Command::Text("a story".to_owned()));
    bench.events(&turn(&[audio("AQA=")]));
    assert_eq!(bench.wait(29_999), []);
    assert_eq!(pause(&bench.wait(1)), Duration::ZERO);
    assert_eq!(bench.ring(), [Output::Connect]);
    let (_, events, said) = bench.reconnect();
    assert!(resumed(&events).1);
    assert_eq!(said, [json!({"realtimeInput": {"text": "a story"}})]);
    // Neither a turn that ends slowly nor silence counts as frozen.
    bench.events(&turn(&[audio("AQA=")]));
    bench.events(&json!({"serverContent": {"generationComplete": true}}));
    assert_eq!(bench.wait(120_000), []);
    bench.events(&json!({"serverContent": {"turnComplete": true}}));
    assert_eq!(bench.wait(3_600_000), []);
}

#[test]
fn thirty_seconds_of_audio_are_kept() {
    let mut bench = Bench::ready(MODEL);
    handle(&mut bench, "h");
    bench.lose(None, "");
    for _ in 0..(40 * 50) {
        bench.input(Input::Audio(&[1; 640]));
    }
    bench.ring();
    let (_, events, said) = bench.reconnect();
    let (_, _, kept, lost) = resumed(&events);
    assert_eq!((kept, lost), (Duration::from_secs(30), Duration::from_secs(10)));
    assert_eq!(said.len(), 300, "in pieces of 100 ms");
}

#[test]
fn silence_is_sent_once() {
    let mut bench = Bench::ready(MODEL);
    handle(&mut bench, "h");
    for _ in 0..(60 * 50) {
        bench.input(Input::Audio(&[0; 640]));
    }
    bench.lose(None, "");
    bench.ring();
    let (_, events, _) = bench.reconnect();
    assert_eq!(resumed(&events).2, Duration::from_secs(5), "the beginning of a word could be among it");
}

#[test]
fn only_tool_responses_are_sent_while_the_socket_is_full() {
    let mut bench = Bench::ready(MODEL);
    bench.events(&json!({"toolCall": {"functionCalls": [{"id": "a", "name": "f"}]}}));
    bench.session.set_writable(false);
    for n in 0..10 {
        assert_eq!(bench.input(Input::Audio(&[n; 640])), []);
    }
    let answer = Command::ToolResult { id: "a".to_owned(), scheduling: None, response: json!({}) };
    assert_eq!(sent(&bench.tell(answer)).len(), 1);
    assert_eq!(bench.session.waiting_audio_bytes(), 6400);
    bench.session.set_writable(true);
    assert_eq!(sent(&bench.drain()).len(), 2, "joined to 100 ms");
}

#[test]
fn open_calls_end_with_their_connection() {
    let mut bench = Bench::ready(MODEL);
    handle(&mut bench, "h");
    bench.events(&json!({"toolCall": {"functionCalls": [{"id": "a", "name": "f"}]}}));
    let outputs = bench.lose(None, "");
    let cancelled = Event::ToolCallsCancelled { ids: vec!["a".to_owned()] };
    assert!(outputs.contains(&Output::Event(cancelled)), "{outputs:?}");
    bench.ring();
    bench.reconnect();
    let answer = Command::ToolResult { id: "a".to_owned(), scheduling: None, response: json!({}) };
    assert_eq!(bench.tell(answer), [], "nobody waits for it there");
}

#[test]
fn an_end_while_reconnecting_is_at_once() {
    let mut bench = Bench::ready(MODEL);
    bench.lose(None, "");
    let outputs = bench.tell(Command::End);
    assert!(
        matches!(&outputs[..], [_, Output::Event(Event::Closed(cause))] if cause.kind == CloseKind::Normal)
    );
}

#[test]
fn a_transcript_without_an_end_is_refused() {
    let mut bench = Bench::ready(MODEL);
    let piece = "x".repeat(60_000);
    let mut outputs = Vec::new();
    for _ in 0..5 {
        outputs = bench.server(&json!({"serverContent": {REPLY: {"text": piece}}}));
    }
    assert!(
        matches!(&outputs[..], [Output::Close { code: 1009, .. }, Output::Event(Event::Closed(cause))]
            if cause.kind == CloseKind::LimitExceeded && cause.reason.contains("transcript")),
        "{outputs:?}"
    );
}

#[test]
fn memory_is_bounded_whatever_happens() {
    let limits = Limits { held_audio_bytes: 64_000, kept_audio_bytes: 64_000, ..Limits::default() };
    let mut bench = Bench::ready(MODEL);
    let setup = live_proto::build_setup(
        &live_proto::SetupOptions::default(),
        &live_proto::catalogue::Catalogue::embedded(),
    );
    bench.session = Session::new(setup, limits);
    bench.input(Input::Opened);
    bench.server(&json!({"setupComplete": {}}));
    for round in 0..50 {
        says(&mut bench, YOU, "a question that never ends");
        for _ in 0..200 {
            bench.input(Input::Audio(&[1; 640]));
        }
        bench.lose(None, "");
        for _ in 0..200 {
            bench.input(Input::Audio(&[2; 640]));
        }
        assert!(bench.session.waiting_audio_bytes() <= 128_000, "round {round}");
        bench.ring();
        bench.reconnect();
    }
}

#[test]
fn a_question_that_breaks_every_connection_is_given_up() {
    for (heard, frame) in [(false, json!({"realtimeInput": {"text": "hi"}})), (true, Value::Null)] {
        let mut bench = Bench::ready(MODEL);
        if heard {
            bench.input(Input::Audio(&[1; 640]));
            says(&mut bench, YOU, "hi");
        } else {
            bench.tell(Command::Text("hi".to_owned()));
        }
        let mut sent = 1;
        let mut outputs = Vec::new();
        for _ in 0..9 {
            outputs.extend(bench.lose(None, "reset"));
            bench.ring();
            let (_, events, said) = bench.reconnect();
            outputs.extend(events.into_iter().map(Output::Event));
            let question = if heard { frames(&[&[1; 640]]).remove(0) } else { frame.clone() };
            sent += said.iter().filter(|said| **said == question).count();
            if heard && said.contains(&question) {
                says(&mut bench, YOU, "hi");
            }
        }
        assert_eq!(sent, 6, "said six times");
        let abandoned: Vec<_> = outputs
            .iter()
            .filter(|output| matches!(output, Output::Event(Event::InputAbandoned { sent: 6 })))
            .collect();
        assert_eq!(abandoned.len(), 1, "{outputs:?}");
        let ends = |output: &&Output| matches!(output, Output::Event(Event::TurnComplete { .. }));
        assert_eq!(outputs.iter().filter(ends).count(), 1, "whoever waits for the answer waits no more");
        assert_eq!(bench.wait(3_600_000), [], "and nothing is awaited");
        // New input is sent again as usual.
        bench.tell(Command::Text("still there?".to_owned()));
        bench.lose(None, "reset");
        bench.ring();
        assert_eq!(bench.reconnect().2.last(), Some(&json!({"realtimeInput": {"text": "still there?"}})));
    }
}

#[test]
fn a_marked_turn_stays_open_when_given_up() {
    let options = live_proto::SetupOptions { manual_activity: true, ..live_proto::SetupOptions::default() };
    let mut bench =
        Bench::new(live_proto::build_setup(&options, &live_proto::catalogue::Catalogue::embedded()));
    bench.reconnect();
    bench.tell(Command::ActivityStart);
    bench.input(Input::Audio(&[1; 640]));
    let mut last = Vec::new();
    for _ in 0..7 {
        bench.lose(None, "reset");
        bench.ring();
        last = bench.reconnect().2;
    }
    assert_eq!(last, [json!({"realtimeInput": {"activityStart": {}}})]);
    let end = sent(&bench.tell(Command::ActivityEnd));
    assert_eq!(end, [json!({"realtimeInput": {"activityEnd": {}}})]);
    // After the turn is closed all of it is given up. This is reported even without any transcript.
    let mut outputs = Vec::new();
    for _ in 0..9 {
        outputs.extend(bench.lose(None, "reset"));
        bench.ring();
        last = bench.reconnect().2;
    }
    assert_eq!(last, [] as [Value; 0]);
    assert!(
        outputs.iter().any(|output| matches!(output, Output::Event(Event::InputAbandoned { .. }))),
        "{outputs:?}"
    );
}

#[test]
fn an_endless_handle_is_not_kept() {
    let mut bench = Bench::ready(MODEL);
    handle(&mut bench, "good");
    handle(&mut bench, &"x".repeat(1 << 20));
    assert_eq!(bench.session.resumption_handle(), Some("good"));
}

#[test]
fn a_handle_that_ends_every_session_is_dropped() {
    let mut bench = Bench::ready(MODEL);
    exchange(&mut bench, "Hello", "Hi", "h1");
    bench.lose(None, "reset");
    let mut handles = Vec::new();
    for _ in 0..5 {
        bench.ring();
        handles.push(bench.reconnect().0["setup"]["sessionResumption"].clone());
        bench.lose(Some(1011), "Internal error encountered.");
    }
    assert_eq!(handles[..3], [(); 3].map(|()| json!({"handle": "h1"})));
    assert_eq!(handles[3], json!({}));
}
