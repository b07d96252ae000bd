//! Servers that crash, are started again, and end.

use mcp::{Policy, ServerState, Servers, Surroundings, read_config};
use net::{Connector, ProxyChoice};
use serde_json::json;

use crate::fixture::{PATIENCE, is_gone, running, start};

#[tokio::test]
async fn a_crash_is_told_and_the_server_starts_again() {
    let good = running("good").await;
    let error = good.call("good__crash", json!({})).await.unwrap_err();
    assert_eq!(error.code(), "unavailable", "{error}");
    // A call waits for a server that starts.
    assert_eq!(good.call("good__echo", json!({"word": "again"})).await.unwrap().value, json!("again"));
    assert_eq!(good.marks("started").len(), 2);
    assert_eq!(good.status().state, ServerState::Running);
}

#[tokio::test]
async fn a_server_that_always_dies_is_given_up_with_its_own_words() {
    let dies = start(&["dies"], &Policy::default());
    let status = dies.until(|status| matches!(status.state, ServerState::Failed { .. })).await;
    let ServerState::Failed { reason } = status.state else { panic!("it failed") };
    assert_eq!(reason, "it ended with exit status: 3: KeyError: 'API_KEY'");
    assert_eq!(dies.marks("started").len(), 6, "once, and five times again");
}

#[tokio::test]
async fn what_cannot_be_started_is_told_at_once() {
    let text = json!({"mcpServers": {
        "gone": {"command": "vivavoce-no-such-program"},
        "off": {"command": "sh", "disabled": true},
        "odd": {"command": "sh", "args": ["${env:VIVAVOCE_NOT_SET}"]},
    }});
    let here = std::env::temp_dir();
    let surroundings = Surroundings { folder: &here, variable: &|_| None, secret: &|_| None };
    let configs = read_config(&text.to_string(), &surroundings).unwrap();
    let servers = Servers::start(configs, &Connector::new(ProxyChoice::None), &Policy::default());
    servers.settled(PATIENCE).await;
    let states: Vec<_> = servers.status().into_iter().map(|status| (status.name, status.state)).collect();
    let failed = |reason: &str| ServerState::Failed { reason: reason.to_owned() };
    assert_eq!(
        states,
        [
            ("gone".to_owned(), failed("vivavoce-no-such-program was not found")),
            ("odd".to_owned(), failed("the variable VIVAVOCE_NOT_SET is not set")),
            ("off".to_owned(), ServerState::Disabled),
        ]
    );
    assert!(servers.functions().is_empty());
}

#[tokio::test]
async fn one_server_is_switched_off_and_on_and_the_others_go_on() {
    let both = start(&["good", "names"], &Policy::default());
    both.servers.settled(PATIENCE).await;
    let begun = both.marks("started");
    let off = Policy { switches: [("names".to_owned(), false)].into(), ..Policy::default() };
    both.servers.follow(&off).await;
    let states: Vec<_> = both.servers.status().into_iter().map(|status| status.state).collect();
    assert_eq!(states, [ServerState::Running, ServerState::Disabled]);
    assert!(both.servers.functions().iter().all(|function| function.name().starts_with("good__")));
    let mut left = both.marks("started");
    left.retain(|process| std::path::Path::new("/proc").join(process).exists());
    assert_eq!((begun.len(), left.len()), (2, 1));
    both.servers.follow(&Policy::default()).await;
    both.servers.settled(PATIENCE).await;
    assert!(both.servers.status().iter().all(|status| status.state == ServerState::Running));
    assert_eq!(both.marks("started").len(), 3, "good was not disturbed");
}

#[tokio::test]
async fn a_server_that_becomes_trusted_is_started_again_with_its_leave() {
    let good = running("good").await;
    let trusted = Policy { trusted_to_read: ["good".to_owned()].into(), ..Policy::default() };
    good.servers.follow(&trusted).await;
    good.servers.settled(PATIENCE).await;
    let is_free = |function: &tools::Function| function.terms().consent == tools::Consent::NotNeeded;
    assert!(good.servers.functions().iter().any(is_free));
    good.servers.follow(&trusted).await;
    assert_eq!(good.marks("started").len(), 2, "nothing changed the second time");
}

#[tokio::test]
async fn a_server_that_was_given_up_is_tried_again_when_asked() {
    let dies = start(&["dies"], &Policy::default());
    dies.until(|status| matches!(status.state, ServerState::Failed { .. })).await;
    let before = dies.marks("started").len();
    tokio::join!(dies.servers.restart("dies"), dies.servers.restart("dies"), dies.servers.restart("gone"));
    dies.until(|status| matches!(status.state, ServerState::Failed { .. })).await;
    assert!(dies.marks("started").len() > before);
}

#[tokio::test]
async fn servers_end_when_they_are_asked_to_and_by_force() {
    let all = start(&["good", "stubborn", "flood"], &Policy::default());
    all.servers.settled(PATIENCE).await;
    let processes = all.marks("started");
    assert!(processes.len() >= 3, "{processes:?}");
    all.servers.end().await;
    for process in processes {
        is_gone(&process).await;
    }
}

#[tokio::test]
async fn a_call_to_a_server_that_failed_is_told_why() {
    let good = running("good").await;
    let functions = tools::Registry::of(good.servers.functions());
    while !matches!(good.status().state, ServerState::Failed { .. }) {
        let _ = good.call("good__crash", json!({})).await;
    }
    let call = functions.prepare("good__echo", json!({})).unwrap();
    let error = call.run(tools::CallContext::unattended()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the server good can't be asked: it ended with exit status: 7: out of luck"
    );
}
