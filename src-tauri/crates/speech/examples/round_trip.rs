//! Says twenty sentences, hears them, and prints how well and how fast: `cargo run -p speech --example round_trip`.
#![expect(clippy::print_stdout, reason = "a program for the terminal")]

#[path = "../tests/sentences/mod.rs"]
mod sentences;

use std::error::Error;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use assets::Store;
use speech::{ASR_RATE, Files, Prosody, RATE, Recogniser, Voice};

use sentences::{SENTENCES, errors_in, for_the_ear};

fn main() -> Result<(), Box<dyn Error>> {
    let store = Store::of_user();
    let folder = store.folder().ok_or("no folder")?;
    let memory_before = resident();
    let start = Instant::now();
    let voice = Voice::load(&Files::in_folder(folder))?;
    println!("voice loaded in {:?}, {} MB", start.elapsed(), resident() - memory_before);
    let start = Instant::now();
    let recogniser = Recogniser::load(&folder.join("ggml-tiny.en-q5_1.bin"))?;
    println!("recogniser loaded in {:?}", start.elapsed());
    let (mut spoken_for, mut spoken_in, mut heard_in) = (0.0, 0.0, 0.0);
    let (mut spoken_cpu, mut heard_cpu) = (0.0, 0.0);
    let (mut wrong, mut all) = (0, 0);
    for sentence in SENTENCES {
        let (start, before) = (Instant::now(), cpu());
        let spoken = voice.speak(sentence, Prosody::default())?;
        spoken_cpu += cpu() - before;
        spoken_in += start.elapsed().as_secs_f64();
        spoken_for += spoken.pcm.len() as f64 / f64::from(RATE);
        let sound = for_the_ear(&spoken.pcm);
        let (start, before) = (Instant::now(), cpu());
        let heard = recogniser.transcribe(&sound, &AtomicBool::new(false))?.text;
        let took = start.elapsed().as_secs_f64();
        heard_in += took;
        heard_cpu += cpu() - before;
        let (errors, words) = errors_in(&heard, sentence);
        (wrong, all) = (wrong + errors, all + words);
        println!(
            "{errors} {:.1} s in {:.0} ms: {heard}",
            sound.len() as f64 / f64::from(ASR_RATE),
            took * 1e3
        );
    }
    println!("words wrong: {wrong} of {all} ({:.1} %)", wrong as f64 * 100.0 / all as f64);
    println!("voice: {spoken_for:.1} s in {spoken_in:.2} s (real-time factor {:.4})", spoken_in / spoken_for);
    println!("recogniser: {heard_in:.2} s, {:.0} ms a sentence", heard_in * 1e3 / SENTENCES.len() as f64);
    println!(
        "of the processor: voice {:.4} of real time, recogniser {:.2} s a sentence",
        spoken_cpu / spoken_for,
        heard_cpu / SENTENCES.len() as f64
    );
    println!("memory: {} MB", resident());
    Ok(())
}

/// Seconds that this process took of the processors, on Linux: unlike the clock's, they mean something on a busy machine.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let behind = stat.rsplit(") ").next().unwrap_or_default();
    behind.split(' ').skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// Resident memory in MB, on Linux.
fn resident() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<i64>().ok()).unwrap_or(0) / 1024
}
