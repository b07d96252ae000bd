//! Turns: what comes in which order, and what an interruption does.

use std::time::Duration;

use serde_json::{Value, json};

use crate::client::{Client, server};
use crate::speech::{silence, some_speech};

fn adds_up(usage: &live_proto::wire::UsageMetadata) {
    let sum = |details: &[live_proto::wire::ModalityTokenCount]| -> i64 {
        details.iter().filter_map(|detail| detail.token_count).sum()
    };
    let (prompt, reply) = (usage.prompt_token_count.unwrap_or(0), usage.response_token_count.unwrap_or(0));
    assert_eq!(sum(&usage.prompt_tokens_details), prompt);
    assert_eq!(sum(&usage.response_tokens_details), reply);
    assert_eq!(usage.total_token_count.unwrap_or(0), prompt + reply);
}

#[tokio::test(start_paused = true)]
async fn a_written_turn_is_answered_in_order_and_in_time() {
    let mut client = Client::ready(&server(), json!({})).await;
    client.write("Tell me a joke").await;
    let turn = client.turn().await;
    assert_eq!(turn.order, ["audio", "generationComplete", "turnComplete"]);
    assert!(turn.transcript.contains("microphone"), "{}", turn.transcript);
    let heard = turn.complete.expect("complete") - turn.first_audio.expect("audio");
    assert!(
        heard.abs_diff(turn.audio_time()) < Duration::from_millis(5),
        "{heard:?} of {:?}",
        turn.audio_time()
    );
    let usage = turn.usage.expect("usage with the end");
    adds_up(&usage);
    let seconds = turn.pcm.len() as f64 / 24_000.0;
    assert_eq!(usage.response_token_count, Some((seconds * 25.0).ceil() as i64));
}

#[tokio::test(start_paused = true)]
async fn audio_and_its_words_come_four_times_as_fast_as_it_plays() {
    let mut client = Client::ready(&server(), json!({})).await;
    client.write("What can you do?").await;
    let start = tokio::time::Instant::now();
    let (mut samples, mut words) = (0, 0);
    loop {
        let content = client.next().await.server_content.expect("content");
        if content.generation_complete == Some(true) {
            break;
        }
        let pcm = content
            .model_turn
            .map_or(0, |turn| turn.parts[0].inline_data.as_ref().expect("audio").bytes().len() / 2);
        samples += pcm;
        words += content
            .output_transcription
            .and_then(|t| t.text)
            .map_or(0, |text| text.split_whitespace().count());
        // About two and a half words a second: the words come with their sound, not all at once.
        assert!(
            words as f64 <= 2.0 + samples as f64 / 24_000.0 * 4.5,
            "{words} words after {samples} samples"
        );
    }
    let ratio = (samples as f64 / 24_000.0) / start.elapsed().as_secs_f64();
    assert!((3.5..4.6).contains(&ratio), "{ratio} times real time");
}

#[tokio::test(start_paused = true)]
async fn client_content_is_history_until_the_turn_is_complete() {
    let mut client = Client::ready(&server(), json!({})).await;
    let turn = |role: &str, text: &str| json!({"role": role, "parts": [{"text": text}]});
    client
        .send(
            json!({"client_content": {"turns": [turn("user", "My name is Ada."), turn("model", "Hello.")]}}),
        )
        .await;
    client.quiet_for(Duration::from_secs(5)).await;
    client
        .send(json!({"clientContent": {"turns": [turn("user", "What is my name?")], "turnComplete": true}}))
        .await;
    assert_eq!(client.turn().await.transcript, "Your name is Ada.");
    client.send(json!({"clientContent": {"turns": [turn("user", "and what is 3 + 4?")]}})).await;
    client.send(json!({"clientContent": {"turnComplete": true}})).await;
    assert_eq!(client.turn().await.transcript, "3 plus 4 is 7.");
}

#[tokio::test(start_paused = true)]
async fn a_spoken_turn_comes_back_in_another_voice() {
    let speech = some_speech().await;
    let mut client = Client::ready(&server(), json!({"inputAudioTranscription": {}})).await;
    client.hear(&silence(500)).await;
    client.hear(&speech).await;
    client.hear(&silence(1_000)).await;
    let turn = client.turn().await;
    assert_eq!(turn.order, ["audio", "generationComplete", "turnComplete"]);
    assert!(turn.transcript.starts_with("[your own words played back, "), "{}", turn.transcript);
    assert!(turn.transcript.contains("not Gemini"));
    assert_eq!(turn.input_transcript, "", "nobody recognised these words");
    adds_up(turn.usage.as_ref().expect("usage"));
    // What was said comes first, as loud where it was loud: the envelopes agree.
    let played = &turn.pcm[..speech.len().min(turn.pcm.len())];
    let best = (0..40).map(|shift| likeness(&speech, played, shift * 240)).fold(f64::MIN, f64::max);
    assert!(best > 0.8, "likeness {best}");
    // The second time it needs no explanation.
    client.hear(&speech).await;
    client.hear(&silence(1_000)).await;
    assert!(!client.turn().await.transcript.contains("not Gemini"));
}

/// How alike the loudness of two sounds runs, with the second delayed: the correlation over steps of 20 ms.
fn likeness(a: &[i16], b: &[i16], delay: usize) -> f64 {
    let level = |samples: &[i16]| samples.iter().map(|&s| f64::from(s).powi(2)).sum::<f64>().sqrt();
    let envelope = |samples: &[i16]| samples.chunks(480).map(level).collect::<Vec<f64>>();
    let (a, b) = (envelope(a), envelope(&b[delay.min(b.len())..]));
    let count = a.len().min(b.len());
    let mean = |values: &[f64]| values[..count].iter().sum::<f64>() / count as f64;
    let (mean_a, mean_b) = (mean(&a), mean(&b));
    let (mut product, mut square_a, mut square_b) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(&b) {
        product += (x - mean_a) * (y - mean_b);
        square_a += (x - mean_a).powi(2);
        square_b += (y - mean_b).powi(2);
    }
    product / (square_a * square_b).sqrt()
}

#[tokio::test(start_paused = true)]
async fn speech_over_a_reply_breaks_it_off() {
    let speech = some_speech().await;
    let mut client = Client::ready(&server(), json!({})).await;
    client.write("What can you do?").await;
    let before = client.first_audio().await;
    client.hear(&speech).await;
    let broken = client.turn().await;
    assert_eq!(
        broken.order.iter().rev().take(2).rev().copied().collect::<Vec<_>>(),
        ["interrupted", "turnComplete"]
    );
    assert!(!broken.order.contains(&"generationComplete"));
    let usage = broken.usage.as_ref().expect("usage");
    adds_up(usage);
    let sent = before.pcm.len() + broken.pcm.len();
    assert_eq!(usage.response_token_count, Some((sent as f64 / 24_000.0 * 25.0).ceil() as i64));
    client.hear(&silence(1_000)).await;
    assert!(client.turn().await.transcript.starts_with("[your own words"));
}

#[tokio::test(start_paused = true)]
async fn generated_reply_that_still_plays_can_be_interrupted() {
    let speech = some_speech().await;
    let mut client = Client::ready(&server(), json!({})).await;
    client.write("What can you do?").await;
    while client.next().await.server_content.is_none_or(|content| content.generation_complete.is_none()) {}
    client.hear(&speech).await;
    assert_eq!(client.turn().await.order, ["interrupted", "turnComplete"]);
}

#[tokio::test(start_paused = true)]
async fn no_interruption_makes_the_next_turn_wait() {
    let speech = some_speech().await;
    let config = json!({"realtimeInputConfig": {"activityHandling": "NO_INTERRUPTION"}});
    let mut client = Client::ready(&server(), config).await;
    client.write("What time is it?").await;
    client.first_audio().await;
    client.hear(&speech).await;
    client.hear(&silence(1_000)).await;
    let first = client.turn().await;
    assert!(first.order.ends_with(&["generationComplete", "turnComplete"]), "{:?}", first.order);
    assert!(client.turn().await.transcript.starts_with("[your own words"));
}

#[tokio::test(start_paused = true)]
async fn the_client_may_mark_its_turns_itself() {
    let speech = some_speech().await;
    let config = json!({"realtimeInputConfig": {"automaticActivityDetection": {"disabled": true}}});
    let mut client = Client::ready(&server(), config).await;
    client.hear(&speech).await;
    client.quiet_for(Duration::from_secs(5)).await;
    client.send(json!({"realtimeInput": {"activityStart": {}}})).await;
    client.hear(&speech).await;
    client.send(json!({"realtimeInput": {"activityEnd": {}}})).await;
    assert!(client.turn().await.transcript.starts_with("[your own words"));
    client.send(json!({"realtimeInput": {"activityStart": {}}})).await;
    client.send(json!({"realtimeInput": {"activityEnd": {}}})).await;
    assert!(client.turn().await.transcript.contains("heard nothing"));
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_stream_ends_the_turn() {
    let speech = some_speech().await;
    let mut client = Client::ready(&server(), json!({})).await;
    client.hear(&speech).await;
    client.quiet_for(Duration::from_secs(5)).await;
    client.send(json!({"realtimeInput": {"audioStreamEnd": true}})).await;
    assert!(client.turn().await.transcript.starts_with("[your own words"));
}

#[tokio::test(start_paused = true)]
async fn older_models_send_words_and_sound_apart() {
    let mut client = Client::connect(&server()).await;
    let setup: Value = json!({"model": "models/gemini-2.5-flash-native-audio-preview-12-2025", "outputAudioTranscription": {}});
    client.send(json!({ "setup": setup })).await;
    client.next().await;
    client.write("Tell me a joke").await;
    for message in client.turn().await.messages {
        let content = message.server_content.expect("content");
        assert!(content.model_turn.is_none() || content.output_transcription.is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn a_sliding_window_keeps_the_context_small() {
    let window = json!({"contextWindowCompression": {"triggerTokens": "400", "slidingWindow": {"targetTokens": "200"}}});
    let (mut slid, mut whole) = (Vec::new(), Vec::new());
    for (config, prompts) in [(window, &mut slid), (json!({}), &mut whole)] {
        let mut client = Client::ready(&server(), config).await;
        for _ in 0..8 {
            client.write("Tell me a joke").await;
            let usage = client.turn().await.usage.expect("usage");
            adds_up(&usage);
            prompts.push(usage.prompt_token_count.unwrap_or(0));
        }
    }
    assert!(whole.is_sorted() && whole[7] > 600, "{whole:?}");
    assert!(slid.iter().all(|&prompt| prompt <= 420) && !slid.is_sorted(), "{slid:?}");
}
