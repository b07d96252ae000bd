//! What must not be in the repository: addresses of private registries, paths of one machine, and ways around the
//! page's IPC module.

use crate::checkout;

/// Hosts that a lock file or script might contain, split so that this file does not contain them.
const HOSTS: &[(&str, &str)] = &[
    ("static.crates.", "io"),
    ("index.crates.", "io"),
    ("registry.npm", "js."),
    ("registry.yarn", "pkg."),
    ("pypi.", "org"),
    ("python", "hosted"),
    ("deb.deb", "ian"),
    ("proxy.golang", ".org"),
];

/// Folders of a single machine.
const FOLDERS: &[(&str, &str)] =
    &[("/ho", "me/"), ("/ro", "ot/"), ("/wo", "rk/"), ("/fa", "rm/"), ("/Us", "ers/"), ("\\Us", "ers\\")];

/// Returns whether a path can begin after this character; otherwise it is a part of a longer path.
fn begins_a_path(before: Option<char>) -> bool {
    before.is_none_or(|c| c.is_whitespace() || "\"'`=(:<>,[".contains(c))
}

#[test]
fn no_registry_host_is_committed() {
    let hosts: Vec<String> = HOSTS.iter().map(|(a, b)| format!("{a}{b}")).collect();
    let faults = lines_with(|line| hosts.iter().any(|host| line.contains(host)));
    checkout::none_of(&faults, "a registry's host (npm: omit-lockfile-registry-resolved=true in ui/.npmrc):");
}

#[test]
fn no_path_of_a_machine_is_committed() {
    let folders: Vec<String> = FOLDERS.iter().map(|(a, b)| format!("{a}{b}")).collect();
    let faults = lines_with(|line| {
        folders.iter().any(|folder| {
            line.match_indices(folder.as_str()).any(|(at, _)| {
                begins_a_path(line[..at].trim_end_matches(['C', 'c', ':']).chars().next_back())
            })
        })
    });
    checkout::none_of(&faults, "a path of one machine:");
}

#[test]
fn the_page_has_one_door() {
    let faults: Vec<String> = checkout::files()
        .into_iter()
        .filter(|name| name.starts_with("ui/src/") && checkout::is_a(name, &["ts", "js", "svelte"]))
        // tests may replace what is behind the IPC module
        .filter(|name| name != "ui/src/ipc/client.ts" && !name.ends_with(".test.ts"))
        .filter(|name| checkout::text(name).unwrap_or_default().contains("@tauri-apps/"))
        .collect();
    checkout::none_of(&faults, "only ui/src/ipc/client.ts imports @tauri-apps:");
}

/// Ways to print to a terminal, split so that this file does not contain them.
const TO_A_TERMINAL: &[(&str, &str)] = &[
    ("print", "ln!("),
    ("print", "!("),
    ("std", "out()"),
    ("std", "err()"),
    ("dev/", "tty"),
    ("::std", "out;"),
    ("::std", "err;"),
    ("with_writer(std", "::io"),
];

#[test]
fn the_terminal_has_one_door() {
    let words: Vec<String> = TO_A_TERMINAL.iter().map(|(a, b)| format!("{a}{b}")).collect();
    let faults: Vec<String> = lines_with(|line| words.iter().any(|word| line.contains(word)))
        .into_iter()
        .filter(|fault| {
            fault.starts_with("src-tauri/src/") && !fault.starts_with("src-tauri/src/cli/print.rs:")
        })
        .collect();
    checkout::none_of(
        &faults,
        "only cli/print.rs writes to stdout and stderr (ARCHITECTURE.md, invariant 13):",
    );
}

/// "FILE:LINE: TEXT" for each line of a text file that `bad` says yes to.
fn lines_with(bad: impl Fn(&str) -> bool) -> Vec<String> {
    let mut faults = Vec::new();
    for name in checkout::files() {
        let Some(text) = checkout::text(&name) else { continue };
        for (number, line) in text.lines().enumerate().filter(|(_, line)| bad(line)) {
            let shown: String = line.trim().chars().take(120).collect();
            faults.push(format!("{name}:{}: {shown}", number + 1));
        }
    }
    faults
}
