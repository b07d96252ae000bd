//! Sessions beyond one connection: resumption, goAway, seeded history, and what the SDKs were recorded to send.

use std::time::Duration;

use live_proto::wire::ServerMessage;
use live_server::LiveServer;
use serde_json::{Value, json};

use crate::client::{Client, server, server_with};

async fn handle_after_turn(client: &mut Client, text: &str) -> String {
    client.write(text).await;
    client.turn().await;
    let update = client.next().await.session_resumption_update.expect("an update after the turn");
    assert_eq!(update.resumable, Some(true));
    update.new_handle.expect("a handle")
}

async fn resume(server: &LiveServer, handle: &str) -> Result<(Client, ServerMessage), (u16, String)> {
    let mut client = Client::connect(server).await;
    let setup = json!({"model": "models/gemini-3.8-live", "sessionResumption": {"handle": handle}});
    client.send(json!({ "setup": setup })).await;
    let first = client.next_or_close().await?;
    Ok((client, first))
}

#[tokio::test(start_paused = true)]
async fn a_session_goes_on_where_it_was() {
    let server = server();
    let mut client = Client::ready(&server, json!({"sessionResumption": {}})).await;
    let handle = handle_after_turn(&mut client, "My name is Ada.").await;
    assert_eq!(
        resume(&server, &handle).await.err().map(|close| close.0),
        Some(1011),
        "the old socket is open"
    );
    client.socket.close(None).await.expect("closed");
    client.close_reason().await;
    let (mut again, first) = resume(&server, &handle).await.expect("resumed");
    assert!(first.setup_complete.is_some());
    again.write("What is my name?").await;
    assert_eq!(again.turn().await.transcript, "Your name is Ada.");
}

#[tokio::test(start_paused = true)]
async fn a_partner_that_greets_begins_an_empty_conversation() {
    let greeting = |config: &mut crate::client::Config| config.practice.greets = true;
    let server = crate::client::server_with(greeting);
    let mut client = Client::ready(&server, json!({"sessionResumption": {}})).await;
    let turn = client.turn().await;
    assert_eq!(turn.order, ["audio", "generationComplete", "turnComplete"]);
    assert!(turn.transcript.contains("practice partner"), "{}", turn.transcript);
    let handle =
        client.next().await.session_resumption_update.expect("an update").new_handle.expect("a handle");
    client.socket.close(None).await.expect("closed");
    client.close_reason().await;
    // Resumed, it is no beginning; neither is what has a history, or a person who speaks first.
    let (mut again, _) = resume(&server, &handle).await.expect("resumed");
    again.quiet_for(Duration::from_secs(30)).await;
    let mut told = Client::ready(&server, json!({})).await;
    told.send(json!({"clientContent": {"turns": [{"role": "user", "parts": [{"text": "Hi."}]}]}})).await;
    told.quiet_for(Duration::from_secs(30)).await;
    let mut first = Client::ready(&server, json!({})).await;
    first.write("What is 2 plus 2?").await;
    assert_eq!(first.turn().await.transcript, "2 plus 2 is 4.");
    first.quiet_for(Duration::from_secs(30)).await;
}

#[tokio::test(start_paused = true)]
async fn unknown_and_old_handles_are_not_found() {
    let server = server();
    let not_found = Some((1008, "BidiGenerateContent session not found".to_owned()));
    assert_eq!(resume(&server, "made-up").await.err(), not_found);
    let mut client = Client::ready(&server, json!({"sessionResumption": {}})).await;
    let handle = handle_after_turn(&mut client, "hello").await;
    drop(client);
    tokio::time::sleep(Duration::from_hours(2)).await;
    assert_eq!(resume(&server, &handle).await.err(), not_found);
}

#[tokio::test(start_paused = true)]
async fn a_limited_connection_is_announced_and_ended() {
    let server = server_with(|config| config.server.connection_limit = Some(Duration::from_secs(100)));
    let mut client = Client::ready(&server, json!({})).await;
    let start = tokio::time::Instant::now();
    let go_away = client.next().await.go_away.expect("goAway");
    assert_eq!(go_away.time_left.map(|left| left.0), Some(Duration::from_mins(1)));
    assert_eq!(start.elapsed().as_secs(), 40);
    assert_eq!(client.close_reason().await.0, 1011);
    assert_eq!(start.elapsed().as_secs(), 100);
}

#[tokio::test(start_paused = true)]
async fn history_that_is_announced_starts_no_reply() {
    let mut client = Client::connect(&server()).await;
    let setup = json!({
        "model": "models/gemini-3.1-flash-live-preview",
        "outputAudioTranscription": {},
        "historyConfig": {"initialHistoryInClientContent": true}
    });
    client.send(json!({ "setup": setup })).await;
    client.next().await;
    let turns = json!([{"role": "user", "parts": [{"text": "My name is Ada."}]}]);
    client.send(json!({"clientContent": {"turns": turns, "turnComplete": true}})).await;
    client.quiet_for(Duration::from_secs(5)).await;
    client.write("What is my name?").await;
    assert_eq!(client.turn().await.transcript, "Your name is Ada.");
}

/// As the service was recorded, although nothing announced it.
#[tokio::test(start_paused = true)]
async fn a_3_1_model_takes_turns_at_any_time() {
    let model = json!({"model": "models/gemini-3.1-flash-live-preview"});
    let mut client = Client::ready(&server(), model).await;
    let turn = |text: &str, complete: bool| {
        let turns = json!([{"role": "user", "parts": [{"text": text}]}]);
        json!({"clientContent": {"turns": turns, "turnComplete": complete}})
    };
    client.send(turn("My name is Ada.", false)).await;
    client.send(turn("What is my name?", true)).await;
    assert_eq!(client.turn().await.transcript, "Your name is Ada.");
    client.send(turn("My name is Grace.", false)).await;
    client.write("What is my name?").await;
    assert_eq!(client.turn().await.transcript, "Your name is Grace.");
}

/// Recorded sessions that the server refuses, and the code it does so with.
const REFUSED: [(&str, u16); 5] = [
    // The SDKs let through what the models do not take.
    ("text_modality", 1007),
    ("js_realtime_media", 1007),
    // Resuming sessions that this server never had.
    ("session_resumption_with_handle", 1008),
    ("js_resumption_compression_transcription", 1008),
    // A model that is shut down.
    ("tools_code_execution_url_context", 1008),
];

#[tokio::test(start_paused = true)]
async fn what_the_sdks_were_recorded_to_send_is_taken() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/fixtures/live/client_frames.jsonl");
    let recorded = std::fs::read_to_string(path).expect("the recorded frames");
    let server = server();
    let (mut taken, mut surprises) = (0, Vec::new());
    for line in recorded.lines() {
        let case: Value = serde_json::from_str(line).expect("a case");
        let name = case["case"].as_str().unwrap_or_default();
        let (Some(path), Some(frames)) = (case["path"].as_str(), case["frames"].as_array()) else { continue };
        let path = path.replace("<SECRET>", "secret");
        let mut client = Client::connect_as(&server, &path, &[]).await.expect(name);
        let mut close = None;
        for frame in frames {
            // A refusal may come while the rest of a script is still being sent.
            let _ = futures_util::SinkExt::send(&mut client.socket, frame.to_string().into()).await;
        }
        for _ in 0..20 {
            match tokio::time::timeout(Duration::from_secs(1), client.next_or_close()).await {
                Ok(Err(closed)) => close = Some(closed),
                Ok(Ok(_)) => {}
                Err(_) => break,
            }
            if close.is_some() {
                break;
            }
        }
        let expected = REFUSED.iter().find(|(refused, _)| *refused == name).map(|(_, code)| *code);
        if close.as_ref().map(|close| close.0) != expected {
            surprises.push(format!("{name}: {close:?}, expected {expected:?}"));
        }
        taken += 1;
    }
    assert!(surprises.is_empty(), "{surprises:#?}");
    assert!(taken > 80, "{taken} cases");
}
