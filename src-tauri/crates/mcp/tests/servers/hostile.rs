//! Servers that mean harm, or were written in a hurry.

use mcp::{Policy, ServerState};
use serde_json::json;

use crate::fixture::{PATIENCE, is_gone, running, start};

#[tokio::test]
async fn hostile_schemas_are_not_declared_and_the_rest_works() {
    let server = running("schemas").await;
    let status = server.status();
    assert_eq!(status.tools, ["schemas__recursive", "schemas__evil_pattern"]);
    let reasons: Vec<&str> = status.left_out.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(reasons, ["tower", "elsewhere", "none"]);
    assert!(status.left_out[1].1.contains("file:///etc/passwd"), "{status:?}");
    let error = server.call("schemas__recursive", json!({"child": {"name": "a"}})).await.unwrap_err();
    assert_eq!(error.code(), "bad_arguments");
}

#[tokio::test]
async fn names_are_made_plain_and_none_is_a_built_in_one() {
    let server = running("names").await;
    let status = server.status();
    assert!(status.tools[..5].iter().eq(&[
        "names__get_weather",
        "names___b_bold__b_",
        "names____2Jclear",
        "names__two_words",
        "names__two_words_2",
    ]));
    let all = tools::Registry::builtin().with(server.servers.functions());
    assert_eq!(all.functions().filter(|function| function.name() == "get_weather").count(), 1);
    assert!(status.tools.iter().all(|name| name.len() <= 64));
}

#[tokio::test]
async fn more_tools_than_are_used_are_told() {
    for mode in ["many", "endless"] {
        let server = running(mode).await;
        let status = server.status();
        assert!(status.tools.len() <= 128 && !status.tools.is_empty(), "{mode}");
        assert_eq!(status.left_out.is_empty(), mode == "endless" && status.tools.len() < 128, "{mode}");
    }
}

#[tokio::test]
async fn talk_that_nobody_asked_for_is_left_out() {
    let good = running("good").await;
    assert_eq!(good.call("good__chat", json!({})).await.unwrap().value, json!("talked"));
    assert_eq!(good.status().state, ServerState::Running);
}

#[tokio::test]
async fn a_flood_ends_the_server_and_is_told() {
    for (mode, words) in [
        ("flood", "floods us with messages"),
        ("beg", "floods us with requests"),
        ("garbage", "floods us with messages"),
        ("line", "without an end"),
    ] {
        let server = start(&[mode], &Policy::default());
        let status = server.until(|status| matches!(status.state, ServerState::Restarting { .. })).await;
        let ServerState::Restarting { reason } = status.state else { panic!("{mode}") };
        assert!(reason.contains(words), "{mode}: {reason}");
    }
}

#[tokio::test]
async fn a_list_that_cannot_be_read_is_told() {
    let server = start(&["deep"], &Policy::default());
    let is_over = |status: &mcp::ServerStatus| matches!(status.state, ServerState::Restarting { .. });
    let status = server.until(is_over).await;
    let ServerState::Restarting { reason } = status.state else { panic!("it restarts") };
    assert!(reason.contains("can't be read"), "{reason}");
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up() {
    let servers = start(&["slow", "deaf"], &Policy::default());
    servers.marked("starts").await;
    // From here on time passes as soon as nothing happens.
    tokio::time::pause();
    servers.servers.settled(10 * PATIENCE).await;
    for status in servers.servers.status() {
        let ServerState::Restarting { reason } = status.state else { panic!("{status:?}") };
        assert!(reason.contains("within a minute"), "{reason}");
    }
}

#[tokio::test]
async fn what_a_server_started_ends_with_it() {
    let good = running("good").await;
    let child = good.call("good__spawn", json!({})).await.unwrap().value;
    let server = good.marks("started").remove(0);
    let folder = good.folder;
    drop(good.servers);
    is_gone(&server).await;
    is_gone(child.as_str().unwrap()).await;
    drop(folder);
}
