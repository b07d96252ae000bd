//! Services and networks that fail repeatedly: the client does not hammer them and does not report each failure.

// The helpers panic for the tests that call them.
#![allow(clippy::panic)]

mod support;

use live_proto::{CloseCause, CloseKind, Input, Output};
use serde_json::json;
use support::{Bench, MODEL, audio, turn};

/// Returns how many connections a failing service got in `ms`, and the pauses between them.
fn storm(ms: u64, mut misbehave: impl FnMut(&mut Bench) -> Vec<Output>) -> Vec<u64> {
    let mut bench = Bench::ready(MODEL);
    let begun = bench.now.0;
    let mut made = vec![0];
    let mut outputs = misbehave(&mut bench);
    while bench.now.0 - begun < ms {
        if outputs.contains(&Output::Connect) {
            made.push(bench.now.0 - begun);
            bench.reconnect();
            outputs = misbehave(&mut bench);
            continue;
        }
        let Some(at) = bench.session.poll_timeout() else { break };
        outputs = bench.wait(at.0.saturating_sub(bench.now.0));
        // The service answers a close.
        if outputs.iter().any(|output| matches!(output, Output::Close { .. })) {
            outputs.extend(bench.lose(Some(1000), ""));
        }
    }
    made
}

fn most_in_ten_seconds(made: &[u64]) -> usize {
    made.iter()
        .map(|from| made.iter().filter(|at| (*from..=from + 10_000).contains(at)).count())
        .max()
        .unwrap_or(0)
}

#[test]
fn a_service_that_always_goes_away_at_once_is_not_hammered() {
    for go_away in [
        json!({"timeLeft": "0s"}),
        json!({"timeLeft": "2s"}),
        json!({}),
        json!({"timeLeft": "-5s"}),
        json!({"timeLeft": 7}),
    ] {
        let made = storm(60_000, |bench| bench.server(&json!({"goAway": go_away})));
        assert!(most_in_ten_seconds(&made) <= 8, "{go_away}: {made:?}");
        assert!(made.len() <= 12 && made.len() >= 6, "{go_away}: {made:?}");
    }
}

#[test]
fn a_connection_that_always_breaks_is_not_hammered() {
    for (code, reason) in [
        (None, "reset"),
        (Some(1000), ""),
        (Some(1001), "going away"),
        (Some(1008), "Operation is not implemented, or supported, or enabled."),
        (Some(1008), "BidiGenerateContent session not found"),
        (Some(1011), "Internal error encountered."),
        (Some(1011), "Deadline expired before operation could complete."),
        (Some(1012), "restart"),
    ] {
        let made = storm(60_000, |bench| bench.lose(code, reason));
        assert!(made[1] == 0, "the first try is made at once: {made:?}");
        assert!(made.windows(3).skip(1).all(|at| at[2] - at[1] >= 125), "{reason}: {made:?}");
        assert!(most_in_ten_seconds(&made) <= 8 && made.len() <= 14, "{reason}: {made:?}");
    }
}

#[test]
fn a_connection_that_breaks_within_seconds_is_not_proven() {
    let made = storm(60_000, |bench| {
        bench.events(&turn(&[audio("AQA=")]));
        bench.wait(500);
        bench.lose(None, "reset")
    });
    assert!(most_in_ten_seconds(&made) <= 8 && made.len() <= 14, "{made:?}");
    // Ten seconds prove a connection stable, so the next attempt is immediate each time.
    let made = storm(60_000, |bench| {
        bench.events(&turn(&[audio("AQA=")]));
        bench.wait(10_000);
        bench.lose(None, "reset")
    });
    assert_eq!(made, [0, 10_000, 20_000, 30_000, 40_000, 50_000]);
    // Ten silent seconds prove nothing.
    let made = storm(60_000, |bench| {
        bench.wait(10_000);
        bench.lose(None, "reset")
    });
    assert!(made.windows(2).skip(1).all(|at| at[1] - at[0] > 10_000), "{made:?}");
}

#[test]
fn a_network_that_flaps_does_not_hammer_the_service() {
    let mut bench = Bench::ready(MODEL);
    let mut made = vec![0];
    let begun = bench.now.0;
    bench.lose(None, "reset");
    made.push(0);
    for _ in 0..3_000 {
        let cause = CloseCause { kind: CloseKind::Network, code: None, reason: String::new() };
        bench.input(Input::ConnectFailed(cause));
        bench.wait(10);
        if bench.input(Input::NetworkChanged).contains(&Output::Connect) {
            made.push(bench.now.0 - begun);
        }
    }
    assert!(made.len() > 16 && most_in_ten_seconds(&made) <= 8, "{made:?}");
}

#[test]
fn a_repeated_go_away_is_reported_once() {
    let mut bench = Bench::ready(MODEL);
    let again: usize = (0..50).map(|_| bench.events(&json!({"goAway": {"timeLeft": "50s"}})).len()).sum();
    assert_eq!(again, 1);
}
