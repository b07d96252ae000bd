//! The OAuth access token for Vertex, shared by what dials and what writes requests.
//!
//! An upgrade request is written after its stream was opened, and opening it renews the token; so the request holds an
//! [`AccessToken`] and looks into it at the last moment. Where a token comes from is the business of
//! [`TokenRenewal`](super::TokenRenewal). The locks inside are held for a copy, never across a wait.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use super::key::ApiKey;

/// How long before its end a token is not used any more: the upgrade comes seconds later, and clocks differ.
const MARGIN: Duration = Duration::from_mins(2);
/// The longest that a token is kept, whatever its answer says.
const LONGEST: Duration = Duration::from_hours(12);
/// How many tokens are kept out of what servers say; a conversation of a day has two dozen.
const REMEMBERED: usize = 32;

/// A token and how long it may be used from now on.
pub(crate) struct GrantedToken {
    pub(crate) token: ApiKey,
    pub(crate) lasts: Duration,
}

/// The newest token. Clones share it; `Debug` does not show it.
#[derive(Clone, Default)]
pub(crate) struct AccessToken(Arc<Shared>);

#[derive(Default)]
struct Shared {
    current: Mutex<Option<Current>>,
    /// The newest tokens, the latest last: a server may repeat one that is not used any more.
    granted: Mutex<VecDeque<ApiKey>>,
}

/// A token between two readings of the wall clock, which goes on while a computer sleeps.
#[derive(Clone)]
struct Current {
    token: ApiKey,
    since: SystemTime,
    until: SystemTime,
}

impl Current {
    fn new(granted: GrantedToken, now: SystemTime) -> Self {
        let lasts = granted.lasts.min(LONGEST).saturating_sub(MARGIN);
        Self { token: granted.token, since: now, until: now + lasts }
    }

    /// A token is not fresh either when the clock was set back behind the time that it comes from.
    fn is_fresh(&self, now: SystemTime) -> bool {
        (self.since..self.until).contains(&now)
    }
}

impl AccessToken {
    /// Returns the newest token, if there is one.
    pub(crate) fn get(&self) -> Option<ApiKey> {
        self.current().as_ref().map(|current| current.token.clone())
    }

    /// Returns whether there is a token that is good for the next minutes.
    pub(crate) fn is_fresh(&self, now: SystemTime) -> bool {
        self.current().as_ref().is_some_and(|current| current.is_fresh(now))
    }

    /// Returns the tokens that a server may have seen.
    pub(crate) fn granted(&self) -> Vec<ApiKey> {
        self.0.granted.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Forgets a token that the service did not accept.
    pub(crate) fn forget(&self) {
        *self.current() = None;
    }

    /// Takes a new token.
    pub(super) fn set(&self, granted: GrantedToken, now: SystemTime) {
        self.remember(granted.token.clone());
        *self.current() = Some(Current::new(granted, now));
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

    fn current(&self) -> MutexGuard<'_, Option<Current>> {
        self.0.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_kept_until_shortly_before_its_end() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_hours(500_000);
        let lasting = |lasts| {
            let token = ApiKey::new("ya29.Secret").unwrap();
            Current::new(GrantedToken { token, lasts }, now)
        };
        let hour = lasting(Duration::from_hours(1));
        assert!(hour.is_fresh(now));
        assert!(hour.is_fresh(now + Duration::from_mins(58) - Duration::from_secs(1)));
        assert!(!hour.is_fresh(now + Duration::from_mins(58)));
        assert!(!hour.is_fresh(now - Duration::from_secs(1)), "the clock was set back");
        assert!(!lasting(Duration::from_mins(1)).is_fresh(now));
        assert!(!lasting(Duration::MAX).is_fresh(now + LONGEST));
    }
}
