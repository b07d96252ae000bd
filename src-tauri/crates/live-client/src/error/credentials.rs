//! Why there is no access token for Vertex. Plain data; no text holds a secret.

use std::io;
use std::path::PathBuf;

/// Why there is no access token. Each message says what can be done. None holds a key, a token or a part of the file.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// Neither a file nor `gcloud`.
    #[error(
        "set GOOGLE_APPLICATION_CREDENTIALS to a file of credentials, or install gcloud and sign in with it"
    )]
    NoSource,
    /// The file can't be read.
    #[error("{} cannot be read ({source}); GOOGLE_APPLICATION_CREDENTIALS names it", path.display())]
    File {
        /// Its path.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Reading the file takes too long.
    #[error("{} could not be read within 10 s; GOOGLE_APPLICATION_CREDENTIALS names it", path.display())]
    FileSlow {
        /// Its path.
        path: PathBuf,
    },
    /// The file holds something else.
    #[error("{} is no file of Google credentials: {reason}", path.display())]
    BadFile {
        /// Its path.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Credentials of a kind that is not supported.
    #[error(
        "credentials of the kind \"{kind}\" are not supported; without the file, gcloud is asked, which knows more"
    )]
    Kind {
        /// What the file calls itself.
        kind: String,
    },
    /// Google did not grant a token.
    #[error("it was refused (HTTP {status}): {reason}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The server's own words, shortened.
        reason: String,
    },
    /// The answer holds no token.
    #[error("the answer of {host} holds none")]
    BadAnswer {
        /// Who answered.
        host: String,
    },
    /// `gcloud` could not be started.
    #[error("gcloud could not be run: {0}")]
    GcloudStart(io::Error),
    /// `gcloud` took too long.
    #[error("gcloud did not answer within 30 s; does \"gcloud auth print-access-token\" work in a terminal?")]
    GcloudSlow,
    /// `gcloud` failed, with its own words.
    #[error("gcloud says: {0}")]
    Gcloud(String),
}
