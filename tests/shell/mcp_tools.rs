//! The tools of MCP servers by the command line: listed, refused without leave, called with it, tried by the doctor, and gone with
//! the program.

#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::program::{Home, Ran};

/// A folder with a file of servers: a shop, and one that is not there.
fn home() -> Home {
    let home = Home::bare();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("src-tauri/crates/mcp/tests/fixtures/server.py");
    let shop = json!({"command": "python3", "args": [script, "shop", home.file("")]});
    let gone = json!({"command": "vivavoce-no-such-program"});
    fs::write(home.file("shop.json"), json!({"mcpServers": {"shop": shop}}).to_string()).unwrap();
    fs::write(home.file("both.json"), json!({"servers": {"shop": shop, "gone": gone}}).to_string()).unwrap();
    home
}

fn talk(home: &Home, more: &[&str]) -> Ran {
    let args = ["talk", "--practice", "--speaker", "none", "--events", "e.jsonl", "--mcp", "shop.json"];
    home.run(&[&args[..], &["--text", "Tell me the state of the order A7."], more].concat())
}

/// The last row of a call in the events.
fn last_row(home: &Home) -> Value {
    let lines = home.lines("e.jsonl");
    let row = lines.iter().rfind(|line| line["event"]["type"] == "tool");
    row.unwrap_or_else(|| panic!("no call in {lines:#?}"))["event"]["call"].clone()
}

/// Waits until the server of this folder is gone.
fn until_gone(home: &Home) {
    let processes = fs::read_to_string(home.file("started")).unwrap();
    let end = Instant::now() + Duration::from_secs(30);
    for process in processes.lines() {
        let status = Path::new("/proc").join(process).join("status");
        while fs::read_to_string(&status).is_ok_and(|status| !status.contains("State:\tZ")) {
            assert!(Instant::now() < end, "{process} outlived us");
            std::thread::yield_now();
        }
    }
}

#[test]
fn tools_of_servers_are_listed_and_what_fails_is_told() {
    let home = home();
    let ran = home.run(&["tools", "--mcp", "shop.json"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let last: Vec<&str> = ran.out.lines().last().unwrap().split('\t').collect();
    assert_eq!(last, ["shop__order_state", "mcp:shop", "yes", "Tells the state of an order."]);
    until_gone(&home);
    let ran = home.run(&["tools", "--mcp", "both.json", "--json"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.err.contains("gone") && ran.err.contains("was not found"), "{ran:?}");
    let rows: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(rows[2]["arguments"]["properties"]["order"]["type"], "string");
    let ran = home.run(&["tools", "--mcp", "none.json"]);
    assert!(ran.code == Some(1) && ran.err.contains("none.json"), "{ran:?}");
}

#[test]
fn a_servers_tool_asks_first_and_runs_with_leave_for_it() {
    let home = home();
    let ran = talk(&home, &[]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(last_row(&home)["state"], "refused");
    assert!(ran.out.contains("--allow shop__order_state") && !home.file("asked").exists(), "{ran:?}");
    for leave in ["shop", "shop__order_state", "shop:read-only"] {
        let home = self::home();
        let ran = talk(&home, &["--allow", leave]);
        let row = last_row(&home);
        assert_eq!(
            (&row["state"], &row["name"]),
            (&"done".into(), &"shop__order_state".into()),
            "{leave}: {row}"
        );
        assert!(ran.out.contains("on its way"), "{ran:?}");
        until_gone(&home);
    }
    let ran = talk(&home, &["--allow", "shopp"]);
    assert!(ran.code == Some(1) && ran.err.contains("No tool is called shopp"), "{ran:?}");
}

#[test]
fn the_doctor_starts_each_server_and_says_how_it_is() {
    let home = home();
    let ran = home.run(&["doctor", "--practice", "--offline", "--json", "--mcp", "both.json"]);
    let report: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{ran:?}"));
    let points = report["points"].as_array().unwrap();
    let of: Vec<&Value> = points.iter().filter(|point| point["name"] == "mcp").collect();
    assert_eq!((of[0]["found"].as_str(), of[1]["found"].as_str()), (Some("limited"), Some("ok")), "{of:?}");
    assert!(of[0]["detail"].as_str().unwrap().contains("was not found"), "{of:?}");
    assert_eq!(of[1]["says"], "shop: runs, tools: 1");
    until_gone(&home);
}

#[cfg(target_os = "linux")]
#[test]
fn the_apps_own_file_is_meant_without_a_name() {
    let home = home();
    let missing = home.run(&["tools", "--mcp"]);
    assert!(missing.code == Some(1) && missing.err.contains("mcp.json"), "{missing:?}");
    fs::create_dir_all(home.file(".config/vivavoce")).unwrap();
    fs::copy(home.file("shop.json"), home.file(".config/vivavoce/mcp.json")).unwrap();
    let ran = home.run(&["tools", "--mcp"]);
    assert!(ran.code == Some(0) && ran.out.contains("shop__order_state"), "{ran:?}");
}

#[test]
fn servers_of_another_program_are_imported_once() {
    let home = home();
    let ran = home.run(&["tools", "--import", "both.json"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(ran.out, "gone\nshop\n");
    let ran = home.run(&["tools", "--import", "shop.json"]);
    assert!(ran.code == Some(0) && ran.out.is_empty() && ran.err.contains("was there already"), "{ran:?}");
    let ran = home.run(&["tools", "--mcp"]);
    assert!(ran.out.contains("shop__order_state") && ran.err.contains("gone"), "{ran:?}");
}
