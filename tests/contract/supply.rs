//! Dependencies are pinned: locked versions, hashes, and no package that runs code during installation.

use crate::checkout;

/// Joins the lines of each requirement: pip continues a line with a backslash.
fn requirements(text: &str) -> Vec<String> {
    text.replace("\\\n", " ")
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

#[test]
fn python_packages_are_pinned_by_hash() {
    let mut files = 0;
    let mut faults = Vec::new();
    for name in checkout::files().into_iter().filter(|name| name.ends_with("requirements.txt")) {
        files += 1;
        let text = checkout::text(&name).expect("requirements are text");
        for line in requirements(&text) {
            if !line.contains("==") || !line.contains("--hash=sha256:") {
                faults.push(format!("{name}: {line}"));
            }
        }
    }
    assert!(files > 0, "no requirements.txt was found");
    checkout::none_of(&faults, "a version and its hashes for each (CONTRIBUTING.md says how to write them):");
}

#[test]
fn npm_packages_run_no_scripts_of_their_own() {
    let folders: Vec<String> = checkout::files()
        .iter()
        .filter_map(|name| name.strip_suffix("package-lock.json"))
        .map(str::to_owned)
        .collect();
    assert!(!folders.is_empty(), "no package-lock.json was found");
    let faults: Vec<String> = folders
        .iter()
        .map(|folder| format!("{folder}.npmrc"))
        .filter(|file| {
            let text = checkout::text_if_there(file).unwrap_or_default();
            text.lines().all(|line| line.trim() != "ignore-scripts=true")
        })
        .collect();
    checkout::none_of(&faults, "`ignore-scripts=true` belongs into:");
}

#[test]
fn cargo_builds_what_the_lock_file_says() {
    let mut faults = Vec::new();
    for name in checkout::files() {
        if !(name.starts_with("xtask/src/") || name == ".cargo/config.toml") {
            continue;
        }
        let text = checkout::text(&name).unwrap_or_default();
        for (number, line) in text.lines().enumerate() {
            let builds =
                ["\"--package\"", "\"--workspace\"", "\"--release\"", "\"install\", \"cargo", "run --quiet"];
            if builds.iter().any(|words| line.contains(words)) && !line.contains("--locked") {
                faults.push(format!("{name}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    checkout::none_of(&faults, "`--locked` is missing:");
}
