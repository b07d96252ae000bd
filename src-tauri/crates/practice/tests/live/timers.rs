//! Timers: the partner speaks by itself, but never into a conversation.

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use crate::client::{Client, server};
use crate::speech::{silence, some_speech};

#[tokio::test(start_paused = true)]
async fn when_a_timer_is_up_the_partner_speaks_by_itself() {
    let mut client = Client::ready(&server(), json!({})).await;
    let set = Instant::now();
    client.write("Set a timer for two minutes, please.").await;
    assert_eq!(client.turn().await.transcript, "Your timer is set for 2 minutes.");
    client.quiet_for(Duration::from_secs(90)).await;
    let rung = client.turn().await;
    assert_eq!(rung.transcript, "Time is up! Your timer for 2 minutes is over.");
    assert_eq!(rung.order, ["audio", "generationComplete", "turnComplete"]);
    assert_eq!((rung.first_audio.expect("audio") - set).as_secs(), 120);
    client.quiet_for(Duration::from_hours(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_timer_waits_for_the_end_of_a_reply() {
    let mut client = Client::ready(&server(), json!({})).await;
    client.write("timer for 1 second").await;
    // Breaks off the answer, and lasts longer than the timer.
    client.write("What can you do?").await;
    assert!(client.turn().await.order.contains(&"interrupted"));
    let reply = client.turn().await;
    assert!(reply.transcript.contains("I can tell jokes") && reply.audio_time() > Duration::from_secs(2));
    assert!(client.turn().await.transcript.contains("Time is up"));
}

#[tokio::test(start_paused = true)]
async fn a_timer_waits_for_whoever_speaks() {
    let speech = some_speech().await;
    let mut client = Client::ready(&server(), json!({})).await;
    client.write("timer for ten seconds").await;
    client.turn().await;
    client.hear(&speech).await;
    client.quiet_for(Duration::from_mins(1)).await;
    client.hear(&silence(1_000)).await;
    // What was said is answered first.
    assert!(client.turn().await.transcript.starts_with("[your own words"));
    assert!(client.turn().await.transcript.contains("Time is up"));
}

#[tokio::test(start_paused = true)]
async fn a_timer_survives_a_resumption() {
    let server = server();
    let mut client = Client::ready(&server, json!({"sessionResumption": {}})).await;
    client.write("Set a timer for one minute").await;
    client.turn().await;
    let update = client.next().await.session_resumption_update.expect("an update after the turn");
    client.socket.close(None).await.expect("closed");
    client.close_reason().await;
    tokio::time::sleep(Duration::from_secs(30)).await;
    let mut again = Client::ready(&server, json!({"sessionResumption": {"handle": update.new_handle}})).await;
    again.quiet_for(Duration::from_secs(20)).await;
    assert!(again.turn().await.transcript.contains("Your timer for 1 minute is over"));
    let update = again.next().await.session_resumption_update.expect("an update after the turn");
    // It has rung, and does not ring again after the next resumption.
    drop(again);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut third = Client::ready(&server, json!({"sessionResumption": {"handle": update.new_handle}})).await;
    third.quiet_for(Duration::from_mins(5)).await;
}
