//! An access token of the user who is signed in to Google's command line: `gcloud auth print-access-token`.
//!
//! The program is started directly, without a shell, with nothing to read and a time limit; dropping the future ends it.

use std::ffi::OsStr;
use std::io;
use std::process::Stdio;
use std::time::Duration;

use net::one_line;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use tokio::time::timeout;

use super::access_token::GrantedToken;
use super::key::ApiKey;
use crate::error::CredentialsError;

#[cfg(windows)]
pub(crate) const PROGRAM: &str = "gcloud.cmd";
#[cfg(not(windows))]
pub(crate) const PROGRAM: &str = "gcloud";

/// It takes seconds to start, and may go to the network for a new token.
const LIMIT: Duration = Duration::from_secs(30);
/// It does not say how long its token lasts, and returns the same one until shortly before its end. So it is asked again
/// for every connection that is not made right after another.
const LASTS: Duration = Duration::from_mins(7);
/// A token has 2 KB at most; of an error the first lines matter.
const MAX_OUTPUT: u64 = 16 * 1024;

/// Runs `program` and returns its token.
///
/// # Errors
/// [`CredentialsError`], with the program's own words where it has some.
pub(crate) async fn grant(program: &OsStr) -> Result<GrantedToken, CredentialsError> {
    let mut child = Command::new(program)
        .args(["auth", "print-access-token", "--quiet"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => CredentialsError::NoSource,
            _ => CredentialsError::GcloudStart(source),
        })?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let running = async { tokio::join!(read(stdout), read(stderr), child.wait()) };
    let Ok((stdout, stderr, status)) = timeout(LIMIT, running).await else {
        return Err(CredentialsError::GcloudSlow);
    };
    let is_done = status.map_err(CredentialsError::GcloudStart)?.success();
    match ApiKey::token(&stdout) {
        Ok(token) if is_done => Ok(GrantedToken { token, lasts: LASTS }),
        _ => {
            let words = one_line(&stderr);
            let words = if words.is_empty() { "it printed no token".to_owned() } else { words };
            Err(CredentialsError::Gcloud(words))
        }
    }
}

/// Reads a pipe up to the limit. A program that prints more waits for room until its time is over.
async fn read(pipe: Option<impl AsyncRead + Unpin>) -> String {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        // What was read before an error is used.
        let _ = pipe.take(MAX_OUTPUT).read_to_end(&mut bytes).await;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
