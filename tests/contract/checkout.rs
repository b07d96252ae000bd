//! The checkout as these tests see it: its root and the files that belong to it.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Returns the root; cargo sets it at run time, since several checkouts may share one build folder.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("run by cargo"))
}

/// Returns the paths, relative to the root and with `/`, of every file that is committed or would be by `git add`.
pub(crate) fn files() -> Vec<String> {
    let git = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("these tests need git, to know which files are the project's");
    assert!(
        git.status.success(),
        "these tests need a git checkout, not an archive: {}",
        String::from_utf8_lossy(&git.stderr)
    );
    let mut files: Vec<String> = git
        .stdout
        .split(|byte| *byte == 0)
        .filter(|name| !name.is_empty())
        .map(|name| String::from_utf8(name.to_vec()).expect("file names are UTF-8"))
        // git also lists deleted files that are not committed yet
        .filter(|name| root().join(name).is_file())
        .collect();
    files.sort();
    files.dedup();
    assert!(files.len() > 20, "git names only {} files", files.len());
    files
}

/// Returns whether the name has one of these extensions.
pub(crate) fn is_a(name: &str, extensions: &[&str]) -> bool {
    Path::new(name).extension().is_some_and(|e| extensions.iter().any(|wanted| e == *wanted))
}

/// Returns the text of a file; `None` when it is not text.
pub(crate) fn text(name: &str) -> Option<String> {
    let bytes = std::fs::read(root().join(name)).expect("a file that git named can be read");
    String::from_utf8(bytes).ok()
}

/// Returns the text of a file; `None` when it is missing.
pub(crate) fn text_if_there(name: &str) -> Option<String> {
    std::fs::read_to_string(root().join(name)).ok()
}

/// Fails with one line for each fault.
pub(crate) fn none_of(faults: &[String], rule: &str) {
    assert!(faults.is_empty(), "{rule}\n  {}\n", faults.join("\n  "));
}
