//! Pictures and sound as the server counts them.

use serde_json::json;

use crate::client::{Client, server, server_with};
use crate::speech::{audio_message, silence};

/// The headers of a JPEG and nothing behind them.
const JPEG: &[u8] = &[
    0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xc0, 0, 11, 8, 1, 0xe0, 2, 0x80, 1, 1, 0x11, 0, 0xff, 0xda, 0,
    8, 1, 1, 0, 0, 0x3f, 0, 0xff, 0xd9,
];

fn picture() -> serde_json::Value {
    // The Python SDK sends the URL-safe alphabet.
    let data = serde_json::to_string(&live_proto::wire::Base64(JPEG.to_vec())).expect("base64");
    let data = data.trim_matches('"').replace('+', "-").replace('/', "_");
    json!({"realtime_input": {"video": {"data": data, "mime_type": "image/jpeg"}}})
}

#[tokio::test(start_paused = true)]
async fn what_was_received_can_be_read_and_asked_for() {
    let server = server();
    let mut client = Client::ready(&server, json!({})).await;
    client.send(picture()).await;
    client.send(picture()).await;
    client.hear(&silence(1_000)).await;
    client.write("What do you see?").await;
    let turn = client.turn().await;
    assert!(
        turn.transcript.contains("2 pictures") && turn.transcript.contains("640 × 480"),
        "{}",
        turn.transcript
    );
    let received = server.received();
    assert_eq!((received.sessions, received.pictures, received.texts), (1, 2, 1));
    assert_eq!(received.last_picture.as_deref(), Some(JPEG));
    assert_eq!(received.last_picture_size, Some((640, 480)));
    assert!((980..=1_000).contains(&received.audio_ms), "{} ms", received.audio_ms);
    let usage = turn.usage.expect("usage");
    let video =
        usage.prompt_tokens_details.iter().find(|d| d.modality == Some(live_proto::wire::Modality::Video));
    assert_eq!(video.and_then(|detail| detail.token_count), Some(2 * 258));
}

/// A grey picture with a light square, `at` pixels from the left.
fn scene(at: usize) -> Vec<u8> {
    let mut rgb = vec![60; 320 * 240 * 3];
    for row in 80..160 {
        rgb[(row * 320 + at) * 3..(row * 320 + at + 40) * 3].fill(230);
    }
    let mut jpeg = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut jpeg, 85);
    encoder.encode(&rgb, 320, 240, jpeg_encoder::ColorType::Rgb).expect("encoded");
    jpeg
}

fn picture_message(jpeg: Vec<u8>) -> serde_json::Value {
    let data = live_proto::wire::Base64(jpeg);
    json!({"realtimeInput": {"video": {"data": data, "mimeType": "image/jpeg"}}})
}

#[tokio::test(start_paused = true)]
async fn what_is_seen_is_computed_from_the_newest_pictures() {
    let mut client = Client::ready(&server(), json!({})).await;
    client.send(picture_message(scene(20))).await;
    client.write("What can you see?").await;
    let first = client.turn().await.transcript;
    assert!(first.contains("I received 1 picture. The newest is 320 × 240 pixels, rather dark"), "{first}");
    assert!(first.contains("mostly dark grey") && first.contains("statistics"), "{first}");
    assert!(!first.contains("moved"), "{first}");
    client.send(picture_message(scene(20))).await;
    client.write("What do you see?").await;
    let second = client.turn().await.transcript;
    assert!(second.contains("2 pictures") && second.contains("nothing moved"), "{second}");
    client.send(picture_message(scene(250))).await;
    client.write("and now, what do you see?").await;
    let third = client.turn().await.transcript;
    assert!(third.contains("something moved in the middle"), "{third}");
}

#[tokio::test(start_paused = true)]
async fn without_a_picture_nothing_is_seen() {
    let mut client = Client::ready(&server(), json!({})).await;
    client.write("What do you see?").await;
    assert!(client.turn().await.transcript.contains("no picture yet"));
}

#[tokio::test]
async fn pictures_can_be_kept_as_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let target = folder.path().join("new");
    let server = server_with(|config| config.server.dump_pictures = Some(target.clone()));
    let mut client = Client::ready(&server, json!({})).await;
    client.send(picture()).await;
    let mut received = server.watch_received();
    received.wait_for(|received| received.pictures == 1).await.expect("counted");
    let path = target.join("picture-000001.jpg");
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while !path.exists() {
        assert!(std::time::Instant::now() < deadline, "no file came");
        tokio::task::yield_now().await;
    }
    assert_eq!(std::fs::read(path).expect("the file"), JPEG);
}

#[tokio::test(start_paused = true)]
async fn media_of_other_kinds_are_refused() {
    let server = server();
    let odd = [
        json!({"realtimeInput": {"audio": {"data": "AAAA", "mimeType": "audio/mp3"}}}),
        json!({"realtimeInput": {"video": {"data": "AAAA", "mimeType": "video/mp4"}}}),
        audio_message(&[0; 100], 1),
        audio_message(&[0; 100], 4_000_000_000),
    ];
    for message in odd {
        let mut client = Client::ready(&server, json!({})).await;
        client.send(message).await;
        assert_eq!(client.close_reason().await.0, 1007);
    }
}
