//! Injects a panic into each of our threads and tasks: it is reported, devices are released, the saved file is
//! complete, and the exit status is 1.

use std::io::{BufRead, BufReader};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::program::{Home, Ran, replies};
use crate::{Window, practice};
use image::{Rgb, RgbImage};
use vivavoce::Startup;
use vivavoce::app::backend::{Backend, Request};
use vivavoce::contract::{ErrorCode, KeySlot, Phase, Settings, UiError};

/// What `threads` reads in a debug build.
const VARIABLE: &str = "VIVAVOCE_PANIC_IN";

/// Longer than any of these takes on a busy machine.
const LIMIT: Duration = Duration::from_mins(1);

/// A thread's name, and how many times its point is passed before the panic.
const TABLE: [&str; 16] = [
    "files",
    "talk",
    "talk:60",
    "session",
    "session:60",
    "sound-opening",
    "sound-closing",
    "audio-opening",
    "audio",
    "audio:100",
    "audio-devices",
    "audio-devices:2",
    "audio-save:1",
    "socket",
    "practice",
    "compute",
];

/// What the window's backend does beside a conversation.
const BACKGROUND: [&str; 7] =
    ["settings", "background", "account", "speech-assets", "speaker-check", "camera", "camera-reader"];

/// Runs `talk` until it ends; killed when it does not.
fn talk(home: &Home, panic_in: &str) -> Ran {
    RgbImage::from_pixel(64, 48, Rgb([200, 30, 30])).save(home.file("red.png")).unwrap();
    voice(home);
    let args = [
        "talk",
        "--practice",
        "--text",
        "What do you see?",
        "--mic",
        "voice.wav",
        "--speaker",
        "none",
        "--image",
        "red.png",
        "--save",
        "r.wav",
        "--events",
        "e.jsonl",
    ];
    watched(home.command(&args), panic_in)
}

/// Runs a command to its end; killed when it does not end. Prints how soon after the panic it was reported and the
/// process ended.
#[expect(clippy::print_stdout, reason = "figures for whoever asks with --nocapture")]
fn watched(mut command: Command, panic_in: &str) -> Ran {
    command.env(VARIABLE, panic_in).env_remove("RUST_BACKTRACE").env("VIVAVOCE_LOG", "threads=debug");
    let mut child = command.spawn().unwrap();
    let begun = Instant::now();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let said = std::thread::spawn(move || {
        lines.map_while(Result::ok).map(|line| (begun.elapsed(), line)).collect::<Vec<_>>()
    });
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > LIMIT {
            child.kill().unwrap();
            panic!("{panic_in}: nobody noticed");
        }
        std::thread::park_timeout(Duration::from_millis(5));
    }
    let gone = begun.elapsed();
    let output = child.wait_with_output().unwrap();
    let (log, said): (Vec<_>, Vec<_>) =
        said.join().unwrap().into_iter().partition(|(_, line)| line.contains(" DEBUG "));
    let panicked = log.iter().find(|(_, line)| line.contains("panics on demand")).map(|(at, _)| *at);
    let reported = said.iter().find(|(_, line)| line.contains("stopped")).map(|(at, _)| *at);
    if let (Some(panicked), Some(reported)) = (panicked, reported) {
        let after = |at: Duration| at.saturating_sub(panicked).as_millis();
        println!("{panic_in}: told after {} ms, gone after {} ms", after(reported), after(gone));
    }
    Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: said.into_iter().map(|(_, line)| line + "\n").collect(),
    }
}

/// Writes a minute of near silence as microphone input.
fn voice(home: &Home) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut wav = hound::WavWriter::create(home.file("voice.wav"), spec).unwrap();
    (0..16_000 * 60).for_each(|n| wav.write_sample((n % 7) as i16).unwrap());
    wav.finalize().unwrap();
}

#[test]
fn any_thread_death_is_noticed_and_files_are_complete() {
    let mut faults = Vec::new();
    for panic_in in TABLE {
        let home = Home::bare();
        let ran = talk(&home, panic_in);
        let name = panic_in.split(':').next().unwrap();
        let reports = ran.err.matches(&format!("The thread \"{name}\" stopped")).count();
        if (ran.code, reports) != (Some(1), 1) {
            faults.push(format!("{panic_in}: told {reports} times, {ran:?}"));
        }
        // Before the conversation begins there is no file.
        if home.file("r.wav").exists() {
            replies(&home.file("r.wav"));
        } else if std::fs::read_dir(home.file("."))
            .unwrap()
            .flatten()
            .any(|file| file.file_name().to_string_lossy().contains("r.wav"))
        {
            faults.push(format!("{panic_in}: the file was left in pieces"));
        }
        if let Ok(events) = std::fs::read_to_string(home.file("e.jsonl")) {
            let whole = events.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok());
            assert!(whole && events.ends_with('\n'), "{panic_in}: {events}");
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

#[test]
fn a_keyring_panic_is_reported_as_a_failure() {
    let home = Home::bare();
    let args = ["talk", "--endpoint", "gemini", "--text", "Hello", "--speaker", "none"];
    let output = home.command(&args).env(VARIABLE, "keyring").env_remove("RUST_BACKTRACE").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(said.matches("The thread \"keyring\" stopped").count(), 1, "{said}");
}

#[test]
fn a_panic_while_a_language_model_answers_ends_talk() {
    let home = Home::bare();
    let think = ["talk", "--think", "http://127.0.0.1:1/v1", "--think-model", "small"];
    let ran = watched(home.command(&[&think[..], &["--text", "Hello", "--speaker", "none"]].concat()), "llm");
    let reports = ran.err.matches("The thread \"llm\" stopped").count();
    assert_eq!((ran.code, reports), (Some(1), 1), "{ran:?}");
}

#[test]
fn a_panic_while_devices_are_listed_is_no_empty_list() {
    for list in ["sound-list", "camera-list"] {
        let ran = watched(Home::bare().command(&["devices"]), list);
        let reports = ran.err.matches(&format!("The thread \"{list}\" stopped")).count();
        assert_eq!((ran.code, reports, ran.out.as_str()), (Some(1), 1, ""), "{ran:?}");
    }
}

#[test]
fn a_panic_in_a_check_of_the_doctor_is_told() {
    let home = Home::bare();
    let ran = watched(home.command(&["doctor", "--offline"]), "doctor");
    assert!(ran.code == Some(1) && ran.out.contains("its task stopped"), "{ran:?}");
}

#[cfg(unix)]
#[test]
fn a_panic_in_what_serve_keeps_is_no_success() {
    for (panic_in, status) in [("received-pictures", 1), ("recording", 1), ("nothing", 0)] {
        let home = Home::bare();
        RgbImage::from_pixel(64, 48, Rgb([200, 30, 30])).save(home.file("red.png")).unwrap();
        let kept = ["--pictures", "pictures", "--record", "calls.jsonl"];
        let args = [&["serve", "--port", "0"][..], &kept].concat();
        let mut server = home.start_with(&args, |command| {
            command.env(VARIABLE, panic_in).env_remove("RUST_BACKTRACE");
        });
        let line = server.until("\n");
        let address = line.trim_end().strip_prefix("ready ").unwrap();
        let talk = ["talk", "--endpoint", address, "--text", "What do you see?", "--image", "red.png"];
        // The conversation does not suffer.
        let talked = home.run(&[&talk[..], &["--speaker", "none"]].concat());
        assert_eq!(talked.code, Some(0), "{talked:?}");
        server.interrupt();
        let ran = server.end();
        let reports = ran.err.matches(&format!("thread \"{panic_in}\"")).count();
        assert_eq!((ran.code, reports), (Some(status), usize::from(status == 1)), "{panic_in}: {ran:?}");
    }
}

#[test]
fn without_a_panic_the_same_conversation_succeeds() {
    let home = Home::bare();
    let ran = talk(&home, "nothing");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(!replies(&home.file("r.wav")).is_empty());
}

#[test]
fn a_function_that_panics_fails_alone() {
    let home = Home::bare();
    let args =
        ["talk", "--practice", "--text", "What time is it?", "--speaker", "none", "--events", "e.jsonl"];
    let output = home.command(&args).env(VARIABLE, "tool").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let failed = |line: &serde_json::Value| line["event"]["call"]["state"] == "failed";
    assert!(home.lines("e.jsonl").iter().any(failed));
}

/// Runs a test of this file in a separate process in which this thread panics.
fn alone(test: &str, panic_in: &str) {
    let ran = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture"])
        .env(VARIABLE, panic_in)
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&ran.stdout);
    assert!(
        ran.status.success() && words.contains("1 passed"),
        "{words}{}",
        String::from_utf8_lossy(&ran.stderr)
    );
}

#[test]
fn a_backend_panic_is_reported_and_restart_works() {
    alone("deaths::the_backend_goes_on", "backend:12");
}

#[test]
fn a_panic_in_a_conversation_reaches_the_page() {
    for panic_in in ["audio:60", "session:60", "practice"] {
        alone("deaths::the_backend_goes_on", panic_in);
    }
}

#[test]
fn a_panic_in_the_keyring_thread_reaches_the_page() {
    alone("deaths::the_backend_goes_on", "keyring");
}

#[test]
fn a_panic_in_background_work_reaches_the_page() {
    for panic_in in BACKGROUND {
        alone("deaths::background_work_is_asked_for", panic_in);
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "in a process of its own, where something panics"]
async fn background_work_is_asked_for() {
    let panic_in = std::env::var(VARIABLE).unwrap();
    let with_speaker = Settings { speaker: None, ..practice() };
    let backend = Backend::spawn(Startup::of(with_speaker.clone()));
    let mut window = Window::subscribe(&backend).await;
    match panic_in.as_str() {
        "settings" | "background" => {
            let louder = Settings { volume: Some(40), ..with_speaker };
            backend.ask(Request::Change(Box::new(louder))).await;
        }
        "account" => {
            let (answer, _) = tokio::sync::oneshot::channel();
            backend.ask(Request::SetKey(KeySlot::Gemini, "no-key".into(), answer)).await;
        }
        "speech-assets" => backend.ask(Request::FetchAssets).await,
        "speaker-check" => backend.ask(Request::CheckSpeaker).await,
        "camera" | "camera-reader" => {
            backend.ask(Request::Change(Box::new(practice()))).await;
            backend.ask(Request::Start).await;
            window.until("listening", |state| state.phase == Phase::Listening);
            backend.ask(Request::Camera(true)).await;
            backend.ask(Request::Text("Hello".into())).await;
        }
        other => panic!("{other} is not asked for here"),
    }
    window.until("a notice", |state| state.notices.iter().any(is_a_death));
    backend.ask(Request::End).await;
    window.until("an end", |state| matches!(state.phase, Phase::Ended | Phase::Ready));
    backend.ask(Request::Change(Box::new(practice()))).await;
    backend.ask(Request::Start).await;
    window.until("a conversation", |state| state.phase == Phase::Listening);
    backend.ask(Request::End).await;
    window.until("its end", |state| state.phase == Phase::Ended);
}

fn is_a_death(notice: &UiError) -> bool {
    notice.code == ErrorCode::Internal
        && notice.detail.as_ref().is_some_and(|words| words.contains("stopped"))
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "in a process of its own, where something panics"]
async fn the_backend_goes_on() {
    let backend = Backend::spawn(Startup::of(practice()));
    let mut window = Window::subscribe(&backend).await;
    backend.ask(Request::Start).await;
    window.until("a notice", |state| state.notices.iter().any(is_a_death));
    window.until("an end, or no beginning", |state| {
        matches!(state.phase, Phase::Ended | Phase::Ready | Phase::Listening)
    });
    backend.ask(Request::End).await;
    window.until("an end", |state| matches!(state.phase, Phase::Ended | Phase::Ready));
    backend.ask(Request::Start).await;
    window.until("another conversation", |state| state.phase == Phase::Listening);
    backend.ask(Request::End).await;
    window.until("its end", |state| state.phase == Phase::Ended);
}
