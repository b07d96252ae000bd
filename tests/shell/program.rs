//! The real program, started as by a person, with its own home folder and without a key, sound card or keyring.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A home folder for one test.
pub(crate) struct Home {
    folder: TempDir,
    /// The folder of the partner's speech models; empty unless the test needs them.
    assets: PathBuf,
}

/// The result of a run.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Self { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }
}

impl Home {
    /// Creates a home without speech models: the partner understands typed text and speaks with the formant voice.
    pub(crate) fn bare() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let assets = folder.path().join("no-assets");
        Self { folder, assets }
    }

    /// Creates a home with all speech models.
    ///
    /// `cargo xtask test` and `cargo xtask assets` download them. Without them the test fails and says so.
    pub(crate) fn with_assets() -> Self {
        let assets = assets::Store::of_user()
            .whole_folder(&assets::Catalogue::embedded())
            .unwrap_or_else(|error| panic!("{error}"));
        Self { assets, ..Self::bare() }
    }

    pub(crate) fn assets(&self) -> &Path {
        &self.assets
    }

    /// Returns a file in it.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vivavoce"));
        let nowhere = self.file("nowhere");
        command
            .args(args)
            .current_dir(self.folder.path())
            .env("HOME", self.folder.path())
            .env("VIVAVOCE_ASSETS", &self.assets)
            .env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", nowhere.display()))
            .env("PULSE_SERVER", format!("unix:{}", nowhere.display()))
            .env("NO_COLOR", "1")
            // No port is asked for language models, unless a test names one.
            .env("VIVAVOCE_LOCAL_PORTS", "")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for name in [
            "GEMINI_API_KEY",
            "GOOGLE_API_KEY",
            "VIVAVOCE_THINK_KEY",
            "VIVAVOCE_SERVE_KEY",
            "VIVAVOCE_LOG",
            "XDG_CONFIG_HOME",
            "XDG_DATA_HOME",
            "HTTPS_PROXY",
            "https_proxy",
            "ALL_PROXY",
            "all_proxy",
        ] {
            command.env_remove(name);
        }
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        Ran::of(&self.command(args).output().unwrap())
    }

    /// Starts the program, to be watched and interrupted.
    pub(crate) fn start(&self, args: &[&str]) -> Running {
        self.start_with(args, |_| {})
    }

    /// Like `start`, after changing the command.
    pub(crate) fn start_with(&self, args: &[&str], change: impl FnOnce(&mut Command)) -> Running {
        let mut command = self.command(args);
        change(&mut command);
        Running::of(&mut command)
    }

    /// Like `start`, through another program that replaces itself.
    #[cfg(unix)]
    pub(crate) fn command_through(&self, other: &[&str], args: &[&str]) -> Command {
        let usual = self.command(args);
        let mut command = Command::new(other[0]);
        command.args(&other[1..]).arg(usual.get_program()).args(args).current_dir(self.folder.path());
        for (name, value) in usual.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Reads the lines of an events file.
    pub(crate) fn lines(&self, name: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(self.file(name)).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// A running program. It is killed with the test.
pub(crate) struct Running {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Running {
    pub(crate) fn of(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Self { child, out }
    }

    /// Reads stdout until it ends with these words; returns what was read.
    pub(crate) fn until(&mut self, words: &str) -> String {
        let mut read = Vec::new();
        let mut byte = [0];
        while !read.ends_with(words.as_bytes()) {
            match self.out.read(&mut byte).unwrap() {
                0 => {
                    let mut err = String::new();
                    if let Some(pipe) = &mut self.child.stderr {
                        pipe.read_to_string(&mut err).unwrap();
                    }
                    let (status, read) = (self.child.wait(), String::from_utf8_lossy(&read));
                    panic!("it ended without {words:?}: {status:?}, {read}{err}");
                }
                _ => read.push(byte[0]),
            }
        }
        String::from_utf8_lossy(&read).into_owned()
    }

    /// Reads stderr until a line with these words; returns that line.
    pub(crate) fn says(&mut self, words: &str) -> String {
        let mut err = BufReader::new(self.child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains(words) {
            line.clear();
            assert!(err.read_line(&mut line).unwrap() > 0, "it ended without saying {words:?}");
        }
        // Keep the pipe open: the program might end when it can't write any more.
        self.child.stderr = Some(err.into_inner());
        line
    }

    /// Sends Ctrl-C.
    #[cfg(unix)]
    pub(crate) fn interrupt(&self) {
        self.signal("-INT");
    }

    /// Sends a signal.
    #[cfg(unix)]
    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    /// Waits for the program's end.
    pub(crate) fn end(mut self) -> Ran {
        let (mut out, mut err) = (String::new(), String::new());
        self.out.read_to_string(&mut out).unwrap();
        if let Some(mut pipe) = self.child.stderr.take() {
            pipe.read_to_string(&mut err).unwrap();
        }
        Ran { code: self.child.wait().unwrap().code(), out, err }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the samples of a file, which must be mono, 16 bit, 24 kHz.
pub(crate) fn replies(path: &Path) -> Vec<i16> {
    let mut wav = hound::WavReader::new(File::open(path).unwrap()).unwrap();
    let spec = wav.spec();
    assert_eq!((spec.channels, spec.sample_rate, spec.bits_per_sample), (1, 24_000, 16));
    assert_eq!(spec.sample_format, hound::SampleFormat::Int);
    wav.samples::<i16>().map(Result::unwrap).collect()
}
