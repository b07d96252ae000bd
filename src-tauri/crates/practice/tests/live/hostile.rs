//! Clients that mean harm: every one of them gets a close, the server stays as it was.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::SinkExt;
use live_server::LiveServer;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::tungstenite::Message;

use crate::client::{Client, server};
use crate::mischief::{Dice, First, SETUP, damaged, first};

const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

/// A connection whose serving task can be looked at: a panic in it is a panic here.
struct Caller {
    client: Client,
    serving: tokio::task::JoinHandle<()>,
}

impl Caller {
    async fn of(server: &LiveServer) -> Self {
        let (near, far) = tokio::io::duplex(1 << 16);
        let server = server.clone();
        let serving = tokio::spawn(async move { server.serve_stream(far).await });
        let request = crate::client::request(crate::client::PATH, &[]);
        let (socket, _) = tokio_tungstenite::client_async(request, near).await.expect("an upgrade");
        Self { client: Client { socket }, serving }
    }

    /// Code and reason of the close, which must come; then the server must be done with the client.
    async fn ends(mut self) -> (u16, String) {
        let close = self.client.close_reason().await;
        drop(self.client);
        self.serving.await.expect("no panic");
        close
    }
}

fn must_say_why(close: &(u16, String), to: &dyn std::fmt::Debug) {
    assert!((1002..=1011).contains(&close.0) && close.0 != 1005 && close.0 != 1006, "{close:?} to {to:?}");
    assert!(!close.1.is_empty(), "{close:?} to {to:?}");
}

#[tokio::test(start_paused = true)]
async fn hostile_first_messages_are_closed_with_a_reason() {
    let server = server();
    let mut dice = Dice(SEED);
    let mut codes = BTreeMap::<u16, usize>::new();
    let mut taken = 0;
    for n in 0..10_000 {
        let mut caller = Caller::of(&server).await;
        let sent = match first(&mut dice) {
            First::Message(message) => {
                let bytes = message.clone().into_data().to_vec();
                caller.client.socket.send(message).await.expect("sent");
                bytes
            }
            First::Raw(bytes) => {
                caller.client.socket.get_mut().write_all(&bytes).await.expect("written");
                bytes
            }
        };
        match caller.client.next_or_close().await {
            // The damage left a setup that is one.
            Ok(ready) => {
                assert!(ready.setup_complete.is_some(), "message {n} was answered by {ready:?}");
                let json: Value = serde_json::from_slice(&sent).expect("JSON");
                assert!(json["setup"]["model"].is_string(), "message {n} was taken: {json}");
                taken += 1;
            }
            Err(close) => {
                must_say_why(&close, &String::from_utf8_lossy(&sent));
                *codes.entry(close.0).or_default() += 1;
                drop(caller.client);
                caller.serving.await.expect("no panic");
            }
        }
    }
    // The seed is a good one: it finds every kind of refusal, and some way in.
    assert_eq!(codes.keys().copied().collect::<Vec<_>>(), [1002, 1007, 1008, 1009], "{codes:?}");
    assert!(taken > 100 && taken < 3_000, "{taken} were taken");
}

#[tokio::test(start_paused = true)]
async fn damaged_frames_end_in_reasons_and_never_in_a_panic() {
    let server = server();
    let mut dice = Dice(SEED);
    let mut sent = 0;
    while sent < 10_000 {
        let mut caller = Caller::of(&server).await;
        caller.client.send_text(SETUP.to_owned()).await;
        for _ in 0..40 {
            sent += 1;
            if caller.client.socket.send(damaged(&mut dice)).await.is_err() {
                break;
            }
        }
        // Whoever is still there asks for what nobody has.
        let _ = caller.client.socket.send(Message::text(r#"{"sesame":{}}"#)).await;
        let close = caller.ends().await;
        must_say_why(&close, &sent);
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_reads_is_no_longer_read_either() {
    let mut client = Client::ready(&server(), json!({})).await;
    let mut taken = 0;
    // Each text breaks off the last reply and starts another: several messages for one.
    for _ in 0..20_000 {
        let message = Message::text(r#"{"realtimeInput":{"text":"what can you do"}}"#);
        let sent = tokio::time::timeout(Duration::from_secs(30), client.socket.send(message)).await;
        if !matches!(sent, Ok(Ok(()))) {
            break;
        }
        taken += 1;
    }
    assert!(taken < 10_000, "{taken} messages were taken from a client that reads nothing");
}

#[tokio::test(start_paused = true)]
async fn a_message_beyond_the_limit_is_refused() {
    let mut client = Client::ready(&server(), json!({})).await;
    let (mut sink, mut stream) = futures_util::StreamExt::split(client.socket);
    let huge = Message::binary(vec![b' '; (16 << 20) + 1]);
    let sending = tokio::spawn(async move { sink.send(huge).await.is_ok() });
    let mut code = None;
    while let Some(Ok(message)) = futures_util::StreamExt::next(&mut stream).await {
        if let Message::Close(Some(frame)) = message {
            code = Some(u16::from(frame.code));
        }
    }
    assert_eq!(code, Some(1009));
    sending.abort();
    client = Client::ready(&server(), json!({})).await;
    client.write("hello").await;
    client.turn().await;
}

#[tokio::test(start_paused = true)]
async fn an_endless_turn_and_an_endless_text_stay_small() {
    let mut client = Client::ready(&server(), json!({})).await;
    client.write(&"word ".repeat(400_000)).await;
    let turn = client.turn().await;
    assert!(turn.audio_time() < Duration::from_mins(1), "{:?}", turn.audio_time());
}
