//! Programs that functions run: started directly and never by a shell, with an environment that is listed, in a process
//! group of their own (a job object on Windows). Whoever holds a [`Program`] holds all that it started: dropping it ends
//! every process of the group, so none outlives the call, the conversation or this program.
//!
//! What leaves its group on purpose (`setsid`) is no longer ours. On Windows the system ends the job when this program is
//! gone, however it ends; elsewhere a program that is left alone sees the end of its input.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};

use process_wrap::tokio::{ChildWrapper, CommandWrap, KillOnDrop};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout};

/// Variables that every program gets, where they are set: what it needs to find its files and to speak the person's language.
/// Nothing in them is a secret.
const USUAL: &[&str] = if cfg!(windows) {
    &[
        "APPDATA",
        "COMSPEC",
        "HOMEDRIVE",
        "HOMEPATH",
        "LANG",
        "LOCALAPPDATA",
        "NUMBER_OF_PROCESSORS",
        "PATH",
        "PATHEXT",
        "PROCESSOR_ARCHITECTURE",
        "PROGRAMDATA",
        "PROGRAMFILES",
        "SYSTEMDRIVE",
        "SYSTEMROOT",
        "TEMP",
        "TMP",
        "TZ",
        "USERNAME",
        "USERPROFILE",
        "WINDIR",
    ]
} else {
    &[
        "HOME",
        "LANG",
        "LANGUAGE",
        "LC_ALL",
        "LC_CTYPE",
        "LC_MESSAGES",
        "LC_NUMERIC",
        "LC_TIME",
        "LOGNAME",
        "PATH",
        "SHELL",
        "TERM",
        "TMPDIR",
        "TZ",
        "USER",
        "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
        "XDG_RUNTIME_DIR",
    ]
};

/// The process groups that are alive, by their leader's number.
static ALIVE: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// What to start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramSpec {
    /// The program: a name in `PATH`, or a path.
    pub program: OsString,
    /// Its arguments, each as it is.
    pub args: Vec<OsString>,
    /// Where it runs; `None` is where we run.
    pub folder: Option<PathBuf>,
    /// Variables that it gets from our environment beside the usual ones.
    pub inherited: Vec<String>,
    /// Variables that it gets with these values.
    pub variables: Vec<(String, OsString)>,
}

/// A running program with all that it started. Dropping it ends them.
#[derive(Debug)]
pub struct Program {
    child: Box<dyn ChildWrapper>,
    group: u32,
}

/// The three pipes of a program.
#[derive(Debug)]
pub struct Pipes {
    /// What it reads.
    pub stdin: ChildStdin,
    /// What it writes.
    pub stdout: ChildStdout,
    /// What it complains of.
    pub stderr: ChildStderr,
}

impl ProgramSpec {
    /// This program without arguments, with the usual environment.
    pub fn new(program: impl Into<OsString>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            folder: None,
            inherited: Vec::new(),
            variables: Vec::new(),
        }
    }

    /// Starts it. Needs a tokio runtime.
    ///
    /// # Errors
    /// What the system says, such as that there is no such program.
    pub fn start(&self) -> io::Result<(Program, Pipes)> {
        let names = USUAL.iter().copied().chain(self.inherited.iter().map(String::as_str));
        let inherited = names.filter_map(|name| Some((name, std::env::var_os(name)?)));
        let mut command = CommandWrap::with_new(&self.program, |command| {
            command
                .args(&self.args)
                .env_clear()
                .envs(inherited)
                .envs(self.variables.iter().map(|(name, value)| (name, value)))
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped());
            if let Some(folder) = &self.folder {
                command.current_dir(folder);
            }
        });
        command.wrap(KillOnDrop);
        #[cfg(unix)]
        command.wrap(process_wrap::tokio::ProcessGroup::leader());
        #[cfg(windows)]
        command.wrap(process_wrap::tokio::JobObject).wrap(NoWindow);
        let mut child = command.spawn()?;
        let group = child.id().unwrap_or_default();
        alive().insert(group);
        let (stdin, stdout, stderr) = (child.stdin().take(), child.stdout().take(), child.stderr().take());
        // From here on dropping it ends it.
        let program = Program { child, group };
        match (stdin, stdout, stderr) {
            (Some(stdin), Some(stdout), Some(stderr)) => Ok((program, Pipes { stdin, stdout, stderr })),
            _ => Err(io::Error::other("it has no pipes")),
        }
    }
}

impl Program {
    /// Waits until the program itself has ended; what it started may go on until [`Program::end`]. Cancel safe.
    ///
    /// # Errors
    /// When the system can't tell.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        // The wrapper's own would wait for the whole group.
        self.child.inner_mut().wait().await
    }

    /// Ends it with all that it started.
    pub fn end(&mut self) {
        if alive().remove(&self.group) {
            // It fails when none of them is left, which is what is wanted.
            let _ = self.child.start_kill();
        }
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.group
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.end();
    }
}

/// Ends every program that runs, with all that they started: for an exit that drops nothing.
pub fn end_all() {
    let groups = std::mem::take(&mut *alive());
    #[cfg(unix)]
    for group in groups.into_iter().filter_map(|group| i32::try_from(group).ok()).filter(|group| *group > 1) {
        // It fails when none of them is left, which is what is wanted.
        let _ =
            nix::sys::signal::killpg(nix::unistd::Pid::from_raw(group), nix::sys::signal::Signal::SIGKILL);
    }
    // On Windows the system ends a job when the handle goes, and that goes with us.
    #[cfg(not(unix))]
    drop(groups);
}

fn alive() -> std::sync::MutexGuard<'static, BTreeSet<u32>> {
    ALIVE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A console program opens no window of its own, whose parent has none.
#[cfg(windows)]
#[derive(Debug)]
struct NoWindow;

#[cfg(windows)]
impl process_wrap::tokio::CommandWrapper for NoWindow {
    fn pre_spawn(&mut self, command: &mut tokio::process::Command, _: &CommandWrap) -> io::Result<()> {
        /// `CREATE_NO_WINDOW`, and `CREATE_SUSPENDED`, with which the job object asked for it before.
        const FLAGS: u32 = 0x0800_0000 | 0x4;
        command.creation_flags(FLAGS);
        Ok(())
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::time::timeout;

    use super::*;

    fn shell(script: &str) -> ProgramSpec {
        ProgramSpec { args: vec!["-c".into(), script.into()], ..ProgramSpec::new("sh") }
    }

    async fn first_line(pipes: &mut Pipes) -> String {
        let mut line = Vec::new();
        while let Ok(byte) = pipes.stdout.read_u8().await {
            if byte == b'\n' {
                break;
            }
            line.push(byte);
        }
        String::from_utf8_lossy(&line).into_owned()
    }

    /// Waits until a process is gone: its pipe to us, which `sleep` holds, says so.
    async fn is_closed(pipes: &mut Pipes) {
        let mut rest = Vec::new();
        let end = timeout(Duration::from_secs(30), pipes.stdout.read_to_end(&mut rest)).await;
        assert!(matches!(end, Ok(Ok(_))), "{end:?}");
    }

    #[tokio::test]
    async fn a_dropped_program_takes_all_that_it_started_with_it() {
        let (program, mut pipes) = shell("sleep 1000 & sleep 1000 & echo up; wait").start().unwrap();
        assert_eq!(first_line(&mut pipes).await, "up");
        drop(program);
        is_closed(&mut pipes).await;
    }

    #[tokio::test]
    async fn what_a_program_left_running_ends_with_it() {
        let (mut program, mut pipes) = shell("sleep 1000 & echo up").start().unwrap();
        assert_eq!(first_line(&mut pipes).await, "up");
        assert!(program.wait().await.unwrap().success());
        program.end();
        is_closed(&mut pipes).await;
    }

    #[tokio::test]
    async fn its_environment_is_what_is_listed() {
        let spec = ProgramSpec {
            inherited: vec!["CARGO_MANIFEST_DIR".into(), "NOT_SET".into()],
            variables: vec![("ORDER".into(), "7".into())],
            ..ProgramSpec::new("env")
        };
        let (mut program, mut pipes) = spec.start().unwrap();
        let mut text = String::new();
        pipes.stdout.read_to_string(&mut text).await.unwrap();
        program.wait().await.unwrap();
        let names: Vec<&str> = text.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
        assert!(names.contains(&"PATH") && names.contains(&"CARGO_MANIFEST_DIR"), "{names:?}");
        assert!(text.contains("ORDER=7"));
        let odd: Vec<_> = names
            .iter()
            .filter(|name| !USUAL.contains(name) && !["CARGO_MANIFEST_DIR", "ORDER"].contains(name))
            .collect();
        assert!(odd.is_empty(), "{odd:?}");
    }

    #[tokio::test]
    async fn arguments_are_never_read_by_a_shell() {
        let odd = "$(touch /tmp/x); `id` | rm -rf ~ && echo \"*\" > y";
        let spec = ProgramSpec { args: vec!["%s".into(), odd.into()], ..ProgramSpec::new("printf") };
        let (mut program, mut pipes) = spec.start().unwrap();
        let mut text = String::new();
        pipes.stdout.read_to_string(&mut text).await.unwrap();
        program.wait().await.unwrap();
        assert_eq!(text, odd);
    }

    #[tokio::test]
    async fn it_reads_what_it_is_given() {
        let (mut program, mut pipes) = ProgramSpec::new("cat").start().unwrap();
        pipes.stdin.write_all(b"{\"a\":1}").await.unwrap();
        drop(pipes.stdin);
        let mut text = String::new();
        pipes.stdout.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "{\"a\":1}");
        assert!(program.wait().await.unwrap().success());
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_is_an_error() {
        let error = ProgramSpec::new("vivavoce-no-such-program").start().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
