//! Fetches a package from the Python registry by running the user's own pip: the registry's address, its certificates
//! and its passwords are what pip is set up with, and none of our business. Blocks.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::AssetError;
use crate::catalogue::Package;
use crate::store::digest_of;

/// How often the child is looked at: often enough for a cancel button.
const LOOK: Duration = Duration::from_millis(50);
/// How much of pip's last words is shown.
const LAST_WORDS: usize = 600;

/// The ways to call pip, the surest first.
const PIPS: &[&[&str]] = if cfg!(windows) {
    &[&["py", "-m", "pip"], &["python", "-m", "pip"], &["pip"]]
} else {
    &[&["python3", "-m", "pip"], &["python", "-m", "pip"], &["pip3"], &["pip"]]
};

/// Leaves the package's file in `folder` and returns where. One that is there already, whole, is not fetched again.
/// `step` is told how many bytes came so far and says whether to go on.
pub(crate) fn fetch(
    package: &Package,
    folder: &Path,
    step: &mut dyn FnMut(u64) -> bool,
) -> Result<PathBuf, AssetError> {
    let place = folder.join(&package.file);
    if is_whole(package, &place) {
        return Ok(place);
    }
    // pip's own unfinished files go here, where their growth is seen and where they are cleaned up.
    let scratch = folder.join(format!("{}.pip", package.name));
    fs::create_dir_all(&scratch).map_err(AssetError::file(&scratch))?;
    let done = run(package, folder, &scratch, step);
    let _ = fs::remove_dir_all(&scratch);
    done?;
    if is_whole(package, &place) {
        return Ok(place);
    }
    let _ = fs::remove_file(&place);
    Err(AssetError::Corrupt(package.file.clone()))
}

fn is_whole(package: &Package, place: &Path) -> bool {
    digest_of(place).is_ok_and(|digest| digest == package.sha256)
}

fn run(
    package: &Package,
    folder: &Path,
    scratch: &Path,
    step: &mut dyn FnMut(u64) -> bool,
) -> Result<(), AssetError> {
    let failed = |reason: String| AssetError::Registry { name: package.name.clone(), reason };
    let mut child = start(package, folder, scratch).ok_or_else(|| {
        failed("there is no pip on this machine (Python's installer of packages)".to_owned())
    })?;
    // Read on a thread of its own, or a talkative pip would wait for us while we wait for it.
    let words = child.stderr.take().map(|mut stderr| {
        thread::spawn(move || {
            let mut words = Vec::new();
            let _ = stderr.by_ref().take(1 << 20).read_to_end(&mut words);
            String::from_utf8_lossy(&words).into_owned()
        })
    });
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) => {}
            Err(error) => return Err(failed(error.to_string())),
        }
        if !step(bytes_in(scratch).min(package.size)) {
            let _ = child.kill();
            let _ = child.wait();
            return Err(AssetError::Cancelled);
        }
        thread::sleep(LOOK);
    };
    if status.success() {
        step(package.size);
        return Ok(());
    }
    let words = words.and_then(|thread| thread.join().ok()).unwrap_or_default();
    let words = words.trim();
    let from = words.char_indices().rev().nth(LAST_WORDS).map_or(0, |(at, _)| at);
    Err(failed(words[from..].to_owned()))
}

fn start(package: &Package, folder: &Path, scratch: &Path) -> Option<Child> {
    PIPS.iter().find_map(|pip| {
        let mut command = Command::new(pip[0]);
        command.args(&pip[1..]).arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
        if !command.status().is_ok_and(|status| status.success()) {
            return None;
        }
        Command::new(pip[0])
            .args(&pip[1..])
            .args(["download", "--no-deps", "--only-binary=:all:", "--no-input", "--quiet"])
            .args(["--disable-pip-version-check", "--dest"])
            .arg(folder)
            .arg(format!("{}=={}", package.name, package.version))
            .envs(["TMPDIR", "TMP", "TEMP"].map(|name| (name, scratch)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .ok()
    })
}

/// The size of everything in a folder.
fn bytes_in(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(found) if found.is_dir() => bytes_in(&entry.path()),
            Ok(found) => found.len(),
            Err(_) => 0,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_a_folder_counts_what_lies_deeper() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("in")).expect("a folder");
        fs::write(folder.path().join("in/a"), [0; 10]).expect("written");
        fs::write(folder.path().join("b"), [0; 5]).expect("written");
        assert_eq!(bytes_in(folder.path()), 15);
        assert_eq!(bytes_in(&folder.path().join("gone")), 0);
    }
}
