//! The window and the system: a shutdown, a second start, a session bus that hangs.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::app::{App, PATIENCE};
use crate::bus::SilentBus;
use crate::processes;
use crate::rig::Rig;

/// Starts the window with a conversation and waits until it plays audio. `before` is the command that starts it.
fn in_conversation(rig: &Rig, home: &Path, before: &[&str], bus: Option<&str>) -> Child {
    let profile = home.join("p.json");
    fs::write(&profile, json!({ "endpoint": "practice" }).to_string()).unwrap();
    let words = [before, &[env!("CARGO_BIN_EXE_vivavoce"), "--start", "--profile"]].concat();
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).arg(&profile);
    command.env("HOME", home).env("VIVAVOCE_ASSETS", home.join("no-assets"));
    for (name, folder) in [("XDG_CONFIG_HOME", "c"), ("XDG_DATA_HOME", "d"), ("XDG_CACHE_HOME", "e")] {
        command.env(name, home.join(folder));
    }
    command.env("NO_AT_BRIDGE", "1").envs(rig.env()).stdin(Stdio::null());
    command.env_remove("GEMINI_API_KEY").env_remove("GOOGLE_API_KEY");
    if let Some(address) = bus {
        command.env("DBUS_SESSION_BUS_ADDRESS", address);
    }
    let child = command.spawn().unwrap();
    let deadline = Instant::now() + PATIENCE;
    while !rig.streams().contains("play") {
        assert!(Instant::now() < deadline, "no conversation began");
        std::thread::park_timeout(Duration::from_millis(50));
    }
    child
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_ends_the_conversation_like_closing() {
    let rig = Rig::start().await;
    // Under `nohup` a closed terminal ends nothing.
    let ends_with_terminal = !processes::ignores_hang_up();
    for signal in
        ["-TERM", "-HUP", "-INT"].into_iter().filter(|signal| ends_with_terminal || *signal != "-HUP")
    {
        let home = tempfile::tempdir().unwrap();
        let mut session = in_conversation(&rig, home.path(), &["dbus-run-session", "--"], None);
        let app = processes::app_of(home.path()).expect("the app runs");
        processes::signal(app, signal);
        assert_eq!(session.wait().unwrap().code(), Some(0), "{signal}");
        assert_eq!(rig.streams(), "", "{signal}: devices are released");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hanging_session_bus_does_not_block_the_window() {
    let rig = Rig::start().await;
    let home = tempfile::tempdir().unwrap();
    let bus = SilentBus::listen(&home.path().join("bus"));
    let mut app = in_conversation(&rig, home.path(), &[], Some(bus.address()));
    assert!(bus.connections() > 0, "it was asked");
    processes::signal(app.id(), "-TERM");
    assert_eq!(app.wait().unwrap().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_passes_no_arguments() {
    let rig = Rig::start().await;
    let app = App::open(&rig, json!({ "endpoint": "practice" }), &[]).await;
    app.until_phase("ready").await;
    let first = processes::app_of(app.home.path()).expect("the app runs");
    let environment = processes::environment_of(first).unwrap();
    let mut second = Command::new(env!("CARGO_BIN_EXE_vivavoce"));
    second.arg("--start").env_clear();
    second.envs(environment.iter().filter_map(|variable| variable.split_once('=')));
    assert!(second.status().unwrap().success(), "it hands over to the first");
    // Its effects would have arrived before this answer.
    let answered =
        "const done = arguments[0]; window.__TAURI_INTERNALS__.invoke('choices').then(() => done(true))";
    app.window.execute_async(answered, Vec::new()).await.unwrap();
    app.until_phase("ready").await;
    assert_eq!(rig.streams(), "", "nothing was started");
    app.close().await;
}
