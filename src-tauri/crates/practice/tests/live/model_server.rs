//! A language model for tests: a small server that streams answers, calls functions, breaks off and never ends.

use std::sync::Arc;

use live_server::LiveServer;
use practice::{LlmEndpoint, SpeechModels, TextToSpeech};
use serde_json::{Value, json};
use speech::{Prosody, Spoken};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};

use crate::client::server_with;

/// What the server does with a question.
pub(crate) enum Reaction {
    /// Streams these events and the end.
    Answer(Vec<Value>),
    /// Streams these events and hangs up.
    Cut(Vec<Value>),
    /// Refuses with a status and a body.
    Refuse(u16, &'static str),
    /// Streams a first sentence, and then words without an end.
    Endless,
    /// Streams a first sentence, and then nothing until the client hangs up.
    Hang,
    /// Answers with what is no stream of events.
    Page,
    /// Sends the client to this address.
    Redirect(String),
    /// Streams this over and over.
    Flood(&'static [u8]),
    /// Streams this, as it stands, and hangs up.
    Raw(&'static str),
    /// Streams these events and the end, once the test says so.
    Late(oneshot::Receiver<()>, Vec<Value>),
}

/// Where to ask, what was asked, and when a client hung up on an answer.
pub(crate) struct Model {
    pub endpoint: LlmEndpoint,
    pub asked: mpsc::Receiver<Value>,
    pub hung_up: mpsc::Receiver<()>,
}

pub(crate) fn says(text: &str) -> Value {
    json!({"content": text})
}

pub(crate) fn calls(id: &str, name: &str, args: &str) -> Value {
    json!({"tool_calls": [{"index": 0, "id": id, "type": "function", "function": {"name": name, "arguments": args}}]})
}

fn event(delta: &Value) -> Vec<u8> {
    format!("data: {}\n\n", json!({"choices": [{"index": 0, "delta": delta}]})).into_bytes()
}

pub(crate) async fn model(reactions: Vec<Reaction>) -> Model {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (questions, asked) = mpsc::channel(16);
    let (hang_ups, hung_up) = mpsc::channel(16);
    tokio::spawn(async move {
        for reaction in reactions {
            let (mut stream, _) = listener.accept().await.expect("a client");
            let question = question(&mut stream).await;
            questions.send(question).await.expect("the test listens");
            if react(&mut stream, reaction).await.is_err() {
                hang_ups.send(()).await.expect("the test listens");
            }
        }
    });
    let base_url = format!("http://127.0.0.1:{port}/v1");
    Model {
        endpoint: LlmEndpoint { base_url, model: "small".into(), key: Some("sesame".into()) },
        asked,
        hung_up,
    }
}

/// Reads one request; its body, with the key that came with it.
async fn question(stream: &mut TcpStream) -> Value {
    let mut bytes = Vec::new();
    loop {
        let mut piece = [0; 4_096];
        let count = stream.read(&mut piece).await.expect("a request");
        assert!(count > 0, "the request broke off");
        bytes.extend_from_slice(&piece[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        assert!(head.starts_with("POST /v1/chat/completions HTTP/1.1"), "{head}");
        assert!(head.contains("authorization: Bearer sesame"), "{head}");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
        if body.len() == length.parse::<usize>().expect("a number") {
            return serde_json::from_str(body).expect("JSON");
        }
    }
}

async fn react(stream: &mut TcpStream, reaction: Reaction) -> std::io::Result<()> {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    let first = event(&says("This is the first sentence. And"));
    match reaction {
        Reaction::Answer(deltas) => {
            stream.write_all(head.as_bytes()).await?;
            for delta in &deltas {
                stream.write_all(&event(delta)).await?;
            }
            stream.write_all(b"data: [DONE]\n\n").await
        }
        Reaction::Cut(deltas) => {
            stream.write_all(head.as_bytes()).await?;
            for delta in &deltas {
                stream.write_all(&event(delta)).await?;
            }
            Ok(())
        }
        Reaction::Refuse(status, body) => {
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status} No\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
            stream.write_all(answer.as_bytes()).await
        }
        Reaction::Endless => {
            stream.write_all(head.as_bytes()).await?;
            loop {
                stream.write_all(&event(&says(" on and on it goes, again."))).await?;
            }
        }
        Reaction::Hang => {
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(&first).await?;
            let mut nothing = [0; 1];
            match stream.read(&mut nothing).await {
                Ok(0) | Err(_) => Err(std::io::ErrorKind::BrokenPipe.into()),
                Ok(_) => Ok(()),
            }
        }
        Reaction::Redirect(to) => {
            let answer = format!(
                "HTTP/1.1 307 Elsewhere\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            );
            stream.write_all(answer.as_bytes()).await
        }
        Reaction::Flood(bytes) => {
            stream.write_all(head.as_bytes()).await?;
            loop {
                stream.write_all(bytes).await?;
            }
        }
        Reaction::Raw(stream_text) => {
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(stream_text.as_bytes()).await
        }
        Reaction::Late(when, deltas) => {
            stream.write_all(head.as_bytes()).await?;
            when.await.map_err(|_| std::io::ErrorKind::BrokenPipe)?;
            for delta in &deltas {
                stream.write_all(&event(delta)).await?;
            }
            stream.write_all(b"data: [DONE]\n\n").await
        }
        Reaction::Page => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n<html>Hello</html>\n").await
        }
    }
}

/// Says a word in a millisecond.
struct Blip;

impl TextToSpeech for Blip {
    fn speak(&self, sentence: &str, _: Prosody) -> Option<Spoken> {
        let words: Vec<(String, usize)> =
            sentence.split(' ').enumerate().map(|(n, word)| (word.to_owned(), n * 24)).collect();
        Some(Spoken { pcm: vec![7; words.len() * 24], words })
    }
}

pub(crate) fn server(endpoint: &LlmEndpoint) -> LiveServer {
    server_with(|config| {
        config.practice.models = SpeechModels::of(Some(Arc::new(Blip)), None);
        config.practice.llm = Some(endpoint.clone());
    })
}

pub(crate) fn weather(behavior: &str) -> Value {
    json!([{"functionDeclarations": [{
        "name": "get_weather", "behavior": behavior, "description": "The weather at a place",
        "parameters": {"type": "OBJECT", "properties": {"location": {"type": "STRING"}}}
    }]}])
}
