//! The port as a plain HTTP client, a web page and the bearer of an ephemeral token see it, over an in-memory stream and with
//! tokio's paused clock.

// A test says by a panic what it saw; in helper functions clippy does not know that they are tests.
#![allow(clippy::panic)]

mod requests;
mod tokens;

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use live_server::{Agent, AgentState, Event, LiveServer, Opening, Prompt, ServerConfig, Step};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

const METHODS: &str = "/ws/google.ai.generativelanguage.v1alpha.GenerativeService.BidiGenerateContent";
const CONSTRAINED: &str =
    "/ws/google.ai.generativelanguage.v1alpha.GenerativeService.BidiGenerateContentConstrained";
/// Virtual time, so it costs nothing.
const PATIENCE: Duration = Duration::from_mins(2);

/// Says nothing.
struct Mute;

impl Agent for Mute {
    fn on_event(&mut self, _: Event<'_>, _: Instant) {}
    fn answer(&mut self, _: Prompt, _: Instant) {}

    fn next_step(&mut self, _: Instant) -> Step {
        Step::Done
    }

    fn save(&self) -> AgentState {
        AgentState::new(())
    }
}

fn server_with(change: impl FnOnce(&mut ServerConfig)) -> LiveServer {
    let mut config = ServerConfig::default();
    change(&mut config);
    LiveServer::new(config, |_: Opening| -> Box<dyn Agent> { Box::new(Mute) })
}

fn server() -> LiveServer {
    server_with(|_| {})
}

fn connect(server: &LiveServer) -> DuplexStream {
    let (near, far) = tokio::io::duplex(1 << 16);
    let server = server.clone();
    tokio::spawn(async move { server.serve_stream(far).await });
    near
}

/// An answer: its status, its head, its body.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        assert!(self.head.contains("content-type: application/json"), "{}", self.head);
        serde_json::from_str(&self.body).expect("JSON")
    }

    /// The words of an error in the service's form.
    fn message(&self) -> String {
        let error = &self.json()["error"];
        assert_eq!(error["code"], self.status, "{error}");
        assert!(error["status"].is_string(), "{error}");
        error["message"].as_str().expect("words").to_owned()
    }
}

/// Sends these bytes and reads to the end of the connection.
async fn send(server: &LiveServer, request: &str) -> Answer {
    let mut stream = connect(server);
    let mut answer = String::new();
    let exchange = async {
        stream.write_all(request.as_bytes()).await.expect("sent");
        stream.read_to_string(&mut answer).await.expect("an answer");
    };
    timeout(PATIENCE, exchange).await.expect("an answer in time");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    assert!(length.is_none_or(|length| body.is_empty() || length == body.len().to_string()), "{head}");
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}

async fn get(server: &LiveServer, path: &str) -> Answer {
    send(server, &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")).await
}

async fn post(server: &LiveServer, path: &str, body: &str) -> Answer {
    let length = body.len();
    send(
        server,
        &format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n{body}"),
    )
    .await
}

type Client = WebSocketStream<DuplexStream>;

/// Asks for an upgrade with these headers; the status when it is refused.
async fn upgrade(server: &LiveServer, path: &str, headers: &[(&'static str, &str)]) -> Result<Client, u16> {
    let mut request = format!("ws://localhost{path}").into_client_request().expect("a request");
    for (name, value) in headers {
        request.headers_mut().insert(*name, HeaderValue::from_str(value).expect("a value"));
    }
    match client_async(request, connect(server)).await {
        Ok((client, _)) => Ok(client),
        Err(Error::Http(response)) => Err(response.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

/// Sends a setup; the first message, or how the session was closed.
async fn set_up(client: &mut Client, setup: Value) -> Result<String, (u16, String)> {
    client.send(Message::text(json!({ "setup": setup }).to_string())).await.expect("sent");
    next(client).await
}

async fn next(client: &mut Client) -> Result<String, (u16, String)> {
    match timeout(PATIENCE, client.next()).await.expect("something in time") {
        Some(Ok(Message::Close(Some(close)))) => Err((close.code.into(), close.reason.as_str().to_owned())),
        Some(Ok(message)) => Ok(message.to_string()),
        other => panic!("{other:?}"),
    }
}
