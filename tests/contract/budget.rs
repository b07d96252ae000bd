//! Limits the length of files, and requires each to say what it is.

use crate::checkout;

/// The most lines of a file. Above about 400, consider splitting it.
const MOST: usize = 600;
/// Files above this are listed (`cargo test --test contract budget -- --nocapture`).
const MANY: usize = 450;

fn ours(name: &str) -> bool {
    checkout::is_a(name, &["rs", "ts", "svelte"]) && !name.ends_with(".gen.ts")
}

#[test]
fn no_file_is_too_long() {
    let mut long: Vec<(usize, String)> = checkout::files()
        .into_iter()
        .filter(|name| ours(name))
        .map(|name| (checkout::text(&name).unwrap_or_default().lines().count(), name))
        .filter(|(lines, _)| *lines > MANY)
        .collect();
    long.sort_unstable_by(|a, b| b.cmp(a));
    for (lines, name) in &long {
        println!("{lines:>5} {name}");
    }
    let faults: Vec<String> = long
        .iter()
        .filter(|(lines, _)| *lines > MOST)
        .map(|(lines, name)| format!("{name}: {lines}"))
        .collect();
    checkout::none_of(&faults, &format!("more than {MOST} lines; split them by what they own:"));
}

#[test]
fn every_module_says_what_it_owns() {
    let faults: Vec<String> = checkout::files()
        .into_iter()
        .filter(|name| checkout::is_a(name, &["rs"]))
        .filter(|name| !checkout::text(name).unwrap_or_default().starts_with("//!"))
        .collect();
    checkout::none_of(
        &faults,
        "a module opens with `//!`: what it owns, which thread it runs on, whether it may block:",
    );
}
