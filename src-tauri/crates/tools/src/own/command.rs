//! A function that runs a program: its arguments as JSON on the program's standard input, its result from the standard output.
//! Each pipe is bounded, and whatever the program started ends with the call.

use std::time::Duration;

use net::one_line;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::ChildStdin;
use tokio::time::timeout;

use crate::error::ToolError;
use crate::process::{Pipes, ProgramSpec};
use crate::tool::{CallContext, CallFuture, Declaration, Terms, Tool};

/// What is kept of what a program complains of, in bytes: its end, where the reason stands.
const STDERR_BYTES: usize = 2 * 1024;
/// How long the pipes may stay open when the program and its group have ended: something left the group and holds them.
const PIPES_LIMIT: Duration = Duration::from_secs(1);

/// Runs a program for each call.
pub(super) struct Command {
    pub(super) declaration: Declaration,
    pub(super) terms: Terms,
    pub(super) spec: ProgramSpec,
}

impl Tool for Command {
    fn declaration(&self) -> Declaration {
        self.declaration.clone()
    }

    fn terms(&self) -> Terms {
        self.terms.clone()
    }

    fn call(&self, args: Value, _: CallContext) -> CallFuture<'_> {
        Box::pin(async move { run(&self.spec, &args, self.terms.output_limit).await })
    }
}

/// Runs a program with this on its standard input.
async fn run(spec: &ProgramSpec, args: &Value, output_limit: usize) -> Result<Value, ToolError> {
    let (mut program, pipes) = spec.start().map_err(ToolError::NotStarted)?;
    let Pipes { stdin, mut stdout, stderr } = pipes;
    // One byte more than is shown, so that a cut is known as one.
    let mut output = Head { bytes: Vec::new(), most: output_limit + 1 };
    let mut complaint = Tail(Vec::new());
    let mut aside = Box::pin(async { tokio::join!(feed(stdin, args), complaint.fill(stderr)) });
    let (mut is_aside_done, mut is_read) = (false, false);
    // The program ends, or has written more than anybody reads.
    let status = loop {
        tokio::select! {
            is_full = output.fill(&mut stdout), if !is_read => {
                is_read = true;
                if is_full {
                    break None;
                }
            }
            _ = &mut aside, if !is_aside_done => is_aside_done = true,
            status = program.wait() => break Some(status.map_err(ToolError::NotStarted)?),
        }
    };
    program.end();
    if status.is_some() {
        // What it wrote last is still in the pipes, which close now that nobody holds them.
        let rest = async {
            if !is_read {
                output.fill(&mut stdout).await;
            }
            if !is_aside_done {
                aside.as_mut().await;
            }
        };
        if timeout(PIPES_LIMIT, rest).await.is_err() {
            tracing::debug!("something that the program started holds its pipes");
        }
    }
    drop(aside);
    match status {
        Some(status) if !status.success() => {
            Err(ToolError::Failed { status: status.to_string(), words: complaint.words() })
        }
        _ => Ok(value(&output.bytes)),
    }
}

/// Gives it the arguments and closes. A program that does not read them is none the worse.
async fn feed(mut stdin: ChildStdin, args: &Value) {
    let _ = stdin.write_all(args.to_string().as_bytes()).await;
    let _ = stdin.shutdown().await;
}

/// JSON is what it says; anything else is text.
fn value(bytes: &[u8]) -> Value {
    let text = || Value::String(String::from_utf8_lossy(bytes).trim().to_owned());
    serde_json::from_slice(bytes).unwrap_or_else(|_| text())
}

/// The beginning of a stream.
struct Head {
    bytes: Vec<u8>,
    most: usize,
}

impl Head {
    /// Reads to the end, or until it is full: whether it is. Cancel safe.
    async fn fill(&mut self, stream: &mut (impl AsyncRead + Unpin)) -> bool {
        let mut piece = [0; 8 * 1024];
        while self.bytes.len() < self.most {
            match stream.read(&mut piece).await {
                Ok(read @ 1..) => {
                    let room = self.most - self.bytes.len();
                    self.bytes.extend_from_slice(&piece[..read.min(room)]);
                }
                // What was read before an error counts.
                _ => return false,
            }
        }
        true
    }
}

/// The end of a stream.
struct Tail(Vec<u8>);

impl Tail {
    async fn fill(&mut self, mut stream: impl AsyncRead + Unpin) {
        let mut piece = [0; 1024];
        while let Ok(read @ 1..) = stream.read(&mut piece).await {
            self.0.extend_from_slice(&piece[..read]);
            let surplus = self.0.len().saturating_sub(STDERR_BYTES);
            self.0.drain(..surplus);
        }
    }

    fn words(&self) -> String {
        one_line(&String::from_utf8_lossy(&self.0))
    }
}

#[cfg(all(test, unix))]
mod tests {
    use serde_json::json;

    use super::*;

    async fn sh(script: &str, args: Value) -> Result<Value, ToolError> {
        let spec = ProgramSpec { args: vec!["-c".into(), script.into()], ..ProgramSpec::new("sh") };
        timeout(Duration::from_mins(1), run(&spec, &args, 1_000)).await.expect("it ends")
    }

    #[tokio::test]
    async fn the_arguments_are_json_on_standard_input_whatever_they_hold() {
        let odd = json!({"order": "$(id); `id` && rm -rf / | '\"\\ \n\u{1b}[2J <b>"});
        assert_eq!(sh("cat", odd.clone()).await.unwrap(), odd);
    }

    #[tokio::test]
    async fn text_stays_text_and_json_stays_json() {
        assert_eq!(sh("echo ' sunny '", json!({})).await.unwrap(), json!("sunny"));
        assert_eq!(sh("echo '[1, {\"a\": null}]'", json!({})).await.unwrap(), json!([1, {"a": null}]));
        assert_eq!(sh("printf 'a\\377b'", json!({})).await.unwrap(), json!("a\u{fffd}b"));
        assert_eq!(sh("true", json!({})).await.unwrap(), json!(""));
    }

    #[tokio::test]
    async fn a_failure_is_told_with_its_status_and_the_end_of_its_complaint() {
        let script =
            "head -c 100000 /dev/zero | tr '\\0' x >&2; echo \"no such order\" >&2; echo half; exit 3";
        let error = sh(script, json!({})).await.unwrap_err();
        let words = error.to_string();
        assert!(words.contains("exit status: 3") && words.len() < 4_000, "{words}");
        let error = sh("echo 'no such order' >&2; exit 1", json!({})).await.unwrap_err();
        assert!(error.to_string().ends_with("no such order"), "{error}");
    }

    #[tokio::test]
    async fn a_hundred_megabytes_are_not_read() {
        let value = sh("head -c 100000000 /dev/zero | tr '\\0' x; echo done >&2", json!({})).await.unwrap();
        assert_eq!(value.as_str().map(str::len), Some(1_001));
    }

    #[tokio::test]
    async fn a_program_that_reads_nothing_or_closes_early_is_none_the_worse() {
        let args = json!({"text": "x".repeat(60_000)});
        assert_eq!(sh("exec 0<&-; echo ok", args.clone()).await.unwrap(), json!("ok"));
        assert_eq!(sh("exec 1>&-; exec 2>&-; sleep 0.1", args).await.unwrap(), json!(""));
    }

    #[tokio::test]
    async fn what_it_leaves_running_ends_with_the_call() {
        // The grandchild holds the pipe: without the end of its group nobody would see the end of the output.
        assert_eq!(sh("sleep 1000 & echo up", json!({})).await.unwrap(), json!("up"));
        // One that left the group holds it still, which is not waited for.
        let value = sh("setsid sleep 20 & sleep 0.3; echo up", json!({})).await.unwrap();
        assert_eq!(value, json!("up"));
    }
}
