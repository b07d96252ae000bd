//! `vivavoce talk` end to end: the program with the practice partner.

use std::sync::atomic::AtomicBool;

use image::{Rgb, RgbImage};
use serde_json::{Value, json};
use speech::{Files, Prosody, Recogniser, Voice};

use crate::program::{Home, Running, replies};
#[path = "../../src-tauri/crates/speech/tests/sentences/mod.rs"]
mod sentences;

/// Returns the lines of this speaker in the transcript.
fn said_by(name: &str, out: &str) -> Vec<String> {
    let name = format!("{name}: ");
    out.lines().filter_map(|line| line.strip_prefix(&name)).map(str::to_owned).collect()
}

#[test]
fn a_spoken_joke_is_saved_and_recognised_offline() {
    let home = Home::with_assets();
    let ran = home.run(&[
        "talk",
        "--practice",
        "--text",
        "Tell me a joke",
        "--speaker",
        "none",
        "--save",
        "response.wav",
    ]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.err.contains("not Gemini"), "{}", ran.err);
    assert_eq!(said_by("You", &ran.out), ["Tell me a joke"]);
    let said = said_by("Practice", &ran.out).concat();
    let samples = replies(&home.file("response.wav"));
    let recogniser =
        Recogniser::load(&home.assets().join("ggml-tiny.en-q5_1.bin")).expect("the recogniser loads");
    let heard = recogniser
        .transcribe(&sentences::for_the_ear(&samples), &AtomicBool::new(false))
        .expect("heard")
        .text;
    let (wrong, words) = sentences::errors_in(&heard, &said);
    assert!(
        words > 5 && wrong * 100 <= words * 5,
        "{wrong} of {words} words wrong: {said:?}, heard {heard:?}"
    );
}

#[test]
fn replies_are_saved_as_flac_when_their_file_is_called_so() {
    let home = Home::bare();
    for name in ["r.flac", "r.wav"] {
        let talk = ["talk", "--practice", "--text", "Hello", "--speaker", "none", "--save", name];
        let ran = home.run(&talk);
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
    let flac = std::fs::read(home.file("r.flac")).unwrap();
    assert!(flac.starts_with(b"fLaC") && !replies(&home.file("r.wav")).is_empty());
    assert!(!home.file("r.flac.part").exists());
}

#[test]
fn events_and_frames_are_written_with_their_times() {
    let home = Home::bare();
    let args =
        ["talk", "--practice", "--text", "Hello", "--speaker", "none", "--events", "e.jsonl", "--wire"];
    let ran = home.run(&args);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let lines = home.lines("e.jsonl");
    assert!(lines.iter().all(|line| line["at"].as_u64().unwrap() > 1_700_000_000_000));
    let seqs: Vec<_> = lines.iter().filter_map(|line| line["seq"].as_u64()).collect();
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
    let frames: Vec<&Value> = lines.iter().filter(|line| line.get("wire").is_some()).collect();
    assert!(frames[0]["wire"] == "sent" && frames[0]["frame"]["setup"].is_object(), "{}", frames[0]);
    assert!(frames[1]["wire"] == "received" && frames[1]["frame"]["setupComplete"].is_object());
    let typed = json!({"realtimeInput": {"text": "Hello"}});
    assert!(frames.iter().any(|line| line["wire"] == "sent" && line["frame"] == typed));
    let sound = frames.iter().find_map(|line| {
        line["frame"]["serverContent"]["modelTurn"]["parts"][0]["inlineData"]["data"].as_str()
    });
    assert_eq!(sound, Some("9600 bytes"), "200 ms at 24 kHz, s16le");
    assert!(frames.iter().any(|line| line["wire"] == "sent" && line["close"]["code"] == 1000));
}

#[test]
fn full_frames_contain_audio() {
    let home = Home::bare();
    let talk = ["talk", "--practice", "--text", "Hello", "--speaker", "none", "--events", "e.jsonl"];
    home.run(&[&talk[..], &["--wire=full"]].concat());
    let longest = home.lines("e.jsonl").iter().map(|line| line.to_string().len()).max().unwrap();
    assert!(longest > 9600, "{longest}");
    home.run(&talk);
    assert!(home.lines("e.jsonl").iter().all(|line| line.get("wire").is_none()));
}

#[test]
fn a_picture_is_scaled_and_seen_before_the_question_is_read() {
    let home = Home::bare();
    RgbImage::from_pixel(1600, 800, Rgb([200, 30, 30])).save(home.file("red.png")).unwrap();
    let ran = home.run(&[
        "talk",
        "--practice",
        "--image",
        "red.png",
        "--text",
        "What do you see?",
        "--speaker",
        "none",
    ]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let said = said_by("Practice", &ran.out).concat();
    assert!(said.contains("768") && said.contains("384"), "{said}");
}

#[test]
fn an_unreadable_picture_is_reported_at_the_start() {
    let home = Home::bare();
    let ran = home.run(&["talk", "--practice", "--image", "none.png", "--text", "Hello"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""));
    assert!(ran.err.contains("none.png"), "{}", ran.err);
}

#[test]
fn until_turn_is_over_with_the_first_of_several() {
    let home = Home::bare();
    let two = ["--text", "Hello", "--text", "Tell me a joke"];
    let base = ["talk", "--practice", "--speaker", "none"];
    let one = home.run(&[&base[..], &two, &["--until", "turn"]].concat());
    assert_eq!((one.code, said_by("You", &one.out)), (Some(0), vec!["Hello".to_owned()]));
    let both = home.run(&[&base[..], &two].concat());
    assert_eq!(
        (both.code, said_by("You", &both.out).len(), said_by("Practice", &both.out).len()),
        (Some(0), 2, 2)
    );
}

#[test]
fn without_a_complete_turn_the_status_says_so() {
    let home = Home::bare();
    let ran = home.run(&["talk", "--practice", "--mic", "none", "--speaker", "none", "--until", "0.2"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{}", ran.err);
}

#[test]
fn nobody_there_is_said_and_no_success() {
    let home = Home::bare();
    let ran = home.run(&["talk", "--endpoint", "ws://127.0.0.1:9", "--text", "Hello", "--speaker", "none"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{}", ran.err);
    assert!(!ran.err.is_empty());
}

/// Writes a sentence in the partner's voice as a file for `--mic`.
fn spoken(home: &Home, sentence: &str) {
    let voice = Voice::load(&Files::in_folder(home.assets())).expect("the voice loads");
    let pcm = voice.speak(sentence, Prosody { pitch: 0.6, throat: 0.87, speed: 1.0 }).expect("spoken").pcm;
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: speech::RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut wav = hound::WavWriter::create(home.file("question.wav"), spec).unwrap();
    let quiet = vec![0; speech::RATE as usize / 2];
    quiet.iter().chain(&pcm).for_each(|&sample| wav.write_sample(sample).unwrap());
    wav.finalize().unwrap();
}

#[test]
fn a_spoken_question_from_a_file_is_heard_and_answered() {
    let home = Home::with_assets();
    spoken(&home, "Can you tell me a joke?");
    let base = ["talk", "--practice", "--mic", "question.wav", "--speaker", "none"];
    let ran = home.run(&[&base[..], &["--until", "turn", "--until", "120"]].concat());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(said_by("You", &ran.out).concat().contains("joke"), "{}", ran.out);
    assert!(!said_by("Practice", &ran.out).is_empty(), "{}", ran.out);
}

#[cfg(unix)]
mod interrupted {
    use super::*;

    #[test]
    fn what_is_being_said_is_written_to_its_end() {
        let home = Home::bare();
        let mut running =
            home.start(&["talk", "--practice", "--text", "What can you do?", "--speaker", "none"]);
        let begun = running.until("Practice: I ");
        running.interrupt();
        let ran = running.end();
        assert_eq!(ran.code, Some(1), "the words have come, but the turn is not complete: {begun}{ran:?}");
        let whole = home.run(&["talk", "--practice", "--text", "What can you do?", "--speaker", "none"]);
        assert_eq!(begun + &ran.out, whole.out);
    }

    #[test]
    fn the_last_words_are_heard_and_answered() {
        let home = Home::with_assets();
        spoken(
            &home,
            "Can you tell me a joke about the weather, or about the sea, or about a very long journey?",
        );
        let mut running = home.start(&["talk", "--practice", "--mic", "question.wav", "--speaker", "none"]);
        // The transcript grows during speech.
        let begun = running.until("You: ");
        running.interrupt();
        let ran = running.end();
        assert_ne!(ran.code, Some(130), "{begun}{ran:?}");
        let out = begun + &ran.out;
        assert!(said_by("You", &out).concat().contains("joke"), "{out}");
        assert!(!said_by("Practice", &out).is_empty(), "{out}");
    }

    #[test]
    fn a_closed_terminal_ends_talk_like_ctrl_c() {
        for signal in ["-HUP", "-TERM"] {
            let home = Home::bare();
            let args =
                ["talk", "--practice", "--text", "What can you do?", "--speaker", "none", "--save", "r.wav"];
            let mut running = home.start(&args);
            running.until("Practice: I ");
            running.signal(signal);
            let ran = running.end();
            assert_eq!(ran.code, Some(1), "{signal}: {ran:?}");
            assert!(!replies(&home.file("r.wav")).is_empty(), "{signal}: the file is whole");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn nohup_is_obeyed() {
        let home = Home::bare();
        let args = ["talk", "--practice", "--text", "What can you do?", "--speaker", "none"];
        let mut running = Running::of(&mut home.command_through(&["nohup"], &args));
        running.until("Practice: I ");
        running.signal("-HUP");
        let ran = running.end();
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }

    #[test]
    fn a_second_one_ends_it_at_once() {
        let home = Home::bare();
        let args = ["talk", "--practice", "--text", "What can you do?", "--speaker", "none"];
        let mut running = home.start(&args);
        running.until("Practice: I ");
        running.interrupt();
        // The first signal must be handled, otherwise the system merges both.
        running.says("Waiting for the last words");
        running.interrupt();
        let ran = running.end();
        assert_eq!(ran.code, Some(130), "{ran:?}");
    }
}
