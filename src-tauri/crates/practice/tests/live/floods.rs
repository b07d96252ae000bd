//! Clients that fill what the server would hold for them, and faults inside it: each costs one connection and no other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use live_server::LiveServer;
use practice::{SpeechModels, TextToSpeech};
use serde_json::json;
use speech::{Prosody, Spoken};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;

use crate::client::{Client, PATH, server, server_with};
use crate::mischief::SETUP;

/// A client's frame, masked by zeros.
fn frame(first: u8, length: u64, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first, 0x80 | 127];
    if length < 126 {
        frame[1] = 0x80 | length as u8;
    } else {
        frame.extend(length.to_be_bytes());
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}

/// Writes this again and again until the server hangs up; how many bytes it took.
async fn write_until_left(stream: &mut DuplexStream, bytes: &[u8]) -> usize {
    let mut taken = 0;
    while taken < 100 << 20 && stream.write_all(bytes).await.is_ok() {
        taken += bytes.len();
    }
    taken
}

#[tokio::test(start_paused = true)]
async fn who_pings_and_reads_nothing_is_left() {
    for is_set_up in [true, false] {
        let server = server();
        let mut client =
            if is_set_up { Client::ready(&server, json!({})).await } else { Client::connect(&server).await };
        let start = Instant::now();
        let taken = write_until_left(client.socket.get_mut(), &frame(0x89, 125, &[1; 125])).await;
        // What lies in the pipe, both ways, and little more.
        assert!(taken < 300 << 10, "{taken} bytes of pings were taken");
        assert_eq!(start.elapsed().as_secs(), 15);
    }
}

#[tokio::test(start_paused = true)]
async fn who_asks_and_reads_nothing_is_left() {
    let mut client = Client::ready(&server(), json!({})).await;
    let start = Instant::now();
    let question = br#"{"realtimeInput":{"text":"What can you do?"}}"#;
    let taken =
        write_until_left(client.socket.get_mut(), &frame(0x81, question.len() as u64, question)).await;
    assert!(taken < 300 << 10, "{taken} bytes of questions were taken");
    assert!((15..20).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn who_pings_and_reads_slowly_stays() {
    let mut client = Client::ready(&server(), json!({})).await;
    let (mut read, mut write) = tokio::io::split(client.socket.get_mut());
    let pings = frame(0x89, 125, &[1; 125]).repeat(2_000);
    let reading = async {
        let mut some = vec![0; 20_000];
        for _ in 0..20 {
            tokio::time::sleep(Duration::from_secs(10)).await;
            assert!(read.read(&mut some).await.expect("the connection stands") > 0);
        }
    };
    tokio::select! {
        () = reading => {}
        gone = async { loop { write.write_all(&pings).await? } } => {
            let gone: std::io::Result<()> = gone;
            panic!("it was left: {gone:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_ping_is_answered_where_it_can_be() {
    let mut client = Client::connect(&server()).await;
    for n in 0..100_u8 {
        client.socket.send(Message::Ping(vec![n].into())).await.expect("sent");
        let pong = timeout(Duration::from_secs(1), client.socket.next()).await.expect("in time");
        assert_eq!(pong.expect("open").expect("a message"), Message::Pong(vec![n].into()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_stranger_with_a_large_message_is_told_what_is_wrong() {
    let locked = server_with(|config| config.server.key = Some("right".to_owned()));
    for (headers, code, words) in [
        (vec![], 1008, "Method doesn't allow unregistered callers"),
        (vec![("x-goog-api-key", "wrong")], 1007, "API key not valid"),
        (vec![("x-goog-api-key", "right")], 1009, "The message is larger than 1 MiB."),
    ] {
        let mut client = Client::connect_as(&locked, PATH, &headers).await.expect("an upgrade");
        let raw = client.socket.get_mut();
        raw.write_all(&frame(0x82, 16 << 20, &vec![b' '; 20_000])).await.expect("written");
        let close = client.close_reason().await;
        assert_eq!(close.0, code);
        assert!(close.1.starts_with(words), "{close:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_has_no_key_is_not_waited_for_for_long() {
    let locked = server_with(|config| config.server.key = Some("right".to_owned()));
    let mut client = Client::connect(&locked).await;
    let start = Instant::now();
    assert_eq!(client.close_reason().await.0, 1008);
    assert_eq!(start.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_setup_beyond_the_limit_is_refused() {
    let mut client = Client::connect(&server()).await;
    let raw = client.socket.get_mut();
    raw.write_all(&frame(0x81, (1 << 20) + 1, b"{")).await.expect("written");
    assert_eq!(client.close_reason().await, (1009, "The message is larger than 1 MiB.".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn endless_empty_pieces_end() {
    let mut client = Client::ready(&server(), json!({})).await;
    let raw = client.socket.get_mut();
    raw.write_all(&frame(0x01, 0, &[])).await.expect("written");
    let pieces = frame(0x00, 0, &[]).repeat(1_000);
    for _ in 0..17 {
        raw.write_all(&pieces).await.expect("written");
    }
    assert_eq!(client.close_reason().await, (1009, "The message is in more than 16384 pieces.".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_never_ends_is_ended() {
    for sent in [&b""[..], b"GET ", b"GET / HTTP/1.1\r\nhost: localhost\r\n"] {
        let (mut near, far) = tokio::io::duplex(1 << 16);
        let server = server();
        let serving = tokio::spawn(async move { server.serve_stream(far).await });
        near.write_all(sent).await.expect("written");
        let start = Instant::now();
        serving.await.expect("no panic");
        assert_eq!(start.elapsed().as_secs(), 10);
    }
}

#[tokio::test(start_paused = true)]
async fn floods_of_results_timers_and_calls_leave_a_session_small() {
    let weather = json!({"tools": [{"functionDeclarations": [{
        "name": "get_weather", "behavior": "NON_BLOCKING",
        "parameters": {"type": "OBJECT", "properties": {"location": {"type": "STRING"}}}
    }]}]});
    let server = server();
    let client = Client::ready(&server, weather).await;
    let (mut sink, mut stream) = client.socket.split();
    let reading = tokio::spawn(async move {
        let (mut calls, mut cancelled) = (0, 0);
        while let Some(Ok(Message::Binary(frame))) = stream.next().await {
            let message = live_proto::wire::decode_server(&frame).expect("a message").message;
            calls += message.tool_call.map_or(0, |call| call.function_calls.len());
            cancelled += message.tool_call_cancellation.map_or(0, |cancel| cancel.ids.len());
        }
        (calls, cancelled)
    });
    let many: Vec<_> = (0..1_000)
        .map(|n| json!({"id": format!("function-call-{n}"), "name": "get_weather", "willContinue": true, "response": {"output": n}}))
        .collect();
    let answers = json!({"toolResponse": {"functionResponses": many}}).to_string();
    for _ in 0..200 {
        sink.send(Message::text(answers.clone())).await.expect("taken");
        for words in ["What's the weather in Tokyo?", "Set a timer for one hour"] {
            let typed = json!({"realtimeInput": {"text": words}}).to_string();
            sink.send(Message::text(typed)).await.expect("taken");
        }
    }
    sink.send(Message::Close(None)).await.expect("sent");
    let (calls, cancelled) = reading.await.expect("no panic");
    assert_eq!((calls, cancelled), (200, 192), "eight of them stand at most");
    assert_eq!(server.received().tool_results, 200_000);
}

/// Says everything in no time, and breaks at a word.
struct Fragile;

impl TextToSpeech for Fragile {
    fn speak(&self, sentence: &str, _: Prosody) -> Option<Spoken> {
        assert!(!sentence.contains("timer"), "a fault in the voice");
        Some(Spoken { pcm: vec![7; 2_400], words: vec![(sentence.to_owned(), 0)] })
    }
}

async fn ends_alone(server: &LiveServer, breaks: &str) {
    let (mut broken, mut other) =
        (Client::ready(server, json!({})).await, Client::ready(server, json!({})).await);
    broken.send_text(breaks.to_owned()).await;
    assert_eq!(broken.close_reason().await, (1011, "Internal error encountered.".to_owned()));
    other.write("Hello").await;
    assert!(other.turn().await.order.contains(&"audio"));
    Client::ready(server, json!({})).await;
}

#[tokio::test]
async fn a_panic_in_the_compute_pool_ends_its_session_alone() {
    let server =
        server_with(|config| config.practice.models = SpeechModels::of(Some(Arc::new(Fragile)), None));
    ends_alone(&server, r#"{"realtimeInput":{"text":"Set a timer for one hour"}}"#).await;
}

#[tokio::test]
async fn a_panic_in_a_session_ends_it_and_no_other() {
    let breaks = Arc::new(AtomicBool::new(true));
    let server = server_with(|config| {
        let breaks = Arc::clone(&breaks);
        config.server.audio_observer =
            Some(Arc::new(move |_| assert!(!breaks.load(Ordering::Relaxed), "a fault in a session")));
    });
    let sound = r#"{"realtimeInput":{"audio":{"data":"AAAAAAAA","mimeType":"audio/pcm;rate=16000"}}}"#;
    ends_alone(&server, sound).await;
    breaks.store(false, Ordering::Relaxed);
    let mut client = Client::ready(&server, json!({})).await;
    client.send_text(sound.to_owned()).await;
    client.write("Hello").await;
    client.turn().await;
}

#[tokio::test(start_paused = true)]
async fn damaged_and_large_first_messages_leave_nothing_behind() {
    // A hundred clients whose large messages are never finished, one after the other: what they held comes back.
    let server = server();
    for _ in 0..100 {
        let mut client = Client::connect(&server).await;
        let raw = client.socket.get_mut();
        raw.write_all(&frame(0x81, 1_000_000, &vec![b' '; 900_000])).await.expect("taken");
    }
    let mut client = Client::connect(&server).await;
    client.send_text(format!("{}{SETUP}", " ".repeat(900_000))).await;
    assert!(client.next().await.setup_complete.is_some());
}
