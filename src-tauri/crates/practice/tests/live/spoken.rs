//! Turns that are understood, and replies in a real voice: with doubles in the places of the models.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use live_server::LiveServer;
use practice::{SpeechModels, SpeechToText, TextToSpeech};
use serde_json::json;
use speech::{Prosody, Spoken};

use crate::client::{Client, server_with};
use crate::speech::{silence, some_speech};

/// Hears the same words in whatever is said, more of them the longer it lasts.
struct Parrot(&'static str);

impl SpeechToText for Parrot {
    fn transcribe(&self, samples: &[i16], _: &AtomicBool) -> Option<::speech::Transcript> {
        let words = self.0.split(' ').take(1 + samples.len() / 6_000);
        Some(words.collect::<Vec<_>>().join(" ")).filter(|text| text != "fail").map(Into::into)
    }
}

/// Says a sentence as a hum of 100 ms a word.
struct Hum;

impl TextToSpeech for Hum {
    fn speak(&self, sentence: &str, _: Prosody) -> Option<Spoken> {
        let words: Vec<(String, usize)> =
            sentence.split(' ').enumerate().map(|(n, word)| (word.to_owned(), n * 2_400)).collect();
        Some(Spoken { pcm: vec![77; words.len() * 2_400], words })
    }
}

fn server(words: &'static str) -> LiveServer {
    server_with(|config| {
        config.practice.models = SpeechModels::of(Some(Arc::new(Hum)), Some(Arc::new(Parrot(words))));
    })
}

async fn say(client: &mut Client) {
    let speech = some_speech().await;
    say_this(client, &speech).await;
}

/// Who has a reply to read must not wait for the speech first.
async fn say_this(client: &mut Client, speech: &[i16]) {
    client.hear(speech).await;
    client.hear(&silence(1_000)).await;
}

#[tokio::test(start_paused = true)]
async fn a_spoken_question_is_written_down_and_answered_by_the_voice() {
    let mut client = Client::ready(&server("What time is it?"), json!({"inputAudioTranscription": {}})).await;
    say(&mut client).await;
    let turn = client.turn().await;
    assert_eq!(turn.input_transcript, "What time is it?");
    assert_eq!(turn.transcript, "It's 2:05 in the afternoon.");
    assert!(turn.pcm.iter().all(|&sample| sample == 77), "the voice said it, and nobody else");
    assert_eq!(turn.pcm.len(), 5 * 2_400);
    assert_eq!(turn.order, ["audio", "generationComplete", "turnComplete"]);
    assert_eq!(turn.complete.expect("an end") - turn.first_audio.expect("audio"), Duration::from_millis(500));
}

#[tokio::test(start_paused = true)]
async fn speech_is_remembered_and_on_2_5_transcribed_if_asked_for() {
    let model = json!({"model": "models/gemini-2.5-flash-native-audio-latest"});
    let mut client = Client::ready(&server("My name is Ada."), model).await;
    say(&mut client).await;
    let turn = client.turn().await;
    assert!(turn.transcript.contains("Nice to meet you, Ada"), "{}", turn.transcript);
    assert_eq!(turn.input_transcript, "");
    client.write("What is my name?").await;
    assert_eq!(client.turn().await.transcript, "Your name is Ada.");
}

#[tokio::test(start_paused = true)]
async fn speech_is_transcribed_unasked_on_3_x() {
    for model in ["models/gemini-3.8-live", "models/gemini-3.1-flash-live-preview"] {
        let mut client = Client::ready(&server("My name is Ada."), json!({ "model": model })).await;
        say(&mut client).await;
        assert_eq!(client.turn().await.input_transcript, "My name is Ada.", "{model}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_noise_without_words_is_not_answered() {
    let mut client = Client::ready(&server(""), json!({"inputAudioTranscription": {}})).await;
    say(&mut client).await;
    client.quiet_for(Duration::from_secs(30)).await;
}

#[tokio::test(start_paused = true)]
async fn a_recogniser_that_fails_leaves_the_old_answer() {
    let mut client = Client::ready(&server("fail"), json!({})).await;
    say(&mut client).await;
    assert!(client.turn().await.transcript.starts_with("[your own words"));
}

#[tokio::test(start_paused = true)]
async fn speech_breaks_off_the_voice_and_is_answered() {
    let mut client = Client::ready(&server("Tell me a joke"), json!({"inputAudioTranscription": {}})).await;
    let speech = some_speech().await;
    client.write("What can you do?").await;
    client.first_audio().await;
    say_this(&mut client, &speech).await;
    assert_eq!(client.turn().await.order.last_chunk(), Some(&["interrupted", "turnComplete"]));
    let answer = client.turn().await;
    assert_eq!(answer.input_transcript, "Tell me a joke");
    assert!(answer.transcript.contains("microphone"), "{}", answer.transcript);
}

#[tokio::test(start_paused = true)]
async fn marked_turns_are_heard_too() {
    let config = json!({"realtimeInputConfig": {"automaticActivityDetection": {"disabled": true}}, "inputAudioTranscription": {}});
    let mut client = Client::ready(&server("What is 12 times 7?"), config).await;
    client.send(json!({"realtimeInput": {"activityStart": {}}})).await;
    client.hear(&some_speech().await).await;
    client.send(json!({"realtimeInput": {"activityEnd": {}}})).await;
    let turn = client.turn().await;
    assert_eq!(
        (turn.input_transcript.as_str(), turn.transcript.as_str()),
        ("What is 12 times 7?", "12 times 7 is 84.")
    );
}

#[tokio::test(start_paused = true)]
async fn a_vertex_client_is_told_where_speech_is() {
    let server = server("Hello there");
    let path = "/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent";
    let mut client = Client::connect_as(&server, path, &[]).await.expect("a connection");
    let model = "projects/p/locations/l/publishers/google/models/gemini-3.8-live";
    client.send(json!({"setup": {"model": model, "explicitVadSignal": true}})).await;
    client.next().await.setup_complete.expect("ready");
    client.hear(&silence(1_000)).await;
    say(&mut client).await;
    let turn = client.turn().await;
    let activities: Vec<(String, u128)> = turn
        .messages
        .iter()
        .filter_map(|message| message.voice_activity.as_ref())
        .map(|activity| {
            let kind = activity.voice_activity_type.as_ref().expect("a kind").as_str().to_owned();
            (kind, activity.audio_offset.expect("an offset").0.as_millis())
        })
        .collect();
    let [(start, from), (end, to)] = activities.as_slice() else { panic!("{activities:?}") };
    assert_eq!((start.as_str(), end.as_str()), ("ACTIVITY_START", "ACTIVITY_END"));
    assert!((1_000..2_000).contains(from) && *to > from + 1_000, "{from} {to}");
}

#[tokio::test(start_paused = true)]
async fn without_interruption_the_heard_words_wait_for_their_turn() {
    let config = json!({"realtimeInputConfig": {"activityHandling": "NO_INTERRUPTION"}});
    let mut client = Client::ready(&server("Tell me a joke"), config).await;
    let speech = some_speech().await;
    client.write("What can you do?").await;
    client.first_audio().await;
    say_this(&mut client, &speech).await;
    let first = client.turn().await;
    assert!(first.order.ends_with(&["generationComplete", "turnComplete"]), "{:?}", first.order);
    assert!(client.turn().await.transcript.contains("microphone"));
}
