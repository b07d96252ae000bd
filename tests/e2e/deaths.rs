//! Injects a panic into the threads of the sound devices while `talk` uses a sound card: it is reported, the devices are
//! released, and the exit status is 1. The other threads are in `tests/shell/deaths.rs`, which needs no card.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::app::PATIENCE;
use crate::rig::Rig;

/// A thread of a sound server's stream, or a callback of ALSA, and how many times its point is passed before the panic.
const PULSE: [&str; 3] = ["audio-pulse", "audio-pulse:1", "audio-devices:1"];
const ALSA: [&str; 4] = ["audio-input", "audio-input:20", "audio-output", "audio-output:20"];

/// Writes ALSA's configuration for programs that find no sound server by themselves, and returns the environment for it.
fn alsa_alone(rig: &Rig, home: &Path) -> Vec<(String, String)> {
    let env = rig.env();
    let server = &env.iter().find(|(name, _)| name == "PULSE_SERVER").expect("the rig has a server").1;
    let file = home.join("asound.conf");
    let pcm = format!(
        "pcm.!default {{ type pulse server \"{server}\" hint {{ show on description \"Default\" }} }}\n"
    );
    fs::write(
        &file,
        format!("<confdir:alsa.conf>\n{pcm}ctl.!default {{ type pulse server \"{server}\" }}\n"),
    )
    .unwrap();
    let cookie = env.iter().find(|(name, _)| name == "PULSE_COOKIE").cloned();
    cookie.into_iter().chain([("ALSA_CONFIG_PATH".to_owned(), file.display().to_string())]).collect()
}

/// Runs `talk` with the default devices until it ends. Returns its exit status and what it said.
fn talk(home: &Path, env: Vec<(String, String)>, panic_in: &str) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vivavoce"));
    // With the default microphone and speaker, until somebody ends it.
    command.args(["talk", "--practice"]);
    command.env("HOME", home).env("VIVAVOCE_ASSETS", home.join("no-assets"));
    for (name, folder) in [("XDG_CONFIG_HOME", "c"), ("XDG_DATA_HOME", "d"), ("XDG_RUNTIME_DIR", "r")] {
        command.env(name, home.join(folder));
    }
    command.envs(env).env("VIVAVOCE_PANIC_IN", panic_in).env_remove("RUST_BACKTRACE");
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("{panic_in}: nobody noticed");
        }
        std::thread::park_timeout(Duration::from_millis(20));
    }
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_death_in_a_sound_device_is_noticed() {
    let rig = Rig::start().await;
    let home = tempfile::tempdir().unwrap();
    let alsa = alsa_alone(&rig, home.path());
    let table = PULSE.map(|name| (name, rig.env())).into_iter().chain(ALSA.map(|name| (name, alsa.clone())));
    let mut faults = Vec::new();
    for (panic_in, env) in table {
        let (code, said) = talk(home.path(), env, panic_in);
        let name = panic_in.split(':').next().unwrap();
        let reported = said.matches(&format!("The thread \"{name}\" stopped")).count();
        if (code, reported, rig.streams().as_str()) != (Some(1), 1, "") {
            faults.push(format!("{panic_in}: exit {code:?}, streams \"{}\", said: {said}", rig.streams()));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
