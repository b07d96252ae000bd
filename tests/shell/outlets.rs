//! The program's output: terminals, closed pipes, full disks.

use std::fs::{self, File, OpenOptions};
use std::process::{Command, Stdio};

use live_client::Dialer;
use serde_json::json;
use testkit::{Callers, PeerDialer};

use crate::program::{Home, Ran};

const TALK: [&str; 6] = ["talk", "--practice", "--text", "Hello", "--speaker", "none"];

/// Every command that ends by itself, with its exit status.
const COMMANDS: [(&[&str], i32); 8] = [
    (&TALK, 0),
    (&["models"], 0),
    (&["models", "--json"], 0),
    (&["devices"], 0),
    (&["devices", "--json"], 0),
    (&["completions", "zsh"], 0),
    (&["--help"], 0),
    (&["--version"], 0),
];

fn full() -> Stdio {
    OpenOptions::new().write(true).open("/dev/full").unwrap().into()
}

/// Returns a pipe that is closed for reading.
fn closed() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

fn run(command: &mut Command) -> Ran {
    Ran::of(&command.output().unwrap())
}

#[test]
fn a_full_stdout_is_said_and_is_no_success() {
    let home = Home::bare();
    for (args, _) in COMMANDS {
        let ran = run(home.command(args).stdout(full()));
        assert_eq!(ran.code, Some(1), "{args:?}: {ran:?}");
        assert!(ran.err.contains("Can’t write to standard output"), "{args:?}: {}", ran.err);
    }
}

#[test]
fn whoever_closed_stdout_has_seen_enough() {
    let home = Home::bare();
    for (args, code) in COMMANDS {
        let ran = run(home.command(args).stdout(closed()));
        assert_eq!(ran.code, Some(code), "{args:?}: {ran:?}");
        assert!(!ran.err.contains("standard output"), "{args:?}: {}", ran.err);
    }
}

#[test]
fn a_blocked_stderr_changes_nothing() {
    let home = Home::bare();
    // This one has an error to report.
    let mistake: (&[&str], i32) = (&["talk", "--no-such-option"], 2);
    let missing: (&[&str], i32) = (&["talk", "--profile", "none.json"], 1);
    for (args, code) in COMMANDS.into_iter().chain([mistake, missing]) {
        for stderr in [full(), closed()] {
            let ran = run(home.command(args).env("VIVAVOCE_LOG", "trace").stderr(stderr));
            assert_eq!(ran.code, Some(code), "{args:?}: {ran:?}");
        }
        let both_closed = run(&mut home.command_through(&["sh", "-c", "exec \"$@\" >&- 2>&-", "sh"], args));
        assert_eq!(both_closed.code, Some(code), "{args:?} with both closed");
    }
}

/// All kinds of text that control a terminal.
const HOSTILE: &str = "a\u{1b}[2Jb\u{1b}]52;c;ZXZpbA==\u{7}c\u{1b}]8;;https://evil.example\u{1b}\\d\u{9b}31me\u{90}q\u{9c}f\u{202e}g\u{2066}h\
    \u{200b}\u{7f}\u{8}\ri\u{0}\u{feff}";

fn is_hostile(c: char) -> bool {
    (c.is_control() && c != '\n') || "\u{202e}\u{2066}\u{200b}\u{feff}".contains(c)
}

/// Opens a port where the test is the server.
async fn port() -> (String, Callers) {
    let (dialer, callers) = PeerDialer::new();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("ws://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut server = dialer.dial().await.unwrap();
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut client, &mut server).await });
        }
    });
    (address, callers)
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_a_server_says_acts_on_the_terminal() {
    let (address, mut callers) = port().await;
    let home = Home::bare();
    let args = ["talk", "--endpoint", &address, "--mic", "none", "--speaker", "none", "--text", "hi"];
    let events = ["--events", "e.jsonl", "--wire=full"];
    let mut command = home.command(&[&args[..], &events].concat());
    command.env("VIVAVOCE_LOG", "trace");
    let ran = tokio::task::spawn_blocking(move || command.output().unwrap());
    let mut peer = callers.accept().await;
    peer.set_up().await;
    peer.expect("realtimeInput").await;
    let text = json!({ "text": HOSTILE });
    peer.send(json!({ "serverContent": { "inputTranscription": text } })).await;
    peer.send(json!({ "serverContent": { "outputTranscription": text } })).await;
    let call = json!({ "id": HOSTILE, "name": HOSTILE, "args": { HOSTILE: HOSTILE } });
    peer.send(json!({ "toolCall": { "functionCalls": [call] } })).await;
    peer.find_kind("toolResponse").await;
    peer.send(json!({ HOSTILE: HOSTILE, "error": { "message": HOSTILE } })).await;
    let reason: String = HOSTILE.chars().take(60).collect();
    peer.close_and_leave(1008, &reason).await;
    let ran = Ran::of(&ran.await.unwrap());
    for (name, shown) in [("stdout", &ran.out), ("stderr", &ran.err)] {
        assert!(!shown.contains(is_hostile), "{name}: {shown:?}");
        assert!(shown.contains("␛[2J"), "{name} shows what came: {shown:?}");
    }
    let file = fs::read_to_string(home.file("e.jsonl")).unwrap();
    assert!(!file.contains(is_hostile), "{file:?}");
    let whole = home.lines("e.jsonl").iter().any(|line| line.to_string().contains("\u{202e}"));
    assert!(whole, "the file says the same as it was said");
}

#[test]
fn a_refused_argument_can_not_control_the_terminal() {
    let home = Home::bare();
    let name = "p\u{1b}]52;c;eA==\u{7}\u{202e}.json";
    for args in [&["talk", name][..], &["talk", "--profile", name], &["talk", "--practice", "--image", name]]
    {
        let ran = home.run(args);
        assert!(ran.code != Some(0) && !ran.err.contains(is_hostile), "{ran:?}");
        assert!(ran.err.contains(".json"), "it is named all the same: {ran:?}");
    }
}

#[test]
fn an_unwritable_reply_file_is_reported_at_the_start() {
    let home = Home::bare();
    fs::create_dir(home.file("folder")).unwrap();
    for place in ["/dev/full", "no/such/folder/r.wav", "folder", "folder/"] {
        let ran = home.run(&[&TALK[..], &["--save", place]].concat());
        assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{place}: {ran:?}");
        assert!(ran.err.contains(place.trim_end_matches('/')), "{place}: {}", ran.err);
    }
}

#[test]
fn a_full_disk_for_events_is_reported_once() {
    let home = Home::bare();
    let ran = home.run(&[&TALK[..], &["--events", "/dev/full", "--wire"]].concat());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("Practice: "), "{}", ran.out);
    assert_eq!(ran.err.matches("Can’t write /dev/full").count(), 1, "{}", ran.err);
    for place in ["no/such/folder/e.jsonl", "."] {
        let ran = home.run(&[&TALK[..], &["--events", place]].concat());
        assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{place}: {ran:?}");
    }
}

#[test]
fn files_with_words_or_sound_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt;

    let home = Home::bare();
    let mode = |name: &str| fs::metadata(home.file(name)).unwrap().permissions().mode() & 0o777;
    File::create(home.file("old.jsonl")).unwrap().set_permissions(PermissionsExt::from_mode(0o640)).unwrap();
    for events in ["new.jsonl", "old.jsonl"] {
        let ran = home.run(&[&TALK[..], &["--events", events, "--wire=full", "--save", "r.wav"]].concat());
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
    assert_eq!((mode("new.jsonl"), mode("r.wav"), mode("old.jsonl")), (0o600, 0o600, 0o640));
}
