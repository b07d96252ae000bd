//! The end of a server: replies are said to their end, and everybody is told.

use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use live_proto::wire::{ServerMessage, decode_server};
use live_server::Listener;
use practice::{SpeechModels, TextToSpeech};
use serde_json::{Value, json};
use speech::{Prosody, Spoken};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::client::{PATH, request, server_with};

/// Hums each sentence for half a second.
struct Hum;

impl TextToSpeech for Hum {
    fn speak(&self, sentence: &str, _: Prosody) -> Option<Spoken> {
        Some(Spoken { pcm: vec![77; 12_000], words: vec![(sentence.to_owned(), 0)] })
    }
}

struct Guest(WebSocketStream<TcpStream>);

impl Guest {
    async fn arrive(listening: &Listener) -> Self {
        let stream = TcpStream::connect(listening.local_addr()).await.expect("a connection");
        let (socket, _) = client_async(request(PATH, &[]), stream).await.expect("an upgrade");
        let mut guest = Self(socket);
        guest
            .send(json!({"setup": {"model": "models/gemini-3.8-live", "outputAudioTranscription": {}}}))
            .await;
        assert!(guest.next().await.expect("an answer").setup_complete.is_some());
        guest
    }

    async fn send(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.expect("sent");
    }

    /// The next message, or code and reason of the close.
    async fn next(&mut self) -> Result<ServerMessage, (u16, String)> {
        match self.0.next().await {
            Some(Ok(Message::Binary(frame))) => Ok(decode_server(&frame).expect("a message").message),
            Some(Ok(Message::Close(Some(frame)))) => {
                Err((frame.code.into(), frame.reason.as_str().to_owned()))
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_reply_is_said_to_its_end_and_everybody_is_told() {
    let server = server_with(|config| config.practice.models = SpeechModels::of(Some(Arc::new(Hum)), None));
    let listening = server.listen("127.0.0.1:0".parse().expect("an address")).await.expect("a port");
    let addr = listening.local_addr();
    let (mut idle, mut busy) = (Guest::arrive(&listening).await, Guest::arrive(&listening).await);
    busy.send(json!({"realtimeInput": {"text": "Hello"}})).await;
    assert!(busy.next().await.expect("sound").server_content.is_some());
    let ending = tokio::spawn(listening.shutdown());
    let going_away = (1001, "The server is shutting down.".to_owned());
    assert_eq!(idle.next().await.err(), Some(going_away.clone()), "nothing is answered there");
    let (mut warned, mut complete) = (false, false);
    let close = loop {
        match busy.next().await {
            Ok(message) => {
                warned |= message.go_away.is_some();
                complete |= message.server_content.is_some_and(|content| content.turn_complete == Some(true));
            }
            Err(close) => break close,
        }
    };
    assert_eq!((warned, complete, close), (true, true, going_away));
    drop((idle, busy));
    ending.await.expect("the end");
    assert!(TcpStream::connect(addr).await.is_err(), "the port is closed");
}
