//! Says a text: `cargo run -p speech --example say -- FOLDER OUT.wav "text" [pitch throat speed]`, and how long it took.
#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use std::env;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Instant;

use speech::{Files, Prosody, RATE, Voice, sentences};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let [folder, out, text, rest @ ..] = args.as_slice() else { return Err("FOLDER OUT.wav TEXT".into()) };
    let number = |n: usize| rest.get(n).and_then(|word| word.parse().ok()).unwrap_or(1.0);
    let prosody = Prosody { pitch: number(0), throat: number(1), speed: number(2) };
    let start = Instant::now();
    let voice = Voice::load(&Files::in_folder(Path::new(folder)))?;
    println!("loaded in {:?}", start.elapsed());
    let mut pcm = Vec::new();
    for sentence in sentences(text) {
        let start = Instant::now();
        let spoken = voice.speak(&sentence, prosody)?;
        let seconds = spoken.pcm.len() as f64 / f64::from(RATE);
        let took = start.elapsed().as_secs_f64();
        println!(
            "{seconds:.2} s in {:.0} ms ({:.3}): {}",
            took * 1e3,
            took / seconds,
            voice.phonemes(&sentence)
        );
        pcm.extend(spoken.pcm);
    }
    let bytes: Vec<u8> = pcm.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let mut file = Vec::from(*b"RIFF");
    file.extend((36 + bytes.len() as u32).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    file.extend(RATE.to_le_bytes());
    file.extend((RATE * 2).to_le_bytes());
    file.extend(b"\x02\0\x10\0data");
    file.extend((bytes.len() as u32).to_le_bytes());
    file.extend(bytes);
    fs::write(out, file)?;
    Ok(())
}
