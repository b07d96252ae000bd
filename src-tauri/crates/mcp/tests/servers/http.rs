//! Servers over HTTP, as hostile as programs can be.

use std::sync::{Arc, Mutex};

use mcp::{Policy, ServerState, Servers, Surroundings, read_config};
use net::{Connector, ProxyChoice};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tools::{CallContext, Output, Registry, ToolError};

use crate::fixture::PATIENCE;

const SECRET: &str = "Bearer s3cret-token-1234567890";

/// What a server does with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// Answers as an event.
    Events,
    /// Answers a hundred megabytes as JSON.
    Huge,
    /// The same as an event that does not end.
    Endless,
    /// Floods with notifications.
    Flood,
    /// Answers with a page of HTML.
    Page,
    /// Wants to know who we are.
    Locked,
    /// Never answers.
    Silent,
}

/// A server on this computer, and the heads of what it was asked.
struct Served {
    servers: Servers,
    heads: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(manner: Manner) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let heads = Arc::new(Mutex::new(Vec::new()));
    let kept = heads.clone();
    let task = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(talk(stream, manner, kept.clone()));
        }
    });
    let text = json!({"mcpServers": {"web": {"url": url, "headers": {"Authorization": SECRET}}}}).to_string();
    let here = std::env::temp_dir();
    let surroundings = Surroundings { folder: &here, variable: &|_| None, secret: &|_| None };
    let configs = read_config(&text, &surroundings).unwrap();
    let servers = Servers::start(configs, &Connector::new(ProxyChoice::None), &Policy::default());
    servers.settled(PATIENCE).await;
    Served { servers, heads, task }
}

/// Reads up to the end of a request's head.
async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { break };
        head.push(byte);
    }
    String::from_utf8_lossy(&head).into_owned()
}

/// The value of a header, by its lower-case name.
fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.filter(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
}

async fn talk(mut stream: TcpStream, manner: Manner, heads: Arc<Mutex<Vec<String>>>) -> Option<()> {
    let head = read_head(&mut stream).await;
    heads.lock().unwrap().push(head.clone());
    if head.starts_with("GET") || head.starts_with("DELETE") {
        return send(&mut stream, "405 No", "text/plain", b"").await;
    }
    let length = header(&head, "content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    if manner == Manner::Locked {
        let locked = format!("<html>no, {SECRET}</html>");
        let text = format!(
            "HTTP/1.1 401 No\r\nWWW-Authenticate: Bearer realm=\"x\"\r\nContent-Length: {}\r\n\r\n{locked}",
            locked.len()
        );
        return stream.write_all(text.as_bytes()).await.ok();
    }
    let message: Value = serde_json::from_slice(&body).ok()?;
    let answer = |result: Value| json!({"jsonrpc": "2.0", "id": message["id"], "result": result}).to_string();
    let schema = json!({"type": "object"});
    let result = match message["method"].as_str()? {
        "initialize" => {
            let version = &message["params"]["protocolVersion"];
            let info = json!({"name": "web", "version": "1"});
            json!({"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": info})
        }
        "tools/list" => json!({"tools": [{"name": "do", "inputSchema": schema}]}),
        "tools/call" => return call(&mut stream, manner, &answer).await,
        _ => return send(&mut stream, "202 Accepted", "text/plain", b"").await,
    };
    send(&mut stream, "200 OK\r\nMcp-Session-Id: one", "application/json", answer(result).as_bytes()).await
}

async fn call(stream: &mut TcpStream, manner: Manner, answer: &impl Fn(Value) -> String) -> Option<()> {
    let events = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
    match manner {
        Manner::Events => {
            let said = answer(json!({"content": [{"type": "text", "text": format!("you sent {SECRET}")}]}));
            stream.write_all(events).await.ok()?;
            stream.write_all(format!(": hi\n\nevent: message\ndata: {said}\n\n").as_bytes()).await.ok()
        }
        Manner::Huge => {
            let head =
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000000\r\n\r\n\"";
            stream.write_all(head.as_bytes()).await.ok()?;
            pour(stream, &vec![b'x'; 100_000], 1_000).await
        }
        Manner::Endless => {
            stream.write_all(events).await.ok()?;
            stream.write_all(b"data: ").await.ok()?;
            pour(stream, &vec![b'x'; 100_000], 10_000).await
        }
        Manner::Flood => {
            stream.write_all(events).await.ok()?;
            let note = b"data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":\"info\",\"data\":1}}\n\n";
            pour(stream, &note.repeat(100), 10_000).await
        }
        Manner::Page => send(stream, "200 OK", "text/html", b"<html>Sign in</html>").await,
        Manner::Silent | Manner::Locked => {
            // Until the client goes away.
            while stream.read_u8().await.is_ok() {}
            None
        }
    }
}

async fn pour(stream: &mut TcpStream, piece: &[u8], times: usize) -> Option<()> {
    for _ in 0..times {
        stream.write_all(piece).await.ok()?;
    }
    Some(())
}

async fn send(stream: &mut TcpStream, status: &str, kind: &str, body: &[u8]) -> Option<()> {
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).await.ok()?;
    stream.write_all(body).await.ok()
}

impl Served {
    async fn call(&self) -> Result<Output, ToolError> {
        let registry = Registry::of(self.servers.functions());
        let call = registry.prepare("web__do", json!({})).unwrap().run(CallContext::unattended());
        timeout(2 * PATIENCE, call).await.expect("every call ends")
    }
}

#[tokio::test]
async fn a_secret_is_sent_and_comes_back_to_nobody() {
    let served = serve(Manner::Events).await;
    let value = served.call().await.unwrap().value;
    assert_eq!(value, json!("you sent Bearer [redacted]"));
    let heads = served.heads.lock().unwrap().clone();
    let posts: Vec<&String> = heads.iter().filter(|head| head.starts_with("POST")).collect();
    assert!(posts.len() >= 4 && posts.iter().all(|head| header(head, "authorization") == Some(SECRET)));
    let last = posts.last().unwrap();
    assert_eq!(header(last, "mcp-session-id"), Some("one"));
    assert!(header(last, "mcp-protocol-version").is_some());
}

#[tokio::test]
async fn what_is_too_large_or_no_answer_is_told() {
    for (manner, code, words) in [
        (Manner::Huge, "failed", "4 MiB"),
        (Manner::Endless, "failed", "4 MiB"),
        (Manner::Page, "unavailable", "text/html"),
        (Manner::Flood, "unavailable", "web"),
    ] {
        let served = serve(manner).await;
        let error = served.call().await.unwrap_err();
        assert_eq!((error.code(), error.to_string().contains(words)), (code, true), "{manner:?}: {error}");
    }
}

#[tokio::test]
async fn a_server_that_wants_a_token_is_told_without_ours() {
    let served = serve(Manner::Locked).await;
    let status = served.servers.status().remove(0);
    let (ServerState::Restarting { reason } | ServerState::Failed { reason }) = status.state else {
        panic!("{status:?}")
    };
    assert!(reason.to_lowercase().contains("auth") && !reason.contains("s3cret"), "{reason}");
}

#[tokio::test]
async fn a_silent_server_is_left_when_the_time_is_over() {
    let served = serve(Manner::Silent).await;
    let registry = Registry::of(served.servers.functions());
    let call = tokio::spawn(registry.prepare("web__do", json!({})).unwrap().run(CallContext::unattended()));
    let is_asked =
        || served.heads.lock().unwrap().iter().filter(|head| head.starts_with("POST")).count() >= 4;
    let asked = timeout(PATIENCE, async {
        while !is_asked() {
            tokio::task::yield_now().await;
        }
    });
    asked.await.unwrap();
    // From here on time passes as soon as nothing happens.
    tokio::time::pause();
    assert_eq!(call.await.unwrap().unwrap_err().code(), "timeout");
}
