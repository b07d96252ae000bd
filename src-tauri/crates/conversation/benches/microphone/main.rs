//! Forty spoken questions as a person would ask them: through the virtual sound card, the capture path with its
//! canceller, the session and the practice partner with its real models. How many words are heard wrongly, how many questions
//! are understood as they were meant, and how long the first sound of an answer takes. Figures only.
//!
//! Every other question is spoken by espeak-ng, the rest by the partner's own voice; in the noise it is the other way round. In
//! real time: some ten minutes. `VIVAVOCE_QUESTIONS=8` asks only so many. Needs the virtual card: `cargo xtask bench microphone`.

// A bench says by a panic what it can't measure.
#![allow(clippy::panic)]
#![allow(clippy::print_stdout, reason = "a program for the terminal")]

mod arrival;
mod functions;
mod speech_source;
mod talk;

// What is asked, how a room sounds and how words are compared, as in the bench of the partner alone.
#[path = "../../../practice/benches/practice/questions.rs"]
mod questions;
#[path = "../../../practice/benches/practice/sound.rs"]
mod sound;
#[path = "../../../practice/benches/practice/words.rs"]
mod words;

use std::time::Duration;

use assets::Store;
use practice::SpeechModels;
use speech::{Files, Voice};

use questions::QUESTIONS;
use speech_source::{SpeechSource, Talker};
use talk::Measured;

/// What is quieter than the speech by so much, in dB: a quiet room, which a microphone never hears as zeros, and one with a fan.
const QUIET: f32 = 60.0;
const NOISE: f32 = 15.0;

#[tokio::main]
async fn main() {
    let folder = Store::of_user().folder().expect("a folder").to_owned();
    let models = SpeechModels::in_folder(&folder);
    if !models.has_recogniser() || !models.has_voice() {
        println!("The models are not in {}: cargo xtask assets fetches them.", folder.display());
        std::process::exit(1);
    }
    let voice = Voice::load(&Files::in_folder(&folder)).expect("the voice loads");
    let count = std::env::var("VIVAVOCE_QUESTIONS").ok().and_then(|count| count.parse().ok());
    let asked = &QUESTIONS[..count.unwrap_or(QUESTIONS.len()).min(QUESTIONS.len())];
    let mut source = SpeechSource::open();
    // The models are loaded with the first question; that is not what is measured.
    talk::ask(&models, &mut source, &asked[0], &Talker::Own(0).speak(&voice, asked[0].text), QUIET).await;
    for (name, noise, first) in [("clean", QUIET, 0), ("noise 15 dB below the speech", NOISE, 1)] {
        let mut all = Vec::new();
        for (n, question) in asked.iter().enumerate() {
            let speaker = if (n + first).is_multiple_of(2) { Talker::Own(n) } else { Talker::Espeak(n) };
            let pcm = speaker.speak(&voice, question.text);
            let seen = talk::ask(&models, &mut source, question, &pcm, noise).await;
            let mark = if seen.right { ' ' } else { '✗' };
            let ms = seen.until_heard.map_or("–".to_owned(), |time| time.as_millis().to_string());
            println!("{mark} {ms:>5} {speaker}  {:?} heard as {:?}", question.text, seen.heard);
            if !seen.right {
                println!("               and answered by {:?}", seen.answer);
            }
            all.push((speaker, seen));
        }
        report(name, &all);
    }
}

fn report(name: &str, all: &[(Talker, Measured)]) {
    let own = |(speaker, _): &&(Talker, Measured)| matches!(speaker, Talker::Own(_));
    for (who, some) in [
        ("its own voice", all.iter().filter(own).collect::<Vec<_>>()),
        ("espeak-ng", all.iter().filter(|each| !own(each)).collect()),
        ("both", all.iter().collect()),
    ] {
        let right = some.iter().filter(|(_, seen)| seen.right).count();
        let words: usize = some.iter().map(|(_, seen)| seen.words).sum();
        let wrong: usize = some.iter().map(|(_, seen)| seen.wrong).sum();
        let share = wrong as f64 / words.max(1) as f64 * 100.0;
        println!(
            "{name}, {who}: {right} of {} understood as they were meant; {wrong} of {words} words ({share:.1} %) heard wrongly",
            some.len()
        );
    }
    let mut times: Vec<Duration> = all.iter().filter_map(|(_, seen)| seen.until_heard).collect();
    times.sort_unstable();
    let at = |part: usize| {
        times.get(times.len().saturating_sub(1) * part / 100).copied().unwrap_or_default().as_millis()
    };
    println!(
        "{name}: from the last sound of the question to the first of the answer: p50 {} ms, p95 {} ms, most {} ms, of {}; {} ms of \
         them are the silence that ends a turn",
        at(50),
        at(95),
        at(100),
        times.len(),
        talk::SILENCE
    );
    // What others have the machine do meanwhile makes the times longer: nobody can judge them without.
    if let Ok(load) = std::fs::read_to_string("/proc/loadavg") {
        let processors = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
        println!("{name}: {processors} processors, load {}", load.trim());
    }
}
