//! How the program starts: without a display, with all kinds of profiles, with keys in the environment.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use crate::program::{Home, Ran};

#[test]
fn without_a_display_there_is_one_sentence() {
    let home = Home::bare();
    for (display, words) in [(None, "there is no display"), (Some(":4711"), ":4711")] {
        let mut command = home.command(&[]);
        command.env_remove("WAYLAND_DISPLAY").env_remove("DISPLAY").env_remove("GDK_BACKEND");
        if let Some(display) = display {
            command.env("DISPLAY", display);
        }
        let ran = Ran::of(&command.output().unwrap());
        assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{ran:?}");
        assert!(ran.err.lines().count() == 1 && ran.err.contains(words), "{}", ran.err);
        assert!(ran.err.contains("vivavoce talk"), "it says what works: {}", ran.err);
    }
}

/// Runs `talk` with this profile.
fn talk(home: &Home, profile: &str) -> Ran {
    home.run(&["talk", "--profile", profile, "--text", "Hello"])
}

const PRACTICE: &str = r#"{"endpoint": "practice", "microphone": "none", "speaker": "none"}"#;

#[test]
fn a_profile_with_a_byte_order_mark_is_read() {
    let home = Home::bare();
    fs::write(home.file("p.json"), format!("\u{feff}{PRACTICE}\r\n")).unwrap();
    let ran = talk(&home, "p.json");
    assert!(ran.code == Some(0) && !ran.err.contains("p.json"), "{ran:?}");
}

#[test]
fn a_profile_that_is_not_text_is_refused() {
    let home = Home::bare();
    let utf_16: Vec<u8> = "\u{feff}{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(home.file("utf16.json"), utf_16).unwrap();
    fs::write(home.file("large.json"), vec![b' '; 2 << 20]).unwrap();
    fs::write(home.file("bytes.json"), b"{\"voice\": \"\xff\"}").unwrap();
    fs::create_dir(home.file("folder.json")).unwrap();
    symlink("/dev/zero", home.file("endless.json")).unwrap();
    symlink("circle.json", home.file("circle.json")).unwrap();
    assert!(Command::new("mkfifo").arg(home.file("pipe.json")).status().unwrap().success());
    for (name, words) in [
        ("utf16.json", "UTF-16"),
        ("large.json", "1 MiB"),
        ("bytes.json", "not UTF-8"),
        ("folder.json", "folder"),
        ("endless.json", "device"),
        ("circle.json", "ymbolic link"),
        ("pipe.json", "pipe"),
        ("none.json", "no such file"),
    ] {
        for command in ["talk", "doctor"] {
            let ran = home.run(&[command, "--profile", name]);
            assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{name}: {ran:?}");
            assert!(ran.err.contains(name) && ran.err.contains(words), "{name}: {}", ran.err);
        }
    }
}

#[test]
fn a_misspelt_field_of_a_profile_is_named() {
    let home = Home::bare();
    let misspelt = PRACTICE.replace('}', r#", "voise": "Kore", "theme": "sepia"}"#);
    fs::write(home.file("p.json"), misspelt).unwrap();
    let ran = talk(&home, "p.json");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for words in ["`voise`", "`voice`", "`theme`", "sepia"] {
        assert!(ran.err.contains(words), "{words}: {}", ran.err);
    }
}

const KEYS: [&str; 4] = ["GEMINI_API_KEY", "GOOGLE_API_KEY", "VIVAVOCE_THINK_KEY", "VIVAVOCE_SERVE_KEY"];

/// Creates a program with this name that records its environment.
fn spy(home: &Home, name: &str) {
    let script = format!("#!/bin/sh\nenv > {}\nexit 1\n", home.file("seen").display());
    fs::create_dir_all(home.file("bin")).unwrap();
    let program = home.file("bin").join(name);
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn no_program_that_is_started_has_the_keys() {
    let home = Home::bare();
    spy(&home, "gcloud");
    let profile = r#"{"endpoint": "vertex", "vertexProject": "p", "microphone": "none", "speaker": "none"}"#;
    fs::write(home.file("p.json"), profile).unwrap();
    let mut command = home.command(&["talk", "--profile", "p.json", "--text", "Hello"]);
    let path = format!("{}:/usr/bin:/bin", home.file("bin").display());
    command.env("PATH", path).env_remove("GOOGLE_APPLICATION_CREDENTIALS");
    for name in KEYS {
        command.env(name, "not-for-children");
    }
    let ran = Ran::of(&command.output().unwrap());
    let seen = fs::read_to_string(home.file("seen")).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    assert!(seen.contains("VIVAVOCE_ASSETS=") && !seen.contains("not-for-children"), "{seen}");
    assert!(KEYS.iter().all(|name| !seen.contains(name)), "{seen}");
}

#[test]
fn a_key_of_the_environment_still_counts() {
    let home = Home::bare();
    let args = ["serve", "--listen", "127.0.0.1:0"];
    let mut server = home.start_with(&args, |command| _ = command.env("VIVAVOCE_SERVE_KEY", "sesame"));
    let line = server.says("base URL");
    assert!(line.contains("the key that you set"), "{line}");
    server.interrupt();
    server.end();
}
