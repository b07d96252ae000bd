//! What the voice says, the recogniser hears: with the real weights.
//!
//! `cargo xtask test` fetches them before it runs this; `cargo xtask assets` does it by hand. Without them these tests
//! fail and say so: a test that silently does nothing proves nothing.

// A test says by a panic what it saw; in helper functions clippy does not know that they are tests.
#![allow(clippy::panic)]

mod sentences;

use std::path::PathBuf;
use std::sync::LazyLock;
use std::sync::atomic::AtomicBool;

use assets::{Catalogue, Store};
use speech::{Files, Prosody, RATE, Recogniser, TranscribeError, Voice, sentences as cut};

use sentences::{SENTENCES, errors_in, for_the_ear};

static VOICE: LazyLock<Voice> =
    LazyLock::new(|| Voice::load(&Files::in_folder(&folder())).expect("the voice loads"));
static RECOGNISER: LazyLock<Recogniser> = LazyLock::new(|| {
    Recogniser::load(&folder().join("ggml-tiny.en-q5_1.bin")).expect("the recogniser loads")
});

fn folder() -> PathBuf {
    Store::of_user().whole_folder(&Catalogue::embedded()).unwrap_or_else(|error| panic!("{error}"))
}

fn hear(samples: &[i16]) -> String {
    RECOGNISER.transcribe(samples, &AtomicBool::new(false)).expect("heard").text
}

#[test]
fn twenty_sentences_come_back_as_they_were_said() {
    let (mut wrong, mut all, mut seen) = (0, 0, Vec::new());
    for sentence in SENTENCES {
        let spoken = VOICE.speak(sentence, Prosody::default()).expect("spoken");
        let heard = hear(&for_the_ear(&spoken.pcm));
        let (errors, words) = errors_in(&heard, sentence);
        if errors > 0 {
            seen.push(format!("{sentence:?} was heard as {heard:?}"));
        }
        (wrong, all) = (wrong + errors, all + words);
    }
    assert!(wrong * 100 <= all * 5, "{wrong} of {all} words wrong:\n{}", seen.join("\n"));
}

#[test]
fn a_lower_and_a_higher_voice_are_understood_too() {
    for prosody in [
        Prosody { pitch: 0.52, throat: 0.84, speed: 0.95 },
        Prosody { pitch: 0.7, throat: 0.92, speed: 1.1 },
        Prosody { pitch: 1.2, throat: 1.06, speed: 1.1 },
    ] {
        let spoken = VOICE.speak(SENTENCES[0], prosody).expect("spoken");
        let heard = hear(&for_the_ear(&spoken.pcm));
        assert_eq!(errors_in(&heard, SENTENCES[0]).0, 0, "{prosody:?}: {heard}");
    }
}

#[test]
fn every_written_word_has_its_moment() {
    let text = "Today is Sunday, 22 November 2026. It is 14:05.";
    for sentence in cut(text) {
        let spoken = VOICE.speak(&sentence, Prosody::default()).expect("spoken");
        let words: Vec<&str> = spoken.words.iter().map(|(word, _)| word.as_str()).collect();
        assert_eq!(words.join(" "), sentence);
        assert!(spoken.words.is_sorted_by_key(|(_, at)| *at) && spoken.words[0].1 == 0);
        assert!(spoken.words.iter().all(|(_, at)| *at <= spoken.pcm.len()));
        assert!(spoken.pcm.len() > RATE as usize / 2);
    }
}

#[test]
fn what_cannot_be_said_is_silent() {
    for text in ["", "🙂", "東京"] {
        assert!(VOICE.speak(text, Prosody::default()).expect("spoken").pcm.len() < RATE as usize, "{text}");
    }
}

#[test]
fn silence_has_no_words_and_stopping_stops() {
    let second = vec![0; 16_000];
    let hiss: Vec<i16> = (0..32_000_i32).map(|n| ((n * 7_919 % 401) - 200) as i16).collect();
    assert_eq!((hear(&[]), hear(&second), hear(&hiss)), Default::default());
    assert_eq!(RECOGNISER.transcribe(&second, &AtomicBool::new(true)), Err(TranscribeError::Cancelled));
}
