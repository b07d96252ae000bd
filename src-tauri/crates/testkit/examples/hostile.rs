//! Measures the app's memory while a server floods it: `hostile APP [--window] [--seconds N] [FLOOD…]` prints the peak
//! (PSS, all its processes) for each flood. Linux; `cargo xtask bench hostile` builds and runs it.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a program that reports what it measured")]

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use testkit::{Flood, FloodServer};

/// More than can be sent in the time.
const PIECES: u64 = u64::MAX;

struct Asked {
    app: PathBuf,
    window: bool,
    seconds: u64,
    floods: Vec<Flood>,
}

fn asked() -> Asked {
    let mut asked = Asked { app: PathBuf::new(), window: false, seconds: 60, floods: Vec::new() };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--window" => asked.window = true,
            "--seconds" => asked.seconds = words.next().and_then(|n| n.parse().ok()).unwrap_or(asked.seconds),
            name => match Flood::ALL.iter().find(|flood| format!("{flood:?}") == name) {
                Some(flood) => asked.floods.push(*flood),
                None => asked.app = PathBuf::from(name),
            },
        }
    }
    if asked.floods.is_empty() {
        asked.floods.extend(Flood::ALL);
    }
    asked
}

/// Returns the process and all its descendants.
fn family(root: u32) -> Vec<u32> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { continue };
        let parent = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1)?.parse().ok());
        children.entry(parent.unwrap_or(0)).or_default().push(pid);
    }
    let mut all = vec![root];
    let mut at = 0;
    while let Some(pid) = all.get(at).copied() {
        all.extend(children.remove(&pid).unwrap_or_default());
        at += 1;
    }
    all
}

/// Returns the memory in megabytes, by process name.
fn memory(root: u32) -> HashMap<String, f64> {
    let mut sum = HashMap::new();
    for pid in family(root) {
        let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default().trim().to_owned();
        let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
        let kilobytes: f64 = rollup
            .lines()
            .find_map(|line| line.strip_prefix("Pss:")?.split_whitespace().next()?.parse().ok())
            .unwrap_or(0.0);
        *sum.entry(name).or_default() += kilobytes / 1024.0;
    }
    sum
}

fn start(asked: &Asked, endpoint: &str, home: &Path) -> Child {
    let mut command = Command::new(&asked.app);
    if asked.window {
        let profile = home.join("profile.json");
        let settings = format!(r#"{{"endpoint": "{endpoint}", "microphone": "none", "speaker": "none"}}"#);
        std::fs::write(&profile, settings).unwrap();
        command.arg("--profile").arg(&profile).arg("--start");
    } else {
        command.args(["talk", "--endpoint", endpoint, "--mic", "none", "--speaker", "none", "--text", "hi"]);
    }
    command.env("HOME", home).env("XDG_CONFIG_HOME", home).env("XDG_DATA_HOME", home);
    command.env_remove("GEMINI_API_KEY").env_remove("GOOGLE_API_KEY");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

async fn measure(asked: &Asked, flood: Flood) {
    let server = FloodServer::start(flood, PIECES).await.unwrap();
    let home = std::env::temp_dir().join(format!("vv-hostile-{}", std::process::id()));
    std::fs::create_dir_all(&home).unwrap();
    let mut app = start(asked, &server.endpoint(), &home);
    let begun = Instant::now();
    let (mut most, mut last) = (HashMap::<String, f64>::new(), 0.0_f64);
    let mut most_of_all = 0.0_f64;
    while begun.elapsed() < Duration::from_secs(asked.seconds) && app.try_wait().unwrap().is_none() {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let now = memory(app.id());
        last = now.values().sum();
        most_of_all = most_of_all.max(last);
        for (name, megabytes) in now {
            let kept = most.entry(name).or_default();
            *kept = kept.max(megabytes);
        }
    }
    let lasted = begun.elapsed().as_secs_f64();
    let status = app.try_wait().unwrap().map_or("running".to_owned(), |status| status.to_string());
    let _ = app.kill();
    let _ = app.wait();
    let _ = std::fs::remove_dir_all(&home);
    let mut parts: Vec<String> = most.iter().map(|(name, mb)| format!("{name} {mb:.0}")).collect();
    parts.sort();
    println!(
        "  {:<16} {most_of_all:>6.0} MB at most, {last:>6.0} MB at the end, {lasted:>3.0} s, {status} ({})",
        format!("{flood:?}"),
        parts.join(", ")
    );
}

fn main() {
    let asked = asked();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    println!("{}, PSS:", if asked.window { "the window" } else { "talk" });
    for flood in &asked.floods {
        runtime.block_on(measure(&asked, *flood));
    }
}
