//! Renews the access token for Vertex when a dial needs it, from a file of credentials or from `gcloud`.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use net::Connector;
use tokio::sync::Mutex;

use super::access_token::AccessToken;
use super::{credentials, gcloud};
use crate::error::ConnectError;

/// Where tokens come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TokenSource {
    /// A file of credentials.
    File(PathBuf),
    /// This program of Google's, which knows who is signed in.
    Gcloud(OsString),
}

impl TokenSource {
    /// Returns what `GOOGLE_APPLICATION_CREDENTIALS` names, else `gcloud`.
    pub(crate) fn from_environment() -> Self {
        match env::var_os("GOOGLE_APPLICATION_CREDENTIALS").filter(|path| !path.is_empty()) {
            Some(path) => Self::File(path.into()),
            None => Self::Gcloud(gcloud::PROGRAM.into()),
        }
    }
}

/// Sees to a fresh [`AccessToken`]. Clones share it.
#[derive(Clone)]
pub(crate) struct TokenRenewal {
    source: Arc<TokenSource>,
    token: AccessToken,
    /// Dials at the same time ask once.
    asking: Arc<Mutex<()>>,
}

impl TokenRenewal {
    pub(crate) fn new(source: TokenSource) -> Self {
        Self { source: Arc::new(source), token: AccessToken::default(), asking: Arc::default() }
    }

    /// Returns the token that is renewed.
    pub(crate) fn token(&self) -> &AccessToken {
        &self.token
    }

    /// Sees to it that there is a token good for the next minutes. Dropping the future gives up.
    ///
    /// # Errors
    /// [`ConnectError::Credentials`], or what hinders any other request.
    pub(crate) async fn renew(&self, connector: &Connector) -> Result<(), ConnectError> {
        let _one_at_a_time = self.asking.lock().await;
        let now = SystemTime::now();
        if self.token.is_fresh(now) {
            return Ok(());
        }
        let granted = match &*self.source {
            TokenSource::File(path) => credentials::grant(path, connector, now).await?,
            TokenSource::Gcloud(program) => gcloud::grant(program).await?,
        };
        self.token.set(granted, now);
        Ok(())
    }
}

impl fmt::Debug for TokenRenewal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenRenewal({:?})", self.source)
    }
}
