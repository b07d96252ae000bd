//! Clients that mean harm: every one of them gets a close, the server stays as it was.

use std::time::Duration;

use futures_util::SinkExt;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::client::{Client, server};

/// xorshift, so that a failure can be repeated.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }
}

const SEEDS: [&str; 14] = [
    r#"{"setup":{"model":"models/gemini-3.8-live","tools":[{"functionDeclarations":[{"name":"get_weather","parameters":{"type":"OBJECT","properties":{"location":{"type":"STRING"}},"required":["location"]}}]}]}}"#,
    r#"{"realtimeInput":{"audio":{"data":"////fwCAAAABAP7/","mimeType":"audio/pcm;rate=16000"}}}"#,
    r#"{"realtimeInput":{"audio":{"data":"AAA","mimeType":"audio/pcm;rate=44100"}}}"#,
    r#"{"realtimeInput":{"video":{"data":"/9j/wAAL","mimeType":"image/jpeg"}}}"#,
    r#"{"realtimeInput":{"text":"what's the weather in 99999999999999999999 / 0 \u0000 🙂"}}"#,
    r#"{"realtimeInput":{"audioStreamEnd":true}}"#,
    r#"{"realtimeInput":{"activityStart":{}}}"#,
    r#"{"clientContent":{"turns":[{"role":"user","parts":[{"text":"1/0 + 1e309 my name is"}]}],"turnComplete":true}}"#,
    r#"{"clientContent":{"turnComplete":true}}"#,
    r#"{"toolResponse":{"functionResponses":[{"id":"x","name":"y","response":{"output":[[[[{}]]]]}}]}}"#,
    r#"{"contextUpdate":{"tools":{"tools":[{"functionDeclarations":[{"name":"_"}]}]}}}"#,
    r#"{"setup":{"model":"models/"}}"#,
    r#"{"setup":{"model":"models/gemini-3.8-live","realtimeInputConfig":{"automaticActivityDetection":{"prefixPaddingMs":-9223372036854775808,"silenceDurationMs":9223372036854775807}}}}"#,
    "[[[[[[[[[[",
];

fn damaged(dice: &mut Dice) -> Vec<u8> {
    let mut frame = SEEDS[dice.roll(SEEDS.len())].as_bytes().to_vec();
    for _ in 0..dice.roll(4) {
        let at = dice.roll(frame.len());
        match dice.roll(4) {
            0 => frame[at] = dice.roll(256) as u8,
            1 => frame.truncate(at.max(1)),
            2 => {
                let piece = frame[at..].to_vec();
                frame.extend(piece);
            }
            _ => drop(frame.remove(at)),
        }
        if frame.is_empty() {
            frame.push(b'{');
        }
    }
    frame
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_damaged_frames_end_in_reasons_and_never_in_a_panic() {
    let server = server();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut sent = 0;
    let mut closes = 0;
    while sent < 10_000 {
        let (near, far) = tokio::io::duplex(1 << 16);
        let serving = tokio::spawn({
            let server = server.clone();
            async move { server.serve_stream(far).await }
        });
        let request = crate::client::request(crate::client::PATH, &[]);
        let (socket, _) = tokio_tungstenite::client_async(request, near).await.expect("an upgrade");
        let mut client = Client { socket };
        if dice.roll(2) == 0 {
            client.send_text(SEEDS[0].to_owned()).await;
        }
        for _ in 0..40 {
            sent += 1;
            let frame = damaged(&mut dice);
            let message = match String::from_utf8(frame) {
                Ok(text) => Message::text(text),
                Err(error) => Message::binary(error.into_bytes()),
            };
            if client.socket.send(message).await.is_err() {
                break;
            }
        }
        if let Ok(Some(close)) = tokio::time::timeout(Duration::from_millis(1), closed(&mut client)).await {
            assert!((1000..=1011).contains(&close.0), "{close:?}");
            assert!(close.0 == 1006 || !close.1.is_empty(), "{close:?}");
            closes += 1;
        }
        drop(client);
        serving.await.expect("no panic");
    }
    assert!(closes > 100, "{closes} closes");
}

async fn closed(client: &mut Client) -> Option<(u16, String)> {
    loop {
        match client.next_or_close().await {
            Ok(_) => {}
            Err(close) => return Some(close),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_reads_is_no_longer_read_either() {
    let mut client = Client::ready(&server(), json!({})).await;
    let mut taken = 0;
    // Each text breaks off the last reply and starts another: several messages for one.
    for _ in 0..20_000 {
        let message = Message::text(r#"{"realtimeInput":{"text":"what can you do"}}"#);
        if tokio::time::timeout(Duration::from_secs(30), client.socket.send(message)).await.is_err() {
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
