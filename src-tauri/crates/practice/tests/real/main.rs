//! A spoken conversation with the real models: what the voice asks, the server understands and answers.
//!
//! `cargo xtask test` fetches the models before it runs this; `cargo xtask assets` does it by hand. Without them it
//! fails and says so.

// A test says by a panic what it saw; in helper functions clippy does not know that they are tests.
#![allow(clippy::panic)]

#[path = "../live/client.rs"]
#[allow(dead_code, reason = "the other tests use more of it")]
mod client;
#[path = "../live/speech.rs"]
#[allow(dead_code, reason = "the other tests use more of it")]
mod speech;

use std::path::PathBuf;

use ::speech::{Files, Prosody, Voice};
use assets::{Catalogue, Store};
use live_server::LiveServer;
use practice::SpeechModels;
use serde_json::json;

use client::{Client, server_with};
use speech::silence;

fn folder() -> PathBuf {
    Store::of_user().whole_folder(&Catalogue::embedded()).unwrap_or_else(|error| panic!("{error}"))
}

fn server() -> LiveServer {
    server_with(|config| config.practice.models = SpeechModels::in_folder(&folder()))
}

#[tokio::test(start_paused = true)]
async fn spoken_questions_are_understood_and_answered_aloud() {
    let voice = Voice::load(&Files::in_folder(&folder())).expect("the voice loads");
    let mut client = Client::ready(&server(), json!({"inputAudioTranscription": {}})).await;
    for (question, heard, answer) in [
        ("What time is it?", "time", "2:05 in the afternoon"),
        ("My name is Anna.", "Anna", "Anna"),
        ("What is my name?", "name", "Your name is Anna."),
        ("Can you tell me a joke?", "joke", "microphone"),
        ("What is seventeen times four?", "times", "is 68"),
        ("Set a timer for twenty minutes.", "timer", "set for 20 minutes"),
        ("What can you see in the picture?", "see", "no picture yet"),
        ("What day is it today?", "day", "Sunday, 22 November 2026"),
        ("What can you do?", "do", "I can tell jokes"),
    ] {
        let spoken = voice.speak(question, Prosody { pitch: 0.6, throat: 0.87, speed: 1.0 }).expect("spoken");
        client.hear(&silence(300)).await;
        client.hear(&spoken.pcm).await;
        client.hear(&silence(1_000)).await;
        let turn = client.turn().await;
        assert!(
            turn.input_transcript.contains(heard),
            "{question:?} was heard as {:?}",
            turn.input_transcript
        );
        assert!(turn.transcript.contains(answer), "{question:?} was answered by {:?}", turn.transcript);
        assert!(turn.pcm.len() > 12_000, "{} samples", turn.pcm.len());
    }
}
