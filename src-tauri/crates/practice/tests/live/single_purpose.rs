//! The models that do one thing: gemini-3.5-transcribe-live writes down what is said, gemini-3.5-live-translate-preview says
//! it again in another language (PROTOCOL.md §13).

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use live_proto::wire::{ServerContent, ServerMessage};
use live_server::LiveServer;
use practice::{SpeechModels, SpeechToText, TextToSpeech};
use serde_json::{Value, json};
use speech::{Prosody, Spoken};
use tokio::time::timeout;

use crate::client::{Client, server_with};
use crate::speech::{silence, some_speech};

const TRANSCRIBER: &str = "models/gemini-3.5-transcribe-live";
const INTERPRETER: &str = "models/gemini-3.5-live-translate-preview";

/// Hears one word more every quarter of a second.
struct Grows;

impl SpeechToText for Grows {
    fn transcribe(&self, samples: &[i16], _: &AtomicBool) -> Option<::speech::Transcript> {
        let words = "Where is the nearest station?".split(' ').take(1 + samples.len() / 4_000);
        Some(words.collect::<Vec<_>>().join(" ").into())
    }
}

/// Hears a noise.
struct HearsNothing;

impl SpeechToText for HearsNothing {
    fn transcribe(&self, _: &[i16], _: &AtomicBool) -> Option<::speech::Transcript> {
        Some(String::new().into())
    }
}

/// Says each word in a tenth of a second.
struct Hum;

impl TextToSpeech for Hum {
    fn speak(&self, sentence: &str, _: Prosody) -> Option<Spoken> {
        let words: Vec<(String, usize)> =
            sentence.split(' ').enumerate().map(|(n, word)| (word.to_owned(), n * 2_400)).collect();
        Some(Spoken { pcm: vec![77; words.len() * 2_400], words })
    }
}

fn hearing(ears: Arc<dyn SpeechToText>) -> LiveServer {
    server_with(|config| config.practice.models = SpeechModels::of(Some(Arc::new(Hum)), Some(ears)))
}

async fn ready(server: &LiveServer, model: &str, generation: Value, more: Value) -> Client {
    let mut setup = json!({"model": model, "generationConfig": generation, "inputAudioTranscription": {}});
    if let (Some(setup), Value::Object(more)) = (setup.as_object_mut(), more) {
        setup.extend(more);
    }
    Client::ready(server, setup).await
}

async fn transcriber(ears: Arc<dyn SpeechToText>, more: Value) -> Client {
    ready(&hearing(ears), TRANSCRIBER, json!({"responseModalities": ["TEXT"]}), more).await
}

async fn interpreter(translation: Value) -> Client {
    let generation = json!({"responseModalities": ["AUDIO"], "translationConfig": translation});
    ready(&hearing(Arc::new(Grows)), INTERPRETER, generation, json!({})).await
}

async fn say(client: &mut Client) {
    client.hear(&some_speech().await).await;
    client.hear(&silence(1_000)).await;
}

/// Everything that comes until nothing does.
async fn all(client: &mut Client) -> Vec<ServerMessage> {
    let mut messages = Vec::new();
    while let Ok(message) = timeout(Duration::from_secs(30), client.next()).await {
        messages.push(message);
    }
    messages
}

fn contents(messages: &[ServerMessage]) -> impl Iterator<Item = &ServerContent> {
    messages.iter().filter_map(|message| message.server_content.as_ref())
}

/// What each message is, in order, repeated kinds once.
fn kinds(messages: &[ServerMessage]) -> Vec<&'static str> {
    let mut kinds = Vec::new();
    for message in messages {
        let content = message.server_content.clone().unwrap_or_default();
        let activity = message.voice_activity.as_ref().and_then(|told| told.voice_activity_type.as_ref());
        let kind = match activity.map(live_proto::wire::VoiceActivityType::as_str) {
            Some("ACTIVITY_START") => "start",
            Some(_) => "end",
            None if content.interim_input_transcription.is_some() => "draft",
            None if content.input_transcription.is_some() => "heard",
            None if content.generation_complete == Some(true) => "generationComplete",
            None if content.model_turn.is_some() => "sound",
            None if content.output_transcription.is_some() => "said",
            None => "other",
        };
        if kinds.last() != Some(&kind) {
            kinds.push(kind);
        }
    }
    kinds
}

fn heard(messages: &[ServerMessage]) -> Vec<String> {
    contents(messages).filter_map(|content| content.input_transcription.as_ref()?.text.clone()).collect()
}

fn said(messages: &[ServerMessage]) -> String {
    contents(messages).filter_map(|content| content.output_transcription.as_ref()?.text.clone()).collect()
}

fn sound(messages: &[ServerMessage]) -> Vec<u8> {
    let parts =
        contents(messages).filter_map(|content| content.model_turn.as_ref()).flat_map(|turn| &turn.parts);
    parts.filter_map(|part| part.inline_data.as_ref()).flat_map(|blob| blob.bytes().to_vec()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_transcriber_sends_drafts_and_then_the_transcript() {
    let mut client = transcriber(Arc::new(Grows), json!({})).await;
    for _ in 0..2 {
        say(&mut client).await;
        let messages = all(&mut client).await;
        assert_eq!(kinds(&messages), ["start", "draft", "heard", "generationComplete", "end"]);
        let drafts: Vec<&str> = contents(&messages)
            .filter_map(|content| content.interim_input_transcription.as_ref()?.text.as_deref())
            .collect();
        assert!(drafts.windows(2).all(|pair| pair[1].starts_with(pair[0])), "each has all of it: {drafts:?}");
        assert_eq!(heard(&messages), ["Where is the nearest station?"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_transcriber_ends_what_is_marked_or_flushed_and_what_has_no_words() {
    let marked = json!({"realtimeInputConfig": {"automaticActivityDetection": {"disabled": true}}});
    let mut client = transcriber(Arc::new(Grows), marked).await;
    client.send(json!({"realtimeInput": {"activityStart": {}}})).await;
    client.hear(&some_speech().await).await;
    client.send(json!({"realtimeInput": {"activityEnd": {}}})).await;
    assert_eq!(kinds(&all(&mut client).await), ["start", "draft", "heard", "generationComplete", "end"]);

    let mut client = transcriber(Arc::new(Grows), json!({})).await;
    client.hear(&some_speech().await).await;
    client.send(json!({"realtimeInput": {"audioStreamEnd": true}})).await;
    assert_eq!(heard(&all(&mut client).await), ["Where is the nearest station?"]);

    let mut client = transcriber(Arc::new(HearsNothing), json!({})).await;
    say(&mut client).await;
    assert_eq!(kinds(&all(&mut client).await), ["start", "generationComplete", "end"]);
}

#[tokio::test(start_paused = true)]
async fn a_transcriber_writes_and_answers_nothing() {
    let mut client = Client::connect(&hearing(Arc::new(Grows))).await;
    client
        .send(json!({"setup": {"model": TRANSCRIBER, "generationConfig": {"responseModalities": ["AUDIO"]}}}))
        .await;
    let (code, reason) = client.close_reason().await;
    assert_eq!(code, 1007);
    assert_eq!(
        reason,
        "The requested combination of response modalities (AUDIO) is not supported by the model"
    );
    let mut client = transcriber(Arc::new(Grows), json!({})).await;
    client.write("What is 2 + 3?").await;
    client.quiet_for(Duration::from_secs(30)).await;
}

#[tokio::test(start_paused = true)]
async fn an_interpreter_has_no_turns() {
    let mut client = interpreter(json!({"targetLanguageCode": "pl"})).await;
    for _ in 0..2 {
        say(&mut client).await;
        let messages = all(&mut client).await;
        assert_eq!(kinds(&messages)[0], "heard");
        assert!(
            kinds(&messages).iter().all(|kind| ["heard", "sound", "said"].contains(kind)),
            "{messages:?}"
        );
        assert_eq!(heard(&messages).concat().trim(), "Where is the nearest station?");
        assert_eq!(said(&messages), "Where is the nearest station?");
        assert!(sound(&messages).iter().any(|&byte| byte != 0));
    }
    // Who goes on speaking cuts nothing.
    let speech = some_speech().await;
    client.hear(&speech).await;
    client.hear(&silence(1_000)).await;
    client.first_audio().await;
    client.hear(&speech).await;
    client.hear(&silence(1_000)).await;
    let messages = all(&mut client).await;
    assert!(
        contents(&messages).all(|content| content.interrupted.is_none() && content.turn_complete.is_none())
    );
    assert!(said(&messages).ends_with("Where is the nearest station?"), "{}", said(&messages));
}

#[tokio::test(start_paused = true)]
async fn an_interpreter_repeats_its_language_if_asked_and_is_mute_without_one() {
    let english = |echo| json!({"targetLanguageCode": "en-GB", "echoTargetLanguage": echo});
    let no_language = json!({});
    for (translation, speaks, makes_sound) in
        [(english(true), true, true), (english(false), false, false), (no_language, false, true)]
    {
        let mut client = interpreter(translation.clone()).await;
        say(&mut client).await;
        let messages = all(&mut client).await;
        assert_eq!(heard(&messages).concat().trim(), "Where is the nearest station?", "{translation}");
        assert_eq!(!said(&messages).is_empty(), speaks, "{translation}");
        assert_eq!(sound(&messages).iter().any(|&byte| byte != 0), speaks, "{translation}");
        assert_eq!(!sound(&messages).is_empty(), makes_sound, "{translation}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_target_language_is_taken_by_models_that_talk() {
    let generation =
        json!({"responseModalities": ["AUDIO"], "translationConfig": {"targetLanguageCode": "pl"}});
    let server = hearing(Arc::new(Grows));
    let mut client = ready(&server, "models/gemini-3.8-live", generation, json!({})).await;
    client.write("What is 2 + 3?").await;
    assert_eq!(client.turn().await.transcript, "2 plus 3 is 5.");
}
