//! A thread that dies is noticed (ARCHITECTURE.md, invariant 11): threads and tasks are started by the crate `threads`. A program
//! ends with whoever wanted it (invariant 15).

use crate::checkout;

/// Other ways to start a thread or task.
const WAYS: [&str; 8] = [
    "thread::spawn(",
    "thread::Builder",
    "scope.spawn(",
    "tokio::spawn(",
    "task::spawn(",
    "spawn_blocking(",
    "async_runtime::spawn(",
    "spawn_local(",
];

/// Where another way is used, and who notices a panic.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("src-tauri/crates/threads/src/lib.rs", "it is the way"),
    (
        "src-tauri/crates/conversation/src/lib.rs",
        "the session task catches its own panic and ends its events",
    ),
    ("src-tauri/src/app/backend.rs", "the backend catches its own panic and goes on"),
    (
        "src-tauri/src/app/commands.rs",
        "a dialog on the main thread: its sender is dropped, which is an answer",
    ),
    ("src-tauri/src/app/window.rs", "one request is put into a queue"),
    (
        "src-tauri/crates/live-client/src/auth/credentials.rs",
        "joined by who asks for a token, which fails then",
    ),
    ("src-tauri/crates/net/src/tls.rs", "joined by who connects, which fails then"),
    (
        "src-tauri/crates/live-server/src/listen/mod.rs",
        "serve awaits the accepting task, which joins its clients",
    ),
    ("src-tauri/crates/assets/src/", "who fetches reads from it, and fails when it is gone"),
    ("src-tauri/src/app/window/bus.rs", "asked whether there is a bus; no answer is an answer"),
    ("src-tauri/src/cli/signals.rs", "a second signal ends the program"),
    ("src-tauri/crates/testkit/src/", "doubles for tests"),
    ("src-tauri/crates/video/src/bin/", "a tool for checks by hand"),
];

/// Returns the part of a file before its unit tests.
fn product(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod")
        .next()
        .and_then(|text| text.split("#[cfg(test)]\npub(crate) mod").next())
        .unwrap_or(text)
}

/// Ways to start a program.
const PROGRAMS: [&str; 2] = ["Command::new(", "CommandWrap::"];

/// Where a program is started, and who ends it.
const STARTERS: &[(&str, &str)] = &[
    (
        "src-tauri/crates/tools/src/process.rs",
        "the way for programs of functions: whoever holds it ends its group",
    ),
    (
        "src-tauri/crates/live-client/src/auth/gcloud.rs",
        "ended when the future is dropped, after 30 s at the latest",
    ),
    ("src-tauri/crates/assets/src/registry.rs", "ended by Cancel, and by its limits"),
];

fn is_product(path: &str) -> bool {
    let is_code = path.starts_with("src-tauri/") && path.contains("/src/") && checkout::is_a(path, &["rs"]);
    let is_test = path.ends_with("tests.rs") || path.contains("/tests/") || path.contains("/benches/");
    is_code && !is_test
}

/// The lines of product code that have one of these in them, outside the places that are named.
fn lines_with(ways: &[&str], places: &[(&str, &str)]) -> Vec<String> {
    let mut found = Vec::new();
    let is_looked_at =
        |path: &String| is_product(path) && places.iter().all(|(place, _)| !path.starts_with(place));
    for path in checkout::files().into_iter().filter(is_looked_at) {
        let Some(text) = checkout::text(&path) else { continue };
        for (n, line) in product(&text).lines().enumerate() {
            if ways.iter().any(|way| line.contains(way)) && !line.trim_start().starts_with("//") {
                found.push(format!("{path}:{}: {}", n + 1, line.trim()));
            }
        }
    }
    found
}

#[test]
fn every_program_is_started_where_its_end_is_seen_to() {
    let places: Vec<_> =
        STARTERS.iter().copied().chain([("src-tauri/crates/testkit/", "doubles for tests")]).collect();
    checkout::none_of(&lines_with(&PROGRAMS, &places), "start it by tools::process:");
}

#[test]
fn every_thread_is_started_where_its_death_is_noticed() {
    checkout::none_of(&lines_with(&WAYS, EXCEPTIONS), "start it by threads::spawn, task or blocking:");
}
