//! The virtual sound card of `tests/rig`, one for each test, and speech to play into it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use tokio::sync::{Mutex, MutexGuard};

/// One test at a time: screenshots show the whole screen, and two cores suffice for one web view.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// A running virtual sound card, stopped on drop.
pub(crate) struct Rig {
    folder: TempDir,
    _stage: MutexGuard<'static, ()>,
}

impl Rig {
    /// Starts a card when no other test uses one.
    pub(crate) async fn start() -> Self {
        let stage = ONE_AT_A_TIME.lock().await;
        // The path of a Unix socket must be short.
        let folder = tempfile::Builder::new().prefix("va").tempdir_in("/tmp").unwrap();
        let rig = Self { folder, _stage: stage };
        rig.run(&["start"]);
        rig
    }

    /// Returns the environment variables for programs that use it.
    pub(crate) fn env(&self) -> Vec<(String, String)> {
        self.run(&["env"])
            .lines()
            .filter_map(|line| line.strip_prefix("export ")?.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned()))
            .collect()
    }

    /// Plays a file into the microphone and waits for its end.
    pub(crate) fn play(&self, file: &Path) {
        self.run(&[OsStr::new("play"), file.as_os_str()]);
    }

    /// Starts playing a file into the microphone.
    pub(crate) fn play_meanwhile(&self, file: &Path) -> Running {
        Running(self.command().arg("play").arg(file).spawn().unwrap())
    }

    /// Records the speaker until the returned value is dropped.
    pub(crate) fn record(&self, file: &Path) -> Running {
        Running(self.command().arg("record").arg(file).stdin(Stdio::null()).spawn().unwrap())
    }

    /// Returns the streams of apps, such as `record vivavoce play vivavoce`; empty when all devices are released.
    pub(crate) fn streams(&self) -> String {
        let status = self.run(&["status"]);
        let line = status.lines().find_map(|line| line.strip_prefix("streams:"));
        line.expect("status names streams").trim().to_owned()
    }

    fn run<A: AsRef<OsStr>>(&self, args: &[A]) -> String {
        let output = self.command().args(args).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "virtual_audio.sh: {errors}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(rig_folder().join("virtual_audio.sh"));
        command.env("VA_DIR", self.folder.path().join("d"));
        command
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        let _ = self.command().arg("stop").output();
    }
}

/// A running program; interrupted and awaited on drop.
pub(crate) struct Running(Child);

impl Running {
    /// Waits until it ends by itself.
    pub(crate) fn wait(mut self) {
        let _ = self.0.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-INT", &self.0.id().to_string()]).status();
        let _ = self.0.wait();
    }
}

/// Returns `tests/rig`.
pub(crate) fn rig_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rig")
}

/// Synthesises a sentence with espeak-ng.
pub(crate) fn speech(folder: &Path, name: &str, sentence: &str) -> PathBuf {
    let file = folder.join(format!("{name}.wav"));
    let spoken = Command::new("espeak-ng")
        .args(["-v", "en-us", "-s", "150", "-a", "180", "-w"])
        .arg(&file)
        .arg(sentence)
        .status();
    assert!(spoken.unwrap().success(), "espeak-ng failed");
    file
}
