//! Asks spoken questions in real time and prints how long the first sound of each answer takes, from the last sound of
//! the question and from the end of the turn: `cargo run -p rehearsal --example answer_time`.
#![expect(clippy::print_stdout, reason = "a program for the terminal")]
#![allow(clippy::panic, reason = "the tests' client says by a panic what it saw")]

#[path = "../tests/live/client.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod client;
#[path = "../tests/live/speech.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod speech;

use std::time::{Duration, Instant};

use ::speech::{Files, Manner, RATE, Voice};
use assets::Store;
use rehearsal::Models;
use serde_json::json;
use tokio::time::{MissedTickBehavior, interval};

use client::{Client, server_with};

const QUESTIONS: [&str; 10] = [
    "What time is it?",
    "Can you tell me a joke?",
    "What can you do?",
    "My name is Anna.",
    "What is my name?",
    "How much is seven times eight?",
    "What is the date today?",
    "How are you?",
    "Tell me something funny, please.",
    "What do you see in the picture?",
];
/// The silence that ends a turn, in ms.
const SILENCE: usize = 500;

#[tokio::main]
async fn main() {
    let store = Store::of_user();
    let folder = store.folder().expect("a folder").to_owned();
    let voice = Voice::load(&Files::in_folder(&folder)).expect("the voice loads");
    let server = server_with(|config| config.models = Models::in_folder(&folder));
    let config = json!({
        "inputAudioTranscription": {},
        "realtimeInputConfig": {"automaticActivityDetection": {"silenceDurationMs": SILENCE}},
    });
    let mut client = Client::ready(&server, config).await;
    // The models are loaded with the first question; that is not what is measured.
    let mut waits = Vec::new();
    for (n, question) in std::iter::once(&"Hello there.").chain(&QUESTIONS).enumerate() {
        let spoken = voice.speak(question, Manner { pitch: 0.6, throat: 0.87, speed: 1.0 }).expect("spoken");
        let end = spoken.pcm.iter().rposition(|sample| sample.unsigned_abs() > 300).unwrap_or(0);
        let (wait, heard) = ask(&mut client, &spoken.pcm[..end]).await;
        client.turn().await;
        println!("{wait:>5} ms  {question:?} heard as {heard:?}");
        if n > 0 {
            waits.push(wait);
        }
    }
    waits.sort_unstable();
    let at = |part: usize| waits[(waits.len() - 1) * part / 100];
    println!("first sound after the last of the question: p50 {} ms, p95 {} ms", at(50), at(95));
    println!("of which {SILENCE} ms are the silence that ends a turn");
}

/// Sends the question and then silence, 20 ms each 20 ms, until the answer begins; how long that took from its end, and
/// what was heard.
async fn ask(client: &mut Client, pcm: &[i16]) -> (u128, String) {
    let mut heard = String::new();
    let mut clock = interval(Duration::from_millis(20));
    clock.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let step = RATE as usize / 50;
    for chunk in pcm.chunks(step) {
        clock.tick().await;
        client.hear(chunk).await;
    }
    let end = Instant::now();
    loop {
        tokio::select! {
            _ = clock.tick() => client.hear(&vec![0; step]).await,
            message = client.next() => {
                let content = message.server_content.unwrap_or_default();
                heard.extend(content.input_transcription.and_then(|words| words.text));
                if content.model_turn.is_some() {
                    return (end.elapsed().as_millis(), heard);
                }
            }
        }
    }
}
