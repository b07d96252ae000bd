//! A Live client for tests: as strict as the protocol allows, so that what the server sends is checked on the way.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use live_proto::wire::{ServerMessage, decode_server};
use live_server::{LiveServer, ServerConfig};
use practice::{PracticeAgent, PracticeConfig};
use serde_json::{Value, json};
use tokio::io::DuplexStream;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::http::Request;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

pub(crate) const PATH: &str = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent";
/// Virtual time, so it costs nothing; it ends a test that waits for what never comes.
const PATIENCE: Duration = Duration::from_mins(2);

/// The settings of a server with the practice partner in it.
pub(crate) struct Config {
    pub server: ServerConfig,
    pub practice: PracticeConfig,
}

pub(crate) fn server() -> LiveServer {
    server_with(|_| {})
}

pub(crate) fn server_with(change: impl FnOnce(&mut Config)) -> LiveServer {
    let practice = PracticeConfig {
        clock: std::sync::Arc::new(|| jiff::civil::date(2026, 11, 22).at(14, 5, 0, 0)),
        zone: jiff::tz::TimeZone::get("Europe/Berlin").expect("a zone"),
        ..PracticeConfig::default()
    };
    let mut config = Config { server: ServerConfig::default(), practice };
    change(&mut config);
    LiveServer::new(config.server, PracticeAgent::factory(config.practice))
}

pub(crate) fn request(path: &str, headers: &[(&str, &str)]) -> Request<()> {
    let mut builder = Request::builder()
        .uri(format!("ws://localhost{path}"))
        .header("host", "localhost")
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    builder.body(()).expect("a request")
}

pub(crate) struct Client {
    pub socket: WebSocketStream<DuplexStream>,
}

/// What came until the end of a turn.
#[derive(Debug, Default)]
pub(crate) struct TurnSeen {
    /// The kinds of events in order, repeated ones once.
    pub order: Vec<&'static str>,
    pub pcm: Vec<i16>,
    pub transcript: String,
    pub usage: Option<live_proto::wire::UsageMetadata>,
    pub messages: Vec<ServerMessage>,
    pub first_audio: Option<Instant>,
    pub complete: Option<Instant>,
    pub input_transcript: String,
}

impl Client {
    pub(crate) async fn connect(server: &LiveServer) -> Self {
        Self::connect_as(server, PATH, &[]).await.expect("a connection")
    }

    pub(crate) async fn connect_as(
        server: &LiveServer,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Result<Self, Error> {
        let (near, far) = tokio::io::duplex(1 << 16);
        let server = server.clone();
        tokio::spawn(async move { server.serve_stream(far).await });
        let (socket, _) = client_async(request(path, headers), near).await?;
        Ok(Self { socket })
    }

    /// Connects and sets up a session with the default model and these further fields.
    pub(crate) async fn ready(server: &LiveServer, more: Value) -> Self {
        let mut client = Self::connect(server).await;
        let mut setup = json!({
            "model": "models/gemini-3.8-live",
            "generationConfig": {"responseModalities": ["AUDIO"]},
            "outputAudioTranscription": {}
        });
        if let (Some(setup), Value::Object(more)) = (setup.as_object_mut(), more) {
            setup.extend(more);
        }
        client.send(json!({ "setup": setup })).await;
        assert!(client.next().await.setup_complete.is_some());
        client
    }

    pub(crate) async fn send(&mut self, message: Value) {
        self.send_text(message.to_string()).await;
    }

    pub(crate) async fn send_text(&mut self, text: String) {
        timeout(PATIENCE, self.socket.send(Message::text(text)))
            .await
            .expect("the server reads")
            .expect("sent");
    }

    pub(crate) async fn write(&mut self, text: &str) {
        self.send(json!({"realtimeInput": {"text": text}})).await;
    }

    /// The next message; panics when the connection ends.
    pub(crate) async fn next(&mut self) -> ServerMessage {
        match self.next_or_close().await {
            Ok(message) => message,
            Err(close) => panic!("closed with {close:?}"),
        }
    }

    /// The next message, or code and reason of the close.
    pub(crate) async fn next_or_close(&mut self) -> Result<ServerMessage, (u16, String)> {
        loop {
            let message = timeout(PATIENCE, self.socket.next()).await.expect("an answer in time");
            match message {
                Some(Ok(Message::Binary(frame))) => {
                    let decoded = decode_server(&frame).expect("a message of the protocol");
                    assert_eq!(decoded.skipped_count, 0, "fields nobody knows: {:?}", decoded.skipped);
                    return Ok(decoded.message);
                }
                Some(Ok(Message::Close(Some(frame)))) => {
                    assert!(frame.reason.len() <= 123);
                    return Err((frame.code.into(), frame.reason.as_str().to_owned()));
                }
                Some(Ok(Message::Close(None))) | None => return Err((1005, String::new())),
                Some(Ok(Message::Text(text))) => panic!("a text frame: {text}"),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err((1006, error.to_string())),
            }
        }
    }

    /// Code and reason of the close that must come now.
    pub(crate) async fn close_reason(&mut self) -> (u16, String) {
        loop {
            if let Err(close) = self.next_or_close().await {
                return close;
            }
        }
    }

    /// Everything up to and with the next `turnComplete`.
    pub(crate) async fn turn(&mut self) -> TurnSeen {
        let mut seen = TurnSeen::default();
        while seen.complete.is_none() {
            let message = self.next().await;
            seen.take(&message);
            seen.messages.push(message);
        }
        seen
    }

    /// Reads until the reply makes its first sound.
    pub(crate) async fn first_audio(&mut self) -> TurnSeen {
        let mut seen = TurnSeen::default();
        while seen.first_audio.is_none() {
            let message = self.next().await;
            seen.take(&message);
            seen.messages.push(message);
        }
        seen
    }

    /// Asserts that nothing comes for this long.
    pub(crate) async fn quiet_for(&mut self, time: Duration) {
        if let Ok(message) = timeout(time, self.socket.next()).await {
            panic!("unexpected: {message:?}");
        }
    }
}

impl TurnSeen {
    fn mark(&mut self, kind: &'static str) {
        if self.order.last() != Some(&kind) {
            self.order.push(kind);
        }
    }

    fn take(&mut self, message: &ServerMessage) {
        if let Some(cancelled) = &message.tool_call_cancellation {
            assert!(!cancelled.ids.is_empty());
            self.mark("toolCallCancellation");
        }
        if message.tool_call.is_some() {
            self.mark("toolCall");
        }
        if message.usage_metadata.is_some() {
            self.usage.clone_from(&message.usage_metadata);
        }
        let Some(content) = &message.server_content else { return };
        for part in content.model_turn.iter().flat_map(|turn| &turn.parts) {
            if part.is_thought() {
                self.mark("thought");
                continue;
            }
            let blob = part.inline_data.as_ref().expect("audio in every part");
            assert!(["audio/pcm;rate=24000", "audio/pcm"].contains(&blob.mime_type.as_deref().unwrap_or("")));
            assert_eq!(blob.bytes().len() % 2, 0);
            self.pcm.extend(blob.bytes().chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])));
            self.first_audio.get_or_insert_with(Instant::now);
            self.mark("audio");
        }
        if let Some(text) = content.output_transcription.as_ref().and_then(|t| t.text.as_ref()) {
            self.transcript.push_str(text);
        }
        if let Some(text) = content.input_transcription.as_ref().and_then(|t| t.text.as_ref()) {
            self.input_transcript.push_str(text);
        }
        if content.generation_complete == Some(true) {
            self.mark("generationComplete");
        }
        if content.interrupted == Some(true) {
            self.mark("interrupted");
        }
        if content.turn_complete == Some(true) {
            self.mark("turnComplete");
            self.complete = Some(Instant::now());
        }
    }

    /// How long the audio lasts.
    pub(crate) fn audio_time(&self) -> Duration {
        Duration::from_millis(self.pcm.len() as u64 / 24)
    }
}
