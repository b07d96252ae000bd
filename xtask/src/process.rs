//! Starts other programs. The only error of xtask is a message.

use std::fmt;
use std::io::{self, BufRead, BufReader};
use std::process::{Command, Stdio};

/// Why a command of xtask failed, as a message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failure(pub(crate) String);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for Failure {
    fn from(sentence: String) -> Self {
        Self(sentence)
    }
}

impl From<&str> for Failure {
    fn from(sentence: &str) -> Self {
        Self(sentence.to_owned())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self(error.to_string())
    }
}

/// Returns the command as typed in a shell, for messages.
pub(crate) fn typed(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| {
            let word = word.to_string_lossy();
            if word.contains(' ') { format!("'{word}'") } else { word.into_owned() }
        })
        .collect::<Vec<_>>()
        .join(" ")
}

/// Runs a command with our standard streams; fails unless it exits with 0.
pub(crate) fn run(command: &mut Command) -> Result<(), Failure> {
    let status = command.status().map_err(|e| not_started(command, &e))?;
    if status.success() { Ok(()) } else { Err(Failure(format!("`{}` failed ({status})", typed(command)))) }
}

/// Runs a command and passes each line of its standard output to `line` as it arrives; the other streams are ours.
pub(crate) fn run_by_line(command: &mut Command, mut line: impl FnMut(&str)) -> Result<(), Failure> {
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|e| not_started(command, &e))?;
    if let Some(output) = child.stdout.take() {
        for raw in BufReader::new(output).split(b'\n') {
            line(String::from_utf8_lossy(&raw?).trim_end_matches('\r'));
        }
    }
    let status = child.wait()?;
    if status.success() { Ok(()) } else { Err(Failure(format!("`{}` failed ({status})", typed(command)))) }
}

/// Returns the standard output of a quick query; `None` when the program is missing. The exit status is ignored
/// (`dpkg-query` exits with 1 when one package is unknown).
pub(crate) fn ask(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Replaces this process by the program where the system supports it, otherwise waits and exits with its status.
pub(crate) fn hand_over(command: &mut Command) -> Result<(), Failure> {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        let error = command.exec();
        Err(not_started(command, &error))
    }
    #[cfg(not(unix))]
    {
        let status = command.status().map_err(|e| not_started(command, &e))?;
        std::process::exit(status.code().unwrap_or(1))
    }
}

fn not_started(command: &Command, error: &io::Error) -> Failure {
    Failure(format!("can't start `{}`: {error}", typed(command)))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn lines_come_whole_and_the_status_counts() {
        let mut lines = Vec::new();
        let mut command = Command::new("sh");
        let result =
            run_by_line(command.args(["-c", "printf 'one\\ntwo\\n'; exit 3"]), |l| lines.push(l.to_owned()));
        assert_eq!(lines, ["one", "two"]);
        assert!(result.unwrap_err().0.contains("exit status: 3"));
    }

    #[test]
    fn a_missing_program_is_no_answer() {
        assert_eq!(ask("no-such-program-here", &[]), None);
        assert_eq!(ask("sh", &["-c", "echo yes; exit 1"]).as_deref(), Some("yes\n"));
    }
}
