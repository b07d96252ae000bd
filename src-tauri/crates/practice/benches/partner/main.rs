//! How good a partner it is without a language model, by the table of everyday sentences: typed, all of them; and spoken through
//! whole sessions with the real models, one hundred in two voices, clean and in noise, with the time to the first sound. Figures
//! only.
//!
//! The typed ones need no time, the spoken ones some fifteen minutes. `VIVAVOCE_SENTENCES=20` speaks only so many.

// A bench says by a panic what it can't measure.
#![allow(clippy::panic)]
#![allow(clippy::print_stdout, reason = "a program for the terminal")]

#[path = "../../tests/partner/cases.rs"]
mod cases;
#[path = "../../tests/live/client.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod client;
#[path = "../practice/sound.rs"]
#[allow(dead_code, reason = "the other bench has more voices")]
mod sound;
#[path = "../../tests/live/speech.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod speech_of_tests;

use std::time::Duration;

use ::speech::{Files, Prosody, Voice};
use assets::Store;
use live_proto::wire::ServerMessage;
use live_server::LiveServer;
use practice::SpeechModels;
use serde_json::{Value, json};
use tokio::runtime::Builder;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use cases::{Case, Seen, cases, fault, functions_of, result};
use client::{Client, server, server_with};
use sound::{Room, STEP, spoken};

/// Sentences that are spoken.
const SPOKEN: usize = 100;
/// The silence that ends a turn, in ms.
const SILENCE: u32 = 500;
/// What is quieter than the speech by so much, in dB.
const NOISE: f32 = 15.0;
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// A lower and a higher voice.
const VOICES: [Prosody; 2] =
    [Prosody { pitch: 0.6, throat: 0.87, speed: 1.0 }, Prosody { pitch: 1.1, throat: 1.05, speed: 1.05 }];
/// Kinds that say nothing when they are spoken: the recogniser writes English, and letters are written.
const NOT_SPOKEN: [&str; 2] = ["languages", "small"];

fn main() {
    let all = cases();
    // On tokio's paused clock a reply takes no time.
    let paused = Builder::new_current_thread().enable_all().start_paused(true).build().expect("a runtime");
    paused.block_on(typed(&all));
    let folder = Store::of_user().folder().expect("a folder").to_owned();
    let models = SpeechModels::in_folder(&folder);
    if !models.has_recogniser() || !models.has_voice() {
        println!("The models are not in {}: cargo xtask assets fetches them.", folder.display());
        std::process::exit(1);
    }
    let voice = Voice::load(&Files::in_folder(&folder)).expect("the voice loads");
    let real = Builder::new_multi_thread().enable_all().build().expect("a runtime");
    real.block_on(spoken_aloud(&all, &models, &voice));
}

async fn typed(all: &[Case]) {
    let server = server();
    let mut right = 0;
    for case in all {
        let mut client = Client::connect(&server).await;
        client.send(setup(&case.functions)).await;
        client.next().await.setup_complete.expect("ready");
        for before in &case.before {
            client.write(before).await;
            typed_turn(&mut client).await;
        }
        client.write(&case.text).await;
        let seen = typed_turn(&mut client).await;
        match fault(&seen, &case.expected) {
            None => right += 1,
            Some(fault) => println!("✗ typed {:?}: lacks {fault:?}, answered by {:?}", case.text, seen.said),
        }
    }
    println!("typed: {right} of {} as expected ({:.1} %)", all.len(), percent(right, all.len()));
}

/// What comes to the end of a turn, its calls answered.
async fn typed_turn(client: &mut Client) -> Seen {
    let mut seen = Seen::default();
    loop {
        let message = client.next().await;
        if take(&mut seen, &message, client).await {
            return seen;
        }
    }
}

/// Takes note of a message, and answers its calls; whether the turn is generated.
async fn take(seen: &mut Seen, message: &ServerMessage, client: &mut Client) -> bool {
    let calls = message.tool_call.iter().flat_map(|call| &call.function_calls);
    let mut answers = Vec::new();
    for call in calls {
        let (name, args) = (call.name.clone().unwrap_or_default(), call.args.clone().unwrap_or(json!({})));
        answers.push(json!({"id": call.id, "name": name, "response": result(&name, &args)}));
        seen.calls.push((name, args));
    }
    if !answers.is_empty() {
        client.send(json!({"toolResponse": {"functionResponses": answers}})).await;
    }
    let Some(content) = &message.server_content else { return false };
    let text = content.output_transcription.as_ref().and_then(|words| words.text.as_ref());
    seen.said.extend(text.map(String::as_str));
    seen.looked = seen.said.contains("I have no picture yet");
    content.generation_complete == Some(true)
}

fn setup(functions: &str) -> Value {
    let mut declared = functions_of(functions);
    for function in &mut declared {
        function["behavior"] = Value::from("BLOCKING");
    }
    let mut setup = json!({
        "model": "models/gemini-3.8-live", "inputAudioTranscription": {}, "outputAudioTranscription": {},
        "generationConfig": {"responseModalities": ["AUDIO"]},
        "realtimeInputConfig": {"automaticActivityDetection": {"silenceDurationMs": SILENCE}}
    });
    if !declared.is_empty() {
        setup["tools"] = json!([{"functionDeclarations": declared}]);
    }
    json!({ "setup": setup })
}

async fn spoken_aloud(all: &[Case], models: &SpeechModels, voice: &Voice) {
    let server = server_with(|config| config.practice.models = models.clone());
    let fit: Vec<&Case> = all
        .iter()
        .filter(|case| case.before.is_empty() && !NOT_SPOKEN.contains(&case.kind.as_str()))
        .collect();
    let count =
        std::env::var("VIVAVOCE_SENTENCES").ok().and_then(|count| count.parse().ok()).unwrap_or(SPOKEN);
    // Evenly from all kinds.
    let chosen: Vec<&Case> =
        (0..count.min(fit.len())).map(|n| fit[n * fit.len() / count.min(fit.len())]).collect();
    // The models are loaded with the first question; that is not what is measured.
    ask(&server, voice, chosen[0], VOICES[0], None).await;
    for (name, noise) in [("clean", None), ("noise 15 dB below the speech", Some(NOISE))] {
        let (mut right, mut times) = (0, Vec::new());
        for (n, case) in chosen.iter().enumerate() {
            let (seen, heard, after) = ask(&server, voice, case, VOICES[n % VOICES.len()], noise).await;
            times.extend(after.map(|after| after.as_millis()));
            match fault_spoken(&seen, &case.expected) {
                None => right += 1,
                Some(fault) => {
                    println!(
                        "✗ {name}: {:?} heard as {heard:?} lacks {fault:?}, answered by {:?}",
                        case.text, seen.said
                    );
                }
            }
        }
        times.sort_unstable();
        let at =
            |part: usize| times.get(times.len().saturating_sub(1) * part / 100).copied().unwrap_or_default();
        println!("{name}: {right} of {} as expected ({:.1} %)", chosen.len(), percent(right, chosen.len()));
        println!(
            "{name}: first sound after the end of speech: p50 {} ms, p95 {} ms, of which {SILENCE} ms are the silence that ends a turn",
            at(50),
            at(95)
        );
        if let Ok(load) = std::fs::read_to_string("/proc/loadavg") {
            println!("{name}: load {}", load.trim());
        }
    }
}

/// What comes of a spoken sentence, how it was heard, and how long the first sound took.
async fn ask(
    server: &LiveServer,
    voice: &Voice,
    case: &Case,
    prosody: Prosody,
    noise: Option<f32>,
) -> (Seen, String, Option<Duration>) {
    // Nobody says a sign.
    let text = case.text.replace('+', " plus ").replace('*', " times ");
    let pcm = spoken(voice, &text, prosody);
    let mut client = Client::connect(server).await;
    client.send(setup(&case.functions)).await;
    client.next().await.setup_complete.expect("ready");
    let mut room = Room::around(&pcm, noise);
    let mut clock = interval(Duration::from_millis(20));
    clock.set_missed_tick_behavior(MissedTickBehavior::Burst);
    for chunk in vec![0; 15 * STEP].chunks(STEP).chain(pcm.chunks(STEP)) {
        clock.tick().await;
        client.hear(&room.hear(chunk)).await;
    }
    let end = Instant::now();
    let (mut seen, mut heard, mut after) = (Seen::default(), String::new(), None);
    let listening = async {
        loop {
            tokio::select! {
                _ = clock.tick() => client.hear(&room.hear(&[0; STEP])).await,
                message = client.next() => {
                    let content = message.server_content.as_ref();
                    let text = content.and_then(|content| content.input_transcription.as_ref()?.text.clone());
                    heard.extend(text);
                    if content.is_some_and(|content| content.model_turn.is_some()) {
                        after.get_or_insert(end.elapsed());
                    }
                    if take(&mut seen, &message, &mut client).await { break }
                }
            }
        }
    };
    if timeout(ANSWER_WITHIN, listening).await.is_err() {
        seen.said.push_str("nothing more came");
    }
    (seen, heard, after)
}

/// The same for a spoken sentence: a recogniser may write a number in digits.
fn fault_spoken(seen: &Seen, expected: &str) -> Option<String> {
    let digits = expected.split(' ').map(|word| match word {
        "one" => "1",
        "two" => "2",
        "three" => "3",
        "four" => "4",
        "five" => "5",
        "six" => "6",
        "seven" => "7",
        "eight" => "8",
        "nine" => "9",
        "ten" => "10",
        word => word,
    });
    fault(seen, expected).filter(|_| fault(seen, &digits.collect::<Vec<_>>().join(" ")).is_some())
}

fn percent(right: usize, all: usize) -> f64 {
    right as f64 * 100.0 / all.max(1) as f64
}
