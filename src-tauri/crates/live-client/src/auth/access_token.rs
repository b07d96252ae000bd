//! The OAuth access token for Vertex: asked for when a dial needs one, kept until shortly before it expires.
//!
//! An upgrade request is written after its stream was opened, and opening it renews the token; so the request holds a
//! [`Bearer`] and looks into it at the last moment. The lock inside is held for a copy, never across a wait.

use std::collections::VecDeque;
use std::env;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use net::Way;

use super::key::ApiKey;
use super::{credentials, gcloud};
use crate::error::ConnectError;

/// How long before its end a token is not used any more: the upgrade comes seconds later, and clocks differ.
const MARGIN: Duration = Duration::from_mins(2);
/// The longest that a token is kept, whatever its answer says.
const LONGEST: Duration = Duration::from_hours(12);

/// How many tokens are kept out of what servers say; a conversation of a day has two dozen.
const REMEMBERED: usize = 32;

/// Where tokens come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// A file of credentials.
    File(PathBuf),
    /// This program of Google's, which knows who is signed in.
    Gcloud(OsString),
}

impl Source {
    /// As `GOOGLE_APPLICATION_CREDENTIALS` says, else `gcloud`.
    pub(crate) fn from_environment() -> Self {
        match env::var_os("GOOGLE_APPLICATION_CREDENTIALS").filter(|path| !path.is_empty()) {
            Some(path) => Self::File(path.into()),
            None => Self::Gcloud(gcloud::PROGRAM.into()),
        }
    }
}

/// A token and how long it may be used from now on.
pub(crate) struct Granted {
    pub(crate) token: ApiKey,
    pub(crate) lasts: Duration,
}

/// The newest token, shared by whoever dials and whoever writes requests. `Debug` does not show it.
#[derive(Clone)]
pub(crate) struct Bearer(Arc<Shared>);

struct Shared {
    source: Source,
    kept: Mutex<Option<Kept>>,
    /// The newest tokens, the latest last: a server may repeat one that is not used any more.
    granted: Mutex<VecDeque<ApiKey>>,
    /// Dials at the same time ask once.
    asking: tokio::sync::Mutex<()>,
}

/// Between two readings of the wall clock, which goes on while a computer sleeps.
#[derive(Clone)]
struct Kept {
    token: ApiKey,
    since: SystemTime,
    until: SystemTime,
}

impl Kept {
    fn new(granted: Granted, now: SystemTime) -> Self {
        let lasts = granted.lasts.min(LONGEST).saturating_sub(MARGIN);
        Self { token: granted.token, since: now, until: now + lasts }
    }

    /// Also not when the clock was set back behind the day that it comes from.
    fn is_fresh(&self, now: SystemTime) -> bool {
        (self.since..self.until).contains(&now)
    }
}

impl Bearer {
    pub(crate) fn new(source: Source) -> Self {
        let asking = tokio::sync::Mutex::new(());
        let (kept, granted) = (Mutex::new(None), Mutex::default());
        Self(Arc::new(Shared { source, kept, granted, asking }))
    }

    /// The newest token, if there is one.
    pub(crate) fn token(&self) -> Option<ApiKey> {
        self.kept().as_ref().map(|kept| kept.token.clone())
    }

    /// The tokens that a server may have seen.
    pub(crate) fn granted(&self) -> Vec<ApiKey> {
        self.0.granted.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Forgets a token that the service did not accept.
    pub(crate) fn forget(&self) {
        *self.kept() = None;
    }

    /// Sees to it that there is a token good for the next minutes. Dropping the future gives up.
    ///
    /// # Errors
    /// [`ConnectError::Credentials`], or what hinders any other request.
    pub(crate) async fn renew(&self, way: &Way) -> Result<(), ConnectError> {
        let _one_at_a_time = self.0.asking.lock().await;
        if self.kept().as_ref().is_some_and(|kept| kept.is_fresh(SystemTime::now())) {
            return Ok(());
        }
        let now = SystemTime::now();
        let granted = match &self.0.source {
            Source::File(path) => credentials::grant(path, way, now).await?,
            Source::Gcloud(program) => gcloud::grant(program).await?,
        };
        self.remember(granted.token.clone());
        *self.kept() = Some(Kept::new(granted, now));
        Ok(())
    }

    fn remember(&self, token: ApiKey) {
        let mut granted = self.0.granted.lock().unwrap_or_else(PoisonError::into_inner);
        if granted.back() != Some(&token) {
            if granted.len() == REMEMBERED {
                granted.pop_front();
            }
            granted.push_back(token);
        }
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Option<Kept>> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bearer({:?})", self.0.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_kept_until_shortly_before_its_end() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_hours(500_000);
        let kept = |lasts| {
            let token = ApiKey::new("ya29.Secret").unwrap();
            Kept::new(Granted { token, lasts }, now)
        };
        let hour = kept(Duration::from_hours(1));
        assert!(hour.is_fresh(now));
        assert!(hour.is_fresh(now + Duration::from_mins(58) - Duration::from_secs(1)));
        assert!(!hour.is_fresh(now + Duration::from_mins(58)));
        assert!(!hour.is_fresh(now - Duration::from_secs(1)), "the clock was set back");
        assert!(!kept(Duration::from_mins(1)).is_fresh(now));
        assert!(!kept(Duration::MAX).is_fresh(now + LONGEST));
    }
}
