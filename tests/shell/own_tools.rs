//! A person's own functions by the command line: listed, refused without leave, called with it, and gone with the program.

#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::program::{Home, Ran};

const TOOLS: &str = r#"
[[functions]]
name = "order_state"
description = "Tells the state of an order."
command = { program = "sh", args = ["-c", "cat > asked.json; echo '{\"state\": \"on its way\"}'"] }
[functions.arguments]
type = "object"
properties.order = { type = "string", description = "The order's number." }

[[functions]]
name = "opening_hours"
description = "Tells the opening hours of the shop."
answer = "from nine to six"
"#;

fn home() -> Home {
    let home = Home::bare();
    fs::write(home.file("tools.toml"), TOOLS).unwrap();
    home
}

fn talk(home: &Home, text: &str, more: &[&str]) -> Ran {
    let args = [
        "talk",
        "--practice",
        "--speaker",
        "none",
        "--tools",
        "tools.toml",
        "--events",
        "e.jsonl",
        "--text",
        text,
    ];
    home.run(&[&args[..], more].concat())
}

/// The last row of a call in the events.
fn last_row(home: &Home) -> Value {
    let lines = home.lines("e.jsonl");
    let row = lines.iter().rfind(|line| line["event"]["type"] == "tool");
    row.unwrap_or_else(|| panic!("no call in {lines:#?}"))["event"]["call"].clone()
}

#[test]
fn own_functions_are_listed_with_where_they_come_from() {
    let home = home();
    let ran = home.run(&["tools", "--tools", "tools.toml"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let rows: Vec<Vec<&str>> = ran.out.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(rows[0][..3], ["get_current_time", "built-in", "no"]);
    assert_eq!(rows[2][..3], ["order_state", "tools.toml", "yes"]);
    assert_eq!(rows[3][..3], ["opening_hours", "tools.toml", "no"]);
    let json = home.run(&["tools", "--tools", "tools.toml", "--json"]);
    let rows: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(rows[2]["arguments"]["properties"]["order"]["type"], "string");
    assert_eq!(rows.as_array().map(Vec::len), Some(4));
}

#[test]
fn a_broken_file_is_refused_before_anything_begins() {
    let home = home();
    fs::write(home.file("tools.toml"), "[[functions]]\nname = \"f\"\nanser = 1").unwrap();
    for args in [
        &["tools", "--tools", "tools.toml"][..],
        &["talk", "--practice", "--tools", "tools.toml", "--text", "Hi"],
    ] {
        let ran = home.run(args);
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(
            ran.err.contains("tools.toml") && ran.err.contains("line 3: unknown field `anser`"),
            "{ran:?}"
        );
    }
    let ran = home.run(&["talk", "--practice", "--allow", "get_wether", "--text", "Hi"]);
    assert!(ran.code == Some(1) && ran.err.contains("No tool is called get_wether"), "{ran:?}");
}

#[test]
fn a_call_without_leave_is_refused_and_names_the_flag() {
    let home = home();
    let ran = talk(&home, "Tell me the state of the order A7.", &[]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let row = last_row(&home);
    assert_eq!((&row["name"], &row["state"]), (&"order_state".into(), &"refused".into()));
    assert!(ran.out.contains("--allow order_state or --allow-all"), "{ran:?}");
    assert!(!home.file("asked.json").exists(), "it did not run");
}

#[test]
fn a_call_with_leave_runs_beside_the_file_and_is_told() {
    for leave in [&["--allow", "order_state"][..], &["--allow-all"]] {
        let home = home();
        let ran = talk(&home, "Tell me the state of the order A7.", leave);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let row = last_row(&home);
        assert_eq!((&row["state"], &row["name"]), (&"done".into(), &"order_state".into()), "{row}");
        let asked: Value = serde_json::from_slice(&fs::read(home.file("asked.json")).unwrap()).unwrap();
        assert!(asked.is_object(), "{asked}");
        assert!(ran.out.contains("on its way"), "{ran:?}");
    }
}

#[test]
fn a_fixed_answer_needs_no_leave() {
    let home = home();
    let ran = talk(&home, "What are the opening hours of the shop?", &[]);
    assert!(ran.code == Some(0) && ran.out.contains("from nine to six"), "{ran:?}");
}

#[test]
fn what_a_profile_settled_holds() {
    let home = home();
    for (rule, state) in [("always", "done"), ("never", "refused")] {
        let profile = format!(
            r#"{{"endpoint": "practice", "microphone": "none", "toolRules": {{"order_state": "{rule}"}}}}"#
        );
        fs::write(home.file("p.json"), profile).unwrap();
        talk(&home, "Tell me the state of the order A7.", &["--profile", "p.json"]);
        assert_eq!(last_row(&home)["state"], state);
    }
}

/// Whether a process of this number is there and no zombie.
fn is_alive(process: &str) -> bool {
    let status = fs::read_to_string(Path::new("/proc").join(process).join("status"));
    status.is_ok_and(|status| !status.contains("State:\tZ"))
}

#[cfg(target_os = "linux")]
#[test]
fn a_program_of_a_call_ends_when_talk_does_however_it_ends() {
    for (signals, code) in [(1, None), (2, Some(130))] {
        let home = home();
        let hangs = r#"
            [[functions]]
            name = "order_state"
            description = "Tells the state of an order."
            timeout = 600
            command = { program = "sh", args = ["-c", "sleep 1000 & echo $! > pid.new; mv pid.new pid; sleep 1000"] }
        "#;
        fs::write(home.file("tools.toml"), hangs).unwrap();
        let args = ["talk", "--practice", "--speaker", "none", "--tools", "tools.toml", "--allow-all"];
        let mut running = home.start(&[&args[..], &["--text", "Tell me the state of the order."]].concat());
        let end = Instant::now() + Duration::from_mins(1);
        while !home.file("pid").exists() {
            assert!(Instant::now() < end, "the function does not run");
            std::thread::yield_now();
        }
        let process = fs::read_to_string(home.file("pid")).unwrap().trim().to_owned();
        assert!(is_alive(&process));
        running.interrupt();
        if signals == 2 {
            running.says("last words");
            running.interrupt();
        }
        let ran = running.end();
        assert!(code.is_none_or(|code| ran.code == Some(code)), "{ran:?}");
        let end = Instant::now() + Duration::from_secs(30);
        while is_alive(&process) {
            assert!(Instant::now() < end, "{process} outlived talk");
            std::thread::yield_now();
        }
    }
}
