//! Forty spoken questions through whole sessions with the real models, clean and in noise: how many are understood as they
//! were meant, how many words are heard wrongly, and how long the first sound of an answer takes. Figures only.
//!
//! In real time, since time is what is measured: some six minutes. `VIVAVOCE_QUESTIONS=8` asks only so many.

// A bench says by a panic what it can't measure.
#![allow(clippy::panic)]
#![allow(clippy::print_stdout, reason = "a program for the terminal")]

#[path = "../../tests/live/client.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod client;
mod questions;
mod sound;
#[path = "../../tests/live/speech.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod speech_of_tests;
mod words;

use std::time::Duration;

use ::speech::{Files, Prosody, Voice};
use assets::Store;
use live_proto::wire::{ServerMessage, VoiceActivityType};
use live_server::LiveServer;
use practice::SpeechModels;
use serde_json::{Value, json};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use client::{Client, server_with};
use questions::{Expected, QUESTIONS, Question};
use sound::{CHARACTERS, Room, STEP, spoken};

/// Its client is told where speech ends.
const PATH: &str = "/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent";
const MODEL: &str = "projects/p/locations/l/publishers/google/models/gemini-3.8-live";
/// The silence that ends a turn, in ms.
const SILENCE: u32 = 500;
/// What is quieter than the speech by so much, in dB.
const NOISE: f32 = 15.0;
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

#[tokio::main]
async fn main() {
    let folder = Store::of_user().folder().expect("a folder").to_owned();
    let models = SpeechModels::in_folder(&folder);
    if !models.has_recogniser() || !models.has_voice() {
        println!("The models are not in {}: cargo xtask assets fetches them.", folder.display());
        std::process::exit(1);
    }
    let voice = Voice::load(&Files::in_folder(&folder)).expect("the voice loads");
    let server = server_with(|config| config.practice.models = models.clone());
    let count = std::env::var("VIVAVOCE_QUESTIONS")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(QUESTIONS.len());
    // The models are loaded with the first question; that is not what is measured.
    ask(&server, &voice, &QUESTIONS[0], CHARACTERS[0], None).await;
    for (name, noise) in [("clean", None), ("noise 15 dB below the speech", Some(NOISE))] {
        let mut all = Vec::new();
        for (n, question) in QUESTIONS.iter().take(count).enumerate() {
            let seen = ask(&server, &voice, question, CHARACTERS[n % CHARACTERS.len()], noise).await;
            let mark = if seen.right { ' ' } else { '✗' };
            println!(
                "{mark} {:>5} {:>5}  {:?} heard as {:?}",
                shown(seen.after_speech),
                shown(seen.after_turn),
                question.text,
                seen.heard
            );
            if !seen.right {
                println!("               and answered by {:?}", seen.answer);
            }
            all.push(seen);
        }
        report(name, &all);
        // What others have the machine do meanwhile makes the times longer: nobody can judge them without.
        if let Ok(load) = std::fs::read_to_string("/proc/loadavg") {
            let processors = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
            println!("{name}: {processors} processors, load {}", load.trim());
        }
    }
}

/// What came of a question.
#[derive(Default)]
struct Exchange {
    heard: String,
    answer: String,
    right: bool,
    /// From the last sound of the question to the first of the answer; a call has none.
    after_speech: Option<Duration>,
    /// From the end of the turn.
    after_turn: Option<Duration>,
    /// Words, and how many of them were heard wrongly.
    words: usize,
    wrong: usize,
}

fn shown(time: Option<Duration>) -> String {
    time.map_or("–".to_owned(), |time| time.as_millis().to_string())
}

fn report(name: &str, all: &[Exchange]) {
    let right = all.iter().filter(|seen| seen.right).count();
    let (words, wrong) =
        all.iter().fold((0, 0), |(words, wrong), seen| (words + seen.words, wrong + seen.wrong));
    println!(
        "{name}: {right} of {} understood as they were meant; {wrong} of {words} words heard wrongly",
        all.len()
    );
    for (what, times) in [
        (
            "the last sound of the question",
            all.iter().filter_map(|seen| seen.after_speech).collect::<Vec<_>>(),
        ),
        ("the end of the turn", all.iter().filter_map(|seen| seen.after_turn).collect()),
    ] {
        let mut times: Vec<u128> = times.iter().map(Duration::as_millis).collect();
        times.sort_unstable();
        let at =
            |part: usize| times.get(times.len().saturating_sub(1) * part / 100).copied().unwrap_or_default();
        println!(
            "{name}: first sound after {what}: p50 {} ms, p95 {} ms, most {} ms",
            at(50),
            at(95),
            at(100)
        );
    }
    println!("{name}: of the former {SILENCE} ms are the silence that ends a turn");
}

fn setup() -> Value {
    let place =
        |name: &str| json!({"type": "OBJECT", "properties": {name: {"type": "STRING"}}, "required": [name]});
    let room = json!({"type": "OBJECT", "properties": {"room": {"type": "STRING", "enum": ["kitchen", "bedroom"]}}, "required": ["room"]});
    json!({"setup": {
        "model": MODEL, "explicitVadSignal": true, "inputAudioTranscription": {}, "outputAudioTranscription": {},
        "realtimeInputConfig": {"automaticActivityDetection": {"silenceDurationMs": SILENCE}},
        "tools": [{"functionDeclarations": [
            {"name": "get_weather", "description": "Tells the weather and the forecast at a place", "behavior": "BLOCKING", "parameters": place("location")},
            {"name": "turn_on_light", "description": "Switches a light on", "behavior": "BLOCKING", "parameters": room},
        ]}]
    }})
}

async fn ask(
    server: &LiveServer,
    voice: &Voice,
    question: &Question,
    prosody: Prosody,
    noise: Option<f32>,
) -> Exchange {
    let pcm = spoken(voice, question.text, prosody);
    let mut client = Client::connect_as(server, PATH, &[]).await.expect("a connection");
    client.send(setup()).await;
    client.next().await.setup_complete.expect("ready");
    client.send(picture()).await;
    if let Some(before) = question.before {
        client.write(before).await;
        client.turn().await;
    }
    let mut room = Room::around(&pcm, noise);
    let mut clock = interval(Duration::from_millis(20));
    clock.set_missed_tick_behavior(MissedTickBehavior::Burst);
    for chunk in vec![0; 15 * STEP].chunks(STEP).chain(pcm.chunks(STEP)) {
        clock.tick().await;
        client.hear(&room.hear(chunk)).await;
    }
    let end = Instant::now();
    let mut seen = Exchange::default();
    let listening = async {
        let mut turn_end = None;
        loop {
            tokio::select! {
                _ = clock.tick() => client.hear(&room.hear(&[0; STEP])).await,
                message = client.next() => if seen.take(question, &message, end, &mut turn_end) { break },
            }
        }
    };
    if timeout(ANSWER_WITHIN, listening).await.is_err() {
        seen.answer.push_str("[nothing more came]");
    }
    (seen.words, seen.wrong) = words::compared(question.text, &seen.heard);
    if let Expected::Reply(answers) = question.expected {
        seen.right = answers.iter().any(|answer| seen.answer.contains(answer));
    }
    seen
}

impl Exchange {
    /// Takes note of a message; whether it was the last that matters.
    fn take(
        &mut self,
        question: &Question,
        message: &ServerMessage,
        end: Instant,
        turn_end: &mut Option<Instant>,
    ) -> bool {
        let activity =
            message.voice_activity.as_ref().and_then(|activity| activity.voice_activity_type.as_ref());
        if activity == Some(&VoiceActivityType::End) {
            *turn_end = Some(Instant::now());
        }
        if let Some(call) = message.tool_call.as_ref().and_then(|call| call.function_calls.first()) {
            self.answer = format!(
                "[{} {}]",
                call.name.as_deref().unwrap_or_default(),
                call.args.clone().unwrap_or_default()
            );
            self.right = matches!(question.expected, Expected::Called(name, with)
                if call.name.as_deref() == Some(name) && self.answer.contains(with));
            return true;
        }
        let Some(content) = &message.server_content else { return false };
        let text = |words: &Option<live_proto::wire::Transcription>| {
            words.as_ref().and_then(|words| words.text.clone())
        };
        self.heard.extend(text(&content.input_transcription));
        self.answer.extend(text(&content.output_transcription));
        if content.model_turn.is_some() && self.after_speech.is_none() {
            self.after_speech = Some(end.elapsed());
            self.after_turn = turn_end.map(|at| at.elapsed());
        }
        content.generation_complete == Some(true)
    }
}

/// A picture of nothing much.
fn picture() -> Value {
    let rgb = vec![120; 320 * 240 * 3];
    let mut jpeg = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut jpeg, 80);
    encoder.encode(&rgb, 320, 240, jpeg_encoder::ColorType::Rgb).expect("encoded");
    json!({"realtimeInput": {"video": {"data": live_proto::wire::Base64(jpeg), "mimeType": "image/jpeg"}}})
}
