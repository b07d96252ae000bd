//! Checks which crate may depend on which (ARCHITECTURE.md, invariant 6), as cargo reads the manifests.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use crate::checkout;

/// A crate, our crates that it may depend on, and why.
const OURS: &[(&str, &[&str], &str)] = &[
    ("threads", &[], "a thread is started and watched without knowing what it does"),
    ("live-proto", &[], "the protocol is pure: it knows nobody"),
    ("net", &[], "a connection is made without knowing what is said over it"),
    (
        "live-client",
        &["live-proto", "net", "threads"],
        "the socket knows the protocol that it carries, and nothing of sound or pictures",
    ),
    ("assets", &["net", "threads"], "files are fetched and kept without knowing what they are for"),
    ("speech", &["dsp", "threads"], "text becomes sound and sound text without knowing who speaks to whom"),
    ("dsp", &[], "samples are computed without knowing where they come from"),
    ("audio", &["dsp", "threads"], "sound knows nothing of the network"),
    ("video", &["threads"], "pictures know nothing of the network"),
    ("tools", &["net", "threads"], "a function can be called without a session"),
    (
        "mcp",
        &["net", "threads", "tools"],
        "servers of others become functions; it knows neither the protocol of Live nor a conversation",
    ),
    ("environment", &[], "what main does first builds on nothing"),
    (
        "conversation",
        &["audio", "live-client", "live-proto", "threads", "tools", "video"],
        "the one place where sound, pictures, tools and the session meet",
    ),
    ("live-server", &["dsp", "live-proto", "threads"], "the other side of the wire, for any agent"),
    (
        "practice",
        &["live-proto", "live-server", "net", "speech", "threads"],
        "an agent hears, thinks and speaks, and knows no socket of the client; a language model is asked over HTTP",
    ),
    ("testkit", &["live-client", "live-proto"], "doubles of the outside world, for tests alone"),
    (
        "vivavoce",
        &[
            "assets",
            "audio",
            "conversation",
            "environment",
            "live-client",
            "live-proto",
            "live-server",
            "mcp",
            "net",
            "practice",
            "threads",
            "tools",
            "video",
        ],
        "the shell wires everything, and alone knows the practice partner",
    ),
    ("xtask", &[], "what a fresh machine compiles first builds on nothing"),
];

/// What tests of a crate may also depend on.
const IN_TESTS: &[(&str, &[&str], &str)] = &[
    ("net", &["testkit"], "servers on this computer"),
    ("live-client", &["testkit"], "a scripted peer"),
    (
        "conversation",
        &["assets", "live-server", "practice", "speech", "testkit"],
        "whole conversations without a network, and questions that are really spoken",
    ),
    ("vivavoce", &["testkit", "speech"], "whole conversations in the window, and replies that are heard"),
    (
        "practice",
        &["assets", "testkit"],
        "heard through a client, with the real models; servers on this computer",
    ),
    ("speech", &["assets"], "what is said is heard, with the real models"),
];

/// An external crate (or a prefix of its name with `*`), which crates may use it, and why no others.
const OTHERS: &[(&str, &[&str], &str)] = &[
    ("tauri*", &["vivavoce"], "everything that matters runs without a window"),
    (
        "tokio-tungstenite",
        &["live-client", "live-server", "practice", "testkit"],
        "WebSocket is spoken at the wire's two ends, and practice's tests are a client",
    ),
    ("tungstenite", &["live-client", "live-server", "testkit"], "WebSocket is spoken at the wire's two ends"),
    (
        "rustls",
        &["net", "live-client", "testkit"],
        "one crate makes connections; an account's file is signed by the same cryptography, and doubles answer in TLS",
    ),
    ("tokio-rustls", &["net", "testkit"], "one crate makes connections; doubles answer them"),
    ("rustls-platform-verifier", &["net"], "one crate decides whom we trust"),
    ("hyper", &["net"], "one crate speaks HTTP"),
    ("hyper-util", &["net", "vivavoce"], "one crate speaks HTTP; a test drives the window over it"),
    ("http-body-util", &["net"], "one crate speaks HTTP"),
    ("tokio-socks", &["net"], "one crate knows proxies"),
    ("socket2", &["net"], "one crate opens sockets"),
    ("http", &["mcp"], "names of headers that its SDK wants; one crate speaks HTTP"),
    ("rmcp", &["mcp"], "one crate speaks with MCP servers"),
    ("sse-stream", &["mcp"], "events that its SDK wants"),
    ("ureq", &[], "one crate speaks HTTP"),
    ("reqwest", &[], "one crate speaks HTTP"),
    ("process-wrap", &["tools"], "programs of functions are started in one place"),
    ("jsonschema", &["tools"], "what a model passes is checked in one place"),
    ("rten*", &["speech"], "one crate runs nets"),
    ("whisper-rs", &["speech"], "one crate runs nets"),
    ("rubato", &["dsp"], "one crate resamples"),
    ("cpal", &["audio"], "one crate owns the sound devices"),
    ("alsa", &["audio"], "one crate owns the sound devices"),
    ("nokhwa*", &["video"], "one crate owns the cameras"),
    ("v4l*", &["video"], "one crate owns the cameras"),
    (
        "ts-rs",
        &["conversation", "vivavoce"],
        "what the window sees is made at the border, and never a wire type",
    ),
    ("keyring*", &["vivavoce"], "the key is kept by the shell"),
    ("zbus-secret-service-keyring-store", &["vivavoce"], "the key is kept by the shell"),
];

/// Never in live-proto: time and bytes are its arguments.
const IMPURE: &[&str] =
    &["tokio*", "mio", "socket2", "futures*", "async-*", "rand*", "jiff", "chrono", "time", "rustls*"];

struct Edge {
    from: String,
    to: String,
    in_tests: bool,
}

fn edges() -> (Vec<String>, Vec<Edge>) {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(checkout::root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let packages = metadata["packages"].as_array().expect("packages");
    let names = packages.iter().map(|package| word(&package["name"])).collect();
    let edges = packages
        .iter()
        .flat_map(|package| {
            let dependencies = package["dependencies"].as_array().expect("dependencies");
            dependencies.iter().map(|dependency| Edge {
                from: word(&package["name"]),
                to: word(&dependency["name"]),
                in_tests: dependency["kind"] == "dev",
            })
        })
        .collect();
    (names, edges)
}

fn fits(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |beginning| name.starts_with(beginning))
}

#[test]
fn every_crate_of_ours_has_its_rule() {
    let (names, _) = edges();
    let faults: Vec<String> =
        names.into_iter().filter(|name| OURS.iter().all(|(ours, ..)| ours != name)).collect();
    checkout::none_of(&faults, "say in tests/contract/dependencies.rs whom these may build on, and why:");
}

#[test]
fn crates_of_ours_know_only_whom_they_may() {
    let (names, edges) = edges();
    let allowed: BTreeMap<&str, (&[&str], &str)> =
        OURS.iter().map(|(name, may, why)| (*name, (*may, *why))).collect();
    let faults: Vec<String> = edges
        .iter()
        .filter(|edge| names.contains(&edge.to))
        .filter_map(|edge| {
            let (may, why) = allowed.get(edge.from.as_str())?;
            let in_tests = IN_TESTS.iter().filter(|(name, ..)| edge.in_tests && *name == edge.from);
            let mut all = may.iter().chain(in_tests.flat_map(|(_, more, _)| more.iter()));
            let fault = format!("{} builds on {}, but: {why}", edge.from, edge.to);
            all.all(|name| *name != edge.to).then_some(fault)
        })
        .collect();
    checkout::none_of(&faults, "a crate knows one that it must not know:");
}

#[test]
fn crates_of_others_are_named_where_they_belong() {
    let (_, edges) = edges();
    let faults: Vec<String> = edges
        .iter()
        .flat_map(|edge| OTHERS.iter().map(move |rule| (edge, rule)))
        .filter(|(edge, (pattern, may, _))| fits(pattern, &edge.to) && !may.contains(&edge.from.as_str()))
        .map(|(edge, (_, _, why))| format!("{} names {}, but: {why}", edge.from, edge.to))
        .collect();
    checkout::none_of(&faults, "a dependency stands in the wrong crate:");
}

#[test]
fn the_protocol_is_pure() {
    let (_, edges) = edges();
    let faults: Vec<String> = edges
        .iter()
        .filter(|edge| edge.from == "live-proto" && !edge.in_tests)
        .filter(|edge| IMPURE.iter().any(|pattern| fits(pattern, &edge.to)))
        .map(|edge| edge.to.clone())
        .collect();
    checkout::none_of(
        &faults,
        "live-proto reads no clock and opens no socket (ARCHITECTURE.md, invariant 2):",
    );
}

#[test]
fn a_fresh_machine_compiles_xtask_alone() {
    let (_, edges) = edges();
    let faults: Vec<String> =
        edges.into_iter().filter(|edge| edge.from == "xtask").map(|edge| edge.to).collect();
    checkout::none_of(&faults, "xtask has no dependencies:");
}

/// The document that explains each dependency.
const REASONS: &str = "docs/adr/0003-dependencies.md";

#[test]
fn every_dependency_has_its_reason() {
    let (ours, edges) = edges();
    let record = checkout::text(REASONS).expect("the record is text");
    let explained: BTreeSet<&str> =
        record.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next()).skip(1).collect();
    let used: BTreeSet<&str> =
        edges.iter().map(|edge| edge.to.as_str()).filter(|name| ours.iter().all(|o| o != name)).collect();
    let new = used.difference(&explained).map(|name| format!("{name} has no line"));
    let old = explained.difference(&used).map(|name| format!("{name} is not used any more"));
    checkout::none_of(&new.chain(old).collect::<Vec<_>>(), &format!("{REASONS} is not up to date:"));
}
