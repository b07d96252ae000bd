//! The other commands of the program: serve, models, devices, doctor, completions.

use serde_json::Value;

use crate::program::{Home, Ran};

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

#[cfg(unix)]
#[test]
fn serve_accepts_clients_and_ends_with_ctrl_c() {
    let home = Home::bare();
    let mut server = home.start(&["serve", "--port", "0", "--pictures", "pictures"]);
    // stdout is a pipe here, and has the line at once.
    let line = server.until("\n");
    let address = line.strip_prefix("ready ").unwrap().trim_end();
    assert!(server.says("ws://").contains(address));
    let talk = ["talk", "--endpoint", address, "--text", "Tell me a joke", "--speaker", "none"];
    let ran = home.run(&talk);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("You: Tell me a joke\nServer: "), "{}", ran.out);
    // A reply in progress is completed when the server stops.
    let mut client = home.start(&talk);
    client.until("Server: ");
    server.interrupt();
    let (_, last_words) = ran.out.trim_end().rsplit_once(' ').unwrap();
    client.until(last_words);
    let ran = server.end();
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), ""));
}

#[cfg(unix)]
#[test]
fn the_ready_line_is_json_where_that_is_asked_for() {
    let home = Home::bare();
    let mut server = home.start(&["serve", "--port", "0", "--json"]);
    let ready: Value = serde_json::from_str(&server.until("\n")).unwrap();
    let port = ready["port"].as_u64().unwrap();
    assert_eq!((&ready["event"], &ready["url"]), (&"ready".into(), &format!("ws://127.0.0.1:{port}").into()));
    let taken = home.run(&["serve", "--port", &port.to_string()]);
    assert_eq!((taken.code, taken.out.as_str()), (Some(1), ""), "{taken:?}");
    let both = home.run(&["serve", "--port", "0", "--listen", "127.0.0.1:0"]);
    assert_eq!(both.code, Some(2), "{both:?}");
    server.interrupt();
    assert_eq!(server.end().code, Some(0));
}

#[cfg(unix)]
#[test]
fn retired_models_are_served_where_that_is_asked_for() {
    let home = Home::bare();
    for (args, status) in
        [(&["serve", "--port", "0"][..], 1), (&["serve", "--port", "0", "--retired-models"], 0)]
    {
        let mut server = home.start(args);
        let line = server.until("\n");
        let address = line.trim_end().strip_prefix("ready ").unwrap();
        let model = ["--model", "gemini-2.0-flash-live-001"];
        let talk = ["talk", "--endpoint", address, "--text", "Tell me a joke", "--speaker", "none"];
        let ran = home.run(&[&talk[..], &model].concat());
        assert_eq!(ran.code, Some(status), "{args:?}: {ran:?}");
    }
}

#[test]
fn a_port_that_others_reach_is_refused() {
    let ran = Home::bare().run(&["serve", "--listen", "0.0.0.0:0"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""));
    assert!(ran.err.contains("other machines"), "{}", ran.err);
}

#[test]
fn models_are_listed_with_what_they_can() {
    let home = Home::bare();
    let shown = home.run(&["models"]);
    assert!(shown.code == Some(0) && shown.out.starts_with("* gemini-3.8-live "), "{shown:?}");
    let listed = json(&home.run(&["models", "--json"]));
    let default: Vec<_> =
        listed.as_array().unwrap().iter().filter(|model| model["isDefault"] == true).collect();
    assert_eq!((default.len(), &default[0]["id"]), (1, &Value::from("gemini-3.8-live")));
    assert_eq!(shown.out.lines().count(), listed.as_array().unwrap().len());
    assert!(default[0]["can"].as_array().unwrap().contains(&"search".into()));
}

#[test]
fn devices_are_data_also_where_there_are_none() {
    let home = Home::bare();
    let listed = json(&home.run(&["devices", "--json"]));
    for kind in ["microphones", "speakers", "cameras"] {
        assert!(listed[kind].is_array(), "{listed}");
    }
    let shown = home.run(&["devices"]);
    assert_eq!(shown.code, Some(0), "{shown:?}");
    let count: usize = ["microphones", "speakers", "cameras"]
        .iter()
        .map(|kind| listed[kind].as_array().unwrap().len())
        .sum();
    assert_eq!(shown.out.lines().count(), count, "{shown:?}");
}

/// Returns the result of a check in a report, by its name.
fn found(report: &Value, name: &str) -> (String, bool) {
    let points = report["points"].as_array().unwrap();
    let point = points.iter().find(|point| point["name"] == name).unwrap_or_else(|| panic!("{report}"));
    let text = |field: &str| point[field].as_str().unwrap_or_default().to_owned();
    assert!(!text("says").is_empty() && (text("found") == "ok") == text("todo").is_empty(), "{point}");
    (text("found"), point["ms"].is_u64())
}

#[test]
fn doctor_passes_when_nothing_is_needed() {
    let home = Home::bare();
    std::fs::write(
        home.file("p.json"),
        r#"{"endpoint": "practice", "microphone": "none", "speaker": "none", "camera": "no such camera"}"#,
    )
    .unwrap();
    let ran = home.run(&["doctor", "--profile", "p.json", "--offline", "--json"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let report = json(&ran);
    assert_eq!(report["ok"], true);
    let names = ["microphone", "speaker", "camera", "keyring", "network", "key", "assets", "local"];
    let found = names.map(|name| found(&report, name).0);
    assert_eq!(report["points"].as_array().unwrap().len(), names.len());
    assert_eq!(found, ["ok", "ok", "limited", "limited", "ok", "ok", "limited", "ok"], "{report:#}");
}

#[test]
fn doctor_names_what_is_missing_and_fails() {
    let home = Home::bare();
    std::fs::write(
        home.file("p.json"),
        r#"{"endpoint": "gemini", "microphone": "no such microphone", "speaker": "none", "camera": "no such camera"}"#,
    )
    .unwrap();
    let ran = home.run(&["doctor", "--profile", "p.json", "--offline"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let line = |name: &str| ran.out.lines().find(|line| line.contains(name)).unwrap_or_default();
    assert!(line("microphone ").starts_with("✗") && line("speaker ").starts_with("✓"), "{}", ran.out);
    assert!(line("key ").starts_with("✗") && line("camera ").starts_with("–"), "{}", ran.out);
    assert!(line("assets ").starts_with("–") && ran.out.contains("vivavoce-assets fetch"), "{}", ran.out);
}

#[cfg(target_os = "linux")]
#[test]
fn doctor_detects_damaged_speech_models() {
    let good = Home::with_assets();
    std::fs::write(
        good.file("p.json"),
        r#"{"microphone": "none", "speaker": "none", "camera": "none at all"}"#,
    )
    .unwrap();
    let args = ["doctor", "--profile", "p.json", "--offline", "--json"];
    assert_eq!(found(&json(&good.run(&args)), "assets").0, "ok");
    let damaged = good.file("damaged");
    std::fs::create_dir(&damaged).unwrap();
    for entry in std::fs::read_dir(good.assets()).unwrap().map(Result::unwrap) {
        let to = damaged.join(entry.file_name());
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
    // The right size with other content.
    let alphabet = damaged.join("vocab.json");
    let size = std::fs::metadata(&alphabet).unwrap().len();
    std::fs::remove_file(&alphabet).unwrap();
    std::fs::write(&alphabet, vec![b' '; size as usize]).unwrap();
    let output = good.command(&args).env("VIVAVOCE_ASSETS", &damaged).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found(&report, "assets").0, "limited", "{report:#}");
}

#[test]
fn shells_get_completions_and_commands_have_examples() {
    let home = Home::bare();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let ran = home.run(&["completions", shell]);
        assert!(ran.code == Some(0) && ran.out.contains("practice"), "{shell}: {ran:?}");
    }
    for command in ["talk", "serve", "models", "devices", "doctor", "completions"] {
        let ran = home.run(&[command, "--help"]);
        let example = format!("vivavoce {command}");
        assert!(ran.code == Some(0) && ran.out.contains("Examples:"), "{command}: {ran:?}");
        let examples = ran.out.split("Examples:").nth(1).unwrap();
        assert!(examples.contains(&example), "{command}: {examples}");
    }
}
