//! Servers that others wrote, as they come from the registries: listed, called, cancelled, crashed and started again.
//! `cargo xtask test --only mcp` installs them, and names their folders.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail where it stands")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use mcp::{Policy, ServerState, ServerStatus, Servers, Surroundings, read_config};
use net::{Connector, ProxyChoice};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use tools::{CallContext, Output, Registry, ToolError};

/// Names the folder of the packages from npm.
const NODE: &str = "VIVAVOCE_MCP_NODE";
/// Names the Python that has those from PyPI.
const PYTHON: &str = "VIVAVOCE_MCP_PYTHON";
const PATIENCE: Duration = Duration::from_mins(1);

fn place(variable: &str) -> PathBuf {
    let place = std::env::var_os(variable);
    place.unwrap_or_else(|| panic!("{variable} is not set: run `cargo xtask test --only mcp`")).into()
}

/// The script of a package from npm.
fn node(package: &str) -> PathBuf {
    place(NODE).join("node_modules/@modelcontextprotocol").join(package).join("dist/index.js")
}

/// A program of a package from PyPI.
fn python(program: &str) -> PathBuf {
    place(PYTHON).with_file_name(program)
}

struct Running(Servers);

/// Starts the servers of a file.
async fn start(entries: Value) -> Running {
    let text = json!({ "mcpServers": entries }).to_string();
    let here = std::env::temp_dir();
    let variable = |name: &str| std::env::var(name).ok();
    let surroundings = Surroundings { folder: &here, variable: &variable, secret: &|_| None };
    let configs = read_config(&text, &surroundings).unwrap();
    let servers = Servers::start(configs, &Connector::new(ProxyChoice::None), &Policy::default());
    servers.settled(PATIENCE).await;
    for status in servers.status() {
        assert_eq!(
            (&status.state, status.left_out.as_slice()),
            (&ServerState::Running, &[][..]),
            "{status:?}"
        );
    }
    Running(servers)
}

impl Running {
    fn status(&self) -> ServerStatus {
        self.0.status().remove(0)
    }

    async fn call(&self, name: &str, args: Value) -> Result<Output, ToolError> {
        let registry = Registry::of(self.0.functions());
        timeout(2 * PATIENCE, registry.prepare(name, args)?.run(CallContext::unattended())).await.unwrap()
    }

    /// The text of a result.
    async fn text(&self, name: &str, args: Value) -> String {
        let value = self.call(name, args).await.unwrap().value;
        value.as_str().map_or_else(|| value.to_string(), str::to_owned)
    }
}

/// The processes of this test that run such a script.
fn processes(script: &Path) -> Vec<String> {
    let ours = |process: &Path| {
        let parent = fs::read_to_string(process.join("status")).unwrap_or_default();
        let command = fs::read(process.join("cmdline")).unwrap_or_default();
        parent.contains(&format!("PPid:\t{}\n", std::process::id()))
            && String::from_utf8_lossy(&command).contains(&*script.to_string_lossy())
    };
    let all = fs::read_dir("/proc").unwrap().filter_map(|entry| Some(entry.ok()?.path()));
    all.filter(|process| ours(process))
        .map(|process| process.file_name().unwrap().to_string_lossy().into_owned())
        .collect()
}

/// Ends a server as a crash would, and waits until it runs again.
async fn crash(running: &Running, script: &Path) {
    let mut changes = running.0.changes();
    let all = processes(script);
    assert_eq!(all.len(), 1, "{all:?}");
    assert!(Command::new("kill").args(["-9", &all[0]]).status().unwrap().success());
    let again = async {
        changes.changed().await.unwrap();
        while running.status().state != ServerState::Running {
            changes.changed().await.unwrap();
        }
    };
    assert!(timeout(PATIENCE, again).await.is_ok(), "{:?}", running.status());
}

#[tokio::test]
#[ignore = "needs servers that `cargo xtask test --only mcp` installs"]
async fn everything_over_pipes() {
    let script = node("server-everything");
    let all = start(json!({"all": {"command": "node", "args": [script]}})).await;
    everything(&all).await;
    crash(&all, &script).await;
    let told = all.text("all__echo", json!({"message": "again"})).await;
    assert!(told.contains("again"), "a call waits for the server that starts again");
    all.0.end().await;
    assert!(processes(&script).is_empty());
}

/// A server that listens, and its address.
fn listening(script: &Path) -> (Child, String) {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut server = Command::new("node")
        .arg(script)
        .arg("streamableHttp")
        .env("PORT", port.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(server.stderr.take().unwrap()).lines();
    let is_ready = lines.map_while(Result::ok).any(|line| line.contains("listening"));
    assert!(is_ready, "the server does not listen");
    (server, format!("http://127.0.0.1:{port}/mcp"))
}

#[tokio::test]
#[ignore = "needs servers that `cargo xtask test --only mcp` installs"]
async fn everything_over_http() {
    let (mut server, url) = listening(&node("server-everything"));
    let all = start(json!({"all": {"type": "http", "url": url, "headers": {"X-Test": "1"}}})).await;
    everything(&all).await;
    all.0.end().await;
    server.kill().unwrap();
    server.wait().unwrap();
}

/// What the reference server can do, whichever way it is reached.
async fn everything(all: &Running) {
    let status = all.status();
    assert!(status.title.as_deref().is_some_and(|title| title.starts_with("mcp-servers/everything")));
    assert!(status.tools.len() >= 12, "{status:?}");
    let odd = "$(id); `id` <b>\u{1b}[2J\u{202e} ü";
    assert_eq!(all.text("all__echo", json!({"message": odd})).await, format!("Echo: {odd}"));
    assert!(all.text("all__get-sum", json!({"a": 2, "b": 3})).await.contains('5'));
    let weather =
        all.call("all__get-structured-content", json!({"location": "New York"})).await.unwrap().value;
    assert!(weather["temperature"].is_number(), "{weather}");
    let error = all.call("all__get-structured-content", json!({"location": "Tokyo"})).await.unwrap_err();
    assert_eq!(error.code(), "bad_arguments", "{error}");
    assert!(all.text("all__get-tiny-image", json!({})).await.contains("picture"));
    assert!(all.text("all__get-resource-links", json!({"count": 2})).await.contains("[a reference: "));
    let environment = all.text("all__get-env", json!({})).await;
    assert!(!environment.contains("CARGO_MANIFEST_DIR") || !environment.contains("vivavoce-mcp-pipe"));
    // Given up at once; the server goes on to answer others.
    let registry = Registry::of(all.0.functions());
    let long = json!({"duration": 60, "steps": 600});
    let call = registry.prepare("all__trigger-long-running-operation", long).unwrap();
    let given_up = timeout(Duration::from_millis(500), call.run(CallContext::unattended())).await;
    assert!(given_up.is_err(), "{given_up:?}");
    assert_eq!(all.text("all__echo", json!({"message": "still"})).await, "Echo: still");
}

#[tokio::test]
#[ignore = "needs servers that `cargo xtask test --only mcp` installs"]
async fn files_are_read_in_their_folder_and_nowhere_else() {
    let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let secret = outside.path().join("secret.txt");
    fs::write(&secret, "do not tell").unwrap();
    fs::write(folder.path().join("a.txt"), "read me").unwrap();
    let entry = json!({"command": "node", "args": [node("server-filesystem"), folder.path()]});
    let files = start(json!({"files": entry})).await;
    let at = |name: &str| json!({"path": folder.path().join(name)});
    assert!(files.text("files__read_text_file", at("a.txt")).await.contains("read me"));
    files
        .call("files__write_file", json!({"path": folder.path().join("b.txt"), "content": "; rm -rf ~"}))
        .await
        .unwrap();
    assert_eq!(fs::read_to_string(folder.path().join("b.txt")).unwrap(), "; rm -rf ~");
    for path in [
        secret.clone(),
        folder.path().join("../").join(outside.path().file_name().unwrap()).join("secret.txt"),
    ] {
        let error = files.call("files__read_text_file", json!({ "path": path })).await.unwrap_err();
        assert!(error.to_string().to_lowercase().contains("denied"), "{error}");
        assert!(!error.to_string().contains("do not tell"));
    }
    let error = files.call("files__read_text_file", at("none.txt")).await.unwrap_err();
    assert_eq!(error.code(), "failed", "{error}");
    files.0.end().await;
}

#[tokio::test]
#[ignore = "needs servers that `cargo xtask test --only mcp` installs"]
async fn the_time_is_told_and_a_crash_survived() {
    let program = python("mcp-server-time");
    let time =
        start(json!({"time": {"command": program, "args": ["--local-timezone", "Europe/Berlin"]}})).await;
    assert_eq!(time.status().tools, ["time__get_current_time", "time__convert_time"]);
    let told = time.text("time__get_current_time", json!({"timezone": "Asia/Tokyo"})).await;
    assert!(told.contains("+09:00"), "{told}");
    let error = time.call("time__get_current_time", json!({"timezone": "Mars/Base"})).await.unwrap_err();
    assert_eq!(error.code(), "failed", "{error}");
    crash(&time, &program).await;
    let told = time.text("time__get_current_time", json!({"timezone": "Asia/Tokyo"})).await;
    assert!(told.contains("+09:00"), "{told}");
    time.0.end().await;
    assert!(processes(&program).is_empty());
}

#[tokio::test]
#[ignore = "needs servers that `cargo xtask test --only mcp` installs"]
async fn a_page_is_fetched() {
    let page = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/page", page.local_addr().unwrap());
    let serving = tokio::spawn(async move {
        while let Ok((mut stream, _)) = page.accept().await {
            let page = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 15\r\nConnection: close\r\n\r\nHello from here";
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(page).await;
        }
    });
    let entry = json!({"command": python("mcp-server-fetch"), "args": ["--ignore-robots-txt", "--allow-private-ips"]});
    let fetch = start(json!({"fetch": entry})).await;
    let told = fetch.text("fetch__fetch", json!({ "url": url })).await;
    assert!(told.contains("Hello from here"), "{told}");
    let error = fetch.call("fetch__fetch", json!({"url": 7})).await.unwrap_err();
    assert_eq!(error.code(), "bad_arguments", "{error}");
    fetch.0.end().await;
    serving.abort();
}
