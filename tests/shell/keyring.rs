//! A keyring that never answers, and a missing one.

use std::process::Command;

use crate::bus::SilentBus;
use crate::program::{Home, Ran};

/// Runs the program on a bus that answers nothing.
fn on_silent_bus(args: &[&str]) -> (Ran, usize) {
    let home = Home::bare();
    let bus = SilentBus::listen(&home.file("bus"));
    let mut command = home.command(args);
    let output = command.env("DBUS_SESSION_BUS_ADDRESS", bus.address()).output().unwrap();
    (Ran::of(&output), bus.connections())
}

#[test]
fn partners_that_need_no_key_do_not_ask_a_keyring() {
    let (ran, connections) = on_silent_bus(&["talk", "--practice", "--text", "Hello", "--speaker", "none"]);
    assert_eq!((ran.code, connections), (Some(0), 0), "{ran:?}");
    for command in [&["models"][..], &["devices"], &["completions", "bash"]] {
        assert_eq!(on_silent_bus(command).1, 0, "{command:?}");
    }
}

#[test]
fn a_keyring_that_never_answers_is_reported() {
    let (ran, connections) =
        on_silent_bus(&["talk", "--endpoint", "gemini", "--text", "Hello", "--speaker", "none"]);
    assert_eq!((ran.code, connections), (Some(1), 1), "{ran:?}");
    assert!(ran.err.contains("Waiting for the system’s keyring"), "{}", ran.err);
    assert!(ran.err.contains("The system’s keyring doesn’t answer."), "{}", ran.err);
    assert!(ran.err.contains("Gemini needs an API key"), "{}", ran.err);
}

#[test]
fn ctrl_c_ends_the_waiting_for_a_keyring() {
    let home = Home::bare();
    let bus = SilentBus::listen(&home.file("bus"));
    let mut running = home.start_with(&["talk", "--speaker", "none"], |command: &mut Command| {
        command.env("DBUS_SESSION_BUS_ADDRESS", bus.address());
    });
    running.says("Waiting for the system’s keyring");
    running.interrupt();
    let ran = running.end();
    assert_eq!(ran.code, Some(130), "{ran:?}");
    assert!(!ran.err.contains("doesn’t answer"), "{}", ran.err);
}

#[test]
fn doctor_without_a_bus_does_not_report_a_lock() {
    let home = Home::bare();
    let profile =
        r#"{"endpoint": "practice", "microphone": "none", "speaker": "none", "camera": "none at all"}"#;
    std::fs::write(home.file("p.json"), profile).unwrap();
    let ran = home.run(&["doctor", "--profile", "p.json", "--offline"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("no keyring service is running"), "{}", ran.out);
    assert!(!ran.out.to_lowercase().contains("unlock"), "{}", ran.out);
}
