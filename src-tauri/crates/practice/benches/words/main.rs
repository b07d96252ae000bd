//! How many words of forty questions each recogniser hears wrongly, clean and in noise, in five voices, and what that costs of a
//! processor. Figures only. A recogniser that was not downloaded is left out: `vivavoce-assets fetch --recogniser base`.

// A bench says by a panic what it can't measure.
#![allow(clippy::panic)]
#![allow(clippy::print_stdout, reason = "a program for the terminal")]

#[path = "../practice/questions.rs"]
#[allow(dead_code, reason = "the other bench looks at the answers, too")]
mod questions;
#[path = "../../../speech/tests/sentences/mod.rs"]
mod sentences;
#[path = "../practice/sound.rs"]
#[allow(dead_code, reason = "the other bench sends the sound bit by bit")]
mod sound;
#[path = "../practice/words.rs"]
mod words;

use std::sync::atomic::AtomicBool;

use assets::{Catalogue, Recogniser, Store};
use speech::{Files, Recogniser as Model, Voice};

use questions::QUESTIONS;
use sentences::for_the_ear;
use sound::{CHARACTERS, Room, spoken};

/// What is quieter than the speech by so much, in dB.
const NOISE: f32 = 15.0;

fn main() {
    let store = Store::of_user();
    let folder = store.folder().expect("a folder").to_owned();
    let voice = Voice::load(&Files::in_folder(&folder)).expect("cargo xtask assets fetches the voice");
    for recogniser in Recogniser::ALL {
        let catalogue = Catalogue::with(recogniser);
        let file = catalogue.recogniser(recogniser).and_then(|asset| store.find(asset));
        let Some(file) = file else {
            println!("{}: not downloaded", recogniser.name());
            continue;
        };
        let model = Model::load(&file).expect("a recogniser");
        for (room, noise) in [("clean", None), ("noise 15 dB below the speech", Some(NOISE))] {
            hear(&model, &voice, &format!("{}, {room}", recogniser.name()), noise);
        }
    }
}

fn hear(model: &Model, voice: &Voice, name: &str, noise: Option<f32>) {
    let (mut wrong, mut all, mut foreign, mut took) = (0, 0, 0, 0.0);
    for (n, question) in QUESTIONS.iter().enumerate() {
        let pcm = spoken(voice, question.text, CHARACTERS[n % CHARACTERS.len()]);
        let sound = for_the_ear(&Room::around(&pcm, noise).hear(&pcm));
        let before = processor_seconds();
        let heard = model.transcribe(&sound, &AtomicBool::new(false)).expect("heard");
        took += processor_seconds() - before;
        let (words, errors) = words::compared(question.text, &heard.text);
        (all, wrong) = (all + words, wrong + errors);
        foreign += usize::from(heard.language.is_some_and(|language| language != "en"));
        if errors > 0 {
            println!("  {errors} {:?} heard as {:?}", question.text, heard.text);
        }
    }
    println!(
        "{name}: {wrong} of {all} words wrong ({:.1} %), {foreign} of {} taken for another language, {:.2} s of a processor each",
        wrong as f64 * 100.0 / all.max(1) as f64,
        QUESTIONS.len(),
        took / QUESTIONS.len() as f64
    );
}

/// Seconds that this process took of the processors, on Linux; 0 elsewhere.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let behind = stat.rsplit(") ").next().unwrap_or_default();
    behind.split(' ').skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}
